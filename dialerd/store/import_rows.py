"""From a row of a file to a contact, or to the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialerd.core.contact import Number
from dialerd.store.csv_source import CsvSource, SourceRow, UnusableFile
from dialerd.store.phone_columns import BadNumber, e164, is_region

MAX_NUMBERS = 10


class DuplicatePolicy(StrEnum):
    """What happens to a row whose number or key the list has already."""

    SKIP = "skip"
    """It is rejected, with the reason ``duplicate``."""
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
    ``default_region``: of numbers without a country code (``GB``), None: they are rejected; ``delimiter`` and
    ``encoding`` None: found out from the file. All columns but the phones are kept with the contact."""

    phones: tuple[PhoneColumn, ...]
    key: str | None = None
    default_region: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    duplicate_numbers: DuplicatePolicy = DuplicatePolicy.SKIP
    duplicate_keys: DuplicatePolicy = DuplicatePolicy.SKIP


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that can be imported; ``warning``: what was left out, else empty."""

    row: SourceRow
    key: str
    numbers: tuple[Number, ...]
    columns: dict[str, str]
    warning: str


class RowReader:
    """Applies a mapping to the rows of one source.

    Raises :class:`~dialerd.store.csv_source.UnusableFile` when the mapping does not fit the file."""

    def __init__(self, source: CsvSource, mapping: ImportMapping) -> None:
        if not 1 <= len(mapping.phones) <= MAX_NUMBERS:
            raise UnusableFile(f"between 1 and {MAX_NUMBERS} phone columns are needed, not {len(mapping.phones)}")
        if mapping.default_region is not None and not is_region(mapping.default_region):
            raise UnusableFile(f"unknown default region {mapping.default_region!r}; it is written like GB or US")
        self._source = source
        self._region = mapping.default_region
        self._phones = [(_place(source, phone.column), phone) for phone in mapping.phones]
        self._key = None if mapping.key is None else _place(source, mapping.key)
        places = {place for place, _ in self._phones}
        self._others = [(place, name) for place, name in enumerate(source.columns) if place not in places]

    def candidate(self, row: SourceRow) -> Candidate | str:
        """What the row says, or why it is rejected."""
        if row.problem:
            return row.problem
        numbers: list[Number] = []
        bad: list[str] = []
        for place, phone in self._phones:
            written = row.values[place].strip()
            if not written:
                continue
            try:
                number = e164(written, self._region)
            except BadNumber as error:
                bad.append(f"{phone.column}: {error}")
                continue
            if all(number != other.e164 for other in numbers):
                numbers.append(Number(number, phone.kind))
        if not numbers:
            return "; ".join(bad) if bad else "no phone number"
        key = "" if self._key is None else row.values[self._key].strip()
        if self._key is not None and not key:
            return f"no key in column {self._source.columns[self._key]}"
        columns = {name: row.values[place] for place, name in self._others}
        return Candidate(row, key, tuple(numbers), columns, "; ".join(bad))


def _place(source: CsvSource, name: str) -> int:
    """Where the column is: by its exact name, else by its name in other letters' case."""
    if name in source.columns:
        return source.columns.index(name)
    folded = [column.casefold() for column in source.columns]
    if folded.count(name.casefold()) == 1:
        return folded.index(name.casefold())
    hint = ""
    if any(sum(letter.isdigit() for letter in column) >= 7 for column in source.columns):
        hint = "; the first line looks like data: is the header missing?"
    shown = ", ".join(_masked(column) for column in source.columns)
    raise UnusableFile(f"{source.path.name}, line 1: no column {name!r}; the columns are {shown}{hint}")


def _masked(column: str) -> str:
    """A column's name; a phone number in its place is not shown whole."""
    if sum(letter.isdigit() for letter in column) < 7:
        return column
    return f"{column[:5]}*****{column[-2:]}"
