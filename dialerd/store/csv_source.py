"""A CSV file as rows with line numbers, whatever its encoding and delimiter; nothing in it is silently dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dialerd.store.csv_format import CsvFormat, UnusableFile, format_of
from dialerd.store.csv_records import SourceRow, rows_of
from dialerd.store.csv_slices import SLICE_BYTES, Slice, Slices
from dialerd.store.plain_bytes import PlainBytes


class CsvSource:
    """Reads a CSV file, plain or gzip, whose first record is the header.

    Raises :class:`UnusableFile` when the file cannot be opened, is empty, is no text, or has a bad header."""

    def __init__(
        self, path: Path, *, encoding: str | None = None, delimiter: str | None = None, quote: str | None = None
    ) -> None:
        """``None`` for a setting: found out from the file. ``quote`` empty: no character quotes."""
        self.path = path
        self.size = _size(path)
        self.format = format_of(path, encoding, delimiter, quote)
        self.bytes_read = 0
        """How far reading has come, of ``size``."""
        header, self._begin, self._line = self._header()
        self.columns = _column_names(path, header)

    def slices(self, offset: int = 0, line: int = 0, slice_bytes: int = SLICE_BYTES) -> Iterator[Slice]:
        """The records behind the header in slices of whole records; with ``offset`` and ``line`` those of an earlier
        slice's end, the rest of them. Raises :class:`UnusableFile` when the file ends too early (gzip)."""
        with PlainBytes(self.path, self.format) as file:
            file.skip(offset or self._begin)
            for piece in Slices(file.read, self.format, offset or self._begin, line or self._line, slice_bytes):
                self.bytes_read = file.position
                yield piece
        self.bytes_read = self.size

    def rows(self) -> Iterator[SourceRow]:
        """The records behind the header. Empty lines are no records."""
        for piece in self.slices():
            yield from rows_of(piece, self.format, len(self.columns))

    def fingerprint(self) -> str:
        """Tells this very file from any other, and from itself when it was changed."""
        facts = self.path.stat()
        digest = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns} {self.format}".encode())
        with self.path.open("rb") as file:
            digest.update(file.read(1 << 16))
            file.seek(max(0, facts.st_size - (1 << 16)))
            digest.update(file.read())
        return digest.hexdigest()

    def _header(self) -> tuple[SourceRow, int, int]:
        """The header, and where the record behind it begins: offset and line."""
        with PlainBytes(self.path, self.format) as file:
            for piece in Slices(file.read, self.format, 0, 1, SLICE_BYTES):
                for row in rows_of(piece, self.format, None):
                    if row.problem:
                        raise UnusableFile(
                            f"{self.path.name}, line {row.line}: the header is not readable: {row.problem}"
                        )
                    behind = row.line + row.lines
                    return row, piece.offset + _offset_of(piece, behind, self.format), behind
        raise UnusableFile(f"{self.path.name} has no header: all lines are empty")


def _offset_of(piece: Slice, line: int, form: CsvFormat) -> int:
    """Where in the slice a line begins."""
    at = 0
    for _ in range(line - piece.line):
        found = piece.data.find(form.line_end, at)
        if found < 0:
            return len(piece.data)
        at = found + 1
    return at


def _size(path: Path) -> int:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnusableFile(f"{path.name} is not a file")
    except OSError as error:
        raise UnusableFile(f"cannot open {path.name}: {error.strerror}") from error
    if size == 0:
        raise UnusableFile(f"{path.name} is empty")
    return size


def _column_names(path: Path, header: SourceRow) -> tuple[str, ...]:
    names = tuple(
        value.strip().lstrip("\ufeff") or f"column_{place}" for place, value in enumerate(header.values, start=1)
    )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnusableFile(f"{path.name}, line {header.line}: column {', '.join(twice)} is there more than once")
    return names
