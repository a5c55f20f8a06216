"""The next contacts out of a long list: filtered, sorted, with many parked, through the daemon's own record."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.background import in_background
from bench.figures import Figure, Measurement, Target, percentile
from bench.processes import collector_as_in_daemon
from bench.world import World
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.commands import FetchContacts, RetireContacts
from dialerd.core.events import ContactsFetched, Event
from dialerd.core.filtering.conditions import Builtin, Column, Kind
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import DialOrder, SortKey
from dialerd.engine import SteadyClock
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.schema import contact_lists
from dialerd.store.sql_record import SqlRecord

CONTACTS = 1_000_000
QUICK_CONTACTS = 100_000
PARKED = 0.3
FETCH = 500
ROUNDS = 100
"""Of a whole list. Fetches at the beginning and at the end of the list; between them the list is drained."""
_LIST = "customers"
ORDER = DialOrder(
    filter=parse_filter('region in ("GB", "IE") and amount > 100 and attempts < 3'),
    sort=(
        SortKey(Column("score"), Kind.NUMBER, descending=True),
        SortKey(Column("city")),
        SortKey(Builtin.AGE, Kind.NUMBER, descending=True),
    ),
)
_REGIONS, _CITIES = ("GB", "IE", "US", "NO"), ("London", "Leeds", "York", "Oslo", "Paris", "Rome", "Hull")
_INSERT = (
    "INSERT INTO contacts (contact_list, key, numbers, columns, state, next_at, attempts, number_index, tries, "
    "reason, updated_at, added_at, priority) VALUES (?, ?, ?, ?, ?, ?, 0, 0, '{}', '', ?, ?, 0)"
)


def measure(world: World) -> Measurement:
    """Fetch from a long list until it is drained."""
    with collector_as_in_daemon():
        return uvloop.run(_measure(world.folder / "hopper.db", QUICK_CONTACTS if world.quick else CONTACTS))


async def _measure(file: Path, count: int) -> Measurement:
    engine = open_database(f"sqlite:///{file}", busy_timeout_s=30.0)
    rounds = ROUNDS * count // CONTACTS or 6
    try:
        await migrate_engine(engine)
        await _fill(engine, count)
        async with _Run.over(engine) as run:
            cold_ms = await run.first_fetch()
            cold_cpu_ms = run.cpu_ms[-1]
            began_cpu = time.process_time()
            built_s = await run.build()
            built_cpu_s = time.process_time() - began_cpu
            run.cpu_ms.clear()
            begin_ms = [await run.fetch() for _ in range(rounds)]
            cpu_ms = percentile(run.cpu_ms, 0.5)
            await _drain(engine, (rounds + 1) * FETCH)
            end_ms = [await run.fetch() for _ in range(rounds)]
            ready_ms = await run.first_fetch()
    finally:
        await engine.dispose()
        for path in file.parent.glob(file.name + "*"):
            path.unlink()
    middle = percentile(sorted(begin_ms + end_ms), 0.5)
    flat = percentile(end_ms, 0.5) / percentile(begin_ms, 0.5)
    figures = (
        Figure(f"next {FETCH} contacts, median", middle, "ms", Target(50, at_most=True)),
        Figure(f"next {FETCH} contacts, 95 %", percentile(begin_ms + end_ms, 0.95), "ms"),
        Figure("CPU of such a fetch, median", cpu_ms, "ms"),
        Figure("the same at the end of the list, over its beginning", flat, "", Target(1.5, at_most=True)),
        Figure("first contacts of a campaign whose order is ready", ready_ms / 1000, "s", Target(2, at_most=True)),
        Figure("first contacts of an order that was stated just now", cold_ms / 1000, "s", Target(2, at_most=True)),
        Figure("CPU of that", cold_cpu_ms / 1000, "s"),
        Figure("the whole order built, in the background", built_s, "s"),
        Figure("CPU of that building", built_cpu_s, "s"),
    )
    method = (
        f"A list of {count:,} contacts with 8 columns in SQLite, {PARKED:.0%} of them parked until later; a filter "
        "over two columns and the attempts lets nearly half through; three sort keys (a number, a text, the age). "
        f"Fetched {FETCH} at a time through the daemon's record, {rounds} times at the beginning and as often when "
        "nearly all are gone; what is fetched is retired before the next fetch."
    )
    return Measurement("hopper", "Dial order", figures, method)


class _Run:
    """A record and its keeper, and one campaign."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._record = SqlRecord(engine, self._events.put_nowait, SteadyClock())
        settings = CampaignSettings("spring", Mode.AGENTLESS, _LIST, "carrier", "+441632960000", order=ORDER)
        self._keeper = OrderKeeper(engine, SteadyClock(), lambda: [settings])
        self._serial = 0
        self.cpu_ms: list[float] = []
        """CPU of each fetch."""

    @classmethod
    @asynccontextmanager
    async def over(cls, engine: AsyncEngine) -> AsyncIterator[_Run]:
        run = cls(engine)
        async with in_background(run._record.run()):
            yield run

    async def fetch(self, limit: int = FETCH) -> float:
        """Milliseconds that a fetch takes; its contacts are done with."""
        self._serial += 1
        began, began_cpu = time.perf_counter(), time.process_time()
        self._record.submit(FetchContacts("spring", _LIST, limit, self._serial, ORDER))
        event = await self._events.get()
        took_ms = (time.perf_counter() - began) * 1000
        self.cpu_ms.append((time.process_time() - began_cpu) * 1000)
        if not isinstance(event, ContactsFetched) or len(event.contacts) != limit:
            raise RuntimeError(f"{limit} contacts were not to be had")
        scores = [float(contact.columns["score"]) for contact in event.contacts]
        if scores != sorted(scores, reverse=True):
            raise RuntimeError("the contacts are not in order")
        self._record.submit(RetireContacts(tuple(contact.id for contact in event.contacts), "bench"))
        await self._record.flush()
        return took_ms

    async def first_fetch(self) -> float:
        """What stands between a campaign's start and its first call, as far as the record is concerned."""
        return await self.fetch(20)

    async def build(self) -> float:
        """Seconds until everybody is in the book."""
        began = time.perf_counter()
        await self._keeper.work()
        return time.perf_counter() - began


async def _drain(engine: AsyncEngine, keep: int) -> None:
    """All but the last ``keep`` are done with, as if they had been called."""
    entries = "SELECT contact_id FROM order_entries WHERE line > 0 ORDER BY book_id, line, n1, t1, n2, t2, n3, t3"
    async with engine.begin() as connection:
        left = (await connection.exec_driver_sql("SELECT count(*) FROM order_entries WHERE line > 0")).scalar_one()
        await connection.exec_driver_sql(f"CREATE TEMP TABLE gone AS {entries} LIMIT {left - keep}")
        await connection.exec_driver_sql(
            "UPDATE contacts SET state = 'uncallable', reason = 'bench' WHERE id IN (SELECT contact_id FROM gone)"
        )
        await connection.exec_driver_sql(
            "DELETE FROM order_entries WHERE contact_id IN (SELECT contact_id FROM gone)"
        )
        await connection.exec_driver_sql("DROP TABLE gone")


async def _fill(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(insert(contact_lists).values(name=_LIST, created_at=0.0))
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        # Indexes are made afterwards: a list of this size grows by imports, and not in one piece.
        named = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'contacts' AND sql IS NOT NULL"
        )
        indexes = [tuple(row) for row in await connection.exec_driver_sql(named)]
        for name, _ in indexes:
            await connection.exec_driver_sql(f"DROP INDEX {name}")
        await raw.executemany(_INSERT, _rows(count, time.time()))
        for _, sql in indexes:
            await connection.exec_driver_sql(sql)


def _rows(count: int, now: float) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(1)
    for n in range(count):
        columns = (
            f'{{"name":"Name {n}","region":"{chance.choice(_REGIONS)}","city":"{chance.choice(_CITIES)}",'
            f'"amount":"{chance.random() * 1000:.2f}","due":"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",'
            f'"score":"{chance.randrange(1000)}","segment":"s{n % 7}","note":"n"}}'
        )
        numbers = f'[{{"e164":"+44163296{n % 10000:04}","kind":"mobile"}}]'
        parked = chance.random() < PARKED
        yield (
            _LIST, str(n), numbers, columns, "waiting" if parked else "callable", now + 86_400 + n if parked else 0.0,
            now, now - n % 1000,
        )  # fmt: skip
