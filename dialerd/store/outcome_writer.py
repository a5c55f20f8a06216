"""Finished attempts and what becomes of their contacts, written in one transaction, each once by attempt id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.attempt import Outcome
from dialerd.core.contact import ContactState
from dialerd.store.call_marks import keep_marks_of
from dialerd.store.codec import attempt_values
from dialerd.store.contact_append import append_copies
from dialerd.store.contact_edits import REMOVED
from dialerd.store.contact_update import Standing, copied_into, lists_of, moves, standing_after
from dialerd.store.recordings import write_recordings
from dialerd.store.schema import attempts, contact_lists, contact_numbers, contacts
from dialerd.store.webhook_queue import queue_webhooks

_STANDING = (
    contacts.c.id, contacts.c.state, contacts.c.next_at, contacts.c.attempts, contacts.c.number_index,
    contacts.c.last_disposition, contacts.c.tries, contacts.c.reason,
    contacts.c.last_attempt_at, contacts.c.numbers,
)  # fmt: skip

_UPDATE = (
    update(contacts)
    .where(contacts.c.id == bindparam("contact_id"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state", "next_at", "attempts", "number_index", "last_disposition", "tries", "reason", "fetch",
                "updated_at", "last_attempt_at",
            )
        }
    )
)  # fmt: skip


async def write_outcomes(connection: AsyncConnection, outcomes: Sequence[Outcome], now: float) -> frozenset[str]:
    """Insert the attempts that are not in the record and apply them to their contacts, in the given order.

    Must run in one transaction. Returns the contact lists of all outcomes, also of those that were in the record:
    whoever wrote them may have died before telling. A contact that is no longer there is no error."""
    if not outcomes:
        return frozenset()
    fresh = await _insert(connection, outcomes, now)
    seen: set[str] = set()
    todo = []
    for outcome in outcomes:
        if outcome.record.id in fresh and outcome.record.id not in seen:
            seen.add(outcome.record.id)
            todo.append(outcome)
    if todo:
        copies = await _apply(connection, todo, now)
        await _write_columns(connection, todo)
        await append_copies(connection, copies, now)
        await keep_marks_of(connection, [outcome.record for outcome in todo])
        await write_recordings(connection, todo)
        await queue_webhooks(connection, [outcome.record for outcome in todo], now)
    return lists_of(outcomes)


async def _insert(connection: AsyncConnection, outcomes: Sequence[Outcome], now: float) -> set[str]:
    """The ids that were not there."""
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        row = attempt_values(outcome.record)
        row["next_state"] = outcome.contact.state.value
        row["next_at"] = outcome.contact.at
        row["next_reason"] = outcome.contact.reason
        row["recorded_at"] = now
        rows.append(row)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(attempts).on_conflict_do_nothing(index_elements=["id"]).returning(attempts.c.id)
    return set((await connection.execute(statement, rows)).scalars())


async def _apply(connection: AsyncConnection, outcomes: list[Outcome], now: float) -> list[tuple[int, str]]:
    """Returns which contacts are to be copied into which lists."""
    ids = sorted({outcome.record.contact_id for outcome in outcomes})
    rows = (await connection.execute(select(*_STANDING).where(contacts.c.id.in_(ids)).with_for_update())).all()
    numbers = {row.id: [number["e164"] for number in row.numbers] for row in rows}
    standings = {
        row.id: Standing(
            ContactState(row.state), row.next_at, row.attempts, row.number_index, row.last_disposition, row.tries,
            row.reason, row.last_attempt_at,
        )
        for row in rows
    }  # fmt: skip
    changed: set[int] = set()
    moved: dict[int, str] = {}
    copies: list[tuple[int, str]] = []
    for outcome in outcomes:
        contact_id = outcome.record.contact_id
        if contact_id in standings:
            if outcome.contact.move_to is not None and moves(standings[contact_id], outcome):
                moved[contact_id] = outcome.contact.move_to
            copies += [(contact_id, name) for name in copied_into(standings[contact_id], outcome)]
            standings[contact_id] = standing_after(standings[contact_id], outcome, numbers[contact_id])
            changed.add(contact_id)
    if changed:
        await connection.execute(_UPDATE, [_parameters(i, standings[i], now) for i in sorted(changed)])
    for contact_id, contact_list in sorted(moved.items()):
        await _move(connection, contact_id, contact_list, now)
    return copies


async def _move(connection: AsyncConnection, contact_id: int, contact_list: str, now: float) -> None:
    """Into another list, which may never have had a contact before."""
    known = select(contact_lists.c.name).where(contact_lists.c.name == contact_list)
    if (await connection.execute(known)).scalar() is None:
        await connection.execute(insert(contact_lists).values(name=contact_list, created_at=now))
    for table, of_contact in ((contacts, contacts.c.id), (contact_numbers, contact_numbers.c.contact_id)):
        await connection.execute(update(table).where(of_contact == contact_id).values(contact_list=contact_list))


async def _write_columns(connection: AsyncConnection, outcomes: list[Outcome]) -> None:
    """What flows wrote into columns of their contacts."""
    for outcome in outcomes:
        if outcome.contact.columns:
            # Of a contact that was removed meanwhile nothing is to be kept.
            of_contact = (contacts.c.id == outcome.record.contact_id) & (contacts.c.reason != REMOVED)
            known = (await connection.execute(select(contacts.c["columns"]).where(of_contact))).scalar()
            if known is not None:
                written = {**known, **outcome.contact.columns}
                await connection.execute(update(contacts).where(of_contact).values({"columns": written}))


def _parameters(contact_id: int, standing: Standing, now: float) -> dict[str, Any]:
    return {
        "contact_id": contact_id,
        "new_state": standing.state.value,
        "new_next_at": standing.next_at if standing.next_at is not None else 0.0,
        "new_attempts": standing.attempts,
        "new_number_index": standing.number_index,
        "new_last_disposition": standing.last_disposition,
        "new_tries": dict(standing.tries),
        "new_reason": standing.reason,
        "new_last_attempt_at": standing.last_attempt_at,
        "new_fetch": None,
        "new_updated_at": now,
    }
