"""A campaign's dial order in the database: who is ready to be called, with the sort keys, in one index.

A book is filled from the contacts in steps; triggers note which contacts changed afterwards; contacts that wait come
in when they are due. So reading the next contacts is a range of the index, however long the list is. An entry may be
out of date for a moment (the contact is in an attempt of another campaign): whoever takes it looks at the contact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import ContactState
from dialerd.core.filtering.conditions import changes_with_time
from dialerd.core.filtering.facts import Moment, moment_at
from dialerd.core.ordering.mixing import Line, Stream, Turns
from dialerd.core.ordering.settings import MAX_KEYS, DialOrder, ListShare
from dialerd.store.callback_reason import is_promised_call
from dialerd.store.calling_groups import GroupsNow, groups_now
from dialerd.store.filter_sql import Scan
from dialerd.store.group_numbers import LAST_GROUP
from dialerd.store.id_lists import among
from dialerd.store.order_sweep import drop_book
from dialerd.store.schema import contacts, order_books, order_changes, order_entries, order_sources

OUT = 0
"""The line of an entry that is kept for its keys only."""
_STREAMS = 4
_LINES = 10_000
"""Lines from one calling group to the next."""
_VERSION = "1"
"""To be changed when entries are written in another way: old books are not read then."""
_KEYS = tuple(name for number in range(1, MAX_KEYS + 1) for name in (f"n{number}", f"t{number}"))
_IN_ORDER = (*(order_entries.c[name] for name in _KEYS), order_entries.c.due, order_entries.c.contact_id)
_READY_FROM = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """One list of a book, and how far it is in it."""

    contact_list: str
    position: int
    built_id: int | None
    due_at: float
    due_id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose order it is."""

    campaign: str
    contact_list: str
    order: DialOrder
    hours: CallableTime = ANY_TIME
    """When people may be called: who waits in a group that is closed is not next."""

    @property
    def shares(self) -> tuple[ListShare, ...]:
        """The lists with their shares."""
        return self.order.shares(self.contact_list)

    @property
    def lists(self) -> tuple[str, ...]:
        """The names of the lists."""
        return tuple(one.name for one in self.shares)

    def digest(self) -> str:
        """What entries depend on; the same as long as they stay right."""
        parts = [_VERSION, str(self.order.filter), str(self.order.static), *map(str, self.order.sort), *self.lists]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def wanted_by(campaign: CampaignSettings) -> Wanted:
    """The campaign's order."""
    return Wanted(campaign.name, campaign.contact_list, campaign.order, campaign.callable_time)


class Book:
    """One campaign's book within one transaction. Errors of the database are raised as they are."""

    def __init__(self, connection: AsyncConnection, wanted: Wanted, now: float, row: Any) -> None:
        self._connection = connection
        self._postgresql = connection.dialect.name == "postgresql"
        self._wanted = wanted
        self._now = now
        self.id: int = row.id
        self.ready: bool = row.ready
        """Everybody is in it; until then only what a first look found is in order."""
        self.ahead: int = row.ahead
        self.refreshed_at: float = row.refreshed_at
        self.turns = Turns(dict(row.turns))
        self._groups: dict[str, GroupsNow] = {}

    @property
    def moment(self) -> Moment:
        """When its filter is asked."""
        return moment_at(self._now, self._wanted.order.time_zone)

    # --- what is in it ----------------------------------------------------------------------------------

    async def sources(self) -> list[Source]:
        """Its lists, in the order of the configuration."""
        query = select(order_sources).where(order_sources.c.book_id == self.id).order_by(order_sources.c.position)
        return [
            Source(row.contact_list, row.position, row.built_id, row.due_at, row.due_id)
            for row in await self._connection.execute(query)
        ]

    async def groups(self, contact_list: str) -> GroupsNow:
        """The list's calling groups at this moment."""
        if contact_list not in self._groups:
            found = await groups_now(self._connection, contact_list, self._wanted.hours, self._now)
            self._groups[contact_list] = found
        return self._groups[contact_list]

    async def first(self, line: Line, limit: int) -> list[int]:
        """Ids of the first contacts of a line, without those of closed groups."""
        each = [
            select(*_IN_ORDER)
            .where(order_entries.c.book_id == self.id, order_entries.c.line == number)
            .order_by(*_IN_ORDER)
            .limit(limit)
            .subquery()
            for number in await self._numbers(line)
        ]
        if len(each) == 1:
            query = select(each[0].c.contact_id)
        else:
            both = union_all(*(select(one) for one in each)).subquery()
            query = select(both.c.contact_id).order_by(*(both.c[column.name] for column in _IN_ORDER)).limit(limit)
        return list((await self._connection.execute(query)).scalars())

    async def opens_at(self, contact_list: str) -> list[float]:
        """When the first group opens that is closed now and has contacts in the book; empty: there is none."""
        closed = (await self.groups(contact_list)).closed
        moments = []
        for group, until in closed.items():
            lines = [self._number((contact_list, stream)) + group * _LINES for stream in Stream]
            mine = (order_entries.c.book_id == self.id) & order_entries.c.line.in_(lines)
            if (await self._connection.execute(select(order_entries.c.contact_id).where(mine).limit(1))).first():
                moments.append(until)
        return moments

    async def line_of(self, contact_id: int) -> Line | None:
        """The line that the contact waits in; None: it is in none."""
        mine = (order_entries.c.book_id == self.id) & (order_entries.c.contact_id == contact_id)
        number = (await self._connection.execute(select(order_entries.c.line).where(mine))).scalar()
        if not number:
            return None
        group, within = divmod(number, _LINES)
        position, stream = divmod(within, _STREAMS)
        line = self._wanted.lists[position], Stream(stream)
        return None if group in (await self.groups(line[0])).closed else line

    async def waiting(self, line: Line, most: int) -> int:
        """How many are in a line; it stops counting at ``most``."""
        some = select(order_entries.c.contact_id).where(
            order_entries.c.book_id == self.id, order_entries.c.line.in_(await self._numbers(line))
        )
        counted = select(func.count()).select_from(some.limit(most).subquery())
        return (await self._connection.execute(counted)).scalar_one()

    async def _numbers(self, line: Line) -> list[int]:
        """The line and those of the groups that are open."""
        number = self._number(line)
        return [number, *(number + group * _LINES for group in (await self.groups(line[0])).open if group)]

    def _number(self, line: Line) -> int:
        return self._wanted.lists.index(line[0]) * _STREAMS + line[1]

    async def fit(self, ids: Sequence[int], *, kept_up: bool = False) -> set[int]:
        """Those of these contacts that are ready and pass the filter now. ``kept_up``: :meth:`keep_up` has just taken
        in everything, so that the filter need not be asked again, unless somebody else may change contacts or time
        changes its answers."""
        chosen = self._wanted.order.filter
        moves = chosen is not None and changes_with_time(chosen.condition)
        if kept_up and not self._postgresql and not moves:
            ready = select(contacts.c.id).where(self._among(contacts.c.id, ids), self._is_ready())
            return set((await self._connection.execute(ready)).scalars())
        scan = self._scan([self._among(contacts.c.id, ids), self._is_ready()])
        query = select(scan.rows.c.id).where(self._passes(scan))
        return set((await self._connection.execute(query)).scalars())

    async def pending(self) -> bool:
        """Something is to be put into it before it is known who comes next."""
        changed = select(order_changes.c.contact_id).where(order_changes.c.book_id == self.id).limit(1)
        if not self.ready or (await self._connection.execute(changed)).first() is not None:
            return True
        for source in await self.sources():
            if (await self._connection.execute(self._due(source).limit(1))).first() is not None:
                return True
        return False

    # --- changing it ------------------------------------------------------------------------------------

    async def take_out(self, ids: Sequence[int]) -> None:
        """These contacts are no longer next."""
        mine = and_(order_entries.c.book_id == self.id, self._among(order_entries.c.contact_id, ids))
        statement: Any = update(order_entries).where(mine).values(line=OUT)
        await self._connection.execute(statement if self._wanted.order.static else delete(order_entries).where(mine))

    async def look_again(self, ids: Sequence[int]) -> None:
        """It is not known how these contacts stand: they are looked at later."""
        dialect = postgresql if self._postgresql else sqlite
        statement = dialect.insert(order_changes).on_conflict_do_nothing()
        await self._connection.execute(statement, [{"book_id": self.id, "contact_id": i} for i in ids])

    async def put_in(self, ids: Sequence[int]) -> None:
        """Put these contacts where they belong now, or nowhere."""
        if ids:
            await self.take_out(ids)
            await self._insert([self._among(contacts.c.id, ids), self._is_ready()])

    async def keep_up(self, limit: int) -> int:
        """Take in contacts that changed or fell due, up to ``limit`` of each; returns how many."""
        mine = order_changes.c.book_id == self.id
        some = select(order_changes.c.contact_id).where(mine).limit(limit).with_for_update(skip_locked=True)
        ids = list((await self._connection.execute(some)).scalars())
        if ids:
            await self._connection.execute(
                delete(order_changes).where(mine, self._among(order_changes.c.contact_id, ids))
            )
            await self.put_in(ids)
        taken = len(ids)
        for source in await self.sources():
            due = (await self._connection.execute(self._due(source).limit(limit))).all()
            if due:
                await self.put_in([row.id for row in due])
                await self._save(source, due_at=due[-1].next_at, due_id=due[-1].id)
                taken += len(due)
        return taken

    async def build(self, limit: int) -> bool:
        """Put up to ``limit`` more callable contacts into it. True: everybody is in."""
        for source in await self.sources():
            if source.built_id is None:
                continue
            place = tuple_(contacts.c.next_at, contacts.c.id)
            rest = and_(*self._callable(source.contact_list), place > _place(source.built_id))
            ids = select(contacts.c.id).where(rest).order_by(contacts.c.next_at, contacts.c.id)
            last = (await self._connection.execute(ids.offset(limit - 1).limit(1))).scalar()
            await self._insert([rest] if last is None else [rest, place <= _place(last)])
            await self._save(source, built_id=last)
            return False
        if not self.ready:
            self.ready = True
            await self._set(ready=True, ahead=0)
        return True

    async def refresh(self) -> None:
        """Look at everybody again: the filter's answers change with time."""
        await self._connection.execute(
            update(order_sources).where(order_sources.c.book_id == self.id).values(built_id=0)
        )
        await self._set(refreshed_at=self._now)

    async def used(self, count: int) -> None:
        """So many of its first contacts were taken."""
        self.ahead = max(0, self.ahead - count)
        await self._set(turns=self.turns.earned, ahead=self.ahead)

    async def put_ahead(self, ids: Sequence[int], everybody: bool) -> None:
        """What a first look found, before the book is built; ``everybody``: there were no others."""
        await self.put_in(ids)
        self.ahead, self.ready = (0, True) if everybody else (len(ids), False)
        if everybody:
            await self._connection.execute(
                update(order_sources).where(order_sources.c.book_id == self.id).values(built_id=None)
            )
        await self._set(ahead=self.ahead, ready=self.ready)

    # --- SQL --------------------------------------------------------------------------------------------

    def _scan(self, where: Iterable[ColumnElement[bool]]) -> Scan:
        return Scan(self._postgresql, self._wanted.order, where)

    def _among(self, column: ColumnElement[Any], ids: Sequence[int]) -> ColumnElement[bool]:
        return among(column, ids, self._postgresql)

    def _passes(self, scan: Scan) -> ColumnElement[bool]:
        chosen = self._wanted.order.filter
        return scan.holds(chosen.condition, self.moment) if chosen is not None else true()

    def _callable(self, contact_list: str) -> list[ColumnElement[bool]]:
        return [
            contacts.c.contact_list == contact_list,
            contacts.c.state == ContactState.CALLABLE.value,
            contacts.c.next_at <= _READY_FROM,
        ]

    def _is_ready(self) -> ColumnElement[bool]:
        due = and_(contacts.c.state == ContactState.WAITING.value, contacts.c.next_at <= self._now)
        return or_(contacts.c.state == ContactState.CALLABLE.value, due)

    def _due(self, source: Source) -> Any:
        return (
            select(contacts.c.id, contacts.c.next_at)
            .where(
                contacts.c.contact_list == source.contact_list,
                contacts.c.state == ContactState.WAITING.value,
                tuple_(contacts.c.next_at, contacts.c.id) > _place(source.due_id, source.due_at),
                contacts.c.next_at <= self._now,
            )
            .order_by(contacts.c.next_at, contacts.c.id)
        )

    async def _insert(self, where: Iterable[ColumnElement[bool]]) -> None:
        """Write entries for those of the rows that pass; for those that have one, write it anew."""
        scan, order = self._scan(where), self._wanted.order
        rows = scan.rows.c
        lists = case(
            *((rows.contact_list == name, n * _STREAMS) for n, name in enumerate(self._wanted.lists)), else_=None
        )
        promised = is_promised_call(rows.reason)
        stream = case(
            (promised, Stream.CALLBACK.value), (rows.attempts > 0, Stream.RETRIED.value), else_=Stream.FRESH.value
        )
        grouped = and_(rows.state == ContactState.WAITING.value, rows.next_at <= LAST_GROUP)
        group = case((grouped, cast(rows.next_at, Integer()) * _LINES), else_=0)
        due = case((grouped, 0.0), (or_(promised, rows.attempts > 0), rows.next_at), else_=0.0)
        keys = [part for pair in scan.keys(order.sort) for part in pair]
        keys += [cast(null(), order_entries.c[name].type) for name in _KEYS[len(keys) :]]
        place = cast(lists + stream + group, Integer())
        chosen = select(literal(self.id, BigInteger()), rows.id, place, *keys, cast(due, Double()))
        chosen = chosen.where(self._passes(scan), rows.contact_list.in_(self._wanted.lists))
        names = ["book_id", "contact_id", "line", *_KEYS, "due"]
        dialect = postgresql if self._postgresql else sqlite
        statement = dialect.insert(order_entries).from_select(names, chosen)
        changed = ["line", "due"] if order.static else ["line", *_KEYS, "due"]
        await self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["book_id", "contact_id"], set_={name: statement.excluded[name] for name in changed}
            )
        )

    async def _save(self, source: Source, **values: Any) -> None:
        mine = and_(order_sources.c.book_id == self.id, order_sources.c.contact_list == source.contact_list)
        await self._connection.execute(update(order_sources).where(mine).values(**values))

    async def _set(self, **values: Any) -> None:
        await self._connection.execute(update(order_books).where(order_books.c.id == self.id).values(**values))


def _place(contact_id: int, next_at: float = _READY_FROM) -> Any:
    return tuple_(literal(next_at, Double()), literal(contact_id, BigInteger()))


async def open_book(connection: AsyncConnection, wanted: Wanted, now: float) -> Book:
    """The campaign's book, for this transaction alone; an empty one when it has none, or one for another order."""
    mine = select(order_books).where(order_books.c.campaign == wanted.campaign).with_for_update()
    row = (await connection.execute(mine)).first()
    if row is not None and row.digest != wanted.digest():
        await drop_book(connection, row.id)
        row = None
    if row is None:
        await connection.execute(
            insert(order_books).values(
                campaign=wanted.campaign, digest=wanted.digest(), ready=False, ahead=0, refreshed_at=now, turns={}
            )
        )
        row = (await connection.execute(mine)).one()
        await connection.execute(
            insert(order_sources),
            [
                {"book_id": row.id, "contact_list": name, "position": position, "built_id": 0, "due_at": 0.0,
                 "due_id": 0}
                for position, name in enumerate(wanted.lists)
            ],
        )  # fmt: skip
    return Book(connection, wanted, now, row)


async def known_book(connection: AsyncConnection, wanted: Wanted, now: float) -> Book | None:
    """The campaign's book if it is there and complete; for reading."""
    mine = select(order_books).where(
        order_books.c.campaign == wanted.campaign, order_books.c.digest == wanted.digest(), order_books.c.ready
    )
    row = (await connection.execute(mine)).first()
    return Book(connection, wanted, now, row) if row is not None else None
