"""The workbench of an import: what was read so far, in a small database of its own.

Reading a big file takes a while. What is read is put down here, not in the record, so that calls go on undisturbed,
an import that was killed goes on where it stopped, and duplicates are found by sorting instead of one by one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from dialerd.store.csv_format import UnusableFile
from dialerd.store.csv_records import Slice
from dialerd.store.import_rows import ReadSlice

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS taken (line INTEGER PRIMARY KEY, key TEXT, numbers TEXT, columns TEXT, raw TEXT, warning TEXT);
CREATE TABLE IF NOT EXISTS numbers (e164 INTEGER NOT NULL, line INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refused (line INTEGER PRIMARY KEY, reason TEXT NOT NULL, raw TEXT);
CREATE TABLE IF NOT EXISTS replaced (line INTEGER PRIMARY KEY, by_line INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS updates (line INTEGER PRIMARY KEY, contact_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS known_numbers (e164 INTEGER PRIMARY KEY, contact_id INTEGER, contact_list TEXT);
CREATE TABLE IF NOT EXISTS known_keys (key TEXT PRIMARY KEY, contact_id INTEGER) WITHOUT ROWID;
"""  # noqa: E501
_CACHE_KIB = 32 * 1024

NEW_ROWS = "line NOT IN (SELECT line FROM updates) AND line NOT IN (SELECT line FROM replaced)"
"""Of the rows taken, those that become new contacts; refused ones are no longer among the taken."""


class ImportUnderWay(UnusableFile):
    """Another process imports into the same list."""


class Stage:
    """Opens what an earlier run of the same import left, or begins anew. One process at a time has it."""

    def __init__(self, folder: Path, contact_list: str, fingerprint: str) -> None:
        """``fingerprint``: tells this import (file, mapping, database) from others into the list. Raises
        :class:`ImportUnderWay`."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", contact_list)[:60]
        digest = hashlib.sha256(contact_list.encode()).hexdigest()[:8]
        stem = f"import-{name}-{digest}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(folder / f"{stem}.lock", contact_list)
        self.path = folder / f"{stem}-{hashlib.sha256(fingerprint.encode()).hexdigest()[:16]}.db"
        for other in folder.glob(f"{stem}-*.db*"):
            if not other.name.startswith(self.path.name):
                other.unlink(missing_ok=True)  # of a file that has changed, or that nobody went on with
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self.db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self.db.executescript(_SCHEMA)

    def close(self, *, remove: bool) -> None:
        """Let go of it; ``remove``: nothing of it is needed any more."""
        self.db.close()
        if remove:
            for left in self.path.parent.glob(f"{self.path.name}*"):
                left.unlink(missing_ok=True)
        self._lock.close()

    # --- facts -----------------------------------------------------------------------------------------

    def fact(self, name: str, default: int = 0) -> int:
        """A number that was put down by this name."""
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return default if row is None else int(row[0])

    def put(self, **facts: int) -> None:
        """Put numbers down by name."""
        self.db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(k, str(v)) for k, v in facts.items()])

    # --- rows ------------------------------------------------------------------------------------------

    def add(self, piece: Slice, found: ReadSlice) -> None:
        """What a slice holds, and how far reading has come by that: both or none."""
        db = self.db
        db.execute("BEGIN")
        db.executemany("INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?)", found.taken)
        db.executemany("INSERT INTO numbers VALUES (?, ?)", found.numbers)
        db.executemany("INSERT INTO refused VALUES (?, ?, ?)", found.refused)
        self.put(
            offset=piece.end,
            line=piece.line + piece.lines,
            taken=self.fact("taken") + len(found.taken),
            refused=self.fact("refused") + len(found.refused),
        )
        db.execute("COMMIT")

    def new_rows(self, after_line: int, limit: int) -> list[tuple[int, str, str, str]]:
        """(line, key, numbers, columns) of the next rows that become new contacts, in the file's order."""
        query = (
            f"SELECT line, key, numbers, columns FROM taken WHERE line > ? AND {NEW_ROWS} ORDER BY line LIMIT {limit}"
        )
        return self.db.execute(query, (after_line,)).fetchall()

    def numbers_in_order(self, skip: int) -> Iterator[tuple[int, int]]:
        """(E.164 as a number, line) of all numbers, sorted, from the ``skip``-th on."""
        query = "SELECT e164, line FROM numbers ORDER BY e164, line LIMIT -1 OFFSET ?"
        return self.db.execute(query, (skip,))

    def update_rows(self, after_line: int, limit: int) -> list[tuple[int, int, str, str, str]]:
        """(line, contact id, key, numbers, columns) of the next rows that change a contact which is there."""
        query = (
            "SELECT line, contact_id, key, numbers, columns FROM updates JOIN taken USING (line) "
            f"WHERE line > ? ORDER BY line LIMIT {limit}"
        )
        return self.db.execute(query, (after_line,)).fetchall()

    # --- reckoning -------------------------------------------------------------------------------------

    def counts(self) -> tuple[int, int, int, int]:
        """Rows, imported, rejected, and how many of the imported made no contact of their own, but changed one or
        were replaced by a later row."""
        count = self.db.execute
        taken = count("SELECT count(*) FROM taken").fetchone()[0]
        rejected = count("SELECT count(*) FROM refused").fetchone()[0]
        updated = count("SELECT count(*) FROM (SELECT line FROM updates UNION SELECT line FROM replaced)")
        return taken + rejected, taken, rejected, updated.fetchone()[0]

    def warnings(self) -> int:
        """Imported rows of which the rejects file has something to say: :meth:`remarks` without the rejects."""
        query = "SELECT count(*) FROM taken WHERE warning <> '' OR line IN (SELECT line FROM replaced)"
        return int(self.db.execute(query).fetchone()[0])

    def remarks(self) -> Iterator[tuple[int, str, str]]:
        """(line, reason, raw) for the rejects file, by line."""
        query = """
            SELECT line, reason, raw FROM refused
            UNION ALL SELECT line, warning, raw FROM taken WHERE warning <> ''
            UNION ALL SELECT line, 'imported, then updated by line ' || by_line, raw
                      FROM replaced JOIN taken USING (line)
            ORDER BY 1"""
        return self.db.execute(query)

    def refuse_taken(self, refusals: Sequence[tuple[int, str]]) -> None:
        """Rows that were taken are refused after all: (line, reason)."""
        lines = [(line,) for line, _ in refusals]
        self.db.executemany(
            "INSERT INTO refused SELECT line, ?, raw FROM taken WHERE line = ?", [(why, n) for n, why in refusals]
        )
        self.db.executemany("DELETE FROM taken WHERE line = ?", lines)


def _locked(path: Path, contact_list: str) -> IO[bytes]:
    """The lock file, locked; a process that dies lets go of it."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ImportUnderWay(f"another import into {contact_list} is under way") from None
    return file
