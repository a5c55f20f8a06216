"""Contacts added, changed, removed and made uncallable one by one, while campaigns run.

Each call is one transaction with its line of audit. Contacts that are removed leave an empty row behind: an id is
never given twice, since attempts and live calls name contacts by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.tallies import CALLBACK_MISSED, without_promise
from dialerd.ports import Clock
from dialerd.store.calling_groups import in_group
from dialerd.store.contact_edits import REMOVED, NoSuchNumber, add_numbers, drop_numbers, replace_contact, to_change
from dialerd.store.import_table import make_list
from dialerd.store.inbound_calls import forget_callers
from dialerd.store.journal import note
from dialerd.store.recordings import remove_with_contacts
from dialerd.store.schema import IMPORTING, answered_once, contact_numbers, contacts

REMEMBERED_S = 24 * 3600.0
"""So long an idempotency key is known."""

Row = Mapping[str, Any]


class UsedOtherwise(ValueError):
    """The idempotency key came before with another request."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A contact to be added: numbers as ``{"e164", "kind"}``, the first is dialed first."""

    index: int
    key: str
    numbers: list[dict[str, Any]]
    columns: Mapping[str, str]
    priority: int = 0


class ContactFeed:
    """Writes single contacts. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def answered(self, once: str, digest: str) -> Any:
        """What the request of this idempotency key was answered; None: it is new. Raises :class:`UsedOtherwise`."""
        query = select(answered_once.c.digest, answered_once.c.answer).where(
            answered_once.c.key == once, answered_once.c.at > self._clock.now() - REMEMBERED_S
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.digest != digest:
            raise UsedOtherwise(once)
        return row.answer

    async def add(
        self, contact_list: str, rows: Sequence[FeedRow], refused: Sequence[Row], who: str, *, numbers_policy: str,
        keys_policy: str, once: str, digest: str,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Add contacts; ``refused`` are answers for others of the same request, given already. Policies: ``skip``,
        ``update``, ``keep``. Returns what became of each: index, result, id, reason."""
        try:
            return await self._add_all(contact_list, rows, refused, who, numbers_policy, keys_policy, once, digest)
        except IntegrityError:
            # The same request came twice at once, and the other one was first.
            answer = await self.answered(once, digest) if once else None
            if answer is None:
                raise
            return list(answer)

    async def _add_all(
        self, contact_list: str, rows: Sequence[FeedRow], refused: Sequence[Row], who: str, numbers_policy: str,
        keys_policy: str, once: str, digest: str,
    ) -> list[dict[str, Any]]:  # fmt: skip
        now = self._clock.now()
        answers: list[dict[str, Any]] = [dict(row) for row in refused]
        async with self._engine.begin() as connection:
            await make_list(connection, contact_list, now)
            if once:
                await connection.execute(delete(answered_once).where(answered_once.c.at <= now - REMEMBERED_S))
            for row in rows:
                answers.append(await self._add(connection, contact_list, row, numbers_policy, keys_policy, now))
            answers.sort(key=lambda answer: answer["index"])
            if once:
                values = {"key": once, "at": now, "digest": digest, "answer": answers}
                await connection.execute(insert(answered_once).values(values))
            counts = {name: sum(a["result"] == name for a in answers) for name in ("added", "updated")}
            await note(connection, now, who, "contacts_add", {"list": contact_list, "rows": len(answers), **counts})
        return answers

    async def _add(
        self, connection: AsyncConnection, contact_list: str, row: FeedRow, numbers_policy: str, keys_policy: str,
        now: float,
    ) -> dict[str, Any]:  # fmt: skip
        numbers = [number["e164"] for number in row.numbers]
        by_key = await _with_key(connection, contact_list, row.key) if row.key else None
        by_number = await _with_number(connection, contact_list, numbers)
        target: int | None = None
        if by_key is not None:
            if keys_policy == "skip":
                return {"index": row.index, "result": "skipped", "id": by_key, "reason": "duplicate key"}
            target = by_key if keys_policy == "update" else None
        for owner in by_number:
            if owner == target or numbers_policy == "keep":
                continue
            if numbers_policy == "update" and target is None:
                target = owner
                continue
            return {"index": row.index, "result": "skipped", "id": owner, "reason": "duplicate number"}
        written = orjson.dumps(row.numbers).decode(), orjson.dumps(dict(row.columns)).decode()
        if target is not None:
            await replace_contact(connection, target, row.key, *written, now)
            if row.priority:
                changed = update(contacts).where(contacts.c.id == target)
                await connection.execute(changed.values(priority=row.priority))
            return {"index": row.index, "result": "updated", "id": target, "reason": ""}
        values = {
            "contact_list": contact_list, "key": row.key, "numbers": row.numbers, "columns": dict(row.columns),
            "state": ContactState.CALLABLE.value, "tries": {}, "updated_at": now, "added_at": now,
            "priority": row.priority,
        }  # fmt: skip
        added = await connection.execute(insert(contacts).values(values).returning(contacts.c.id))
        contact_id = int(added.scalar_one())
        if not row.key:
            await connection.execute(
                update(contacts).where(contacts.c.id == contact_id).values(key=f"api:{contact_id}")
            )
        await add_numbers(connection, contact_id, contact_list, row.numbers)
        return {"index": row.index, "result": "added", "id": contact_id, "reason": ""}

    async def change(self, contact_id: int, values: Mapping[str, Any], who: str, *, hot: bool) -> str:
        """Change a contact: any of ``key``, ``priority``, ``numbers`` (as in :class:`FeedRow`) and ``columns`` (added
        to those there are; None takes one out). ``hot``: what it waits for is over. Returns its list. Raises
        :class:`NoSuchContact`."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            row = await to_change(connection, contact_id)
            columns = dict(row["columns"])
            for name, value in (values.get("columns") or {}).items():
                if value is None:
                    columns.pop(name, None)
                else:
                    columns[name] = value
            numbers = values["numbers"] if values.get("numbers") else row["numbers"]
            written = orjson.dumps(numbers).decode(), orjson.dumps(columns).decode()
            await replace_contact(connection, contact_id, values.get("key") or "", *written, now)
            more: dict[str, Any] = {"updated_at": now}
            if values.get("priority") is not None:
                more["priority"] = values["priority"]
            if hot and row["state"] == ContactState.WAITING.value:
                more |= {"state": ContactState.CALLABLE.value, "next_at": 0.0, "reason": ""}
            await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(more))
            detail = {"contact": contact_id, "list": row["contact_list"], "changed": sorted(values), "hot": hot}
            await note(connection, now, who, "contact_change", detail)
            return str(row["contact_list"])

    async def remove(self, contact_list: str, contact_ids: Sequence[int], keys: Sequence[str], who: str) -> list[int]:
        """Take contacts out of a list: nothing of them stays but an empty row, and their attempts. Returns them."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            query = select(contacts.c.id).where(
                contacts.c.contact_list == contact_list,
                contacts.c.state != IMPORTING,
                contacts.c.reason != REMOVED,
                contacts.c.id.in_(contact_ids) | contacts.c.key.in_(keys),
            )
            found = list((await connection.execute(query.with_for_update())).scalars())
            if found:
                await drop_numbers(connection, found)
                await remove_with_contacts(connection, found)
                await forget_callers(connection, found)
            for contact_id in found:
                await connection.execute(
                    update(contacts)
                    .where(contacts.c.id == contact_id)
                    .values(
                        key=f"{REMOVED}:{contact_id}", numbers=[], columns={}, reason=REMOVED, next_at=0.0,
                        state=ContactState.UNCALLABLE.value, uncallable_at=now, uncallable_by=who, updated_at=now,
                    )
                )  # fmt: skip
            await note(connection, now, who, "contacts_remove", {"list": contact_list, "contacts": found[:1000]})
            return found

    async def mark(self, contact_id: int, e164: str | None, reason: str | None, who: str) -> str:
        """Make a contact, or one of its numbers, uncallable for a reason; None: callable again. Returns its list.
        Raises :class:`NoSuchContact`, :class:`NoSuchNumber`."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            row = await to_change(connection, contact_id)
            values: dict[str, Any] = {"updated_at": now}
            if e164 is not None:
                values["numbers"] = _marked(row["numbers"], e164, reason, now, who)
                # The hours of its other numbers count from now on.
                values["next_at"] = case((in_group(), now), else_=contacts.c.next_at)
            if e164 is None and reason is not None:
                values |= {
                    "state": ContactState.UNCALLABLE.value, "next_at": 0.0, "reason": reason,
                    "uncallable_at": now, "uncallable_by": who,
                }  # fmt: skip
            # A number that is free again may be what its contact lacked.
            lacked = e164 is None or row["reason"] in ("number_uncallable", "no_number")
            if reason is None and row["state"] == ContactState.UNCALLABLE.value and lacked:
                values |= {
                    "state": ContactState.CALLABLE.value, "next_at": 0.0, "reason": "", "fetch": None,
                    "uncallable_at": None, "uncallable_by": None,
                }  # fmt: skip
                if row["reason"] == CALLBACK_MISSED:
                    values["tries"] = without_promise(row["tries"] or {})
            await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(values))
            what = "contact_callable" if reason is None else "contact_uncallable"
            detail = {"contact": contact_id, "list": row["contact_list"], "number": e164, "reason": reason}
            await note(connection, now, who, what, detail)
            return str(row["contact_list"])


def _marked(
    numbers: Sequence[Mapping[str, Any]], e164: str, reason: str | None, now: float, who: str
) -> list[dict[str, Any]]:
    if all(number["e164"] != e164 for number in numbers):
        raise NoSuchNumber(e164)
    marked = []
    for number in numbers:
        plain = {name: value for name, value in number.items() if name != "uncallable" or number["e164"] != e164}
        if number["e164"] == e164 and reason is not None:
            plain["uncallable"] = {"reason": reason, "at": now, "who": who}
        marked.append(plain)
    return marked


async def _with_key(connection: AsyncConnection, contact_list: str, key: str) -> int | None:
    query = select(contacts.c.id).where(
        contacts.c.contact_list == contact_list, contacts.c.key == key, contacts.c.state != IMPORTING
    )
    return (await connection.execute(query.order_by(contacts.c.id).limit(1))).scalar_one_or_none()


async def _with_number(connection: AsyncConnection, contact_list: str, numbers: Sequence[str]) -> list[int]:
    query = (
        select(contact_numbers.c.contact_id)
        .join(contacts, contacts.c.id == contact_numbers.c.contact_id)
        .where(
            contact_numbers.c.e164.in_(numbers),
            contact_numbers.c.contact_list == contact_list,
            contacts.c.state != IMPORTING,
        )
        .order_by(contact_numbers.c.contact_id)
    )
    return list(dict.fromkeys((await connection.execute(query)).scalars()))
