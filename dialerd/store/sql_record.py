"""The record in SQL, as the engine sees it: fetches contacts, takes them back, remembers campaigns' states."""

from __future__ import annotations

import asyncio
import math
import random
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.campaign import CampaignState
from dialerd.core.commands import (
    AuditAction,
    CountContacts,
    FetchContacts,
    FindCaller,
    MarkCall,
    OptOut,
    ParkContacts,
    RecordCaller,
    RecordCommand,
    RetireContacts,
    ReturnContacts,
    SaveCampaignState,
    SaveDirection,
    WakeContacts,
)
from dialerd.core.contact import Contact, ContactState
from dialerd.core.events import ContactsFetched
from dialerd.core.ordering.settings import DialOrder
from dialerd.core.tallies import CALLBACK, still_callback
from dialerd.core.windows import DayCount
from dialerd.ports import Clock, Post
from dialerd.store.call_marks import keep
from dialerd.store.callback_reason import is_promised_call, reason_kept
from dialerd.store.calling_groups import GroupsNow, groups_now, number_of
from dialerd.store.campaign_states import read_states, save_state
from dialerd.store.contact_rows import CONTACT_COLUMNS, contact_of, take
from dialerd.store.database import READING
from dialerd.store.day_counts import day_counts
from dialerd.store.directions import count, save, saved
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.group_numbers import LAST_GROUP
from dialerd.store.id_lists import among
from dialerd.store.inbound_calls import find_caller, record_caller
from dialerd.store.order_book import Wanted
from dialerd.store.order_fetch import pick
from dialerd.store.order_look import look_first
from dialerd.store.record_health import DATABASE_ERRORS, RecordHealth, reason_of
from dialerd.store.schema import contacts

_CHUNK = 500
Retired = Callable[[Sequence[int], str], None]
"""Told ids of contacts, and the reason."""
LOCKED_S = 0.5
"""After so long it is worth asking again for contacts that an edit has locked."""


class SqlRecord:
    """The port to the record.

    Life: :meth:`run` as a task for as long as the daemon lives; before it, :meth:`campaign_states` and
    :meth:`reset_in_attempt`. Commands are carried out one after another, each in a transaction of its own. While
    the database does not answer they wait; every FetchContacts is answered once it is back.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        post: Post,
        clock: Clock,
        *,
        health: RecordHealth | None = None,
        backoff_s: tuple[float, float] = (0.1, 5.0),
    ) -> None:
        """``health``: shared with the outbox, so that a loss is told once. ``backoff_s``: least and greatest pause
        between tries, seconds."""
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._postgresql = engine.dialect.name == "postgresql"
        self._post = post
        self._clock = clock
        self._health = health if health is not None else RecordHealth(post)
        self._backoff_s = backoff_s
        self._complete: dict[str, DialOrder | None] = {}
        """Campaign -> the order that its book held everybody in, at the last fetch."""
        self._dnc = SqlDnc(engine, clock)
        self.on_retired: Retired = lambda contact_ids, reason: None
        """Told who is not called any more, or parked, once it is committed."""
        self._commands: deque[RecordCommand] = deque()
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    # --- the port ---------------------------------------------------------------------------------------

    def submit(self, command: RecordCommand) -> None:
        """Queue one command; see :class:`~dialerd.ports.Record`."""
        if isinstance(command, OptOut | FindCaller) and self._commands:
            # Right behind the one that is being carried out.
            self._commands.insert(1, command)
        else:
            self._commands.append(command)
        self._idle.clear()
        self._wanted.set()

    async def run(self) -> None:
        """Carry out commands until cancelled."""
        while True:
            while self._commands:
                await self._persist_in(self._commands[0])
                self._commands.popleft()
            self._idle.set()
            self._wanted.clear()
            await self._wanted.wait()

    async def flush(self) -> None:
        """Wait until every command given so far is done. Put a limit around it: the database may be away."""
        await self._idle.wait()

    # --- start-up ---------------------------------------------------------------------------------------

    async def campaign_states(self) -> dict[str, CampaignState]:
        """Campaign -> the state it was last told to have; one that this version does not know counts as off."""
        async with self._reading.connect() as connection:
            return await read_states(connection)

    async def day_counts(self, zones: Mapping[str, str]) -> dict[str, tuple[DayCount, ...]]:
        """Campaign -> calls to people by day, for the last 30 days; ``zones``: campaign -> its time zone. To be
        called after the outbox is drained."""
        return await day_counts(self._engine, zones, self._clock.now())

    async def directions(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """(kind, name) -> how a sequence or a campaign rule stood."""
        return await saved(self._reading)

    async def reset_in_attempt(self, keep: Collection[int]) -> int:
        """Contacts that an earlier run fetched and never finished with are callable again, but for ``keep``: those
        with a live attempt. To be called after the outbox is drained. Returns how many."""
        kept, released = set(keep), 0
        async with self._reading.connect() as connection:
            stuck = select(contacts.c.id).where(contacts.c.state == ContactState.IN_ATTEMPT.value)
            ids = [i for i in (await connection.execute(stuck)).scalars() if i not in kept]
        for start in range(0, len(ids), _CHUNK):
            async with self._engine.begin() as connection:
                released += await self._release(connection, ids[start : start + _CHUNK])
        return released

    # --- commands ---------------------------------------------------------------------------------------

    async def _persist_in(self, command: RecordCommand) -> None:
        """Carry it out, however often it takes."""
        token, pause_s = uuid.uuid4().hex, self._backoff_s[0]
        retried = False
        while True:
            try:
                await self._carry_out(command, token, retried)
            except DATABASE_ERRORS as error:
                self._health.failed("record", reason_of(error))
                retried = True
                await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))
                pause_s = min(pause_s * 2, self._backoff_s[1])
            else:
                self._health.worked("record")
                return

    async def _carry_out(self, command: RecordCommand, token: str, retried: bool) -> None:
        if isinstance(command, FetchContacts):
            if not command.order.plain and self._complete.get(command.campaign) != command.order:
                await look_first(self._engine, wanted_of(command), self._clock.now())
            async with self._engine.begin() as connection:
                fetched = await self._fetch(connection, command, token, retried)
            self._post(fetched)
        elif isinstance(command, ReturnContacts):
            async with self._engine.begin() as connection:
                for start in range(0, len(command.contact_ids), _CHUNK):
                    await self._release(connection, command.contact_ids[start : start + _CHUNK])
        elif isinstance(command, RetireContacts):
            async with self._engine.begin() as connection:
                for start in range(0, len(command.contact_ids), _CHUNK):
                    await self._retire(connection, command.contact_ids[start : start + _CHUNK], command.reason)
            self.on_retired(command.contact_ids, command.reason)
        elif isinstance(command, ParkContacts):
            async with self._engine.begin() as connection:
                number = await number_of(connection, command.group) if command.group else None
                command = command if number is None else replace(command, next_at=float(number))
                for start in range(0, len(command.contact_ids), _CHUNK):
                    await self._park(connection, command, command.contact_ids[start : start + _CHUNK])
            self.on_retired(command.contact_ids, command.reason)
        elif isinstance(command, WakeContacts):
            async with self._engine.begin() as connection:
                await self._wake(connection, command)
        elif isinstance(command, OptOut):
            name = command.dnc_list
            await self._dnc.ensure([name])
            async with self._engine.begin() as connection:
                await self._dnc.opt_out_within(connection, name, command.number, command.attempt_id, command.how)
        elif isinstance(command, SaveCampaignState):
            async with self._engine.begin() as connection:
                state, reason = command.state, command.reason
                await save_state(connection, command.campaign, state, reason, self._clock.now())

        elif isinstance(command, FindCaller):
            async with self._reading.connect() as connection:
                caller = await find_caller(connection, command)
            self._post(caller)
        elif isinstance(command, RecordCaller):
            async with self._engine.begin() as connection:
                kept = await record_caller(connection, command, self._clock.now())
            self._post(kept)
        elif isinstance(command, MarkCall):
            async with self._engine.begin() as connection:
                await keep(connection, command)
        elif isinstance(command, CountContacts):
            async with self._reading.connect() as connection:
                counted = await count(connection, command)
            self._post(counted)
        elif isinstance(command, SaveDirection | AuditAction):
            async with self._engine.begin() as connection:
                await save(connection, command, self._clock.now())

    async def _fetch(
        self, connection: AsyncConnection, command: FetchContacts, token: str, retried: bool
    ) -> ContactsFetched:
        wanted = wanted_of(command)
        of_lists = contacts.c.contact_list.in_(wanted.lists)
        in_attempt = of_lists & (contacts.c.state == ContactState.IN_ATTEMPT.value)
        chosen: list[Contact] = []
        if retried:
            # The first try may have been committed and only its reply lost: these contacts are already ours.
            ours = select(*CONTACT_COLUMNS).where(in_attempt, contacts.c.fetch == token).order_by(contacts.c.id)
            chosen = [contact_of(row) for row in (await connection.execute(ours)).all()]
        next_at, now, groups = None, self._clock.now(), GroupsNow()
        if command.order.plain:
            groups = await groups_now(connection, command.contact_list, command.hours, now)
        if not chosen:
            if command.order.plain:
                ids = await _plain(connection, command, now, groups)
                found = await take(connection, ids, token, now) if ids else {}
                chosen = [found[contact_id] for contact_id in ids if contact_id in found]
            else:
                picked = await pick(connection, wanted, command.limit, now, token)
                chosen, next_at = list(picked.contacts), picked.next_at
                self._complete[command.campaign] = command.order if picked.complete else None
        if command.order.plain or (chosen and next_at is None):
            waiting = of_lists & (contacts.c.state == ContactState.WAITING.value) & (contacts.c.next_at > LAST_GROUP)
            soonest = select(contacts.c.next_at).where(waiting).order_by(contacts.c.next_at).limit(1)
            moments = [*(await connection.execute(soonest)).scalars(), *groups.opens_at]
            if groups.open and not chosen:
                # Others were asked for, or an edit has them just now.
                moments.append(now + LOCKED_S)
            next_at = min(moments, default=None)
        if command.order.plain and not chosen and not command.only and await _somebody_locked(connection, command):
            next_at = min(self._clock.now() + LOCKED_S, next_at if next_at is not None else math.inf)
        count = (await connection.execute(select(func.count()).select_from(contacts).where(in_attempt))).scalar_one()
        return ContactsFetched(command.campaign, tuple(chosen), next_at, count, command.serial)

    async def _release(self, connection: AsyncConnection, contact_ids: Sequence[int]) -> int:
        now, promised = self._clock.now(), is_promised_call(contacts.c.reason)
        # Who is to be called back is due at once, before all who merely can be called.
        state = case((promised, ContactState.WAITING.value), else_=ContactState.CALLABLE.value)
        released = await connection.execute(
            update(contacts)
            .where(self._taken(contact_ids))
            .values(state=state, next_at=case((promised, now), else_=0.0), fetch=None, updated_at=now)
        )
        return released.rowcount

    def _taken(self, contact_ids: Sequence[int]) -> ColumnElement[bool]:
        return and_(
            among(contacts.c.id, contact_ids, self._postgresql), contacts.c.state == ContactState.IN_ATTEMPT.value
        )

    async def _retire(self, connection: AsyncConnection, contact_ids: Sequence[int], reason: str) -> None:
        await connection.execute(
            update(contacts)
            .where(self._taken(contact_ids))
            .values(
                state=ContactState.UNCALLABLE.value, next_at=0.0, fetch=None, reason=reason,
                updated_at=self._clock.now(),
            )
        )  # fmt: skip

    async def _wake(self, connection: AsyncConnection, command: WakeContacts) -> None:
        reasons = {*command.reasons, *(still_callback(CALLBACK, reason) for reason in command.reasons)}
        await connection.execute(
            update(contacts)
            .where(
                contacts.c.contact_list.in_(command.contact_lists),
                contacts.c.state == ContactState.WAITING.value, contacts.c.reason.in_(sorted(reasons)),
                # The clocks of groups are asked at every fetch.
                contacts.c.next_at > LAST_GROUP,
            )
            .values(next_at=self._clock.now(), updated_at=self._clock.now())
        )  # fmt: skip

    async def _park(self, connection: AsyncConnection, command: ParkContacts, contact_ids: Sequence[int]) -> None:
        await connection.execute(
            update(contacts)
            .where(self._taken(contact_ids))
            .values(
                state=ContactState.WAITING.value, next_at=command.next_at, fetch=None,
                reason=reason_kept(contacts.c.reason, command.reason), updated_at=self._clock.now(),
            )
        )  # fmt: skip


def wanted_of(command: FetchContacts) -> Wanted:
    """Whose order is asked for."""
    return Wanted(command.campaign, command.contact_list, command.order, command.hours)


async def _somebody_locked(connection: AsyncConnection, command: FetchContacts) -> bool:
    """Somebody can be called and was passed over, since an edit has them now: the list is not at its end."""
    free = select(contacts.c.id).where(
        contacts.c.contact_list == command.contact_list, contacts.c.state == ContactState.CALLABLE.value,
        contacts.c.next_at <= 0,
    )  # fmt: skip
    return (await connection.execute(free.limit(1))).first() is not None


async def _plain(
    connection: AsyncConnection, command: FetchContacts, now: float, groups: GroupsNow
) -> list[int]:  # fmt: skip
    """Those who are due, those whose group has opened, and then those who did not wait."""
    limit, only = command.limit, command.only
    of_list = contacts.c.contact_list == command.contact_list
    waiting = of_list & (contacts.c.state == ContactState.WAITING.value)
    soonest = 0 if only else LAST_GROUP
    due = (
        select(contacts.c.id)
        .where(waiting, contacts.c.next_at > soonest, contacts.c.next_at <= now)
        .order_by(contacts.c.next_at, contacts.c.id)
    )
    # Said as a range, although it is always 0: with an equality PostgreSQL may prefer to walk the primary key, past
    # all contacts that are done with.
    fresh = (
        select(contacts.c.id)
        .where(of_list, contacts.c.state == ContactState.CALLABLE.value, contacts.c.next_at <= 0)
        .order_by(contacts.c.next_at, contacts.c.id)
    )
    if only:
        due, fresh = (query.where(contacts.c.id.in_(only)) for query in (due, fresh))
    chosen = list((await connection.execute(due.limit(limit).with_for_update(skip_locked=True))).scalars())
    if groups.open and not only and len(chosen) < limit:
        each = [
            select(contacts.c.id)
            .where(waiting, contacts.c.next_at >= number, contacts.c.next_at <= number)
            .order_by(contacts.c.next_at, contacts.c.id)
            .limit(limit - len(chosen))
            .subquery()
            for number in groups.open
        ]
        of_groups = union_all(*(select(one.c.id) for one in each)).subquery()
        first = select(of_groups.c.id).order_by(of_groups.c.id).limit(limit - len(chosen))
        chosen += (await connection.execute(first)).scalars()
    if len(chosen) < limit:
        rest = fresh.limit(limit - len(chosen)).with_for_update(skip_locked=True)
        chosen += (await connection.execute(rest)).scalars()
    if only:
        chosen.sort(key=only.index)
    return chosen
