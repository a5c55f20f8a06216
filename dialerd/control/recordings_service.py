"""What the API needs of recordings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

Row = Mapping[str, Any]


class RecordingService(Protocol):
    """Recordings that are kept. Every method raises :class:`dialerd.control.daemon.Unavailable` when the database
    does not answer."""

    async def find(
        self, campaign: str | None, state: str | None, number: str | None, since: float | None, until: float | None,
        limit: int, offset: int, kind: str | None = None,
    ) -> list[Row]:  # fmt: skip
        """Recordings, latest first."""

    async def of(self, attempt_id: str) -> Row | None:
        """That of one attempt; None: there is none, and there was none."""

    async def file(self, attempt_id: str) -> Path | None:
        """The sound, where it is there to be heard."""

    async def remove(self, attempt_id: str, who: str) -> bool:
        """Remove one: the file goes within seconds. False: there is nothing to remove."""
