"""Do-not-call lists in memory: a record and its copy, with the semantics of those in SQL and Redis. For simulation
and tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dialerd.core.dnc import DNC_REASON, DncEntry, DncKind, fields_for, later_end
from dialerd.store.dnc_question import LOADING


class MemoryDnc:
    """Lists of entries. Changes go to the record; :meth:`refresh` brings the copy, which claims ask, up to it."""

    def __init__(self) -> None:
        self._record: dict[str, dict[str, float | None]] = {}
        self._loads: dict[str, set[str]] = {}
        self._changes: dict[str, int] = {}
        self._copy: dict[str, tuple[dict[str, float | None], set[str]]] = {}
        self._barred: dict[str, dict[str, float | None]] = {}
        self._reached: dict[str, int] = {}
        self._copied: dict[str, int] = {}

    def ensure(self, names: Iterable[str]) -> None:
        """Make lists that are not there yet."""
        for name in names:
            self._record.setdefault(name, {})
            self._loads.setdefault(name, set())
            self._changes.setdefault(name, 0)

    def add(self, name: str, entry: DncEntry, now: float) -> None:
        """Put an entry on a list; one that is there is only made to last longer. KeyError: no such list."""
        entries = self._record[name]
        old = entries.get(entry.field, 0.0)
        in_force = entry.field in entries and (old is None or old > now)
        entries[entry.field] = later_end(old, entry.expires_at) if in_force else entry.expires_at
        self._changes[name] += 1

    def bar(self, name: str, entry: DncEntry, now: float) -> None:
        """Put an entry into the copy at once, whatever the record says; it is never shortened."""
        entries = self._barred.setdefault(name, {})
        old = entries.get(entry.field, 0.0)
        in_force = entry.field in entries and (old is None or old > now)
        entries[entry.field] = later_end(old, entry.expires_at) if in_force else entry.expires_at

    def remove(self, name: str, entry: DncEntry) -> bool:
        """Take it off, added or loaded; False: it was not there."""
        found = self._record[name].pop(entry.field, 0.0) != 0.0
        self._barred.get(name, {}).pop(entry.field, None)
        if entry.kind is DncKind.NUMBER and entry.value in self._loads[name]:
            self._loads[name] = self._loads[name] - {entry.value}
            found = True
        self._changes[name] += 1
        return found

    def load(self, name: str, numbers: Iterable[str], append: bool = False) -> None:
        """Replace (or add to) what files brought; entries that were added one by one stay."""
        self._loads[name] = (self._loads[name] if append else set()) | set(numbers)
        self._changes[name] += 1

    def refresh(self, name: str) -> None:
        """Make the copy what the record says."""
        self._copy[name] = (dict(self._record[name]), set(self._loads[name]))
        self._copied[name] = self._changes[name]

    def reached(self, name: str) -> None:
        """From now on the list is only asked when its copy is as new as the record is now."""
        self._reached[name] = self._changes[name]

    def wipe(self) -> None:
        """The copy is lost."""
        self._copy.clear()
        self._barred.clear()

    def refusal(
        self, lists: Sequence[str], number: str, contact_key: str, now: float
    ) -> tuple[str, float | None] | None:
        """Why the number or contact may not be called, and until when; None: nothing is against it."""
        for name in lists:
            copy = self._copy.get(name)
            if copy is None or self._copied[name] < self._reached.get(name, 0):
                return LOADING, None
            entries, load = copy
            fields, barred = list(fields_for(number, contact_key)), self._barred.get(name, {})
            ends = [known[field] for known in (entries, barred) for field in fields if field in known]
            in_force = [end for end in ends if end is None or end > now]
            if number in load or None in in_force:
                return f"{DNC_REASON}{name}", None
            if in_force:
                return f"{DNC_REASON}{name}", max(end for end in in_force if end is not None)
        return None
