"""Imports that were asked of the daemon, as the record keeps them: how far each is, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.ports import Clock
from dialerd.store.database import READING
from dialerd.store.import_job_schema import import_jobs


class JobState(StrEnum):
    """``waiting -> running -> done | failed | cancelled``; a job that waits may be cancelled at once."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
_UNDER_WAY = [JobState.WAITING.value, JobState.RUNNING.value]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived. ``folder`` is its own, within the folder of uploads; ``source`` is what it was called
    where it came from."""

    contact_list: str
    source: str
    who: str
    folder: str
    file: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """One import. ``rows = imported + rejected`` once it is done; ``updated`` of the imported changed a contact.

    ``done`` of ``total``: how far the ``phase`` is; ``problem``: why it failed, or what it waits for; ``begun``: how
    often it was begun; ``deaths``: how often a process that worked at it died. Times are epoch seconds."""

    id: int
    instance: str
    upload: Upload
    state: JobState
    cancelling: bool
    begun: int
    deaths: int
    phase: str
    done: int
    total: int
    rows: int
    imported: int
    rejected: int
    updated: int
    warnings: int
    problem: str
    created_at: float
    started_at: float | None
    ended_at: float | None


class ImportJobs:
    """Errors of the database are raised as they are. ``instance``: the daemon that does the work."""

    def __init__(self, engine: AsyncEngine, clock: Clock, instance: str) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock
        self._instance = instance

    async def add(self, upload: Upload) -> int:
        """A file is to be imported; returns the job's id."""
        values = {
            "contact_list": upload.contact_list, "source": upload.source, "who": upload.who, "folder": upload.folder,
            "file": upload.file, "size_bytes": upload.size_bytes,
        }  # fmt: skip
        nothing = dict.fromkeys(
            ("begun", "deaths", "done", "total", "rows", "imported", "rejected", "updated", "warnings"), 0
        )
        async with self._engine.begin() as connection:
            added = await connection.execute(
                insert(import_jobs)
                .values(
                    **values, **nothing, instance=self._instance, state=JobState.WAITING.value, cancelling=False,
                    phase="", problem="", created_at=self._clock.now(),
                )
                .returning(import_jobs.c.id)
            )  # fmt: skip
            return int(added.scalar_one())

    async def one(self, job_id: int) -> Job | None:
        """A job; None: there is none of this id."""
        async with self._reading.connect() as connection:
            row = (await connection.execute(select(import_jobs).where(import_jobs.c.id == job_id))).one_or_none()
        return _job(row) if row is not None else None

    async def latest(self, limit: int, contact_list: str | None = None) -> list[Job]:
        """Jobs of all daemons, the newest first."""
        query = select(import_jobs).order_by(import_jobs.c.id.desc()).limit(limit)
        if contact_list is not None:
            query = query.where(import_jobs.c.contact_list == contact_list)
        async with self._reading.connect() as connection:
            return [_job(row) for row in await connection.execute(query)]

    async def under_way(self) -> list[Job]:
        """Jobs of this daemon that are not over, the oldest first."""
        mine = import_jobs.c.instance == self._instance, import_jobs.c.state.in_(_UNDER_WAY)
        async with self._reading.connect() as connection:
            rows = await connection.execute(select(import_jobs).where(*mine).order_by(import_jobs.c.id))
            return [_job(row) for row in rows]

    async def begin(self, job: Job) -> None:
        """Its work begins, or begins again."""
        await self._set(
            job.id, state=JobState.RUNNING.value, begun=job.begun + 1, problem="",
            started_at=job.started_at if job.started_at is not None else self._clock.now(),
        )  # fmt: skip

    async def move(self, job_id: int, **values: int | str) -> None:
        """How far it is."""
        await self._set(job_id, **values)

    async def end(self, job_id: int, state: JobState, **values: int | str) -> None:
        """It is over."""
        await self._set(job_id, state=state.value, ended_at=self._clock.now(), **values)

    async def ask_cancel(self, job_id: int) -> bool:
        """It is to be cancelled. False: it is over, or there is none."""
        mine = import_jobs.c.id == job_id, import_jobs.c.state.in_(_UNDER_WAY)
        async with self._engine.begin() as connection:
            asked = await connection.execute(update(import_jobs).where(*mine).values(cancelling=True))
        return asked.rowcount > 0

    async def forget(self, before: float) -> Sequence[str]:
        """Remove jobs of this daemon that were over before a moment; returns their folders."""
        mine = import_jobs.c.instance == self._instance, import_jobs.c.ended_at < before
        async with self._engine.begin() as connection:
            gone = await connection.execute(delete(import_jobs).where(*mine).returning(import_jobs.c.folder))
            return list(gone.scalars())

    async def _set(self, job_id: int, **values: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(update(import_jobs).where(import_jobs.c.id == job_id).values(**values))


def _job(row: Row[Any]) -> Job:
    upload = Upload(row.contact_list, row.source, row.who, row.folder, row.file, row.size_bytes)
    return Job(
        row.id, row.instance, upload, JobState(row.state), row.cancelling, row.begun, row.deaths, row.phase, row.done,
        row.total, row.rows, row.imported, row.rejected, row.updated, row.warnings, row.problem, row.created_at,
        row.started_at, row.ended_at,
    )  # fmt: skip
