"""How many contacts a campaign's filter lets through, and how they stand; who comes next, and why there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.filtering.facts import moment_at
from dialerd.core.ordering.mixing import Line, Stream, Turns, stream_of
from dialerd.store.callback_reason import is_promised_call
from dialerd.store.calling_groups import groups_now
from dialerd.store.database import READING
from dialerd.store.filter_sql import Scan
from dialerd.store.group_numbers import moment_of
from dialerd.store.order_book import Wanted, known_book
from dialerd.store.schema import IMPORTING, contacts


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """Contacts of a campaign's lists. ``contacts = matching + filtered_out``; the others divide ``matching``."""

    contacts: int = 0
    matching: int = 0
    filtered_out: int = 0
    promised: int = 0
    """Ready, with a callback that is due."""
    retried: int = 0
    """Ready to be tried again."""
    fresh: int = 0
    """Ready and never attempted."""
    parked: int = 0
    """Waiting for a time that has not come."""
    in_attempt: int = 0
    """In the hopper or in a call."""
    uncallable: int = 0


@dataclass(frozen=True, slots=True)
class NextContact:
    """A contact that is to come. ``keys``: its values of the sort keys, as they are compared."""

    place: int
    id: int
    key: str
    contact_list: str
    kind: str
    """``callback``, ``retried`` or ``fresh``."""
    number: str | None
    attempts: int
    last_disposition: str | None
    due_at: float | None
    keys: dict[str, str | None] = field(default_factory=dict)


async def order_counts(engine: AsyncEngine, wanted: Wanted, now: float) -> OrderCounts:
    """Count. Reads the whole lists when there is a filter; errors of the database are raised as they are."""
    async with engine.execution_options(**READING).connect() as connection:
        scan = _scan(connection, wanted, [contacts.c.state != IMPORTING])
        rows = scan.rows.c
        outside = await _outside(connection, wanted, rows, now)
        waits = or_(and_(rows.state == ContactState.WAITING.value, rows.next_at > now), outside)
        ready = or_(rows.state == ContactState.CALLABLE.value, rows.state == ContactState.WAITING.value)
        promised = is_promised_call(rows.reason)
        kind = case(
            (waits, "parked"),
            (and_(ready, promised), "promised"),
            (and_(ready, rows.attempts > 0), "retried"),
            (ready, "fresh"),
            (rows.state == ContactState.IN_ATTEMPT.value, "in_attempt"),
            else_="uncallable",
        )
        # In a part of its own: PostgreSQL does not group by the `true` that stands for no filter.
        each = select(_passes(scan, wanted, now).label("passes"), kind.label("kind")).subquery()
        query = select(each.c.passes, each.c.kind, func.count()).group_by(each.c.passes, each.c.kind)
        found = [tuple(row) for row in await connection.execute(query)]
    kinds: dict[str, int] = {name: count for passed, name, count in found if passed}
    matching, everybody = sum(kinds.values()), sum(count for *_, count in found)
    return OrderCounts(contacts=everybody, matching=matching, filtered_out=everybody - matching, **kinds)


async def next_contacts(engine: AsyncEngine, wanted: Wanted, limit: int, now: float) -> list[NextContact]:
    """The contacts that would be fetched now, in order. Out of the campaign's book where it is complete, else by
    looking at the whole lists. Changes nothing."""
    async with engine.execution_options(**READING).connect() as connection:
        book = await known_book(connection, wanted, now)
        lines: dict[Line, list[int]] = {}
        for name in wanted.lists:
            for stream in Stream:
                ids = await book.first((name, stream), limit) if book is not None else []
                fit = await book.fit(ids) if book is not None and ids else set()
                lines[name, stream] = [i for i in ids if i in fit]
        if book is None:
            lines = await _looked_up(connection, wanted, limit, now)
        turns = Turns(dict(book.turns.earned) if book is not None else {})
        waiting = {line: len(ids) for line, ids in lines.items()}
        places = {line: iter(ids) for line, ids in lines.items()}
        chosen = [next(places[line]) for line in turns.take(waiting, wanted.shares, wanted.order.mix, limit)]
        return await _shown(connection, wanted, chosen)


async def _looked_up(connection: AsyncConnection, wanted: Wanted, limit: int, now: float) -> dict[Line, list[int]]:
    outside = await _outside(connection, wanted, contacts.c, now)
    due = and_(contacts.c.state == ContactState.WAITING.value, contacts.c.next_at <= now, not_(outside))
    scan = _scan(connection, wanted, [or_(contacts.c.state == ContactState.CALLABLE.value, due)])
    keys = scan.order_by(wanted.order.sort)
    rows = scan.rows.c
    promised = is_promised_call(rows.reason)
    streams = {
        Stream.CALLBACK: [promised],
        Stream.RETRIED: [promised.is_(False), rows.attempts > 0],
        Stream.FRESH: [promised.is_(False), rows.attempts == 0],
    }
    lines: dict[Line, list[int]] = {}
    for name in wanted.lists:
        for stream, conditions in streams.items():
            of_line = [rows.contact_list == name, _passes(scan, wanted, now), *conditions]
            since = [] if stream is Stream.FRESH else [rows.next_at]
            query = select(rows.id).where(*of_line).order_by(*keys, *since, rows.id).limit(limit)
            lines[name, stream] = list((await connection.execute(query)).scalars())
    return lines


async def _outside(connection: AsyncConnection, wanted: Wanted, rows: Any, now: float) -> ColumnElement[bool]:
    """The row waits in a calling group that is closed now."""
    closed = {
        name: [float(group) for group in (await groups_now(connection, name, wanted.hours, now)).closed]
        for name in wanted.lists
    }
    waiting = rows.state == ContactState.WAITING.value
    return or_(
        false(),
        *(
            and_(waiting, rows.contact_list == name, rows.next_at.in_(groups))
            for name, groups in closed.items()
            if groups
        ),
    )


async def _shown(connection: AsyncConnection, wanted: Wanted, ids: list[int]) -> list[NextContact]:
    scan = _scan(connection, wanted, [contacts.c.id.in_(ids)])
    values = [scan.value(key).label(f"k{n}") for n, key in enumerate(wanted.order.sort)]
    shown = select(scan.rows.c.id, *values)
    keys = {row[0]: row[1:] for row in await connection.execute(shown)}
    rows = {row.id: row for row in await connection.execute(select(contacts).where(contacts.c.id.in_(ids)))}
    names = [str(key) for key in wanted.order.sort]
    return [_next(place, rows[i], dict(zip(names, keys[i], strict=True))) for place, i in enumerate(ids, start=1)]


def _next(place: int, row: Any, keys: dict[str, Any]) -> NextContact:
    numbers = row.numbers
    fits = row.number_index < len(numbers)
    return NextContact(
        place=place,
        id=row.id,
        key=row.key,
        contact_list=row.contact_list,
        kind=stream_of(row.attempts, row.reason).name.lower(),
        number=numbers[row.number_index]["e164"] if fits else None,
        attempts=row.attempts,
        last_disposition=row.last_disposition,
        due_at=moment_of(row.next_at),
        keys={name: None if value is None else str(value) for name, value in keys.items()},
    )


def _scan(connection: AsyncConnection, wanted: Wanted, where: list[ColumnElement[bool]]) -> Scan:
    of_lists = contacts.c.contact_list.in_(wanted.lists)
    return Scan(connection.dialect.name == "postgresql", wanted.order, [of_lists, *where])


def _passes(scan: Scan, wanted: Wanted, now: float) -> ColumnElement[bool]:
    chosen = wanted.order.filter
    return scan.holds(chosen.condition, moment_at(now, wanted.order.time_zone)) if chosen is not None else true()
