"""A first look at the lists of an order whose book is not complete: whom a campaign calls meanwhile.

A campaign that was started a moment ago waits for a *short* look, which reads for a bounded time: the first contacts
of a list of any length are there in about a second, the best of those that were read. The keeper of the books then
takes a *whole* look, and after it builds the book.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Double, case, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.core.filtering.facts import Moment, moment_at
from dialerd.store.database import READING
from dialerd.store.filter_sql import Scan
from dialerd.store.order_book import Wanted, open_book
from dialerd.store.schema import contacts

FIRST_LOOK = 5000
"""Contacts that a look at all of a list puts in order."""
SHORT_LOOK = 1000
"""Contacts that a look at a part of a list puts in order: the whole look follows within seconds."""
SHORT_LOOK_S = 0.7
"""A short look reads no longer than this, once it has found anybody."""
CHUNK = 20_000
"""Contacts that are read before the clock is looked at: some hundredths of a second."""


async def look_first(engine: AsyncEngine, wanted: Wanted, now: float, *, whole: bool = False) -> None:
    """Put a campaign's first contacts in order, unless its book is complete; a short look also leaves it alone while
    contacts of an earlier one are left.

    Reads without the lock of a writer; only what was found is written."""
    async with engine.begin() as connection:
        book = await open_book(connection, wanted, now)
        if book.ready or (book.ahead > 0 and not whole):
            return
    found: list[int] = []
    everybody = True
    for_s = None if whole else SHORT_LOOK_S / len(wanted.lists)
    async with engine.execution_options(**READING).connect() as connection:
        for name in wanted.lists:
            ids, to_the_end = await _first_of(connection, wanted, name, now, for_s)
            found += ids
            everybody &= to_the_end and len(ids) < FIRST_LOOK
    async with engine.begin() as connection:
        book = await open_book(connection, wanted, now)
        if not book.ready:
            await book.put_ahead(found, everybody)


async def is_short(engine: AsyncEngine, wanted: Wanted) -> bool:
    """None of the lists has more callable contacts than are read at once: building their book takes no time."""
    async with engine.execution_options(**READING).connect() as connection:
        for name in wanted.lists:
            if await _end_of_chunk(connection, name, 0) is not None:
                return False
    return True


async def _first_of(
    connection: AsyncConnection, wanted: Wanted, contact_list: str, now: float, for_s: float | None
) -> tuple[list[int], bool]:
    """The first contacts of those that were read, and whether all were."""
    began, after = time.monotonic(), 0
    best: list[tuple[Any, ...]] = []
    moment = moment_at(now, wanted.order.time_zone)
    while True:
        last = await _end_of_chunk(connection, contact_list, after)
        query = _query(connection, wanted, contact_list, (after, last), moment)
        best += [tuple(row) for row in (await connection.execute(query)).all()]
        # As the database sorts: keys are never null, and texts compare by code point there too.
        best = sorted(best)[:FIRST_LOOK]
        if last is None:
            return [row[-1] for row in best], True
        if for_s is not None and best and time.monotonic() - began >= for_s:
            return [row[-1] for row in best[:SHORT_LOOK]], False
        after = last


async def _end_of_chunk(connection: AsyncConnection, contact_list: str, after: int) -> int | None:
    """Id of the last callable contact of the next chunk; None: it is the last chunk."""
    ids = select(contacts.c.id).where(*_callable(contact_list, after)).order_by(contacts.c.next_at, contacts.c.id)
    return (await connection.execute(ids.offset(CHUNK - 1).limit(1))).scalar()


def _query(
    connection: AsyncConnection, wanted: Wanted, contact_list: str, span: tuple[int, int | None], moment: Moment
) -> Any:
    """The first ones of a chunk: their keys, and last their id."""
    after, last = span
    order = wanted.order
    where = _callable(contact_list, after) + ([] if last is None else [_place <= _at(last)])
    scan = Scan(connection.dialect.name == "postgresql", order, where, ("id", "attempts"))
    passes = scan.holds(order.filter.condition, moment) if order.filter is not None else true()
    retried_first = [] if order.mix.fresh else [case((scan.rows.c.attempts > 0, 0), else_=1)]
    keys = [*retried_first, *scan.order_by(order.sort), scan.rows.c.id]
    return select(*keys).where(passes).order_by(*keys).limit(FIRST_LOOK)


_place = tuple_(contacts.c.next_at, contacts.c.id)


def _at(contact_id: int) -> Any:
    return tuple_(literal(0.0, Double()), literal(contact_id, contacts.c.id.type))


def _callable(contact_list: str, after: int) -> list[Any]:
    return [
        contacts.c.contact_list == contact_list,
        contacts.c.state == ContactState.CALLABLE.value,
        contacts.c.next_at <= 0.0,
        _place > _at(after),
    ]
