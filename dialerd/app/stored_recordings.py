"""Recordings for the API, from the table and the folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dialerd.app.database_answers import from_database
from dialerd.store.recordings import RecordingFilter, Recordings

Row = Mapping[str, Any]


class StoredRecordings:
    """Implements :class:`dialerd.control.recordings.RecordingService`."""

    def __init__(self, recordings: Recordings, folder: Path, wake: Callable[[], None]) -> None:
        """``wake`` is called when there is something to remove."""
        self._recordings = recordings
        self._folder = folder
        self._wake = wake

    async def find(
        self, campaign: str | None, state: str | None, number: str | None, since: float | None, until: float | None,
        limit: int, offset: int, kind: str | None = None,
    ) -> list[Row]:  # fmt: skip
        """Recordings, latest first."""
        chosen = RecordingFilter(campaign, state, number, since, until, kind)
        with from_database():
            return await self._recordings.find(chosen, limit=limit, offset=offset)

    async def of(self, attempt_id: str) -> Row | None:
        """That of one attempt."""
        with from_database():
            return await self._recordings.of(attempt_id)

    async def file(self, attempt_id: str) -> Path | None:
        """The sound, where it is there to be heard."""
        row = await self.of(attempt_id)
        if row is None or row["state"] != "kept":
            return None
        file = self._folder / str(row["file"])
        return file if await asyncio.to_thread(file.is_file) else None

    async def remove(self, attempt_id: str, who: str) -> bool:
        """Remove one; the file goes within seconds."""
        with from_database():
            removed = await self._recordings.remove(attempt_id, who)
        self._wake()
        return removed
