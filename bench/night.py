"""What a night costs a campaign that is on: contacts outside of their hours, through the core and the record."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvloop
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.background import in_background
from bench.figures import Figure, Measurement, Target, percentile
from bench.hopper import FETCH
from bench.processes import collector_as_in_daemon
from bench.world import World
from dialerd.config.called_places import CalledPlaces, PlacesByList
from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.callable_time import CallableSet, CallableTime, Week
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.dialer import Dialer
from dialerd.core.filtering.conditions import Column, Kind
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers
from dialerd.core.ordering.settings import PLAIN, DialOrder, SortKey
from dialerd.core.weekly_hours import WeeklyHours
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.schema import contact_lists
from dialerd.store.sql_record import SqlRecord

CONTACTS, QUICK_CONTACTS, FULL_CONTACTS = 300_000, 30_000, 1_000_000
ROUNDS = 20
_LIST = "customers"
_SORTED = DialOrder(sort=(SortKey(Column("score"), Kind.NUMBER, descending=True),))
_NUMBERS = ("+44163296{n:04}", "+1202555{n:04}", "+33199{n:06}")
"""Numbers for fiction, in three zones; the third has no zone of its own but its country's."""
_INSERT = (
    "INSERT INTO contacts (contact_list, key, numbers, columns, state, next_at, attempts, number_index, tries, "
    "reason, updated_at, added_at, priority) VALUES (?, ?, ?, ?, 'callable', 0, 0, 0, '{}', '', 0, 0, 0)"
)


def measure(world: World) -> Measurement:
    """Two nights over a list that nobody is called from, plain and sorted."""
    count = QUICK_CONTACTS if world.quick else FULL_CONTACTS if world.full else CONTACTS
    with collector_as_in_daemon():
        plain = uvloop.run(_nights(world.folder / "plain.db", count, PLAIN))
        ordered = uvloop.run(_nights(world.folder / "sorted.db", count // 3, _SORTED))
    figures = (
        Figure("CPU of the first night, each contact", plain.first_s / count * 1e6, "us"),
        Figure("CPU of any later night, all contacts", plain.later_s, "s", Target(0.5, at_most=True)),
        Figure(f"CPU of the next {FETCH} contacts of groups, median", plain.fetch_ms, "ms", Target(50, at_most=True)),
        Figure("CPU of the first night, each contact, sorted", ordered.first_s / (count // 3) * 1e6, "us"),
        Figure("CPU of any later night, sorted", ordered.later_s, "s", Target(0.5, at_most=True)),
        Figure("CPU of the same, sorted, median", ordered.fetch_ms, "ms", Target(50, at_most=True)),
    )
    method = (
        f"A campaign that is on, over a list of {count:,} contacts ({count // 3:,} where sorted) with numbers of "
        "three countries in SQLite; core and record as in the daemon, with a clock that jumps to what is next. The "
        "first night looks at each contact once; in the next one nearly everybody is still there. Before contacts "
        "waited in groups, every night cost what the first one does."
    )
    return Measurement("night", "Nights", figures, method)


class _Figures:
    first_s = later_s = fetch_ms = 0.0


async def _nights(file: Path, count: int, order: DialOrder) -> _Figures:
    engine = open_database(f"sqlite:///{file}", busy_timeout_s=30.0)
    found = _Figures()
    try:
        await migrate_engine(engine)
        await _fill(engine, count)
        async with _Night.over(engine, order) as night:
            await night.keep()
            found.first_s = await night.cpu_until("2026-03-11 05:00")
            await night.keep()
            # The day itself is left out: nobody is called, and all of the hours are over.
            night.at = _utc("2026-03-12 00:30")
            found.later_s = await night.cpu_until("2026-03-12 05:00")
            night.at = _utc("2026-03-12 15:00")
            found.fetch_ms = percentile(sorted([await night.fetch() for _ in range(ROUNDS)]), 0.5)
    finally:
        await engine.dispose()
        for path in file.parent.glob(file.name + "*"):
            path.unlink()
    return found


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC")).timestamp()


class _Night:
    """Core and record of one campaign, by a clock that is put forward."""

    def __init__(self, engine: AsyncEngine, order: DialOrder) -> None:
        self.at = _utc("2026-03-11 00:30")
        self._events: deque[e.Event] = deque()
        self._record = SqlRecord(engine, self._post, self)
        self._dialer = Dialer(SerialNumbers(1, 1))
        places = PlacesByList({_LIST: CalledPlaces()})
        week = Week(WeeklyHours((((9 * 3600, 18 * 3600),),) * 7))
        times = CallableTime((CallableSet("daytime", week),), places, places.digest())
        self._settings = CampaignSettings(
            "night", Mode.AGENTLESS, _LIST, "carrier", "+441632960000", message=sound("sound:x"), max_lines=30,
            callable_time=times, order=order,
        )  # fmt: skip
        self._keeper = OrderKeeper(engine, self, lambda: [self._settings])

    def now(self) -> float:
        return self.at

    @classmethod
    @asynccontextmanager
    async def over(cls, engine: AsyncEngine, order: DialOrder) -> AsyncIterator[_Night]:
        night = cls(engine, order)
        async with in_background(night._record.run()):
            yield night

    async def keep(self) -> None:
        """The order is built, as the daemon does in the background."""
        await self._keeper.work()

    async def cpu_until(self, end: str) -> float:
        """Seconds of processor time from now until then."""
        began = time.process_time()
        trunk = TrunkSettings("carrier", "PJSIP/{e164}@carrier", "PJSIP/carrier", 30, 30.0)
        if self._settings.name not in self._dialer.floor.campaigns:
            await self._feed(e.PlanChanged(Plan({"night": self._settings}, {"carrier": trunk})))
            for event in (
                e.Recovered((), {}, {}),
                e.TelephonyBack((), {}, frozenset()),
                e.CampaignStartAsked("night"),
            ):
                await self._feed(event)
        while (due := self._dialer.next_wakeup()) is not None and due < _utc(end):
            self.at = max(self.at, due)
            await self._feed(e.TimePassed())
        self.at = _utc(end)
        return time.process_time() - began

    async def fetch(self) -> float:
        """Milliseconds of processor time that the next contacts take; they are done with."""
        order, hours = self._settings.order, self._settings.callable_time
        began = time.process_time()
        self._record.submit(c.FetchContacts("night", _LIST, FETCH, 0, order, hours=hours))
        await self._record.flush()
        took_ms = (time.process_time() - began) * 1000
        (fetched,) = self._events
        self._events.clear()
        if not isinstance(fetched, e.ContactsFetched) or len(fetched.contacts) != FETCH:
            raise RuntimeError(f"{FETCH} contacts were not to be had at noon")
        self._record.submit(c.RetireContacts(tuple(contact.id for contact in fetched.contacts), "bench"))
        await self._record.flush()
        return took_ms

    def _post(self, event: e.Event) -> None:
        self._events.append(event)

    async def _feed(self, event: e.Event) -> None:
        self._events.append(event)
        while self._events:
            for command in self._dialer.handle(self._events.popleft(), self.at):
                if isinstance(command, c.Claim):
                    raise RuntimeError("somebody is called at night")
                if isinstance(command, c.FetchContacts | c.ParkContacts | c.ReturnContacts | c.WakeContacts):
                    self._record.submit(command)
            await self._record.flush()


async def _fill(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(contact_lists).values(name=_LIST, created_at=0.0))
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.executemany(_INSERT, _rows(count))


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        number = _NUMBERS[n % 3].format(n=n % 10_000)
        columns = f'{{"name":"Name {n}","city":"London","score":"{n * 7919 % 1000}","note":"n"}}'
        yield _LIST, str(n), f'[{{"e164":"{number}","kind":"mobile"}}]', columns
