"""From the outbox in Redis to the record in SQL: nothing lost, nothing twice. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.set_aside_room import SetAsideRoom
from dialerd.core.contact import ContactState
from dialerd.core.events import ClaimGranted, OutcomesRecorded, RecordBack, RecordLost
from dialerd.store.database import open_database
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.migrate import migrate_engine
from dialerd.store.outbox import Outbox
from dialerd.store.record_health import RecordHealth
from dialerd.store.record_queries import AttemptFilter, RecordQueries
from dialerd.store.redis_hot import RedisHotStore
from lab.redis import Redis
from tests.contract.postgres_server import Postgres
from tests.store.store_lab import DEADLINE_S, Inbox, SetClock, attempt, claim, client, closing, running


class Chain:
    """Hot store, outbox and record, connected as in the daemon."""

    def __init__(self, hot: RedisHotStore, url: str, engine: AsyncEngine, inbox: Inbox) -> None:
        self.hot = hot
        self.url = url
        self.engine = engine
        self.inbox = inbox
        self.queries = RecordQueries(engine)
        self.forgotten: list[str] = []

    def outbox(self, **options: Any) -> Outbox:
        options.setdefault("backoff_s", (0.02, 0.1))
        options.setdefault("poll_s", 0.2)
        return Outbox(
            self.url, self.hot.keys, self.engine, self.inbox.post, SetClock(), recorded=self._forget,
            reply_timeout_s=1.0, **options,
        )  # fmt: skip

    def _forget(self, ids: Any) -> None:
        self.forgotten += ids
        self.hot.forget_outcomes(self.forgotten)

    async def close_calls(self, *serials: int, disposition: str = "busy") -> None:
        for serial in serials:
            record = attempt(serial, number=f"+1202555{serial:04d}")
            self.hot.submit(claim(record, lines=10_000, campaign_lines=10_000, cps=1e6))
            self.hot.submit(closing(record, disposition, ContactState.WAITING, 5.0))
        await self.hot.flush()

    async def recorded(self) -> list[str]:
        rows = await self.queries.attempts(AttemptFilter(), limit=10_000)
        return sorted(row["id"] for row in rows)

    async def waiting(self) -> int:
        async with client(self.url) as redis:
            return int(await redis.xlen(self.hot.keys.outbox))


def ids(*serials: int) -> list[str]:
    return [attempt(serial).id for serial in serials]


@pytest.fixture
async def chain(contract_redis: Redis, database_url: str) -> AsyncIterator[Chain]:
    async with client(contract_redis.url) as redis:
        await redis.flushall()
    engine = open_database(database_url, busy_timeout_s=0.1)
    await migrate_engine(engine)
    inbox = Inbox()
    try:
        async with running(contract_redis.url, inbox, lease_ttl_s=30.0) as hot:
            yield Chain(hot, contract_redis.url, engine, inbox)
    finally:
        await engine.dispose()


async def test_everything_arrives_and_leaves_the_outbox(chain: Chain) -> None:
    await chain.close_calls(*range(25))
    outbox = chain.outbox(batch=10)
    ended: list[tuple[tuple[int, ...], str]] = []
    outbox.on_retired = lambda contact_ids, reason: ended.append((tuple(contact_ids), reason))
    assert await outbox.pending() == 25
    assert await outbox.drain_all() == 25
    assert await chain.recorded() == ids(*range(25))
    assert await chain.waiting() == 0
    assert sorted(chain.forgotten) == ids(*range(25))
    assert sorted(ended) == [((serial,), "retry:busy") for serial in range(25)]
    assert chain.inbox.of(OutcomesRecorded) == [OutcomesRecorded(frozenset({"leads"}))] * 3
    assert await outbox.drain_all() == 0
    await outbox.aclose()


async def test_every_field_arrives(chain: Chain) -> None:
    record = attempt(
        1, agent="8001", claimed_at=1.25, answered_at=2.5, cause=16, sip_status=200, analysis="person",
        abandoned=True,
        contact_tries={"busy": 1}, bridge_id="brg-1", caller_id="Zoë 🙂",
    )  # fmt: skip
    chain.hot.submit(closing(record, "abandoned", ContactState.WAITING, 7.5))
    await chain.hot.flush()
    outbox = chain.outbox()
    await outbox.drain_all()
    await outbox.aclose()
    row = await chain.queries.attempt(record.id)
    assert row is not None
    expected = closing(record, "abandoned").outcome.record
    assert {name: row[name] for name in expected.__slots__} == {
        name: getattr(expected, name) for name in expected.__slots__
    }
    assert (row["next_state"], row["next_at"], row["next_reason"]) == ("waiting", 7.5, "retry:abandoned")


async def test_a_number_that_rules_put_on_a_list_is_there_with_the_outcome(chain: Chain) -> None:
    record = attempt(1, rules={"pre_call": [], "wrap_up": ["house.no"], "dnc": ["optouts"]})
    chain.hot.submit(closing(record, "busy", ContactState.UNCALLABLE))
    await chain.hot.flush()
    outbox = chain.outbox()
    await outbox.drain_all()
    await outbox.aclose()
    changes = await SqlDnc(chain.engine, SetClock()).changes("optouts", 0, 0)
    assert [change.entry.value for change in changes if change.entry is not None] == [record.number]


async def test_death_between_commit_and_removal(chain: Chain) -> None:
    """The database has committed, the daemon dies before the stream is trimmed: the next one tries again."""
    await chain.close_calls(1, 2)
    async with client(chain.url) as redis:
        entries = await redis.xrange(chain.hot.keys.outbox)
    outbox = chain.outbox()
    await outbox.drain_all()
    async with client(chain.url) as redis:
        for _, values in entries:
            await redis.xadd(chain.hot.keys.outbox, values)
    await chain.close_calls(3)
    await outbox.drain_all()
    await outbox.aclose()
    assert await chain.recorded() == ids(1, 2, 3)
    assert await chain.waiting() == 0


async def test_a_commit_whose_reply_is_lost(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    await chain.close_calls(1, 2)
    break_next_commit(chain.engine, monkeypatch)
    outbox = chain.outbox()
    assert await outbox.drain_all() == 2
    await outbox.aclose()
    assert [type(event) for event in chain.inbox.events[-3:]] == [RecordLost, OutcomesRecorded, RecordBack]
    assert await chain.recorded() == ids(1, 2)
    counts = await chain.queries.disposition_counts("spring")
    assert counts == {"busy": 2}


def break_next_commit(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next commit takes effect, and its reply is lost."""
    dialect = engine.sync_engine.dialect
    commit: Callable[[Any], None] = dialect.do_commit

    def once(connection: Any) -> None:
        commit(connection)
        monkeypatch.setattr(dialect, "do_commit", commit)
        raise OperationalError("COMMIT", {}, ConnectionResetError("cable pulled"))

    monkeypatch.setattr(dialect, "do_commit", once)


async def test_a_locked_database_holds_outcomes_up_and_loses_none(chain: Chain) -> None:
    await chain.close_calls(1, 2)
    outbox = chain.outbox()
    async with chain.engine.connect() as blocker:
        await blocker.exec_driver_sql("DELETE FROM contacts")
        if blocker.dialect.name == "postgresql":
            await blocker.exec_driver_sql("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE")
        draining = asyncio.create_task(outbox.drain_all())
        await chain.inbox.wait_for(RecordLost)
        assert await chain.waiting() == 2
        await blocker.rollback()
    async with asyncio.timeout(DEADLINE_S):
        assert await draining == 2
    assert len(chain.inbox.of(RecordLost)) == len(chain.inbox.of(RecordBack)) == 1
    assert await chain.recorded() == ids(1, 2)
    await outbox.aclose()


async def test_missing_tables_hold_outcomes_up(chain: Chain) -> None:
    """Somebody restores a backup of the database under our feet."""
    await chain.close_calls(1)
    async with chain.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE attempts RENAME TO elsewhere")
    outbox = chain.outbox()
    draining = asyncio.create_task(outbox.drain_all())
    await chain.inbox.wait_for(RecordLost)
    async with chain.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO attempts")
    async with asyncio.timeout(DEADLINE_S):
        await draining
    assert await chain.recorded() == ids(1)
    await outbox.aclose()


async def test_an_outcome_that_cannot_be_recorded_is_set_aside(chain: Chain) -> None:
    """It must not hold up those behind it, and must not vanish."""
    await chain.close_calls(1)
    async with client(chain.url) as redis:
        await redis.xadd(chain.hot.keys.outbox, {"outcome": b"{cut off"})
        await redis.xadd(chain.hot.keys.outbox, {"something": b"else"})
    chain.hot.submit(closing(attempt(2, campaign=None)))
    chain.hot.submit(closing(attempt(3, contact_key=None)))
    if chain.engine.dialect.name == "postgresql":
        chain.hot.submit(closing(attempt(4, reason="nul \0 here")))
    await chain.close_calls(5)
    outbox = chain.outbox()
    await outbox.drain_all()
    await outbox.aclose()
    assert await chain.recorded() == ids(1, 5)
    assert await chain.waiting() == 0
    async with client(chain.url) as redis:
        aside = [values for _, values in await redis.xrange(chain.hot.keys.unreadable)]
    reasons = [values[b"reason"].decode().split(":")[0] for values in aside]
    refused = 3 if chain.engine.dialect.name == "postgresql" else 2
    assert sorted(reasons) == ["refused"] * refused + ["unreadable"] * 2
    assert any(b'"dlr-000000000000000000000002"' in values[b"outcome"] for values in aside)
    assert chain.inbox.of(RecordLost) == []


async def test_what_was_set_aside_is_listed_told_of_and_put_back(chain: Chain) -> None:
    """The database refuses it, somebody mends the database, and it is recorded as if nothing had been."""
    counts: list[int] = []
    told: list[str] = []
    outbox = chain.outbox()
    room = SetAsideRoom(
        chain.url,
        chain.hot.keys,
        wake=outbox.wake,
        counted=counts.append,
        tell=lambda _, name, **__: told.append(name),
    )
    async with chain.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE UNIQUE INDEX refuses ON attempts (number)")
    await chain.close_calls(1)
    twin = attempt(2, number="+12025550001")
    chain.hot.submit(closing(twin))
    await chain.hot.flush()
    await outbox.drain_all()
    await room.look()
    assert (await chain.recorded(), counts, told) == (ids(1), [1], ["outcome_set_aside"])
    (row,) = await room.rows(10)
    assert (row["attempt"], row["campaign"], row["contact"]) == (twin.id, "spring", twin.contact_id)
    assert row["reason"].startswith("refused:")
    assert await room.contacts() == {twin.contact_id}
    assert await room.put_back(["0-1"]) == 0, "no such one"
    assert await room.put_back(None) == 1
    await outbox.drain_all()
    await room.look()
    assert (counts[-1], told) == (1, ["outcome_set_aside"] * 2), "refused again: set aside again"
    async with chain.engine.begin() as connection:
        await connection.exec_driver_sql("DROP INDEX refuses")
    assert await room.put_back([str((await room.rows(1))[0]["id"])]) == 1
    await outbox.drain_all()
    await room.look()
    assert (await chain.recorded(), counts[-1], await room.rows(10)) == (ids(1, 2), 0, [])
    await room.aclose()
    await outbox.aclose()


async def test_the_task_drains_what_comes(chain: Chain) -> None:
    outbox = chain.outbox(poll_s=60.0)
    task = asyncio.create_task(outbox.run())
    try:
        for serial in (1, 2):
            await chain.close_calls(serial)
            outbox.wake()
            await chain.inbox.wait_for(OutcomesRecorded, serial)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await outbox.aclose()
    assert await chain.recorded() == ids(1, 2)


async def test_the_task_looks_by_itself_too(chain: Chain) -> None:
    outbox = chain.outbox(poll_s=0.05)
    task = asyncio.create_task(outbox.run())
    await chain.close_calls(1)
    await chain.inbox.wait_for(OutcomesRecorded)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await outbox.aclose()


async def test_two_who_drain_at_once_record_once(chain: Chain) -> None:
    """An old instance that does not know it was replaced drains beside the new one."""
    await chain.close_calls(*range(60))
    first, second = chain.outbox(batch=7), chain.outbox(batch=11)
    await asyncio.gather(first.drain_all(), second.drain_all())
    await first.aclose()
    await second.aclose()
    assert await chain.recorded() == ids(*range(60))
    assert await chain.waiting() == 0


async def test_redis_away_while_draining(contract_redis: Redis, chain: Chain) -> None:
    await chain.close_calls(*range(30))
    contract_redis.kill()
    outbox = chain.outbox(batch=3)
    draining = asyncio.create_task(outbox.drain_all())
    await asyncio.to_thread(contract_redis.restart)
    async with asyncio.timeout(DEADLINE_S):
        await draining
    await outbox.drain_all()
    await outbox.aclose()
    # What the server may have lost in its last second the hot store has written again.
    chain.hot.submit(claim(attempt(99)))
    await chain.inbox.until(lambda: ClaimGranted(attempt(99).id) in chain.inbox.events)
    last = chain.outbox()
    await last.drain_all()
    await last.aclose()
    assert await chain.recorded() == ids(*range(30))


async def test_a_database_server_that_dies_and_comes_back(contract_redis: Redis, postgres: Postgres) -> None:
    from tests.contract.conftest import new_database

    async with client(contract_redis.url) as redis:
        await redis.flushall()
    inbox = Inbox()
    engine = open_database(await new_database(postgres), busy_timeout_s=1.0)
    await migrate_engine(engine)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        hot = await stack.enter_async_context(running(contract_redis.url, inbox, lease_ttl_s=30.0))
        chain = Chain(hot, contract_redis.url, engine, inbox)
        await chain.close_calls(1)
        health = RecordHealth(inbox.post)
        outbox = chain.outbox(health=health)
        stack.push_async_callback(outbox.aclose)
        await outbox.drain_all()
        await asyncio.to_thread(postgres.stop)
        await chain.close_calls(2, 3)
        draining = asyncio.create_task(outbox.drain_all())
        await inbox.wait_for(RecordLost)
        assert health.lost
        await asyncio.to_thread(postgres.start)
        async with asyncio.timeout(DEADLINE_S):
            await draining
        assert not health.lost
        assert await chain.recorded() == ids(1, 2, 3)
    assert len(inbox.of(RecordLost)) == len(inbox.of(RecordBack)) == 1
