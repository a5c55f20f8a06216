"""Imports a CSV file into a contact list: all of it or nothing, every row accounted for."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.ports import Clock
from dialerd.store import import_settling as settling
from dialerd.store.bulk_rows import bulk_engine
from dialerd.store.csv_format import UnusableFile
from dialerd.store.csv_source import CsvSource
from dialerd.store.import_rows import DuplicatePolicy, ImportMapping, RowReader
from dialerd.store.import_stage import Stage
from dialerd.store.import_table import DECIDED, DONE, LOADING, ImportTable
from dialerd.store.import_workers import SliceReaders
from dialerd.store.reject_file import write_rejects
from dialerd.store.threads import in_thread

CONTACTS_AT_ONCE = 25_000
NUMBERS_AT_ONCE = 50_000
UPDATES_AT_ONCE = 500
_SLICES_AT_ONCE = 8
_TOUCH_EVERY_BYTES = 64 << 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come. ``phase``: ``reading``, ``sorting``, ``writing``, ``numbers``, ``publishing``;
    ``done`` of ``total``: bytes while reading, rows or numbers afterwards. ``rows = imported + rejected`` at every
    moment; duplicates are among the imported until they are sorted out."""

    phase: str
    done: int
    total: int
    rows: int
    imported: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: ``rows = imported + rejected``.

    ``updated``: those of the imported that made no new contact, since they changed one or a later row took their
    place; ``warnings``: rows that were imported otherwise than they were, without some of their numbers for instance;
    ``rejects``: the file that names them all, None if there are none; ``resumed``: an earlier run had begun it;
    ``changed``: contacts that were there and are changed."""

    import_id: int
    rows: int
    imported: int
    rejected: int
    updated: int
    warnings: int
    rejects: Path | None
    encoding: str
    delimiter: str
    resumed: bool
    changed: tuple[int, ...] = ()


async def import_contacts(
    engine: AsyncEngine,
    clock: Clock,
    path: Path,
    contact_list: str,
    mapping: ImportMapping,
    *,
    rejects: Path | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    workshop: Path | None = None,
    processes: int | None = None,
    called: str | None = None,
) -> ImportResult:
    """Import the file's rows as callable contacts of the list, in the file's order.

    Rows that cannot be imported go, with line number and reason, to ``rejects`` (default: the file's name with
    ``.rejects.csv`` behind it); so do, marked as imported, rows of which only some numbers are good. Contacts are
    seen by the dialer when all of them are in; until then none is.

    An import that was killed, cancelled or failed goes on where it stopped when the same file is imported again in
    the same way; what was written of it is removed when nobody does so for a day.
    What was read is kept meanwhile in ``workshop``, a folder of this machine (default: beside SQLite's file, else the
    system's folder for temporary files). ``processes``: see :class:`~dialerd.store.import_workers.SliceReaders`.
    ``called``: what the record keeps as its source, the file's name by default.

    Raises :class:`~dialerd.store.csv_format.UnusableFile`, the database's errors, and :class:`OSError` when the
    rejects file or the workshop cannot be written."""
    if not contact_list:
        raise UnusableFile("the contact list needs a name")
    source = await in_thread(
        CsvSource, path, encoding=mapping.encoding, delimiter=mapping.delimiter, quote=mapping.quote
    )
    RowReader(path, source.columns, mapping)  # a mapping that does not fit is told before anything is done
    async with bulk_engine(engine) as roomy:
        return await _import(
            roomy, clock, source, contact_list, mapping, rejects or path.with_name(path.name + ".rejects.csv"),
            progress, workshop or workshop_of(engine), processes, called or path.name,
        )  # fmt: skip


def examine_file(path: Path, mapping: ImportMapping) -> None:
    """Whether a file can be read as the mapping says, from its beginning. Raises
    :class:`~dialerd.store.csv_format.UnusableFile`."""
    source = CsvSource(path, encoding=mapping.encoding, delimiter=mapping.delimiter, quote=mapping.quote)
    RowReader(path, source.columns, mapping)


async def abandon_import(
    engine: AsyncEngine, clock: Clock, path: Path, contact_list: str, mapping: ImportMapping, workshop: Path,
    called: str,
) -> bool:  # fmt: skip
    """Undo what an import ``called`` so has written; nobody may be working at it. False: it was decided already, and
    what it wrote counts; importing the file again brings it to its end. Raises the database's errors."""
    table = ImportTable(engine, clock)
    found = await table.latest(contact_list, called)
    if found is not None and found[1] in (DECIDED, DONE):
        return False
    if found is not None and found[1] == LOADING:
        await table.discard(found[0])
    with suppress(UnusableFile, OSError):  # what was read of it, unless another import has cleared that away
        await in_thread(_clear_away, engine, path, contact_list, mapping, workshop)
    return True


def _clear_away(engine: AsyncEngine, path: Path, contact_list: str, mapping: ImportMapping, workshop: Path) -> None:
    source = CsvSource(path, encoding=mapping.encoding, delimiter=mapping.delimiter, quote=mapping.quote)
    Stage(workshop, contact_list, _fingerprint(engine, source, mapping)).close(remove=True)


def _fingerprint(engine: AsyncEngine, source: CsvSource, mapping: ImportMapping) -> str:
    return f"{engine.url} {source.fingerprint()} {mapping}"


async def _import(
    engine: AsyncEngine, clock: Clock, source: CsvSource, contact_list: str, mapping: ImportMapping, report: Path,
    progress: Callable[[ImportProgress], None] | None, workshop: Path, processes: int | None, called: str,
) -> ImportResult:  # fmt: skip
    table = ImportTable(engine, clock)
    await table.mend()
    stage = await in_thread(Stage, workshop, contact_list, _fingerprint(engine, source, mapping))
    run = _Run(source, table, stage, mapping, contact_list, progress, processes)
    finished = unusable = False
    try:
        resumed = await run.find_place(called)
        result = await run.all_of_it(report, resumed)
        finished = True
        return result
    except UnusableFile:
        unusable = True
        await run.undo()
        raise
    finally:
        await in_thread(stage.close, remove=finished or unusable)


def workshop_of(engine: AsyncEngine) -> Path:
    """Where imports into this database keep what they have read."""
    if engine.url.get_backend_name() == "sqlite" and engine.url.database:
        return Path(engine.url.database).absolute().parent / ".dialerd-imports"
    # Lists of the same name in two databases have nothing to do with each other.
    which = hashlib.sha256(engine.url.render_as_string(hide_password=True).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / "dialerd-imports" / which


class _Run:
    """One import under way."""

    def __init__(
        self, source: CsvSource, table: ImportTable, stage: Stage, mapping: ImportMapping, contact_list: str,
        progress: Callable[[ImportProgress], None] | None, processes: int | None,
    ) -> None:  # fmt: skip
        self._source = source
        self._table = table
        self._stage = stage
        self._mapping = mapping
        self._list = contact_list
        self._progress = progress
        self._processes = processes
        self._id = 0

    async def find_place(self, name: str) -> bool:
        """Go on with what an earlier run left, or begin. Returns whether there was one."""
        stage = self._stage
        self._id = stage.fact("import_id")
        known = await self._table.row(self._id) if self._id else None
        if known is not None and known.state in (LOADING, DECIDED, DONE):
            return True
        begun = bool(self._id)
        self._id = await self._table.begin(self._list, name)
        stage.put(import_id=self._id, settled=0 if not begun else stage.fact("settled"))
        return begun

    async def all_of_it(self, report: Path, resumed: bool) -> ImportResult:
        """Read, sort, write, publish; each from where it stopped."""
        stage, table = self._stage, self._table
        if not stage.fact("read"):
            await self._read()
        if not stage.fact("settled"):
            await self._settle()
        row = await table.row(self._id)
        assert row is not None
        rows, imported, rejected, updated = await in_thread(stage.counts)
        warnings = await in_thread(stage.warnings)
        if row.state == LOADING:
            await self._write_contacts(row.contacts_to, imported)
            await self._write_numbers(row.numbers_to)
        written = await in_thread(lambda: write_rejects(report, stage.remarks()))
        if row.state == LOADING:
            await table.decide(self._id, rows=rows, imported=imported, rejected=rejected)
        changed = await self._update(row.updates_to)
        self._tell("publishing", 0, imported)
        await table.publish(self._id)
        self._tell("publishing", imported, imported)
        form = self._source.format
        return ImportResult(
            import_id=self._id, rows=rows, imported=imported, rejected=rejected, updated=updated, warnings=warnings,
            rejects=report if written else None, encoding=form.encoding, delimiter=form.delimiter, resumed=resumed,
            changed=changed,
        )  # fmt: skip

    async def undo(self) -> None:
        """The import did not happen."""
        row = await self._table.row(self._id)
        if row is not None and row.state == LOADING:
            await self._table.discard(self._id)

    # --- the steps -------------------------------------------------------------------------------------

    async def _read(self) -> None:
        stage, source = self._stage, self._source
        touched = 0
        with SliceReaders(source, self._mapping, self._processes) as readers:
            # Each step in a thread: the event loop may be the daemon's, which has calls to attend to.
            found = readers.read(source.slices(stage.fact("offset"), stage.fact("line")))

            def some() -> int:
                count = 0
                for piece, rows in found:
                    stage.add(piece, rows)
                    count += 1
                    if count == _SLICES_AT_ONCE:
                        break
                return count

            while await in_thread(some):
                self._tell("reading", min(source.bytes_read, source.size), source.size)
                if source.bytes_read - touched > _TOUCH_EVERY_BYTES:
                    touched = source.bytes_read
                    await self._table.touch(self._id)
        stage.put(read=1)
        self._tell("reading", source.size, source.size)

    async def _settle(self) -> None:
        stage, mapping, table = self._stage, self._mapping, self._table
        self._tell("sorting", 0, 1)
        await in_thread(settling.index, stage)
        elsewhere = mapping.duplicates_elsewhere is DuplicatePolicy.SKIP
        own = mapping.duplicate_numbers is not DuplicatePolicy.KEEP and await table.has_contacts(self._list)
        if own or (elsewhere and await table.has_contacts(None)):
            async for numbers in _each(settling.numbers_to_look_up(stage)):
                found = await table.known_numbers(self._list, numbers, elsewhere=elsewhere)
                if not own:
                    found = [one for one in found if one[2] != self._list]
                if found:
                    await in_thread(settling.know_numbers, stage, found)
        keyed = mapping.key is not None and mapping.duplicate_keys is not DuplicatePolicy.KEEP
        if keyed and await table.has_contacts(self._list):
            async for keys in _each(settling.keys_to_look_up(stage)):
                known = await table.known_keys(self._list, keys)
                if known:
                    await in_thread(settling.know_keys, stage, known)
        await in_thread(settling.settle, stage, self._list, mapping)
        self._tell("sorting", 1, 1)

    async def _write_contacts(self, after_line: int, total: int) -> None:
        done = 0
        while rows := await in_thread(self._stage.new_rows, after_line, CONTACTS_AT_ONCE):
            await self._table.add_contacts(self._id, self._list, rows)
            after_line, done = rows[-1][0], done + len(rows)
            self._tell("writing", done, total)

    async def _write_numbers(self, skip: int) -> None:
        """After the contacts, and sorted: a place at the end of an index costs a fraction of one in its middle."""
        ids: list[np.ndarray] = []
        after = 0
        while pairs := await self._table.contact_lines(self._id, after):
            ids.append(np.array(pairs, dtype=np.int64))
            after = pairs[-1][0]
        if not ids:
            return
        of_line = np.concatenate(ids)
        of_line = of_line[np.argsort(of_line[:, 1], kind="stable")]
        total = await in_thread(lambda: self._stage.db.execute("SELECT count(*) FROM numbers").fetchone()[0])
        cursor = self._stage.numbers_in_order(skip)
        while True:
            batch = await in_thread(_take, cursor, NUMBERS_AT_ONCE)
            if not batch:
                return
            rows = await in_thread(_with_contacts, batch, of_line)
            skip += len(batch)
            await self._table.add_numbers(self._id, self._list, rows, skip)
            self._tell("numbers", skip, total)

    async def _update(self, after_line: int) -> tuple[int, ...]:
        changed: list[int] = []
        while rows := await in_thread(self._stage.update_rows, after_line, UPDATES_AT_ONCE):
            changed += await self._table.apply_updates(self._id, rows)
            after_line = rows[-1][0]
        return tuple(changed)

    def _tell(self, phase: str, done: int, total: int) -> None:
        if self._progress is None:
            return
        taken, refused = self._stage.fact("taken"), self._stage.fact("refused")
        if self._stage.fact("settled"):
            taken, refused = self._stage.fact("imported"), self._stage.fact("rejected")
        self._progress(ImportProgress(phase, done, total, taken + refused, taken, refused))


def _take(rows: Iterator[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    taken = []
    for row in rows:
        taken.append(row)
        if len(taken) == limit:
            break
    return taken


def _with_contacts(batch: list[tuple[int, int]], of_line: np.ndarray) -> list[tuple[int, int]]:
    """(number, line) -> (number, contact), for lines that have become a contact of this import."""
    numbers, lines = np.array(batch, dtype=np.int64).T
    places = np.minimum(np.searchsorted(of_line[:, 1], lines), len(of_line) - 1)
    there = of_line[places, 1] == lines
    return list(zip(numbers[there].tolist(), of_line[places[there], 0].tolist(), strict=True))


async def _each(batches: Iterator[list[_T]]) -> AsyncIterator[list[_T]]:
    while (batch := await in_thread(next, batches, None)) is not None:
        yield batch
