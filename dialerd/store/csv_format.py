"""How a CSV file is written: found out from its bytes where nobody says it."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_DELIMITERS = (",", ";", "\t", "|")
_QUOTES = ('"', "'")
_SAMPLE_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_NO_TEXT = (b"PK\x03\x04", b"%PDF", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0", b"SQLite format 3")
_ASCII_INSIDE = ("utf-8", "utf-8-sig", "ascii", "latin-1", "cp125", "iso8859", "koi8", "mac-")
"""Encodings in which every byte below 128 is that very letter; others are read as UTF-8 after a translation."""


class UnusableFile(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How the file is written. ``encoding``: a Python codec name; ``quote``: empty where nothing quotes;
    ``line_end``: the byte that ends a line; ``gzip``: it is compressed."""

    encoding: str
    delimiter: str
    quote: str = '"'
    line_end: bytes = b"\n"
    gzip: bool = False

    @property
    def translated(self) -> bool:
        """Whether the bytes must be made UTF-8 before lines can be found in them."""
        return not self.encoding.startswith(_ASCII_INSIDE)

    @property
    def letters(self) -> str:
        """The codec of the bytes once they are plain."""
        return "utf-8" if self.translated or self.encoding == "utf-8-sig" else self.encoding


def format_of(path: Path, encoding: str | None, delimiter: str | None, quote: str | None) -> CsvFormat:
    """What is stated, and the rest found out. Raises :class:`UnusableFile`."""
    if encoding is not None:
        try:
            encoding = codecs.lookup(encoding).name
        except LookupError:
            raise UnusableFile(f"unknown encoding {encoding!r}") from None
    if delimiter is not None and len(delimiter) != 1:
        raise UnusableFile(f"the delimiter must be one character, not {delimiter!r}")
    if quote is not None and len(quote) > 1:
        raise UnusableFile(f"the quote must be one character or none, not {quote!r}")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES)
            if sample.startswith(_NO_TEXT):
                raise UnusableFile(f"{path.name} is not a text file; a spreadsheet must be saved as CSV first")
            found = encoding or _encoding_of(file, sample)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnusableFile(f"{path.name} is a damaged gzip file: {error}") from error
    except OSError as error:
        raise UnusableFile(f"cannot open {path.name}: {error.strerror}") from error
    if not sample:
        raise UnusableFile(f"{path.name} is empty")
    text = sample.decode(found, errors="replace")
    if "\0" in text:
        raise UnusableFile(f"{path.name} is not a text file; a spreadsheet must be saved as CSV first")
    line_end = b"\r" if "\n" not in text and "\r" in text else b"\n"
    lines = [line for line in text.lstrip("\ufeff").split(line_end.decode())[:50] if line.strip()]
    if quote is None:
        quote = _quote_of(lines, delimiter)
    return CsvFormat(found, delimiter or _delimiter_of(lines, quote), quote, line_end, packed)


def values_of(lines: list[str], delimiter: str, quote: str) -> tuple[str, ...] | None:
    """The values of one record made of these lines; None: they are not a whole, well-formed record."""
    try:
        if quote:
            rows = list(csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True))
        else:
            rows = list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True))
    except csv.Error:
        return None
    return tuple(rows[0]) if len(rows) == 1 else None


def _encoding_of(file: IO[bytes] | gzip.GzipFile, sample: bytes) -> str:
    """By byte order mark, else UTF-8 unless lines that are not outnumber those that show it is."""
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    good = bad = 0
    windows = True
    rest = sample
    while block := rest:
        following = file.read(_BLOCK_BYTES)
        # A line that was cut in two would look wrong; one longer than a block is looked at without its end.
        end = block.rfind(b"\n") + 1 if following else len(block)
        if not block.isascii():
            for line in block[: end or len(block)].split(b"\n"):
                if line.isascii():
                    continue
                if _decodes(line, "utf-8"):
                    good += 1
                else:
                    bad += 1
                    windows = windows and _decodes(line, "cp1252")
        rest = block[end:] + following if end else following
    if bad == 0 or good > bad:
        return "utf-8"
    return "cp1252" if windows else "latin-1"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _quote_of(lines: Sequence[str], delimiter: str | None) -> str:
    """A double quote, unless nothing has one and most fields stand between single ones."""
    if any('"' in line for line in lines):
        return '"'
    found: Counter[str] = Counter()
    for line in lines:
        for cut in (delimiter,) if delimiter is not None else _DELIMITERS:
            fields = line.strip("\r").split(cut)
            if len(fields) > 1 and all(len(f) > 1 and f[0] == "'" == f[-1] for f in fields):
                found["'"] += 1
                break
    return "'" if lines and 2 * found["'"] > len(lines) else '"'


def _delimiter_of(lines: Sequence[str], quote: str) -> str:
    """The one that cuts the header into most columns, provided that most lines agree with the header."""
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = [len(values_of([line], delimiter, quote) or ()) for line in lines]
        if not widths or widths[0] < 2:
            continue
        agreeing = sum(width == widths[0] for width in widths) / len(widths)
        score = (float(agreeing >= 0.5), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best
