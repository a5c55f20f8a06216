"""Lines into records: a record may go over several lines, and one with a stray quote costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialerd.store.csv_format import CsvFormat, values_of

MAX_RECORD_LINES = 50
"""A quoted field may contain line breaks; a record of more lines than this is one with a stray quote."""
MAX_RECORD_BYTES = 1 << 20
"""A record longer than this is none; only its beginning is shown."""
SHOWN_LETTERS = 200
_UNREADABLE = re.compile("[\udc80-\udcff\ufffd]")


@dataclass(frozen=True, slots=True)
class Slice:
    """Whole records of a file. ``offset`` and ``line``: where it begins, among the plain bytes and from 1;
    ``lines``: how many it has; ``too_long``: it is the beginning of one line that is longer than a record may be.
    ``end``: offset behind it."""

    offset: int
    line: int
    data: bytes
    lines: int
    end: int
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One record. ``line``: where it begins, from 1; ``raw``: its text as it is in the file, without the line end;
    ``problem``: why it cannot be read, else empty; ``lines``: how many it has."""

    line: int
    raw: str
    values: tuple[str, ...] | list[str]
    problem: str = ""
    lines: int = 1


def rows_of(piece: Slice, form: CsvFormat, width: int | None) -> Iterator[SourceRow]:
    """The records of a slice. ``width``: how many columns each must have, None: any number."""
    text = piece.data.decode(form.letters, "surrogateescape")
    if piece.too_long:
        limit = f"{MAX_RECORD_BYTES >> 20} MiB"
        yield SourceRow(piece.line, shown(text[:SHOWN_LETTERS]) + "…", (), f"a line of more than {limit}")
        return
    unreadable = f"bytes that are not {form.encoding}" if _UNREADABLE.search(text) else ""
    lines = text.split(form.line_end.decode())
    if not lines[-1]:
        lines.pop()
    records = _quoted(lines, form) if form.quote and form.quote in text else _plain(lines, form.delimiter)
    for index, count, values, problem in records:
        raw = lines[index] if count == 1 else form.line_end.decode().join(lines[index : index + count])
        raw = raw.rstrip("\r\n")
        line = piece.line + index
        if unreadable and _UNREADABLE.search(raw):
            yield SourceRow(line, shown(raw), (), unreadable, count)
        elif problem:
            yield SourceRow(line, shown(raw), (), problem, count)
        elif "\0" in raw:
            yield SourceRow(line, raw.replace("\0", "\\x00"), (), "a zero byte", count)
        elif width is not None and len(values) != width:
            yield SourceRow(line, raw, (), f"{len(values)} columns instead of {width}", count)
        else:
            yield SourceRow(line, raw, values, "", count)


_Record = tuple[int, int, tuple[str, ...] | list[str], str]


def _plain(lines: list[str], delimiter: str) -> Iterator[_Record]:
    """Without quotes a record is a line and its delimiters cut it."""
    for index, text in enumerate(lines):
        line = text.rstrip("\r")
        if not line or line.isspace():
            continue
        if "\r" in line:
            yield index, 1, (), "a line break in the wrong place"
        else:
            yield index, 1, line.split(delimiter), ""


def _quoted(lines: list[str], form: CsvFormat) -> Iterator[_Record]:
    index = 0
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        count, values = record_at(lines, index, form, final=True)
        if values is None:
            yield index, 1, (), "a quote that is not closed or is in the wrong place"
        else:
            yield index, count, values, ""
        index += max(count, 1)


def record_at(lines: list[str], index: int, form: CsvFormat, *, final: bool) -> tuple[int, tuple[str, ...] | None]:
    """How many lines the record at ``index`` takes, and its values; (1, None): it is malformed; (0, None): more lines
    are needed to tell, and the file has more (not ``final``)."""
    quote, end = form.quote, form.line_end.decode()
    text = lines[index]
    values = values_of([text], form.delimiter, quote)
    if values is not None:
        return 1, values
    if quote not in text:
        return 1, None
    taken, length = [text + end], len(text)
    for following in lines[index + 1 : index + MAX_RECORD_LINES]:
        taken.append(following + end)
        length += len(following)
        if length > MAX_RECORD_BYTES:
            return 1, None
        if quote in following:
            values = values_of([*taken[:-1], following], form.delimiter, quote)
            if values is not None:
                return len(taken), values
    return (1 if final or len(taken) == MAX_RECORD_LINES else 0), None


def shown(text: str) -> str:
    """The text as it can be written to the rejects file: bytes that are none of the encoding as ``\\xNN``."""
    text = text.rstrip("\r\n")
    if text.isascii():
        return text.replace("\0", "\\x00")
    return "".join(
        f"\\x{ord(letter) - 0xDC00:02x}" if "\udc80" <= letter <= "\udcff" else letter for letter in text
    ).replace("\0", "\\x00")
