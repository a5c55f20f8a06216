"""Loads a file into a do-not-call list: all of it at one moment or nothing, every line accounted for."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import numpy as np

from dialerd.core.dnc import DncEntry, later_end
from dialerd.store import dnc_blocks as packing
from dialerd.store.csv_format import UnusableFile
from dialerd.store.dnc_file import Batch, DncFile
from dialerd.store.dnc_loads import DncLoads
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.redis_link import LinkBroken
from dialerd.store.threads import in_thread

MOST_SINGLE = 2_000_000
"""Most lines of one file that are more than a number: each takes a row in SQL and a hundred bytes in Redis."""
_WRITE_BYTES = 4 << 20
_WRITE_GROUPS = 2000


class LoadMode(StrEnum):
    """What becomes of what the list had."""

    REPLACE = "replace"
    """What earlier files brought is gone. Entries that were added one by one stay."""
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load has come. ``step``: ``reading``, ``sorting`` or ``writing``; ``done`` of ``total`` in bytes read
    or numbers written."""

    step: str
    done: int
    total: int
    rows: int
    rejected: int


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did: ``rows = taken + rejected``; ``taken = numbers added + single entries + duplicates``.
    ``numbers``: plain numbers of the list afterwards; ``rejects``: the file that names the rejected lines."""

    dnc_list: str
    mode: LoadMode
    rows: int
    taken: int
    single: int
    duplicates: int
    rejected: int
    numbers: int
    generation: int
    rejects: Path | None
    in_redis: bool
    """The copy in Redis was written at once; False: the daemon does it when it runs."""


@dataclass(slots=True)
class _Spool:
    """What was read so far: plain numbers in a file, since memory is for the calls; entries with more to say here."""

    file: IO[bytes]
    numbers: int = 0
    rows: int = 0
    rejected: int = 0
    entries: dict[str, tuple[DncEntry, str]] = field(default_factory=dict)
    single: int = 0


async def load_file(
    record: SqlDnc,
    loads: DncLoads,
    copy: DncCopy | None,
    path: Path,
    name: str,
    *,
    mode: LoadMode,
    region: str | None,
    who: str,
    now: float,
    column: str | None = None,
    rejects: Path | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
) -> LoadResult:
    """Load the file. Readers see the old list until the last moment and the new one from then on; if anything fails
    the old one stays. Lines that are no entry go, with number and reason, to ``rejects`` (default: the file's name
    with ``.rejects.csv`` behind it). ``now``: epoch seconds, for dates that are written as ``30d``.

    Raises UnusableFile, :class:`~dialerd.store.dnc_loads.LoadUnderWay`, :class:`~dialerd.store.dnc_loads.LoadLost`,
    UnknownDncList, the database's errors, and :class:`OSError` when a file cannot be written. Redis may be away: then
    the copy is made when it is back."""
    told = progress or (lambda _: None)
    token, old, new = await loads.begin(name, who)
    try:
        with (
            tempfile.TemporaryFile() as spooled,
            _Rejects(rejects or path.with_name(path.name + ".rejects.csv")) as no,
        ):
            spool = _Spool(spooled)
            with DncFile(path, region, now, column=column) as source:
                batches = source.batches()
                while True:
                    batch = await in_thread(_take, batches, spool, no)
                    if batch is None:
                        break
                    await loads.write_groups(name, new, token, ())  # Says that we live.
                    told(LoadProgress("reading", source.bytes_read, source.size, spool.rows, spool.rejected))
            told(LoadProgress("sorting", 0, spool.numbers, spool.rows, spool.rejected))
            numbers = await in_thread(_sorted, spool)
            kept = len(numbers)
            if mode is LoadMode.APPEND and old:
                numbers = await _with_old(record, name, old, numbers)
            in_redis = await _write(loads, copy, name, new, token, numbers, spool, told)
            await loads.write_entries(name, new, token, list(spool.entries.values()), who)
            if mode is LoadMode.APPEND and old:
                await loads.copy_entries(name, old, new, token, set(spool.entries))
        if copy is not None and in_redis:
            in_redis = await _redis(copy.write_rows(name, new))
        await loads.finish(name, new, token, len(numbers))
    except BaseException:
        with suppress(*DATABASE_ERRORS):
            await loads.abandon(name, token)
            await loads.forget(name, {0, old})
        raise
    if copy is not None and in_redis:
        in_redis = await _redis(copy.switch(name, new)) and await _redis(copy.sweep(name, {new}))
    await loads.forget(name, {0, new})
    taken = spool.rows - spool.rejected
    duplicates = spool.numbers - kept + spool.single - len(spool.entries)
    return LoadResult(
        name, mode, spool.rows, taken, len(spool.entries), duplicates, spool.rejected, len(numbers), new,
        no.path if spool.rejected else None, in_redis,
    )  # fmt: skip


def _take(batches: Iterator[Batch], spool: _Spool, rejects: _Rejects) -> Batch | None:
    batch = next(batches, None)
    if batch is None:
        return None
    spool.file.write(batch.numbers.astype(np.uint64).tobytes())
    spool.numbers += len(batch.numbers)
    spool.rows += batch.rows
    spool.rejected += len(batch.rejects)
    spool.single += len(batch.entries)
    for entry, reason in batch.entries:
        known = spool.entries.get(entry.field)
        if known is None or later_end(known[0].expires_at, entry.expires_at) != known[0].expires_at:
            spool.entries[entry.field] = (entry, reason)
    if len(spool.entries) > MOST_SINGLE:
        raise UnusableFile(
            f"more than {MOST_SINGLE:,} lines with dates, reasons, prefixes or keys; leave these columns out of "
            "files that large"
        )
    rejects.add(batch.rejects)
    return batch


def _sorted(spool: _Spool) -> packing.Numbers:
    """The numbers in order, each once. They are sorted in the file: the system may write its pages out."""
    spool.file.flush()
    if not spool.numbers:
        return np.empty(0, dtype=np.uint64)
    mapped = np.memmap(spool.file, dtype=np.uint64, mode="r+", shape=(spool.numbers,))
    mapped.sort()
    keep = np.empty(len(mapped), dtype=bool)
    keep[0] = True
    np.not_equal(mapped[1:], mapped[:-1], out=keep[1:])
    found: packing.Numbers = mapped if keep.all() else mapped[keep]
    return found


async def _with_old(record: SqlDnc, name: str, old: int, numbers: packing.Numbers) -> packing.Numbers:
    parts = [np.asarray(numbers)]
    async for page in record.groups(name, old):
        parts += [packing.unpack(group, packed) for group, _, packed in page]
    return await in_thread(lambda: packing.unique(np.concatenate(parts)))


async def _write(
    loads: DncLoads, copy: DncCopy | None, name: str, generation: int, token: str, numbers: packing.Numbers,
    spool: _Spool, told: Callable[[LoadProgress], None],
) -> bool:  # fmt: skip
    """Write every group to both stores; returns whether Redis has them all."""
    groups, done, in_redis = packing.groups(numbers), 0, copy is not None

    def some() -> list[tuple[int, int, bytes]]:
        rows, size = [], 0
        for group, members in groups:
            packed = packing.pack(members)
            rows.append((group, len(members), packed))
            size += len(packed)
            if size >= _WRITE_BYTES or len(rows) >= _WRITE_GROUPS:
                break
        return rows

    while rows := await in_thread(some):
        await loads.write_groups(name, generation, token, rows)
        if copy is not None and in_redis:
            in_redis = await _redis(copy.write_groups(name, generation, [(group, row) for group, _, row in rows]))
        done += sum(count for _, count, _ in rows)
        told(LoadProgress("writing", done, len(numbers), spool.rows, spool.rejected))
    return in_redis


async def _redis(work: Any) -> bool:
    """Whether Redis took it. What it did not take, :meth:`DncCopy.refresh` brings later."""
    try:
        await work
    except LinkBroken:
        return False
    return True


class _Rejects:
    """The file of rejected lines, readable for its owner only; an old one is removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> _Rejects:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rejects: list[tuple[int, str, str]]) -> None:
        if rejects and self._file is None:
            handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(("line", "reason", "raw"))
        if rejects:
            self._writer.writerows(rejects)
