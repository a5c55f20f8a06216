"""Imports that outlive the daemon, its processes and a database that was asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app import import_process, import_room
from dialerd.app.contact_files import mapping_of
from dialerd.app.import_room import KEEP_S, ImportRoom
from dialerd.config.contact_lists import ContactListSettings
from dialerd.control.import_service import ImportStatus
from dialerd.core.events import ContactsChanged, Event
from dialerd.store.contact_import import import_contacts
from dialerd.store.database import open_database
from dialerd.store.import_job_schema import import_jobs
from dialerd.store.migrate import migrate_engine
from dialerd.store.schema import contacts
from tests.control.staged_daemon import LEADS
from tests.store.store_lab import SetClock, eventually

ROWS = 12_000


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    opened = open_database(f"sqlite:///{tmp_path / 'record.db'}", busy_timeout_s=30.0)
    await migrate_engine(opened)
    yield opened
    await opened.dispose()


class Rooms:
    """Daemons one after another over one database and one disk."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = SetClock()
        self.posted: list[Event] = []
        self.ended: list[ImportStatus] = []
        self.lists: Mapping[str, ContactListSettings] = {"leads": LEADS}

    def new(self, instance: str = "one") -> ImportRoom:
        return ImportRoom(
            self.engine, self.clock, instance, lambda: self.lists, self.posted.append, folder=None,
            largest_bytes=1 << 30, ended=self.ended.append, standing=lambda *_: None,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self, instance: str = "one") -> AsyncIterator[ImportRoom]:
        room = self.new(instance)
        task = asyncio.create_task(room.run())
        try:
            yield room
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def count(self) -> int:
        async with self.engine.connect() as connection:
            return int((await connection.execute(select(func.count()).select_from(contacts))).scalar_one())


@pytest.fixture
def rooms(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    monkeypatch.setattr(import_room, "LOOK_S", 0.02)
    monkeypatch.setattr(import_room, "AGAIN_S", 0.02)
    return Rooms(engine)


def files(folder: Path, pattern: str = "big.csv") -> list[Path]:
    return list(folder.rglob(pattern))


async def a_file(rows: int = ROWS) -> AsyncIterator[bytes]:
    yield b"ref,phone,name\n"
    for start in range(0, rows, 1000):
        yield b"".join(b"k%d,+1202%07d,Name %d\n" % (n, 5_000_000 + n, n) for n in range(start, start + 1000))
    yield b"bad,no number,Bad\n"


async def upload(room: ImportRoom, rows: int = ROWS) -> int:
    return await room.upload("leads", "big.csv", "anna", a_file(rows), None)


def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a small file is imported by a process of its own."""
    monkeypatch.setattr(import_process, "WORTH_PROCESSES_BYTES", 0)


async def reaches(room: ImportRoom, number: int, met: Callable[[ImportStatus], bool], what: str) -> None:
    async def reached() -> bool:
        return met(await room.status(number))

    await eventually(reached, what)


async def test_an_import_goes_on_after_the_daemon_was_ended_in_its_midst(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart(monkeypatch)
    async with rooms.running() as room:
        number = await upload(room)
        await reaches(room, number, lambda s: s.rows > 0 or s.state == "done", "rows are read")
    left = await rooms.new().status(number)
    assert left.state in ("running", "done")
    async with rooms.running() as room:
        done = await room.finished(number, 30)
    assert (done.state, done.rows, done.imported, done.rejected) == ("done", ROWS + 1, ROWS, 1)
    assert await rooms.count() == ROWS, "nothing came in twice"
    assert [one.line for one in done.rejects] == [ROWS + 2]
    assert rooms.posted == [ContactsChanged("leads", any_of_them=True)]


async def test_an_import_that_had_come_to_its_end_is_not_done_twice(
    rooms: Rooms, engine: AsyncEngine, tmp_path: Path
) -> None:
    rooms.lists = {"leads": replace(LEADS, duplicate_keys="keep", duplicate_numbers="keep")}
    number = await upload(rooms.new(), 1000)
    async with engine.begin() as connection:
        row = (await connection.execute(select(import_jobs))).one()
        await connection.execute(update(import_jobs).values(state="running", begun=1))
    path = tmp_path / ".dialerd-imports" / "uploads" / row.folder / row.file
    called = f"{row.file} (upload {row.folder})"
    await import_contacts(
        engine, rooms.clock, path, "leads", mapping_of(rooms.lists["leads"]), called=called
    )  # the daemon died before it could write that down
    async with rooms.running() as room:
        done = await room.finished(number, 10)
    assert (done.state, done.rows, done.imported, done.rejected) == ("done", 1001, 1000, 1)
    assert await rooms.count() == 1000


@pytest.mark.parametrize("large", [True, False])
async def test_a_cancelled_import_leaves_nothing_behind(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, large: bool
) -> None:
    if large:
        apart(monkeypatch)
    async with rooms.running() as room:
        small = await room.finished(await upload(room, 1000), 30)
        assert small.state == "done"
        number = await upload(room, 60_000)
        await reaches(room, number, lambda s: s.rows > 0, "rows are read")
        cancelled = await room.cancel(number)
        again = await room.finished(await upload(room, 1000), 30)
    assert (cancelled.state, cancelled.imported) == ("cancelled", 0)
    assert await rooms.count() == 1000
    assert (again.state, again.imported, again.rejected) == ("done", 0, 1001), "the list is free for others"
    assert files(tmp_path) == []
    assert files(tmp_path, "import-*.db*") == []


async def test_processes_that_die_again_and_again_make_it_fail(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    apart(monkeypatch)
    monkeypatch.setattr(import_process.sys, "executable", "/bin/false")
    async with rooms.running() as room:
        failed = await room.finished(await upload(room, 1000), 30)
    assert (failed.state, failed.problem, failed.begun) == ("failed", "the importing process ended with 1", 5)
    assert await rooms.count() == 0
    assert rooms.posted == []


async def test_what_an_import_needs_may_be_gone(rooms: Rooms, tmp_path: Path) -> None:
    first, second = await upload(rooms.new(), 1000), await upload(rooms.new("two"), 1000)
    for path in files(tmp_path):
        path.unlink()
    async with rooms.running() as room:
        gone = await room.finished(first, 10)
        other = await room.status(second)
    assert (gone.state, gone.problem) == ("failed", "the uploaded file is not on this machine any more")
    assert other.state == "waiting", "that is the other daemon's"
    rooms.lists = {}
    async with rooms.running("two") as room:
        unknown = await room.finished(second, 10)
    assert (unknown.state, unknown.problem) == ("failed", "the campaigns file has no such contact list any more")


async def test_what_was_over_long_ago_is_forgotten_with_its_rejects(rooms: Rooms, tmp_path: Path) -> None:
    async with rooms.running() as room:
        number = await upload(room, 1000)
        assert (await room.finished(number, 30)).state == "done"
        assert files(tmp_path, "*.rejects.csv")
    rooms.clock.at += KEEP_S + 1
    async with rooms.running() as room:

        async def forgotten() -> bool:
            return await room.imports(10, None) == []

        await eventually(forgotten, "it is forgotten")
        await eventually(lambda: not files(tmp_path, "*.rejects.csv"), "its rejects are gone")
