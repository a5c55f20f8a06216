"""Files of speech by content, in a folder that Asterisk reads too. Not for the event loop: every method may wait for
the disk. One caller at a time."""

from __future__ import annotations

import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dialerd.speech.sound import is_whole

HEADER_BYTES = 44
_PART = ".part"
_TOUCH_AFTER_S = 3600.0
_EXTENSIONS = {8000: ".wav", 16000: ".wav16"}
"""What Asterisk's format_wav calls them."""


@dataclass(slots=True)
class _Entry:
    size_bytes: int
    used_at: float


@dataclass(frozen=True, slots=True)
class CachedFile:
    """One file, for those who look. ``used_at``: epoch seconds, to the hour."""

    digest: str
    size_bytes: int
    used_at: float


class PromptCache:
    """``digest`` names what a file says, by whom and how; see :func:`dialerd.speech.studio.digest_of`."""

    def __init__(
        self, folder: Path, asterisk_folder: str, most_bytes: int, rate: int = 8000,
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """``asterisk_folder``: the same folder as Asterisk sees it; ``most_bytes``: of all files together."""
        self._folder, self._asterisk_folder = folder, asterisk_folder.rstrip("/")
        self._most_bytes, self._extension, self._now = most_bytes, _EXTENSIONS[rate], now
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """Of all files that are known."""
        return self._bytes

    @property
    def count(self) -> int:
        """Files that are known."""
        return len(self._entries)

    def files(self) -> list[CachedFile]:
        """All files, the least recently used first."""
        return [CachedFile(digest, entry.size_bytes, entry.used_at) for digest, entry in self._entries.items()]

    def media(self, digest: str) -> str:
        """The file as Asterisk is told of it: without extension."""
        return f"sound:{self._asterisk_folder}/{digest[:2]}/{digest}"

    def digest_in(self, media: str) -> str:
        """The reverse of :meth:`media`."""
        return media.rpartition("/")[2]

    def path(self, digest: str) -> Path:
        """Where the file is, from here."""
        return self._folder / digest[:2] / (digest + self._extension)

    def open(self) -> None:
        """Find what is there, and clear away what a killed daemon left half written. Raises OSError: the folder
        cannot be made, read or written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=_PART):
            pass
        found = []
        for path in self._folder.glob("??/*"):
            with suppress(OSError):
                if path.suffix == _PART:
                    path.unlink()
                elif path.suffix == self._extension:
                    stat = path.stat()
                    found.append((stat.st_mtime, path.stem, stat.st_size))
        self._entries.clear()
        self._bytes = 0
        for used_at, digest, size in sorted(found):
            if size <= HEADER_BYTES:
                self.drop(digest)
                continue
            self._entries[digest] = _Entry(size, used_at)
            self._bytes += size

    def has(self, digest: str) -> bool:
        """The file is there, as it was written. It counts as used now."""
        entry = self._entries.get(digest)
        path = self.path(digest)
        try:
            size = path.stat().st_size
        except OSError:
            if entry is not None:
                self._forget(digest)
            return False
        if entry is None:
            if not self._is_sound(path):
                return False
            entry = self._entries[digest] = _Entry(size, 0.0)
            self._bytes += size
        elif entry.size_bytes != size:
            self.drop(digest)
            return False
        now = self._now()
        if now - entry.used_at > _TOUCH_AFTER_S:
            entry.used_at = now
            with suppress(OSError):
                os.utime(path, (now, now))
        self._entries.move_to_end(digest)
        return True

    def put(self, digest: str, content: bytes) -> None:
        """Write the file: whole, or not at all. Raises OSError."""
        path = self.path(digest)
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=_PART)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                # Asterisk is mostly another user. Without the write to disk, a power cut leaves an empty file.
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
        self._forget(digest)
        self._entries[digest] = _Entry(len(content), self._now())
        self._bytes += len(content)

    def distrust(self, digest: str) -> bool:
        """Look at the file itself; what is not whole is removed. True: it was."""
        if digest in self._entries and self.has(digest) and self._is_sound(self.path(digest)):
            return False
        self.drop(digest)
        return True

    def drop(self, digest: str) -> None:
        """Remove the file."""
        self._forget(digest)
        with suppress(OSError):
            self.path(digest).unlink()

    def shrink(self, in_use: Container[str], most_bytes: int | None = None) -> int:
        """Remove what was not used for longest until the rest fits; never what is in use (digests). Returns how many
        were removed."""
        most = self._most_bytes if most_bytes is None else most_bytes
        removed = 0
        for digest in list(self._oldest_first()):
            if self._bytes <= most:
                break
            if digest not in in_use:
                self.drop(digest)
                removed += 1
        return removed

    @property
    def is_full(self) -> bool:
        """There is more than there may be."""
        return self._bytes > self._most_bytes

    def _oldest_first(self) -> Iterator[str]:
        return iter(self._entries)

    def _forget(self, digest: str) -> None:
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self._bytes -= entry.size_bytes

    @staticmethod
    def _is_sound(path: Path) -> bool:
        try:
            return is_whole(path.read_bytes())
        except OSError:
            return False
