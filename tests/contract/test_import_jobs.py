"""Imports that the daemon was asked for, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dialerd.store.database import open_database
from dialerd.store.import_jobs import ImportJobs, JobState, Upload
from dialerd.store.migrate import migrate_engine
from tests.store.store_lab import SetClock

UPLOAD = Upload("leads", "spring.csv", "anna", "f00d", "spring.csv", 3 << 30)


@pytest.fixture
async def jobs(database_url: str) -> AsyncIterator[tuple[ImportJobs, ImportJobs, SetClock]]:
    engine, clock = open_database(database_url), SetClock()
    await migrate_engine(engine)
    yield ImportJobs(engine, clock, "one"), ImportJobs(engine, clock, "two"), clock
    await engine.dispose()


async def test_the_life_of_an_import(jobs: tuple[ImportJobs, ImportJobs, SetClock]) -> None:
    mine, others, clock = jobs
    first, second = await mine.add(UPLOAD), await mine.add(UPLOAD)
    assert [job.id for job in await mine.under_way()] == [first, second]
    assert await others.under_way() == []
    assert [job.id for job in await others.latest(10, "leads")] == [second, first]
    assert await mine.latest(10, "people") == []
    (job, _) = await mine.under_way()
    assert (job.upload, job.state, job.begun, job.started_at) == (UPLOAD, JobState.WAITING, 0, None)
    began = clock.at = clock.at + 5
    await mine.begin(job)
    clock.at += 5
    again = await mine.one(first)
    assert again is not None
    await mine.begin(again)
    await mine.move(first, phase="reading", done=2 << 30, total=3 << 30, rows=7, problem="no room")
    now = await mine.one(first)
    assert now is not None
    assert (now.state, now.begun, now.started_at, now.done, now.rows) == (JobState.RUNNING, 2, began, 2 << 30, 7)
    assert await others.ask_cancel(first), "whichever daemon is asked"
    await mine.end(first, JobState.CANCELLED, rows=0)
    assert not await mine.ask_cancel(first)
    assert not await mine.ask_cancel(999)
    assert [job.id for job in await mine.under_way()] == [second]
    clock.at += 100
    assert await others.forget(clock.at) == []
    assert list(await mine.forget(clock.at)) == ["f00d"]
    assert await mine.one(first) is None
