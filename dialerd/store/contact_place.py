"""Where one contact stands: whether its campaign's filter lets it through, and how many come before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.filtering.facts import moment_at
from dialerd.core.ordering.mixing import Line, Stream
from dialerd.core.ordering.places import before
from dialerd.store.calling_groups import GroupsNow, groups_now
from dialerd.store.database import READING
from dialerd.store.filter_sql import Scan
from dialerd.store.group_numbers import LAST_GROUP
from dialerd.store.order_book import Wanted, known_book
from dialerd.store.schema import contacts

MOST_COUNTED = 20_000
"""Contacts before this one that are counted in one line: it bounds what the question costs."""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """So many contacts come before this one. ``about``: lists or kinds take turns, or changes are still to be taken
    in; ``at_least``: there are more, which were not counted."""

    before: int
    about: bool = False
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """``passes``: the filter lets the contact through (or there is none). ``place``: None when it is not in line:
    not ready, or not taken into the order yet."""

    passes: bool
    place: LinePlace | None


async def standing(engine: AsyncEngine, wanted: Wanted, contact_id: int, now: float) -> Standing:
    """How a contact stands in a campaign's order. Errors of the database are raised as they are."""
    async with engine.execution_options(**READING).connect() as connection:
        row = (await connection.execute(select(contacts).where(contacts.c.id == contact_id))).first()
        if row is None:
            return Standing(True, None)
        passes = await _passes(connection, wanted, contact_id, now)
        groups = await groups_now(connection, row.contact_list, wanted.hours, now)
        due = row.state == ContactState.WAITING.value and row.next_at <= now and row.next_at not in groups.closed
        if not passes or not (due or row.state == ContactState.CALLABLE.value):
            return Standing(passes, None)
        if wanted.order.plain:
            return Standing(True, await _in_plain(connection, row, now, groups))
        return Standing(True, await _in_book(connection, wanted, contact_id, now))


async def _passes(connection: AsyncConnection, wanted: Wanted, contact_id: int, now: float) -> bool:
    chosen = wanted.order.filter
    if chosen is None:
        return True
    scan = Scan(connection.dialect.name == "postgresql", wanted.order, [contacts.c.id == contact_id], ("id",))
    asked = select(scan.rows.c.id).where(scan.holds(chosen.condition, moment_at(now, wanted.order.time_zone)))
    return (await connection.execute(asked)).first() is not None


async def _in_plain(connection: AsyncConnection, row: Any, now: float, groups: GroupsNow) -> LinePlace:
    """Retries that are due, those whose calling group has opened, then all others as they were imported."""
    earlier = tuple_(contacts.c.next_at, contacts.c.id) < tuple_(literal(row.next_at), literal(row.id))
    waits = contacts.c.state == ContactState.WAITING.value
    waiting = [waits, contacts.c.next_at <= now, contacts.c.next_at > LAST_GROUP]
    opened = [waits, contacts.c.next_at.in_([float(number) for number in groups.open])]
    fresh = [contacts.c.state == ContactState.CALLABLE.value, contacts.c.next_at <= 0]
    if row.state == ContactState.WAITING.value and row.next_at > LAST_GROUP:
        count = await _count(connection, row.contact_list, [*waiting, earlier])
    elif row.state == ContactState.WAITING.value:
        count = await _count(connection, row.contact_list, waiting)
        count += await _count(connection, row.contact_list, [*opened, contacts.c.id < row.id])
    else:
        count = await _count(connection, row.contact_list, waiting)
        count += await _count(connection, row.contact_list, opened) if groups.open else 0
        count += await _count(connection, row.contact_list, [*fresh, earlier])
    return LinePlace(min(count, MOST_COUNTED), at_least=count > MOST_COUNTED)


async def _count(connection: AsyncConnection, contact_list: str, where: list[ColumnElement[bool]]) -> int:
    some = select(contacts.c.id).where(contacts.c.contact_list == contact_list, *where).limit(MOST_COUNTED + 1)
    return (await connection.execute(select(func.count()).select_from(some.subquery()))).scalar_one()


async def _in_book(connection: AsyncConnection, wanted: Wanted, contact_id: int, now: float) -> LinePlace | None:
    book = await known_book(connection, wanted, now)
    if book is None:
        return None
    line = await book.line_of(contact_id)
    if line is None:
        return None
    counts: dict[Line, int] = {
        (name, stream): await book.waiting((name, stream), MOST_COUNTED)
        for name in wanted.lists
        for stream in Stream
        if (name, stream) != line
    }
    ids = await book.first(line, MOST_COUNTED + 1)
    index = ids.index(contact_id) if contact_id in ids else len(ids)
    turns = any(counts.values()) and line[1] is not Stream.CALLBACK
    return LinePlace(
        before(line, index, {**counts, line: len(ids)}, wanted.shares, wanted.order.mix),
        about=turns or await book.pending(),
        at_least=index > MOST_COUNTED or MOST_COUNTED in counts.values(),
    )
