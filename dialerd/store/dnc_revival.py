"""Contacts that were retired for a do-not-call list and may be called again, since what stood against them is gone.

Only those whose reason is that list, and of whom it does not bar every number any more. Other lists are asked by the
claim, as for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.dnc import DNC_REASON, DncEntry, DncKind
from dialerd.core.tallies import CALLBACK, still_callback
from dialerd.ports import Clock
from dialerd.store.callback_reason import is_promised_call
from dialerd.store.contact_edits import numbers_of
from dialerd.store.database import READING
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.schema import contact_numbers, contacts

_PAGE = 1000
_RETIRED = (ContactState.UNCALLABLE.value, ContactState.WAITING.value)


class DncRevival:
    """Sets contacts free. Raises :class:`~dialerd.store.redis_link.LinkBroken` and the database's errors; done again,
    it goes on where it was."""

    def __init__(self, engine: AsyncEngine, copy: DncCopy, clock: Clock) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._copy = copy
        self._clock = clock

    async def revive(self, dnc_list: str, gone: Sequence[DncEntry] | None) -> dict[str, int]:
        """``gone``: what was taken off the list; None: it is not known, so that everybody is looked at. The list's
        copy must be as new as that. Returns how many are callable again, by contact list."""
        found: dict[str, int] = {}
        if gone is None:
            await self._all_of(dnc_list, [], found)
        for start in range(0, len(gone or ()), _PAGE):
            concerned = [_concerned(entry) for entry in (gone or ())[start : start + _PAGE]]
            await self._all_of(dnc_list, [or_(*concerned)], found)
        return found

    async def revive_again(self, dnc_list: str, contact_ids: Sequence[int]) -> dict[str, int]:
        """The same for these contacts only."""
        found: dict[str, int] = {}
        for start in range(0, len(contact_ids), _PAGE):
            await self._all_of(dnc_list, [contacts.c.id.in_(contact_ids[start : start + _PAGE])], found)
        return found

    async def _all_of(self, dnc_list: str, more: list[ColumnElement[bool]], found: dict[str, int]) -> None:
        last = 0
        retired = [contacts.c.state.in_(_RETIRED), contacts.c.reason.in_(_reasons(dnc_list)), *more]
        while True:
            query = (
                select(contacts.c.id, contacts.c.contact_list, contacts.c.key, contacts.c.numbers)
                .where(*retired, contacts.c.id > last)
                .order_by(contacts.c.id)
                .limit(_PAGE)
            )
            async with self._reading.connect() as connection:
                rows = (await connection.execute(query)).all()
            if not rows:
                return
            last = rows[-1].id
            free = await self._free(dnc_list, rows)
            if free:
                await self._set_free(dnc_list, free)
            for contact_list in free.values():
                found[contact_list] = found.get(contact_list, 0) + 1

    async def _free(self, dnc_list: str, rows: Sequence[Any]) -> dict[int, str]:
        """Those with a number that the list no longer bars: id -> contact list."""
        asked = [(row, number.e164) for row in rows for number in numbers_of(row.numbers) if not number.uncallable]
        answers = await self._copy.check([(e164, row.key) for row, e164 in asked], [(dnc_list, 0, 0)])
        return {row.id: row.contact_list for (row, _), answer in zip(asked, answers, strict=True) if answer is None}

    async def _set_free(self, dnc_list: str, free: dict[int, str]) -> None:
        now = self._clock.now()
        # Somebody may have changed one meanwhile: it is only set free where its reason is still the list.
        promised = is_promised_call(contacts.c.reason)
        mine = [contacts.c.id.in_(free), contacts.c.state.in_(_RETIRED), contacts.c.reason.in_(_reasons(dnc_list))]
        async with self._engine.begin() as connection:
            await connection.execute(
                update(contacts)
                .where(*mine)
                .values(
                    state=case((promised, ContactState.WAITING.value), else_=ContactState.CALLABLE.value),
                    next_at=case((promised, now), else_=0.0),
                    reason=case((promised, CALLBACK), else_=""),
                    fetch=None,
                    updated_at=now,
                )
            )


def _reasons(dnc_list: str) -> tuple[str, str]:
    reason = f"{DNC_REASON}{dnc_list}"
    return reason, still_callback(CALLBACK, reason)


def _concerned(entry: DncEntry) -> ColumnElement[bool]:
    if entry.kind is DncKind.CONTACT:
        return contacts.c.key == entry.value
    numbers = contact_numbers.c.e164 == entry.value
    if entry.kind is DncKind.PREFIX:
        numbers = contact_numbers.c.e164.startswith(entry.value, autoescape=True)
    return contacts.c.id.in_(select(contact_numbers.c.contact_id).where(numbers))
