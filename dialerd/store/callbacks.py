"""Call-backs: contacts that wait until a moment that somebody named, on a number of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.tallies import CALLBACK, is_callback, promised, without_promise
from dialerd.ports import Clock
from dialerd.store.callback_reason import is_promised_call
from dialerd.store.contact_edits import NoSuchNumber, is_barred, to_change
from dialerd.store.database import READING
from dialerd.store.journal import note
from dialerd.store.schema import contacts

CANCELLED = "callback_cancelled"
Row = Mapping[str, Any]


class InAttempt(Exception):
    """The contact is being called, or about to be: what becomes of it is known when that is over."""


class NoCallback(LookupError):
    """The contact waits for no call-back."""


class Callbacks:
    """Lists, schedules, moves and cancels call-backs. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock

    async def find(self, contact_list: str | None, until: float | None, limit: int) -> list[Row]:
        """Contacts that wait for their call-back, the next first; ``until``: due before (epoch seconds)."""
        query = select(contacts).where(
            contacts.c.state == ContactState.WAITING.value, is_promised_call(contacts.c.reason)
        )
        if contact_list is not None:
            query = query.where(contacts.c.contact_list == contact_list)
        if until is not None:
            query = query.where(contacts.c.next_at < until)
        query = query.order_by(contacts.c.next_at, contacts.c.id).limit(limit)
        async with self._reading.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def schedule(
        self, contact_id: int, at: float, e164: str | None, who: str, until: float | None = None
    ) -> str:
        """Call the contact at this moment (epoch seconds), on this number of theirs (None: the one that is next); a
        call-back that there was is moved. ``until``: not later than that. A contact that was finished with is called
        again, save one that opted out or was made uncallable by hand. Returns its list. Raises
        :class:`NoSuchContact`, :class:`NoSuchNumber`, :class:`InAttempt`."""
        async with self._engine.begin() as connection:
            row = await to_change(connection, contact_id)
            if row["state"] == ContactState.IN_ATTEMPT.value or is_barred(row):
                raise InAttempt(row["reason"] or row["state"])
            index = row["number_index"]
            if e164 is not None:
                index = next((i for i, number in enumerate(row["numbers"]) if number["e164"] == e164), -1)
                if index < 0:
                    raise NoSuchNumber(e164)
            values = {
                "state": ContactState.WAITING.value, "next_at": at, "reason": CALLBACK, "number_index": index,
                "tries": promised(row["tries"] or {}, at, until), "fetch": None, "updated_at": self._clock.now(),
            }  # fmt: skip
            await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(values))
            detail = {"contact": contact_id, "at": at, **({"until": until} if until is not None else {})}
            await note(connection, self._clock.now(), who, "callback_scheduled", detail)
            return str(row["contact_list"])

    async def cancel(self, contact_id: int, who: str) -> str:
        """The contact is not called back, and not called again. Returns its list. Raises :class:`NoSuchContact`,
        :class:`NoCallback`."""
        async with self._engine.begin() as connection:
            row = await to_change(connection, contact_id)
            if row["state"] != ContactState.WAITING.value or not is_callback(row["reason"]):
                raise NoCallback(contact_id)
            tries = without_promise(row["tries"] or {})
            values = {
                "state": ContactState.UNCALLABLE.value, "next_at": 0.0, "reason": CANCELLED, "tries": tries,
                "updated_at": self._clock.now(),
            }  # fmt: skip
            await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(values))
            await note(connection, self._clock.now(), who, "callback_cancelled", {"contact": contact_id})
            return str(row["contact_list"])
