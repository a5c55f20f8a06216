"""The next contacts of a campaign that filters, sorts or mixes, out of its book."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.contact import Contact, ContactState
from dialerd.core.filtering.conditions import changes_with_time
from dialerd.core.ordering.mixing import Line, Stream
from dialerd.core.ordering.settings import REFRESH_S
from dialerd.store.contact_rows import take
from dialerd.store.filter_sql import Scan
from dialerd.store.order_book import Book, Wanted, open_book
from dialerd.store.schema import contacts

MOST_AT_ONCE = 2000
"""Contacts in one fetch."""
KEEP_UP = 2000
"""Changed contacts that a fetch takes in before it looks who is next; the others come in between fetches."""
AGAIN_S = 0.5
"""After so long it is worth asking again while a book is being built."""
_LOOKED_AT = 2000
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Picked:
    """In order; ``next_at``: when it is worth asking again if there are none; None: not before the list
    changes."""

    contacts: tuple[Contact, ...]
    next_at: float | None
    complete: bool
    """The book holds everybody."""


async def pick(connection: AsyncConnection, wanted: Wanted, limit: int, now: float, token: str) -> Picked:
    """Choose up to ``limit`` contacts, take them out of the book and mark them ``in_attempt`` for the fetch
    ``token``."""
    limit = min(limit, MOST_AT_ONCE)
    book = await open_book(connection, wanted, now)
    kept_up = await book.keep_up(KEEP_UP) < KEEP_UP
    lines = await _lines(connection, book, wanted, limit, kept_up)
    waiting = {line: len(ids) for line, ids in lines.items()}
    turns = book.turns.take(waiting, wanted.shares, wanted.order.mix, limit)
    places = {line: iter(ids) for line, ids in lines.items()}
    chosen = [next(places[line]) for line in turns]
    found = await take(connection, chosen, token, now) if chosen else {}
    if chosen:
        await book.take_out(chosen)
    lost = [contact_id for contact_id in chosen if contact_id not in found]
    if lost:
        await book.look_again(lost)
    await book.used(len(chosen))
    next_at = await _next_at(connection, book, wanted, bool(found), now)
    return Picked(tuple(found[i] for i in chosen if i in found), next_at, book.ready)


async def _lines(
    connection: AsyncConnection, book: Book, wanted: Wanted, limit: int, kept_up: bool
) -> dict[Line, list[int]]:
    """For each line the first contacts that fit; entries of others are removed."""
    found: dict[Line, list[int]] = {}
    for name in wanted.lists:
        for stream in Stream:
            line = (name, stream)
            found[line] = []
            for _ in range(_ROUNDS):
                ids = await book.first(line, limit)
                fit = await book.fit(ids, kept_up=kept_up) if ids else set()
                stale = [i for i in ids if i not in fit]
                found[line] = [i for i in ids if i in fit]
                if not stale:
                    break
                await book.take_out(stale)
                if len(found[line]) == limit:
                    break
            if len(wanted.lists) == 1 and len(found[line]) == limit and _outranks(stream, wanted):
                return found
    return found


def _outranks(stream: Stream, wanted: Wanted) -> bool:
    """Whoever is in the lines after this one would not come anyway."""
    return stream is Stream.CALLBACK or (stream is Stream.RETRIED and wanted.order.mix.fresh == 0)


async def _next_at(
    connection: AsyncConnection, book: Book, wanted: Wanted, any_chosen: bool, now: float
) -> float | None:
    if not any_chosen and await book.pending():
        return now + AGAIN_S
    waiting = [contacts.c.state == ContactState.WAITING.value, contacts.c.next_at > now]
    moments: list[float] = []
    for name in wanted.lists:
        moments += await book.opens_at(name)
        here = [contacts.c.contact_list == name, *waiting]
        soonest = select(contacts.c.next_at).where(*here).order_by(contacts.c.next_at)
        if any_chosen or wanted.order.filter is None:
            moments += (await connection.execute(soonest.limit(1))).scalars()
            continue
        some = select(contacts.c.id).where(*here).order_by(contacts.c.next_at).limit(_LOOKED_AT)
        scan = Scan(
            connection.dialect.name == "postgresql", wanted.order, [contacts.c.id.in_(some.scalar_subquery())]
        )
        passes = scan.holds(wanted.order.filter.condition, book.moment)
        first = select(scan.rows.c.next_at).where(passes).order_by(scan.rows.c.next_at).limit(1)
        passing = (await connection.execute(first)).scalar()
        if passing is None:
            # Nobody among the first ones: look again when the last of these has passed by.
            passing = (await connection.execute(soonest.offset(_LOOKED_AT - 1).limit(1))).scalar()
        moments += [passing] if passing is not None else []
    chosen = wanted.order.filter
    if not any_chosen and chosen is not None and changes_with_time(chosen.condition):
        left = select(contacts.c.id).where(
            contacts.c.contact_list.in_(wanted.lists),
            contacts.c.state.in_([ContactState.CALLABLE.value, ContactState.WAITING.value]),
        )
        if (await connection.execute(left.limit(1))).first() is not None:
            moments.append(now + REFRESH_S)
    return min(moments, default=None)
