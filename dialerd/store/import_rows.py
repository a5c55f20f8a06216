"""From a row of a file to a contact, or to the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import orjson

from dialerd.store.csv_format import CsvFormat, UnusableFile
from dialerd.store.csv_records import Slice, SourceRow, rows_of
from dialerd.store.phone_columns import BadNumber, NumberReader, is_region

MAX_NUMBERS = 10


class DuplicatePolicy(StrEnum):
    """What happens to a row whose number or key the list has already."""

    SKIP = "skip"
    """It is rejected, with the reason ``duplicate``."""
    UPDATE = "update"
    """The contact that is there gets the row's numbers and columns; its state and history stay."""
    KEEP = "keep"
    """It is imported all the same."""


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column with phone numbers, and their type (``mobile``, ``home`` …)."""

    column: str
    kind: str = "phone"


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """How to read a file. ``phones`` are in dial order; ``key`` None: no column identifies a record;
    ``default_region``: of numbers without a country code (``GB``), None: they are rejected; ``delimiter``,
    ``encoding`` and ``quote`` None: found out from the file. All columns but the phones are kept with the contact,
    save those of ``ignore``, by the names of ``rename``; ``constants`` are added to each. ``refuse``: types of
    numbers, of :data:`~dialerd.store.clean_numbers.NUMBER_TYPES`, that are not taken. ``duplicates_elsewhere``:
    ``SKIP`` rejects numbers that any other list has."""

    phones: tuple[PhoneColumn, ...]
    key: str | None = None
    default_region: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    duplicate_numbers: DuplicatePolicy = DuplicatePolicy.SKIP
    duplicate_keys: DuplicatePolicy = DuplicatePolicy.SKIP
    duplicates_elsewhere: DuplicatePolicy = DuplicatePolicy.KEEP
    quote: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    refuse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSlice:
    """What a slice holds. ``taken``: (line, key, numbers, columns, raw, warning) of rows that can be imported, with
    numbers and columns as JSON; ``numbers``: (E.164 without the plus as a number, line); ``refused``: (line, reason,
    raw)."""

    taken: list[tuple[int, str, str, str, str, str]]
    numbers: list[tuple[int, int]]
    refused: list[tuple[int, str, str]]


class RowReader:
    """Applies a mapping to the rows of one source, whose columns these are.

    Raises :class:`~dialerd.store.csv_format.UnusableFile` when the mapping does not fit the file."""

    def __init__(self, path: Path, columns: Sequence[str], mapping: ImportMapping) -> None:
        if not 1 <= len(mapping.phones) <= MAX_NUMBERS:
            raise UnusableFile(f"between 1 and {MAX_NUMBERS} phone columns are needed, not {len(mapping.phones)}")
        if mapping.default_region is not None and not is_region(mapping.default_region):
            raise UnusableFile(f"unknown default region {mapping.default_region!r}; it is written like GB or US")
        self._width = len(columns)
        self._columns = columns
        self._numbers = NumberReader(mapping.default_region, mapping.refuse)
        self._phones = [(_place(path, columns, phone.column), phone) for phone in mapping.phones]
        self._key = None if mapping.key is None else _place(path, columns, mapping.key)
        left_out = {place for place, _ in self._phones} | {_place(path, columns, name) for name in mapping.ignore}
        renamed = {_place(path, columns, old): new for old, new in mapping.rename.items()}
        kept = [(place, renamed.get(place, name)) for place, name in enumerate(columns) if place not in left_out]
        names = [name for _, name in kept] + list(mapping.constants)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UnusableFile(f"{path.name}: two columns would be called {', '.join(twice)}; see `rename:`")
        self._kept = kept
        self._constants = dict(mapping.constants)

    def read(self, piece: Slice, form: CsvFormat) -> ReadSlice:
        """All rows of a slice."""
        return self.judge(rows_of(piece, form, self._width))

    def judge(self, rows: Iterable[SourceRow]) -> ReadSlice:
        """Each row is taken or refused."""
        found = ReadSlice([], [], [])
        for row in rows:
            reason = row.problem or self._take(row, found)
            if reason:
                found.refused.append((row.line, reason, row.raw))
        return found

    def _take(self, row: SourceRow, found: ReadSlice) -> str:
        """Add the row; returns why it cannot be."""
        values = row.values
        numbers: dict[str, str] = {}
        bad: list[str] = []
        for place, phone in self._phones:
            written = values[place].strip()
            if not written:
                continue
            try:
                number = self._numbers.e164(written)
            except BadNumber as error:
                bad.append(f"{phone.column}: {error}")
                continue
            numbers.setdefault(number, phone.kind)
        if not numbers:
            return "; ".join(bad) if bad else "no phone number"
        key = "" if self._key is None else values[self._key].strip()
        if self._key is not None and not key:
            return f"no key in column {self._columns[self._key]}"
        columns = {name: values[place] for place, name in self._kept}
        columns.update(self._constants)
        found.taken.append(
            (
                row.line, key, orjson.dumps([{"e164": n, "kind": k} for n, k in numbers.items()]).decode(),
                orjson.dumps(columns).decode(), row.raw, f"imported without {'; '.join(bad)}" if bad else "",
            )
        )  # fmt: skip
        for number in numbers:
            found.numbers.append((int(number), row.line))
        return ""


def _place(path: Path, columns: Sequence[str], name: str) -> int:
    """Where the column is: by its exact name, else by its name in other letters' case."""
    if name in columns:
        return columns.index(name)
    folded = [column.casefold() for column in columns]
    if folded.count(name.casefold()) == 1:
        return folded.index(name.casefold())
    hint = ""
    if any(sum(letter.isdigit() for letter in column) >= 7 for column in columns):
        hint = "; the first line looks like data: is the header missing?"
    shown = ", ".join(_masked(column) for column in columns)
    raise UnusableFile(f"{path.name}, line 1: no column {name!r}; the columns are {shown}{hint}")


def _masked(column: str) -> str:
    """A column's name; a phone number in its place is not shown whole."""
    if sum(letter.isdigit() for letter in column) < 7:
        return column
    return f"{column[:5]}*****{column[-2:]}"
