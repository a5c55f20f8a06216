"""A file of do-not-call entries, read as it comes: plain or gzip, one number in each line or CSV with a header."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from dialerd.core.dnc import DncEntry, DncKind
from dialerd.store.csv_format import UnusableFile
from dialerd.store.dnc_dates import BadDate, end_of
from dialerd.store.dnc_entry import BadEntry, entry_of
from dialerd.store.dnc_numbers import NumberReader

CHUNK = 1 << 22
LONGEST_LINE = 1 << 16
"""A line of more bytes than this is refused; it is no number."""
_ROWS = 50_000
_NUMBER_NAMES = (
    "number", "phone", "phone_number", "phonenumber", "telephone", "tel", "msisdn", "e164", "mobile", "phone number",
)  # fmt: skip
_OTHER_NAMES = {
    "prefix": "prefix", "contact": "contact", "contact_key": "contact", "key": "contact", "expires": "expires",
    "expires_at": "expires", "expiry": "expires", "until": "expires", "reason": "reason",
}  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Some lines of the file."""

    numbers: NDArray[np.uint64]
    """Plain numbers, in no order."""
    entries: list[tuple[DncEntry, str]] = field(default_factory=list)
    """Entries that are more than a number, each with its reason."""
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    """Line (from 1), reason, text."""
    rows: int = 0


class DncFile:
    """Reads one file. ``region``: country of numbers without a country code (``GB``), None: they are refused.
    ``column``: which column of a CSV file has the numbers; None: found by its name.

    Raises :class:`~dialerd.store.csv_format.UnusableFile` when the file cannot be opened, is empty or no text, is cut
    off in the middle (gzip), or has a header without a column of numbers."""

    def __init__(self, path: Path, region: str | None, now: float, *, column: str | None = None) -> None:
        self.path = path
        self._reader = NumberReader(region)
        self._region = region
        self._now = now
        self._column = column
        try:
            self.size = path.stat().st_size
            self._raw: IO[bytes] = path.open("rb")
        except OSError as error:
            raise UnusableFile(f"cannot open {path.name}: {error.strerror}") from error
        packed = self._raw.read(2) == b"\x1f\x8b"
        self._raw.seek(0)
        self._file: IO[bytes] = gzip.GzipFile(fileobj=self._raw) if packed else self._raw  # type: ignore[assignment]

    def __enter__(self) -> DncFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.close()

    @property
    def bytes_read(self) -> int:
        """How far reading has come, of ``size``."""
        return self._raw.tell()

    def batches(self) -> Iterator[Batch]:
        """Everything in the file, in order. May take long between two batches only by reading."""
        pieces = self._pieces()
        first = next(pieces, None)
        if first is None:
            raise UnusableFile(f"{self.path.name} is empty")
        start, text, too_long = first
        if b"\0" in text or text.startswith((b"PK\x03\x04", b"%PDF")):
            raise UnusableFile(f"{self.path.name} is not a text file; a spreadsheet must be saved as CSV first")
        text = text.removeprefix(b"\xef\xbb\xbf")
        header = self._header(text)
        if header is None:
            yield self._plain(start, text, too_long)
            for start, text, too_long in pieces:
                yield self._plain(start, text, too_long)
        else:
            yield from self._rows(text, too_long, pieces, *header)

    # --- lines ------------------------------------------------------------------------------------------

    def _pieces(self) -> Iterator[tuple[int, bytes, list[int]]]:
        """Whole lines, many at a time: number of the first one, text, numbers of those that were too long (and are
        empty in the text)."""
        line, rest, skipping = 1, b"", False
        while True:
            chunk = self._read()
            text = rest + chunk
            too_long: list[int] = []
            if skipping:
                cut = text.find(b"\n")
                if cut < 0 and chunk:
                    rest = b""
                    continue
                text, skipping = (text[cut:] if cut >= 0 else b""), False
            if not chunk:
                if text:
                    yield line, text, too_long
                return
            cut = text.rfind(b"\n") + 1
            whole, rest = text[:cut], text[cut:]
            if len(rest) > LONGEST_LINE:
                too_long.append(line + whole.count(b"\n"))
                rest, skipping = b"", True
            if whole or too_long:
                yield line, whole, too_long
            line += whole.count(b"\n")

    def _read(self) -> bytes:
        try:
            return self._file.read(CHUNK)
        except (OSError, EOFError, zlib.error) as error:
            raise UnusableFile(f"{self.path.name} is damaged or cut off: {error}") from error

    def _plain(self, start: int, text: bytes, too_long: list[int]) -> Batch:
        bulk = self._reader.read(text)
        rejects = [(start + index, reason, written[:100]) for index, reason, written in bulk.rejects]
        rejects += [(line, f"longer than {LONGEST_LINE:,} bytes", "") for line in too_long]
        return Batch(bulk.numbers, [], sorted(rejects), len(bulk.numbers) + len(rejects))

    # --- columns ----------------------------------------------------------------------------------------

    def _header(self, text: bytes) -> tuple[str, dict[str, int]] | None:
        """Delimiter and place of each known column; None: the file has no header."""
        line = text.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace").strip()
        delimiter = max(",;\t|", key=line.count)
        names = [name.strip().strip('"').casefold() for name in line.split(delimiter)]
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            known = "number" if name in _NUMBER_NAMES and self._column is None else _OTHER_NAMES.get(name)
            if self._column is not None and name == self._column.casefold():
                known = "number"
            if known is not None:
                places.setdefault(known, place)
        if places.keys() & {"number", "prefix", "contact"}:
            return delimiter, places
        shown = ", ".join(names)[:200]
        if self._column is not None:
            raise UnusableFile(f"{self.path.name}, line 1: no column {self._column!r}; the columns are {shown}")
        if any(letter.isalpha() for letter in line) and len(names) > 1:
            raise UnusableFile(
                f"{self.path.name}, line 1: no column of numbers; the columns are {shown}. "
                "Name it `number`, or say which one it is"
            )
        return None

    def _rows(
        self, text: bytes, too_long: list[int], pieces: Iterator[tuple[int, bytes, list[int]]], delimiter: str,
        places: dict[str, int],
    ) -> Iterator[Batch]:  # fmt: skip
        pending: list[tuple[int, str]] = [(line, "") for line in too_long]

        def lines() -> Iterator[str]:
            piece: bytes = text
            while True:
                yield from io.StringIO(piece.decode("utf-8", "replace").replace("\0", "\ufffd"), newline="\n")
                following = next(pieces, None)
                if following is None:
                    return
                _, piece, long_ones = following
                pending.extend((line, "") for line in long_ones)

        reader = csv.reader(lines(), delimiter=delimiter)
        next(reader)
        batch = Batch(np.empty(0, dtype=np.uint64))
        numbers: list[str] = []
        of_line: list[int] = []
        plain = places.keys() == {"number"}
        at = places.get("number", -1)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                batch.rejects.append((reader.line_num, str(error), ""))
                batch.rows += 1
                continue
            if row is not None and row:
                batch.rows += 1
                if plain and len(row) > at:
                    numbers.append(row[at])
                    of_line.append(reader.line_num)
                else:
                    self._row(row, places, reader.line_num, batch, numbers, of_line)
            if row is None or batch.rows >= _ROWS:
                self._settle(batch, numbers, of_line)
                batch.rejects += [(line, f"longer than {LONGEST_LINE:,} bytes", "") for line, _ in pending]
                batch.rows += len(pending)
                pending.clear()
                batch.rejects.sort()
                yield batch
                if row is None:
                    return
                batch, numbers, of_line = Batch(np.empty(0, dtype=np.uint64)), [], []

    def _row(
        self, row: list[str], places: dict[str, int], line: int, batch: Batch, numbers: list[str], of_line: list[int]
    ) -> None:
        values = {name: row[place].strip() for name, place in places.items() if place < len(row)}
        kinds = [kind for kind in DncKind if values.get(kind.value)]
        if len(kinds) != 1:
            what = "no number" if not kinds else f"both {kinds[0]} and {kinds[1]}; one entry in each line"
            batch.rejects.append((line, what, ",".join(row)[:100]))
            return
        kind = kinds[0]
        if kind is DncKind.NUMBER and not values.get("expires") and not values.get("reason"):
            numbers.append(values["number"])
            of_line.append(line)
            return
        try:
            entry = entry_of(kind, values[kind.value], end_of(values.get("expires", ""), self._now), self._region)
        except (BadEntry, BadDate) as error:
            batch.rejects.append((line, str(error), ",".join(row)[:100]))
            return
        if entry.expires_at is not None and entry.expires_at <= self._now:
            batch.rejects.append((line, "expired already", ",".join(row)[:100]))
            return
        batch.entries.append((entry, values.get("reason", "")[:500]))

    def _settle(self, batch: Batch, numbers: list[str], of_line: list[int]) -> None:
        """Convert the plain numbers of a batch together."""
        text = "\n".join(" ".join(number.split()) or "-" for number in numbers).encode()
        bulk = self._reader.read(text) if numbers else None
        if bulk is not None:
            batch.numbers = bulk.numbers
            batch.rejects += [(of_line[index], reason, written[:100]) for index, reason, written in bulk.rejects]
