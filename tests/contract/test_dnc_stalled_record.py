"""Opt-outs while the database stalls: claims of every instance heed them at once, and the record is told later."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from dialerd.app import dnc_desk
from dialerd.app.dnc_desk import StoredDnc
from dialerd.app.dnc_keeper import DncKeeper
from dialerd.config.dnc_lists import DncListSettings
from dialerd.control.daemon import Unavailable
from dialerd.control.dnc_lists import DncAdded
from dialerd.core.campaign import Plan
from dialerd.core.commands import BarNumber, Claim
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.dnc_events import OptedOut
from dialerd.core.events import ClaimGranted, ClaimRefused
from dialerd.store.database import open_database
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.journal import Journal
from dialerd.store.migrate import migrate_engine
from lab.redis import Redis
from tests.contract.dnc_worlds import WallClock
from tests.store.store_lab import Inbox, attempt, client, running

ONE, OTHER = "+441632960001", "+441632960002"
LIST = "opt_outs"
ENTRY = DncEntry(DncKind.NUMBER, ONE)


@asynccontextmanager
async def keeping(keeper: DncKeeper) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Instance:
    """What one daemon has of do-not-call lists, with a shard of its own."""

    def __init__(self, name: str, redis_url: str, database: Path) -> None:
        self.name, self._redis_url = name, redis_url
        self.inbox = Inbox()
        self.engine = open_database(f"sqlite:///{database}", busy_timeout_s=0.2)
        self.record = SqlDnc(self.engine, WallClock())
        self.copy = DncCopy(redis_url, self.record)
        self.waiting: list[int] = []
        self.keeper = DncKeeper(
            self.record, self.copy, self.inbox.post, WallClock(), lists=lambda: [LIST], live=list,
            reached=lambda *_: None, tell=lambda *_, **__: None, waiting=self.waiting.append,
        )  # fmt: skip
        lists = {LIST: DncListSettings(LIST, "", "GB")}
        self.desk = StoredDnc(self.record, self.copy, self.keeper, WallClock(), lambda: lists, lambda: Plan({}, {}))
        self._serial = sum(name.encode())

    async def start(self, stack: AsyncExitStack) -> None:
        self.hot = await stack.enter_async_context(
            running(self._redis_url, self.inbox, instance=self.name, shard=self.name, lease_ttl_s=30.0)
        )
        await self.keeper.look()
        await stack.enter_async_context(keeping(self.keeper))

    async def claim(self, number: str) -> str:
        """``granted``, or why not."""
        self._serial += 1
        record = attempt(self._serial, number=number)
        self.hot.submit(Claim(record, 1000, 500.0, 1000, dnc=(LIST,)))
        await self.hot.flush()
        refused = [e.reason for e in self.inbox.of(ClaimRefused) if e.attempt_id == record.id]
        granted = [e for e in self.inbox.of(ClaimGranted) if e.attempt_id == record.id]
        assert len(refused) + len(granted) == 1
        return refused[0] if refused else "granted"


@pytest.fixture
async def pair(contract_redis: Redis, tmp_path: Path) -> AsyncIterator[tuple[Instance, Instance]]:
    """Two instances on one Redis and one database."""
    async with client(contract_redis.url) as redis:
        await redis.flushall()
    both = tuple(Instance(name, contract_redis.url, tmp_path / "record.db") for name in ("north", "south"))
    await migrate_engine(both[0].engine)
    async with AsyncExitStack() as stack:
        for one in both:
            await one.start(stack)
        yield both[0], both[1]
    for one in both:
        await one.copy.aclose()
        await one.engine.dispose()


@contextmanager
def stalled(folder: Path) -> Iterator[None]:
    """Nobody else gets anything written."""
    blocker = sqlite3.connect(folder / "record.db", isolation_level=None)
    blocker.execute("begin exclusive")
    try:
        yield
    finally:
        blocker.rollback()
        blocker.close()


async def test_a_key_in_a_call_reaches_the_other_shards_claims(
    pair: tuple[Instance, Instance], tmp_path: Path
) -> None:
    north, south = pair
    with stalled(tmp_path):
        north.hot.submit(BarNumber(LIST, ONE))
        await north.hot.flush()
        assert await south.claim(ONE) == f"dnc:{LIST}"
        assert await south.claim(OTHER) == "granted"


async def test_an_opt_out_by_the_api_holds_at_once_and_is_recorded_later(
    pair: tuple[Instance, Instance], tmp_path: Path
) -> None:
    north, south = pair
    with stalled(tmp_path):
        assert await north.desk.add(LIST, ENTRY, "asked", "ann") == DncAdded(in_force=True, recorded=False)
        assert OptedOut(LIST, ENTRY) in north.inbox.events, "what rings here is ended"
        assert await south.claim(ONE) == f"dnc:{LIST}"
        await south.inbox.until(lambda: OptedOut(LIST, ENTRY) in south.inbox.events, "what rings there ends too")
        assert south.waiting[-1] == 1
    assert await south.keeper.soon(20.0)
    assert south.waiting[-1] == 0
    assert [(f.value, f.reason, f.who) for f in await south.record.look_up(ONE)] == [(ONE, "asked", "ann")]
    audit = [row for row in await Journal(south.engine, WallClock()).audit() if row["what"] == "dnc_add"]
    assert [(row["who"], row["detail"]["list"], row["detail"]["reason"]) for row in audit] == [("ann", LIST, "asked")]
    assert await south.copy.waiting() == []
    assert await north.claim(ONE) == f"dnc:{LIST}"


async def test_what_was_added_meanwhile_can_be_removed_for_good(
    pair: tuple[Instance, Instance], tmp_path: Path
) -> None:
    north, south = pair
    with stalled(tmp_path):
        await north.desk.add(LIST, ENTRY, "asked", "ann")
        with pytest.raises(Unavailable):
            await north.desk.remove(LIST, ENTRY, "a mistake", "ann")
    assert await north.desk.remove(LIST, ENTRY, "a mistake", "ann")
    await south.keeper.look()
    assert await south.claim(ONE) == "granted"


async def test_a_database_that_hangs_does_not_hold_up_the_answer(
    pair: tuple[Instance, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = pair
    monkeypatch.setattr(dnc_desk, "RECORD_WAIT_S", 0.1)
    async with north.keeper._looking:
        assert await north.desk.add(LIST, ENTRY, "asked", "ann") == DncAdded(in_force=True, recorded=False)
    assert await south.claim(ONE) == f"dnc:{LIST}"
