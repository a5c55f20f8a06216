"""Imports a CSV file into a contact list: all of it or nothing, every row accounted for."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.ports import Clock
from dialerd.store.csv_source import CsvSource, SourceRow, UnusableFile
from dialerd.store.import_rows import Candidate, DuplicatePolicy, ImportMapping, RowReader
from dialerd.store.import_table import ImportTable
from dialerd.store.record_health import DATABASE_ERRORS

_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come. ``rows = imported + rejected`` at every moment."""

    bytes_read: int
    bytes_total: int
    rows: int
    imported: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: ``rows = imported + rejected``; ``warnings``: rows that were imported without some of
    their numbers; ``rejects``: the file that names them all, None if there are none."""

    import_id: int
    rows: int
    imported: int
    rejected: int
    warnings: int
    rejects: Path | None
    encoding: str
    delimiter: str


async def import_contacts(
    engine: AsyncEngine,
    clock: Clock,
    path: Path,
    contact_list: str,
    mapping: ImportMapping,
    *,
    rejects: Path | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    batch_rows: int = _BATCH_ROWS,
) -> ImportResult:
    """Import the file's rows as callable contacts of the list, in the file's order.

    Rows that cannot be imported go, with line number and reason, to ``rejects`` (default: the file's name with
    ``.rejects.csv`` behind it); so do, marked as imported, rows of which only some numbers are good. Contacts are
    seen by the dialer when all of them are in; if anything fails or the import is cancelled, none is.

    Raises :class:`~dialerd.store.csv_source.UnusableFile`, the database's errors, and :class:`OSError` when the
    rejects file cannot be written."""
    if not contact_list:
        raise UnusableFile("the contact list needs a name")
    source = await asyncio.to_thread(CsvSource, path, encoding=mapping.encoding, delimiter=mapping.delimiter)
    reader = RowReader(source, mapping)
    table = ImportTable(engine, clock)
    await table.mend()
    import_id = await table.begin(contact_list, path.name)
    with _Rejects(rejects or path.with_name(path.name + ".rejects.csv")) as report:
        run = _Run(source, reader, table, mapping, report, contact_list, import_id)
        try:
            await run.load(batch_rows, progress)
            await table.finish(import_id, rows=run.rows, imported=run.imported, rejected=run.rejected)
        except BaseException:
            # A cancelled or failed import is undone as far as the database allows; mend() does the rest later.
            with suppress(*DATABASE_ERRORS):
                await table.discard(import_id)
            raise
    return ImportResult(
        import_id=import_id,
        rows=run.rows,
        imported=run.imported,
        rejected=run.rejected,
        warnings=run.warnings,
        rejects=report.path if report.lines else None,
        encoding=source.format.encoding,
        delimiter=source.format.delimiter,
    )


class _Run:
    """One import under way."""

    def __init__(
        self,
        source: CsvSource,
        reader: RowReader,
        table: ImportTable,
        mapping: ImportMapping,
        report: _Rejects,
        contact_list: str,
        import_id: int,
    ) -> None:
        self._source = source
        self._reader = reader
        self._table = table
        self._mapping = mapping
        self._report = report
        self._contact_list = contact_list
        self._import_id = import_id
        self.rows = 0
        self.imported = 0
        self.rejected = 0
        self.warnings = 0

    async def load(self, batch_rows: int, progress: Callable[[ImportProgress], None] | None) -> None:
        rows = self._source.rows()
        # Reading and number parsing go on in a thread: the daemon's event loop has calls to attend to.
        while batch := await asyncio.to_thread(self._read, rows, batch_rows):
            await self._load_batch(batch)
            if progress is not None:
                done = min(self._source.bytes_read, self._source.size)
                progress(ImportProgress(done, self._source.size, self.rows, self.imported, self.rejected))

    def _read(self, rows: Iterator[SourceRow], batch_rows: int) -> list[tuple[SourceRow, Candidate | str]]:
        return [(row, self._reader.candidate(row)) for row in islice(rows, batch_rows)]

    async def _load_batch(self, batch: list[tuple[SourceRow, Candidate | str]]) -> None:
        candidates = [verdict for _, verdict in batch if isinstance(verdict, Candidate)]
        duplicates = await self._table.add(
            self._import_id,
            self._contact_list,
            candidates,
            unique_numbers=self._mapping.duplicate_numbers is DuplicatePolicy.SKIP,
            unique_keys=self._mapping.duplicate_keys is DuplicatePolicy.SKIP,
        )
        for row, verdict in batch:
            self.rows += 1
            reason = duplicates.get(row.line, "") if isinstance(verdict, Candidate) else verdict
            if reason:
                self.rejected += 1
                self._report.add(row, reason)
                continue
            self.imported += 1
            if isinstance(verdict, Candidate) and verdict.warning:
                self.warnings += 1
                self._report.add(row, f"imported without {verdict.warning}")


class _Rejects:
    """The file of rejected rows; made with the first of them, an old one is removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> _Rejects:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: SourceRow, reason: str) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(("line", "reason", "raw"))
        self.lines += 1
        self._writer.writerow((row.line, reason, row.raw))
