"""Imports asked for over the API: files kept on disk, imported one after another, gone on with after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.contact_files import REJECTS_SHOWN, mapping_of
from dialerd.app.database_answers import from_database
from dialerd.app.import_child import ImportOrder
from dialerd.app.import_process import DatabaseAway, run_import
from dialerd.app.upload_folder import UploadFolder
from dialerd.config.contact_lists import ContactListSettings
from dialerd.control.daemon import UnknownContactList, UnusableFile
from dialerd.control.dnc_lists import Reject
from dialerd.control.import_service import ImportIsOver, ImportStatus, UnknownImport
from dialerd.core.events import ContactsChanged, Event
from dialerd.ports import Clock
from dialerd.store import csv_format
from dialerd.store.contact_import import ImportProgress, ImportResult, abandon_import, examine_file, workshop_of
from dialerd.store.import_jobs import OVER, ImportJobs, Job, JobState, Upload
from dialerd.store.import_stage import ImportUnderWay
from dialerd.store.import_table import ImportTable
from dialerd.store.import_workers import WorkerDied
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.reject_file import read_rejects

_log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""Between two looks at an import that runs: how far it is, whether it is to be cancelled."""
AGAIN_S = 2.0
"""Before an import that cannot go on now is tried again."""
IDLE_S = 60.0
KEEP_S = 30 * 24 * 3600.0
"""How long an import that is over is kept, with its rejects."""
MOST_DEATHS = 5
"""An import whose process has died so often, for want of memory perhaps, has failed."""


class ImportRoom:
    """Implements :class:`dialerd.control.import_service.ImportService`; :meth:`run` is to be run as a task."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, instance: str,
        lists: Callable[[], Mapping[str, ContactListSettings]],
        post: Callable[[Event], None], *, folder: Path | None, largest_bytes: int,
        ended: Callable[[ImportStatus], None], standing: Callable[[int, int], None],
    ) -> None:  # fmt: skip
        """``folder``: where uploads and what was read of them are kept, None: beside the database; ``ended`` is told
        every import that is over, ``standing`` how many wait and run."""
        self._engine = engine
        self._clock = clock
        self._lists = lists
        self._post = post
        self._jobs = ImportJobs(engine, clock, instance)
        self._table = ImportTable(engine, clock)
        self._workshop = folder if folder is not None else workshop_of(engine)
        self._folder = UploadFolder(self._workshop / "uploads", largest_bytes)
        self._told_end, self._told_standing = ended, standing
        self._wake = asyncio.Event()
        self._over: dict[int, asyncio.Event] = {}
        self._progress: dict[int, ImportProgress] = {}
        self._forgotten_at = -KEEP_S

    # --- what the API asks -----------------------------------------------------------------------------

    async def upload(
        self, contact_list: str, source: str, who: str, content: AsyncIterator[bytes], length: int | None
    ) -> int:
        """Keep a file as it arrives and have it imported."""
        mapping = mapping_of(self._settings(contact_list))
        path = await self._folder.keep(source, content, length)
        try:
            await asyncio.to_thread(examine_file, path, mapping)
            size = (await asyncio.to_thread(path.stat)).st_size
            upload = Upload(contact_list, source, who, path.parent.name, path.name, size)
            with from_database():
                import_id = await self._jobs.add(upload)
        except BaseException as error:
            await self._folder.remove(path.parent.name)
            if isinstance(error, csv_format.UnusableFile):
                raise UnusableFile(str(error)) from error
            raise
        self._wake.set()
        return import_id

    async def finished(self, import_id: int, wait_s: float) -> ImportStatus:
        """How the import stands, when it is over or so many seconds have passed."""
        over = self._over.setdefault(import_id, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                # It may have ended before there was anything to wait for.
                if not (await self.status(import_id)).over:
                    await over.wait()
        status = await self.status(import_id)
        if status.over:
            self._over.pop(import_id, None)
        return status

    async def status(self, import_id: int) -> ImportStatus:
        """How the import stands."""
        job = await self._known(import_id)
        rejects: list[tuple[int, str]] = []
        path = self._rejects_of(job)
        if job.state in OVER and await asyncio.to_thread(path.exists):
            rejects = await asyncio.to_thread(read_rejects, path, REJECTS_SHOWN)
        return self._status(job, rejects)

    async def imports(self, limit: int, contact_list: str | None) -> list[ImportStatus]:
        """The newest first."""
        with from_database():
            return [self._status(job) for job in await self._jobs.latest(limit, contact_list)]

    async def cancel(self, import_id: int) -> ImportStatus:
        """Undo it, if it is not over; the answer comes when it is undone, or after some seconds."""
        await self._known(import_id)
        with from_database():
            asked = await self._jobs.ask_cancel(import_id)
        if not asked:
            raise ImportIsOver(str(import_id))
        self._wake.set()
        return await self.finished(import_id, 10.0)

    async def rejects(self, import_id: int) -> Path | None:
        """The file of its rejects."""
        path = self._rejects_of(await self._known(import_id))
        return path if await asyncio.to_thread(path.exists) else None

    # --- the work --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Import what is to be imported, one file after another, until cancelled; what is under way then goes on when
        this is run again."""
        await self._folder.sweep()
        while True:
            self._wake.clear()
            pause_s = AGAIN_S
            try:
                left = await self._work()
                await self._forget()
                pause_s = AGAIN_S if left else IDLE_S
            except DATABASE_ERRORS as error:
                # Its loss is told by the record, which needs it more.
                _log.info("imports_wait_for_database", reason=reason_of(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    async def _work(self) -> bool:
        """Each import once. True: some are to be tried again."""
        left = False
        for job in await self._jobs.under_way():
            if not await self._one(job):
                left = True
        await self._tell_standing()
        return left

    async def _one(self, job: Job) -> bool:
        """True: it is over."""
        done = await self._table.finished(job.upload.contact_list, _called(job))
        if done is not None:
            # A daemon that died had brought it to its end.
            rows, imported, rejected = done
            await self._end(job, JobState.DONE, rows=rows, imported=imported, rejected=rejected)
            return True
        settings = self._lists().get(job.upload.contact_list)
        if settings is None:
            await self._end(job, JobState.FAILED, problem="the campaigns file has no such contact list any more")
            return True
        if not await asyncio.to_thread(self._path(job).exists):
            await self._end(job, JobState.FAILED, problem="the uploaded file is not on this machine any more")
            return True
        if (job.cancelling or job.deaths >= MOST_DEATHS) and await self._undone(job, settings):
            if job.cancelling:
                await self._end(job, JobState.CANCELLED, rows=0, imported=0, rejected=0)
            else:
                await self._end(job, JobState.FAILED, problem=job.problem)
            return True
        return await self._import(job, settings)

    async def _import(self, job: Job, settings: ContactListSettings) -> bool:
        await self._jobs.begin(job)
        await self._tell_standing()
        order = ImportOrder(
            self._engine.url.render_as_string(hide_password=False), self._path(job), job.upload.contact_list,
            mapping_of(settings), self._workshop, _called(job),
        )  # fmt: skip

        def keep(progress: ImportProgress) -> None:
            self._progress[job.id] = progress

        try:
            result = await self._watched(job, run_import(self._engine, self._clock, order, keep))
        except ImportUnderWay as error:
            await self._later(job, str(error))
        except csv_format.UnusableFile as error:
            await self._end(job, JobState.FAILED, problem=str(error))
            return True
        except WorkerDied as error:
            await self._jobs.move(job.id, problem=str(error), deaths=job.deaths + 1)
        except DatabaseAway as error:
            await self._later(job, str(error))
        except DATABASE_ERRORS as error:
            await self._later(job, reason_of(error))
        else:
            if result is not None:
                await self._end(
                    job, JobState.DONE, rows=result.rows, imported=result.imported, rejected=result.rejected,
                    updated=result.updated, warnings=result.warnings,
                )  # fmt: skip
                return True
        finally:
            self._progress.pop(job.id, None)
        return False

    async def _watched(self, job: Job, work: Awaitable[ImportResult]) -> ImportResult | None:
        """The result; None: it is to be cancelled."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait((task,), timeout=LOOK_S)
                if not task.done() and await self._cancelling(job):
                    task.cancel()
                    await asyncio.wait((task,))
            if task.cancelled():
                self._wake.set()
                return None
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))

    async def _cancelling(self, job: Job) -> bool:
        """Says how far it is, and asks whether it is to be cancelled. A database that is away is not its concern."""
        progress = self._progress.get(job.id)
        try:
            if progress is not None:
                await self._jobs.move(
                    job.id, phase=progress.phase, done=progress.done, total=progress.total, rows=progress.rows,
                    imported=progress.imported, rejected=progress.rejected,
                )  # fmt: skip
            now = await self._jobs.one(job.id)
        except DATABASE_ERRORS:
            return False
        return now is not None and now.cancelling

    async def _undone(self, job: Job, settings: ContactListSettings) -> bool:
        """False: it was too late, and what it has written counts."""
        return await abandon_import(
            self._engine, self._clock, self._path(job), job.upload.contact_list, mapping_of(settings), self._workshop,
            _called(job),
        )  # fmt: skip

    async def _later(self, job: Job, problem: str) -> None:
        await self._jobs.move(job.id, state=JobState.WAITING.value, problem=problem)

    async def _end(self, job: Job, state: JobState, **values: int | str) -> None:
        await self._jobs.end(job.id, state, phase="", cancelling=False, **values)
        path = self._path(job)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        ended = self._status(await self._known(job.id))
        if ended.imported and state is JobState.DONE:
            self._post(ContactsChanged(job.upload.contact_list, any_of_them=True))
        _log.info(
            "import_ended", contact_list=ended.contact_list, state=ended.state, rows=ended.rows,
            imported=ended.imported, rejected=ended.rejected, problem=ended.problem,
        )  # fmt: skip
        self._told_end(ended)
        if (over := self._over.pop(job.id, None)) is not None:
            over.set()

    async def _tell_standing(self) -> None:
        jobs = await self._jobs.under_way()
        running = sum(job.state is JobState.RUNNING for job in jobs)
        self._told_standing(len(jobs) - running, running)

    async def _forget(self) -> None:
        now = self._clock.now()
        if now - self._forgotten_at < IDLE_S:
            return
        self._forgotten_at = now
        for folder in await self._jobs.forget(now - KEEP_S):
            await self._folder.remove(folder)

    # --- parts -----------------------------------------------------------------------------------------

    async def _known(self, import_id: int) -> Job:
        with from_database():
            job = await self._jobs.one(import_id)
        if job is None:
            raise UnknownImport(str(import_id))
        return job

    def _settings(self, contact_list: str) -> ContactListSettings:
        settings = self._lists().get(contact_list)
        if settings is None:
            raise UnknownContactList(contact_list)
        return settings

    def _path(self, job: Job) -> Path:
        return self._folder.path / job.upload.folder / job.upload.file

    def _rejects_of(self, job: Job) -> Path:
        path = self._path(job)
        return path.with_name(path.name + ".rejects.csv")

    def _status(self, job: Job, rejects: list[tuple[int, str]] | None = None) -> ImportStatus:
        told = self._progress.get(job.id)
        done, total = (told.done, told.total) if told is not None else (job.done, job.total)
        running = job.state is JobState.RUNNING
        return ImportStatus(
            id=job.id, contact_list=job.upload.contact_list, source=job.upload.source, who=job.upload.who,
            state=job.state.value, cancelling=job.cancelling, phase=told.phase if told is not None else job.phase,
            progress=min(1.0, done / total) if running and total else None, size_bytes=job.upload.size_bytes,
            rows=told.rows if told is not None else job.rows,
            imported=told.imported if told is not None else job.imported, updated=job.updated,
            rejected=told.rejected if told is not None else job.rejected, warnings=job.warnings, begun=job.begun,
            problem=job.problem, created_at=job.created_at, started_at=job.started_at, ended_at=job.ended_at,
            rejects=tuple(Reject(line, reason) for line, reason in rejects or ()),
        )  # fmt: skip


def _called(job: Job) -> str:
    """A source that no other import has: so it is known whether this one has come to its end."""
    return f"{job.upload.file} (upload {job.upload.folder})"
