"""Reads the slices of a file in several processes, and gives what they hold in the file's order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import cast

from dialerd.store.csv_records import Slice
from dialerd.store.csv_source import CsvSource
from dialerd.store.import_rows import ImportMapping, ReadSlice, RowReader
from dialerd.store.import_worker import receive, send

WORTH_PROCESSES_BYTES = 4 << 20
"""A smaller file is read before processes have started."""
MOST_PROCESSES = 4


class WorkerDied(OSError):
    """A process that read slices has ended, killed or out of memory; the import can be begun again."""


class SliceReaders:
    """A context in which :meth:`read` works. One slice per process is under way at a time."""

    def __init__(self, source: CsvSource, mapping: ImportMapping, processes: int | None = None) -> None:
        """``processes``: 0 reads in this process; None: as many as there are processors, for a file that is worth
        it."""
        self._source = source
        self._mapping = mapping
        if processes is None:
            worth = source.size >= WORTH_PROCESSES_BYTES
            processes = min(MOST_PROCESSES, os.cpu_count() or 1) if worth else 0
        self._count = processes
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> SliceReaders:
        opening = (self._source.path, self._source.columns, self._mapping, self._source.format)
        for _ in range(self._count):
            process = subprocess.Popen(
                [sys.executable, "-m", "dialerd.store.import_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._processes.append(process)
            self._send(process, opening)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            if kind is not None:
                process.kill()
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(BrokenPipeError):  # it has ended already
                process.stdin.close()
            process.wait()
            process.stdout.close()

    def read(self, slices: Iterator[Slice]) -> Iterator[tuple[Slice, ReadSlice]]:
        """Each slice with what it holds. Raises :class:`WorkerDied`."""
        if not self._processes:
            reader = RowReader(self._source.path, self._source.columns, self._mapping)
            for piece in slices:
                yield piece, reader.read(piece, self._source.format)
            return
        asked: deque[tuple[subprocess.Popen[bytes], Slice]] = deque()
        for process in self._processes:
            self._ask(process, slices, asked)
        while asked:
            process, piece = asked.popleft()
            answer = self._receive(process)
            self._ask(process, slices, asked)
            yield piece, answer

    def _ask(
        self, process: subprocess.Popen[bytes], slices: Iterator[Slice],
        asked: deque[tuple[subprocess.Popen[bytes], Slice]],
    ) -> None:  # fmt: skip
        piece = next(slices, None)
        if piece is not None:
            self._send(process, piece)
            asked.append((process, piece))

    def _send(self, process: subprocess.Popen[bytes], value: object) -> None:
        assert process.stdin is not None
        try:
            send(process.stdin, value)
        except BrokenPipeError as error:
            raise WorkerDied(f"a reading process ended with {process.wait()}") from error

    def _receive(self, process: subprocess.Popen[bytes]) -> ReadSlice:
        assert process.stdout is not None
        try:
            return cast(ReadSlice, receive(process.stdout))
        except (EOFError, BrokenPipeError) as error:
            raise WorkerDied(f"a reading process ended with {process.wait()}") from error
