"""Inbound calls in the record: who calls, what was kept of the call, and what becomes of the contact."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.caller import CallerRecord
from dialerd.core.caller_commands import FindCaller, RecordCaller
from dialerd.core.caller_events import CallerFound, CallerRecorded
from dialerd.core.contact import ContactState
from dialerd.core.tallies import CALLBACK, promised
from dialerd.store.asked_for import asked_for, within
from dialerd.store.contact_edits import REMOVED, is_barred
from dialerd.store.contact_rows import CONTACT_COLUMNS, contact_of
from dialerd.store.database import READING
from dialerd.store.schema import attempts, contacts, inbound_calls

Row = Mapping[str, Any]
_KEPT = tuple(column.name for column in inbound_calls.c if column.name != "recorded_at")


def e164_of(caller: str, ours: str) -> str:
    """A caller's number as the carrier gave it, in E.164; what is not international is of the country of ``ours``
    (E.164). Empty: it is no number."""
    try:
        home = phonenumbers.region_code_for_number(phonenumbers.parse(ours))
        parsed = phonenumbers.parse(caller, home)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


async def find_caller(connection: AsyncConnection, command: FindCaller) -> CallerFound:
    """The newest attempt of these campaigns at this number, and the contact as it is now."""
    spellings = {name: e164_of(command.caller, ours) for name, ours in command.campaigns.items()}
    numbers = sorted({number for number in spellings.values() if number})
    if not numbers:
        return CallerFound(command.call_id)
    query = (
        select(attempts.c.id, attempts.c.campaign, attempts.c.contact_id, attempts.c.number)
        .where(attempts.c.number.in_(numbers), attempts.c.campaign.in_(sorted(spellings)))
        .where(attempts.c.dialed_at.is_not(None))
        .order_by(attempts.c.recorded_at.desc(), attempts.c.id.desc())
        .limit(1)
    )
    newest = (await connection.execute(query)).one_or_none()
    if newest is None:
        return CallerFound(command.call_id, numbers[0])
    of_contact = select(*CONTACT_COLUMNS).where(contacts.c.id == newest.contact_id, contacts.c.reason != REMOVED)
    row = (await connection.execute(of_contact)).one_or_none()
    contact = contact_of(row) if row is not None else None
    return CallerFound(command.call_id, newest.number, newest.campaign, newest.id, contact)


async def record_caller(connection: AsyncConnection, command: RecordCaller, now: float) -> CallerRecorded:
    """Keep the call, once by its id, and what becomes of its contact."""
    record = command.record
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = values_of(record) | {"recorded_at": now}
    statement = (
        dialect.insert(inbound_calls).on_conflict_do_nothing(index_elements=["id"]).returning(inbound_calls.c.id)
    )
    fresh = (await connection.execute(statement, [row])).scalars().all()
    if fresh and record.following is not None and record.contact_id is not None:
        await _apply(connection, record.contact_id, record.following, now)
    return CallerRecorded(record.id, record.contact_list)


def values_of(record: CallerRecord) -> dict[str, Any]:
    """The call's columns in the record."""
    return {name: getattr(record, name) for name in _KEPT}


async def _apply(connection: AsyncConnection, contact_id: int, following: Mapping[str, Any], now: float) -> None:
    query = select(contacts).where(contacts.c.id == contact_id, contacts.c.reason != REMOVED).with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return
    values = changes(dict(row), following, now)
    if values:
        await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(values))


def changes(row: Mapping[str, Any], following: Mapping[str, Any], now: float) -> dict[str, Any]:
    """What changes of a contact's row. One that is finished with stays so, save where its person asks to be called
    back; whoever opted out, or was taken out by hand, is not called back either."""
    values: dict[str, Any] = {}
    if following.get("columns"):
        values["columns"] = {**row["columns"], **following["columns"]}
    state = following.get("state")
    asks = following.get("reason") == CALLBACK
    finished = row["state"] == ContactState.UNCALLABLE.value
    if state is not None and (not finished or (asks and not is_barred(row))):
        values |= {
            "state": state,
            "next_at": following.get("at") or 0.0,
            "reason": following["reason"],
            "fetch": None,
        }
        if asks:
            values |= {
                "number_index": following["number_index"],
                "tries": promised(row["tries"] or {}, following.get("at")),
            }
    return values | {"updated_at": now} if values else {}


async def forget_callers(connection: AsyncConnection, contact_ids: Collection[int]) -> None:
    """Their contacts are removed: that somebody called stays, who it was does not."""
    blank = {"number": "", "contact_key": "", "flow": None}
    await connection.execute(update(inbound_calls).where(inbound_calls.c.contact_id.in_(contact_ids)).values(blank))


@dataclass(frozen=True, slots=True)
class InboundFilter:
    """Which calls; None asks for nothing. ``since``/``until``: epoch seconds of the arrival, half open."""

    campaign: str | None = None
    outcome: str | None = None
    number: str | None = None
    contact_id: int | None = None
    since: float | None = None
    until: float | None = None


class InboundCalls:
    """Questions about inbound calls that are over. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = engine.execution_options(**READING)

    async def find(self, chosen: InboundFilter, *, limit: int = 100, offset: int = 0) -> list[Row]:
        """Latest first."""
        query = select(inbound_calls).where(
            *asked_for(inbound_calls, chosen, ("campaign", "outcome", "number", "contact_id")),
            *within(inbound_calls.c.arrived_at, chosen.since, chosen.until),
        )
        query = query.order_by(inbound_calls.c.arrived_at.desc(), inbound_calls.c.id.desc())
        async with self._reading.connect() as connection:
            rows = (await connection.execute(query.limit(limit).offset(offset))).mappings().all()
        return [dict(row) for row in rows]
