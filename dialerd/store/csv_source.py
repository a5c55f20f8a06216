"""A CSV file as rows with line numbers, whatever its encoding and delimiter; nothing in it is silently dropped."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_BYTES = 1 << 16
_MAX_RECORD_LINES = 50
"""A quoted field may contain line breaks; a record of more lines than this is one with a stray quote."""


class UnusableFile(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One record. ``line``: where it begins, from 1; ``raw``: its text as it is in the file, without the line end;
    ``problem``: why it cannot be read, else empty."""

    line: int
    raw: str
    values: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How the file is written. ``encoding``: a Python codec name."""

    encoding: str
    delimiter: str


class CsvSource:
    """Reads a CSV file whose first record is the header.

    Raises :class:`UnusableFile` when the file cannot be opened, is empty, is no text, or has a bad header."""

    def __init__(self, path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> None:
        """``None`` for a setting: found out from the file."""
        self.path = path
        self.size = _size(path)
        self.format = _format_of(path, encoding, delimiter)
        with self._open() as file:
            header = next(_records(file, self.format), None)
        if header is None:
            raise UnusableFile(f"{path.name} has no header: all lines are empty")
        if header.problem:
            raise UnusableFile(f"{path.name}, line {header.line}: the header is not readable: {header.problem}")
        self.columns = _column_names(path, header)
        self.bytes_read = 0
        """How far reading has come, of ``size``."""

    def rows(self) -> Iterator[SourceRow]:
        """The records behind the header. Empty lines are no records."""
        with self._open() as file:
            records = _records(file, self.format)
            next(records)
            width = len(self.columns)
            for row in records:
                self.bytes_read = file.buffer.tell() if hasattr(file, "buffer") else self.size
                if not row.problem and len(row.values) != width:
                    row = SourceRow(row.line, row.raw, (), f"{len(row.values)} columns instead of {width}")
                yield row
            self.bytes_read = self.size

    def _open(self) -> IO[str]:
        wide = self.format.encoding.startswith(("utf-16", "utf-32"))
        errors = "replace" if wide else "surrogateescape"
        try:
            return self.path.open(encoding=self.format.encoding, errors=errors, newline="")
        except OSError as error:
            raise UnusableFile(f"cannot open {self.path.name}: {error.strerror}") from error


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


def _format_of(path: Path, encoding: str | None, delimiter: str | None) -> CsvFormat:
    if encoding is not None:
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            raise UnusableFile(f"unknown encoding {encoding!r}") from None
    if delimiter is not None and len(delimiter) != 1:
        raise UnusableFile(f"the delimiter must be one character, not {delimiter!r}")
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES)
            found = encoding or _encoding_of(file, sample)
    except OSError as error:
        raise UnusableFile(f"cannot open {path.name}: {error.strerror}") from error
    if "\0" in sample.decode(found, errors="replace") or sample.startswith((b"PK\x03\x04", b"%PDF", b"\x1f\x8b")):
        raise UnusableFile(f"{path.name} is not a text file; a spreadsheet must be saved as CSV first")
    return CsvFormat(found, delimiter or _delimiter_of(sample.decode(found, errors="replace")))


def _encoding_of(file: IO[bytes], sample: bytes) -> str:
    """By byte order mark, else UTF-8 unless lines that are not outnumber those that show it is."""
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    good = bad = 0
    windows = True
    file.seek(0)
    for line in file:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            windows = windows and _decodes(line, "cp1252")
    if bad == 0 or good > bad:
        return "utf-8"
    return "cp1252" if windows else "latin-1"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter_of(sample: str) -> str:
    """The one that cuts the header into most columns, provided that most lines agree with the header."""
    lines = [line for line in sample.lstrip("\ufeff").splitlines()[:50] if line.strip()]
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(_parse([line], delimiter) or ()) for line in lines]
        if not widths or widths[0] < 2:
            continue
        agreeing = sum(width == widths[0] for width in widths) / len(widths)
        score = (float(agreeing >= 0.5), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _records(file: IO[str], form: CsvFormat) -> Iterator[SourceRow]:
    """Record by record. One with a stray quote costs its own first line, not the rest of the file."""
    lines = enumerate(file, start=1)
    ahead: list[tuple[int, str]] = []
    while True:
        first = ahead.pop(0) if ahead else next(lines, None)
        if first is None:
            return
        number, text = first
        if not text.strip():
            continue
        if not _readable(text):
            yield SourceRow(number, _shown(text), (), f"bytes that are not {form.encoding}")
            continue
        taken = [text]
        values = _parse(taken, form.delimiter)
        borrowed: list[tuple[int, str]] = []
        while values is None and '"' in text and len(taken) < _MAX_RECORD_LINES:
            following = ahead[len(borrowed)] if len(borrowed) < len(ahead) else next(lines, None)
            if following is None:
                break
            if len(borrowed) >= len(ahead):
                ahead.append(following)
            borrowed.append(following)
            taken.append(following[1])
            if '"' in following[1]:
                values = _parse(taken, form.delimiter)
        if values is None:
            yield SourceRow(number, _shown(text), (), "a quote that is not closed or is in the wrong place")
            continue
        del ahead[: len(borrowed)]
        raw = "".join(taken)
        if not _readable(raw):
            yield SourceRow(number, _shown(raw), (), f"bytes that are not {form.encoding}")
        else:
            yield SourceRow(number, _shown(raw), values)


def _parse(lines: list[str], delimiter: str) -> tuple[str, ...] | None:
    """The values of one record made of these lines; None: they are not a whole, well-formed record."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return tuple(rows[0]) if len(rows) == 1 else None


def _readable(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" or letter == "\ufffd" for letter in text)


def _shown(text: str) -> str:
    """The text as it can be written to the rejects file: bytes that are none of the encoding as ``\\xNN``."""
    text = text.rstrip("\r\n")
    if text.isascii():
        return text
    return "".join(f"\\x{ord(letter) - 0xDC00:02x}" if "\udc80" <= letter <= "\udcff" else letter for letter in text)


def _column_names(path: Path, header: SourceRow) -> tuple[str, ...]:
    names = tuple(
        value.strip().lstrip("\ufeff") or f"column_{place}" for place, value in enumerate(header.values, start=1)
    )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnusableFile(f"{path.name}, line {header.line}: column {', '.join(twice)} is there more than once")
    return names
