"""Which of the rows that were read are duplicates, and what becomes of them.

Sorting finds the few rows that share a number or a key with anything; only those are looked at one by one, in the
file's order, so that the outcome is the same as if every row had been.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from dialerd.store.import_rows import DuplicatePolicy, ImportMapping
from dialerd.store.import_stage import Stage

BATCH = 5000


def index(stage: Stage) -> None:
    """Sort what was read; needed before anything else here."""
    stage.db.execute("CREATE INDEX IF NOT EXISTS numbers_e164 ON numbers (e164, line)")
    stage.db.execute("CREATE INDEX IF NOT EXISTS taken_key ON taken (key) WHERE key <> ''")


def numbers_to_look_up(stage: Stage) -> Iterator[list[str]]:
    """All numbers of the file in batches, sorted, as E.164."""
    cursor = stage.db.execute("SELECT DISTINCT e164 FROM numbers ORDER BY e164")
    while batch := cursor.fetchmany(BATCH):
        yield [f"+{number}" for (number,) in batch]


def keys_to_look_up(stage: Stage) -> Iterator[list[str]]:
    """All keys of the file in batches, sorted."""
    cursor = stage.db.execute("SELECT DISTINCT key FROM taken WHERE key <> '' ORDER BY key")
    while batch := cursor.fetchmany(BATCH):
        yield [key for (key,) in batch]


def know_numbers(stage: Stage, found: list[tuple[str, int, str]]) -> None:
    """Numbers that contacts in the record have: (E.164, contact, list). One in this list counts before others, which
    must be told first."""
    rows = [(int(number), contact, contact_list) for number, contact, contact_list in found]
    stage.db.executemany("INSERT OR REPLACE INTO known_numbers VALUES (?, ?, ?)", rows)


def know_keys(stage: Stage, found: list[tuple[str, int]]) -> None:
    """Keys that contacts of the list have: (key, contact)."""
    stage.db.executemany("INSERT OR IGNORE INTO known_keys VALUES (?, ?)", found)


def settle(stage: Stage, contact_list: str, mapping: ImportMapping) -> None:
    """Decide for every row whether it is a duplicate and what that means, and put it down."""
    court = _Court(stage, contact_list, mapping)
    for line, key, written in _contested(stage, mapping):
        court.judge(line, key, [int(number["e164"]) for number in orjson.loads(written)])
    db = stage.db
    db.execute("BEGIN")
    stage.refuse_taken(court.refused)
    db.executemany("INSERT INTO replaced VALUES (?, ?)", court.replaced.items())
    db.executemany("INSERT INTO updates VALUES (?, ?)", court.updates.items())
    db.execute("DELETE FROM known_numbers")
    db.execute("DELETE FROM known_keys")
    _, imported, rejected, _ = stage.counts()
    stage.put(settled=1, imported=imported, rejected=rejected)
    db.execute("COMMIT")


def _contested(stage: Stage, mapping: ImportMapping) -> Iterator[tuple[int, str, str]]:
    """(line, key, numbers) of every row that may be a duplicate of another, in order."""
    parts = []
    if mapping.duplicate_numbers is not DuplicatePolicy.KEEP:
        parts.append(
            "SELECT line FROM numbers WHERE e164 IN (SELECT e164 FROM numbers GROUP BY e164 HAVING count(*) > 1)"
        )
    if mapping.duplicate_keys is not DuplicatePolicy.KEEP and mapping.key is not None:
        parts.append(
            "SELECT line FROM taken WHERE key IN "
            "(SELECT key FROM taken WHERE key <> '' GROUP BY key HAVING count(*) > 1)"
        )
        parts.append("SELECT line FROM taken WHERE key <> '' AND key IN (SELECT key FROM known_keys)")
    parts.append("SELECT line FROM numbers WHERE e164 IN (SELECT e164 FROM known_numbers)")
    query = f"SELECT line, key, numbers FROM taken WHERE line IN ({' UNION '.join(parts)}) ORDER BY line"
    return stage.db.execute(query)


class _Court:
    """Judges row after row, in the file's order."""

    def __init__(self, stage: Stage, contact_list: str, mapping: ImportMapping) -> None:
        self._stage = stage
        self._list = contact_list
        self._keys_policy = mapping.duplicate_keys
        self._numbers_policy = mapping.duplicate_numbers
        # What earlier rows of the file hold: key or number -> line, and line -> key and numbers.
        self._keys: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._held: dict[int, tuple[str, list[int]]] = {}
        self.refused: list[tuple[int, str]] = []
        self.replaced: dict[int, int] = {}
        """Line -> the later line that took its place."""
        self.updates: dict[int, int] = {}
        """Line -> the contact that it changes."""

    def judge(self, line: int, key: str, numbers: list[int]) -> None:
        """Decide about one row."""
        contact: int | None = None
        earlier: int | None = None
        known = self._known("SELECT contact_id FROM known_keys WHERE key = ?", key) if key else None
        if known is not None or (key and key in self._keys):
            if self._keys_policy is DuplicatePolicy.SKIP:
                self.refused.append((line, "duplicate key"))
                return
            if self._keys_policy is DuplicatePolicy.UPDATE:
                earlier = self._keys.get(key)
                contact = self.updates.get(earlier) if earlier is not None else known[0] if known else None
        for number in numbers:
            found = self._known("SELECT contact_id, contact_list FROM known_numbers WHERE e164 = ?", number)
            if found is not None and found[1] != self._list:
                self.refused.append((line, f"duplicate number: it is in list {found[1]}"))
                return
            before = self._numbers.get(number)
            free = before is None and found is None
            if free or self._numbers_policy is DuplicatePolicy.KEEP:
                continue
            if (before is not None and before == earlier) or (found is not None and found[0] == contact):
                continue
            if self._numbers_policy is DuplicatePolicy.UPDATE and contact is None and earlier is None:
                earlier = before
                contact = self.updates.get(before) if before is not None else found[0]
                continue
            self.refused.append((line, "duplicate number"))
            return
        self._take(line, key, numbers, earlier, contact)

    def _take(self, line: int, key: str, numbers: list[int], earlier: int | None, contact: int | None) -> None:
        """The row counts: as a contact of its own, in the place of an earlier row, or as a change of a contact."""
        if earlier is not None:
            old_key, old_numbers = self._held.pop(earlier)
            if self._keys.get(old_key) == earlier:
                del self._keys[old_key]
            for number in old_numbers:
                if self._numbers.get(number) == earlier:
                    del self._numbers[number]
            self.updates.pop(earlier, None)
            self.replaced[earlier] = line
        if contact is not None:
            self.updates[line] = contact
        if key:
            self._keys[key] = line
        for number in numbers:
            self._numbers[number] = line
        self._held[line] = key, numbers

    def _known(self, query: str, value: object) -> Any:
        return self._stage.db.execute(query, (value,)).fetchone()
