"""What the API needs to import files into contact lists. The composition implements it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dialerd.control.dnc_lists import Reject


class UnknownImport(Exception):
    """There is no import of this id, or it is not kept any more."""


class ImportIsOver(Exception):
    """It came to its end before it could be cancelled."""


class UploadTooLarge(Exception):
    """The file is larger than this daemon takes; the text says how large it may be."""


class NoRoom(Exception):
    """The file cannot be kept on this machine's disk; the text says why."""


@dataclass(frozen=True, slots=True)
class ImportStatus:
    """How an import stands.

    ``state``: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``. ``rows = imported + rejected``;
    ``updated`` of the imported changed a contact; ``warnings`` were imported otherwise than they stood.
    ``progress``: a fraction of the ``phase`` (``reading``, ``sorting``, ``writing``, ``numbers``, ``publishing``).
    ``problem``: why it failed, or what it waits for. Times are epoch seconds."""

    id: int
    contact_list: str
    source: str
    who: str
    state: str
    cancelling: bool
    phase: str
    progress: float | None
    size_bytes: int
    rows: int
    imported: int
    updated: int
    rejected: int
    warnings: int
    begun: int
    problem: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    rejects: tuple[Reject, ...] = ()
    """The first ones, once it is over."""

    @property
    def over(self) -> bool:
        """Nothing more becomes of it."""
        return self.state in ("done", "failed", "cancelled")


class ImportService(Protocol):
    """Every method raises :class:`~dialerd.control.daemon.Unavailable` when the database does not answer."""

    async def upload(
        self, contact_list: str, source: str, who: str, content: AsyncIterator[bytes], length: int | None
    ) -> int:
        """Keep a file as it arrives and have it imported; returns the import's id. ``source`` names it for people;
        ``length``: how long it will be, if that is known.

        Raises :class:`~dialerd.control.daemon.UnknownContactList`, :class:`~dialerd.control.daemon.UnusableFile` for
        one whose beginning cannot be read as the list's settings say, :class:`UploadTooLarge`, :class:`NoRoom`. When
        the upload breaks off, nothing of it is kept."""

    async def finished(self, import_id: int, wait_s: float) -> ImportStatus:
        """How the import stands, when it is over or so many seconds have passed."""

    async def status(self, import_id: int) -> ImportStatus:
        """How the import stands. Raises :class:`UnknownImport`."""

    async def imports(self, limit: int, contact_list: str | None) -> list[ImportStatus]:
        """The newest first."""

    async def cancel(self, import_id: int) -> ImportStatus:
        """Undo it, if it is not over. Raises :class:`UnknownImport`, :class:`ImportIsOver`."""

    async def rejects(self, import_id: int) -> Path | None:
        """The file of its rejects; None: there are none. Raises :class:`UnknownImport`."""
