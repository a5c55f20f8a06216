"""Brings recordings from Asterisk into our folder, and removes them when their time is over.

Nothing here touches a call. What cannot be done now (the disk is full, Asterisk is away) is told once and tried
again; until then the two halves stay where they were made."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from dialerd.app.heard_sounds import HeardSounds, write_sound
from dialerd.app.stereo import NotAudio, join
from dialerd.asterisk.stored_recordings import StoredRecordings, Unreachable
from dialerd.core import ids
from dialerd.core.recording import REVIEW
from dialerd.store.journal import Journal
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.recordings import Recordings

_log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
"""Between two looks at what waits, where nobody says that there is something."""
TRY_AGAIN_S = 30.0
AT_ONCE = 50
"""Recordings brought, or removed, between two looks at whether there is something more urgent."""
MOST_A_NIGHT = 50_000
"""Recordings removed in one night at most; the rest goes in the next."""
SHORT_S = 2.0
"""A recording that lacks so much of the conversation says so."""
HEARD_WITHIN_S = 60.0
"""What was heard of an answer is here so long after its end, or will never be: the daemon that heard it is gone."""
_HALVES = (ids.RECORDED_IN, ids.RECORDED_OUT)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

Row = Mapping[str, Any]


class RecordingRoom:
    """Owns the folder of recordings. :meth:`run` until it is cancelled."""

    def __init__(
        self, recordings: Recordings, stored: StoredRecordings, journal: Journal, folder: Path, night: str, *,
        tell: Callable[..., None], counted: Callable[[str, str], None],
        waiting: Callable[[Mapping[str, int]], None], wall: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """``night``: when old recordings are removed, ``03:30`` by this machine's clock. ``counted`` is told of each
        recording with its campaign and what became of it; ``waiting`` how many there are in each state."""
        self.recordings = recordings
        self.folder = folder
        self.heard = HeardSounds()
        """Answers that were heard, until it is known whether they are to be kept."""
        self._stored = stored
        self._journal = journal
        self._night = night
        self._tell = tell
        self._counted = counted
        self._waiting = waiting
        self._wall = wall
        self._wake = asyncio.Event()
        self._told = ""
        self._last_night = ""

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Bring, remove, and wait."""
        self._last_night = self._night_of(self._wall())
        while True:
            pause_s = LOOK_EVERY_S
            try:
                if await self.look():
                    continue
                await self._perhaps_expire()
                self._waiting(await self.recordings.counts())
            except DATABASE_ERRORS as error:
                _log.warning("recordings_wait", reason=reason_of(error))
                pause_s = TRY_AGAIN_S
            except Unreachable as error:
                self._once("recordings_unreachable", str(error))
                pause_s = TRY_AGAIN_S
            except OSError as error:
                name = "recordings_disk_full" if error.errno in _NO_SPACE else "recordings_not_written"
                self._once(name, str(error.strerror or error))
                pause_s = TRY_AGAIN_S
            else:
                self._told = ""
            self._wake.clear()
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def look(self) -> bool:
        """Remove what is to go, then bring what waits. True: there may be more."""
        going = await self.recordings.in_state("removing", AT_ONCE)
        for row in going:
            await self._remove(row)
        coming = await self.recordings.in_state("waiting", AT_ONCE)
        moved = [await self._bring(row) for row in coming]
        return len(going) == AT_ONCE or (len(coming) == AT_ONCE and any(moved))

    # --- bringing ----------------------------------------------------------------------------------------

    async def _bring(self, row: Row) -> bool:
        """False: it waits on."""
        attempt_id = str(row["attempt_id"])
        to = self.folder / file_name(row)
        if row["kind"] == REVIEW:
            return await self._bring_heard(row, to)
        halves = [self.folder / ".incoming" / f"{ids.sibling(attempt_id, kind)}.wav" for kind in _HALVES]
        halves[0].parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        try:
            for kind, half in zip(_HALVES, halves, strict=True):
                if not await self._stored.fetch(ids.sibling(attempt_id, kind), half):
                    if to.exists() and await self._keep(row, to, None):
                        return True  # an earlier run had it, and was killed before it could say so
                    await self._give_up(row, "asterisk_has_none")
                    return True
            try:
                duration_s = await asyncio.to_thread(join, halves[0], halves[1], to)
            except NotAudio as error:
                await self._give_up(row, f"not_audio: {error}")
                return True
        finally:
            for half in halves:
                half.unlink(missing_ok=True)
        if await self._keep(row, to, duration_s):
            await self._forget_halves(attempt_id)
        return True

    async def _bring_heard(self, row: Row, to: Path) -> bool:
        """What was heard of an answer came to us, and nowhere else."""
        attempt_id = str(row["attempt_id"])
        sound = self.heard.of(attempt_id)
        if sound is None:
            overdue = self._wall() - row["ended_at"] > HEARD_WITHIN_S
            there = await asyncio.to_thread(to.exists)  # an earlier run was killed before it could say so
            if there:
                await self._keep(row, to, None)
            elif overdue:
                await self._give_up(row, "not_heard")
            return there or overdue
        duration_s = await asyncio.to_thread(write_sound, sound, to)
        if await self._keep(row, to, duration_s):
            self.heard.forget(attempt_id)
        return True

    async def _keep(self, row: Row, file: Path, duration_s: float | None) -> bool:
        talked_s = float(row["ended_at"] - row["began_at"])
        reason = str(row["reason"])
        if duration_s is not None and duration_s < talked_s - SHORT_S and not reason:
            reason = f"short: {duration_s:.1f} s of {talked_s:.1f} s"
            self._tell(
                "warning", "recording_short", campaign=row["campaign"], attempt=row["attempt_id"], reason=reason
            )
        size = (await asyncio.to_thread(file.stat)).st_size
        kept = await self.recordings.kept(
            row["attempt_id"], str(file.relative_to(self.folder)), size,
            duration_s if duration_s is not None else talked_s, reason,
        )  # fmt: skip
        if not kept:
            # Removed while we were at it.
            await asyncio.to_thread(_unlink, file)
            return False
        self._counted(str(row["campaign"]), "kept")
        return True

    async def _give_up(self, row: Row, reason: str) -> None:
        told = str(row["reason"])
        await self.recordings.failed(row["attempt_id"], told or reason)
        self._counted(str(row["campaign"]), "failed")
        if not told and row["kind"] == REVIEW:
            self._tell("warning", "answer_not_kept", campaign=row["campaign"], attempt=row["attempt_id"])
        elif not told:
            self._tell("error", "recording_lost", campaign=row["campaign"], attempt=row["attempt_id"], reason=reason)

    async def _forget_halves(self, attempt_id: str) -> None:
        for kind in _HALVES:
            await self._stored.remove(ids.sibling(attempt_id, kind))

    # --- removing ----------------------------------------------------------------------------------------

    async def _remove(self, row: Row) -> None:
        file = self.folder / (row["file"] or file_name(row))
        await asyncio.to_thread(_unlink, file)
        if row["kind"] == REVIEW:
            self.heard.forget(str(row["attempt_id"]))
        else:
            await self._forget_halves(str(row["attempt_id"]))
        await self.recordings.removed(row["attempt_id"])
        self._counted(str(row["campaign"]), "removed")

    def _night_of(self, now: float) -> str:
        """The night that was last begun, as a date of this machine's clock."""
        local = time.localtime(now)
        day = time.strftime("%Y-%m-%d", local)
        if time.strftime("%H:%M", local) >= self._night:
            return day
        return time.strftime("%Y-%m-%d", time.localtime(now - 86_400.0))

    async def _perhaps_expire(self) -> None:
        night = self._night_of(self._wall())
        if night != self._last_night:
            self._last_night = night
            await self.expire()

    async def expire(self) -> int:
        """Remove what is older than it may be, a bounded number, and leave a line of audit. Returns how many."""
        count = 0
        while count < MOST_A_NIGHT and (found := await self.recordings.expire(AT_ONCE)):
            count += len(found)
            await self.look()
        if count:
            await self._journal.add_audit("retention", "recordings_removed", {"count": count})
            self._tell("info", "recordings_removed", count=str(count))
        return count

    def _once(self, name: str, reason: str) -> None:
        if self._told != f"{name}: {reason}":
            self._told = f"{name}: {reason}"
            self._tell("error", name, reason=reason, folder=str(self.folder))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._stored.aclose()


def _unlink(file: Path) -> None:
    file.unlink(missing_ok=True)


def file_name(row: Row) -> str:
    """Where a recording is kept, below the folder, by its campaign's template and the time when it began (UTC)."""
    began = datetime.fromtimestamp(row["began_at"] or row["ended_at"], UTC)
    name = str(row["name"]).format(
        year=f"{began:%Y}", month=f"{began:%m}", day=f"{began:%d}", time=f"{began:%H%M%S}",
        campaign=row["campaign"], contact=row["contact_id"], attempt=row["attempt_id"],
    )  # fmt: skip
    return f"{name}.wav"
