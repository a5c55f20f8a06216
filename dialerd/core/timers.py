"""Named moments in the future."""

from __future__ import annotations

import heapq

Key = tuple[str, str]
"""What the moment is for, and whom it concerns: ``("ring", attempt_id)``."""


class Timers:
    """At most one moment per key; setting a key again replaces it. Times are epoch seconds."""

    def __init__(self) -> None:
        self._at: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._sequence = 0

    def set(self, kind: str, subject: str, at: float) -> None:
        """Have ``(kind, subject)`` come due at ``at``."""
        key = (kind, subject)
        self._at[key] = at
        self._sequence += 1
        heapq.heappush(self._heap, (at, self._sequence, key))

    def cancel(self, kind: str, subject: str) -> None:
        """Forget the moment, if it was set."""
        self._at.pop((kind, subject), None)

    def at(self, kind: str, subject: str) -> float | None:
        """When ``(kind, subject)`` comes due, or None."""
        return self._at.get((kind, subject))

    def pending(self) -> tuple[Key, ...]:
        """Everything that is set."""
        return tuple(self._at)

    def pop_due(self, now: float) -> Key | None:
        """Take the earliest key that is due, or None."""
        self._drop_stale()
        if self._heap and self._heap[0][0] <= now:
            key = heapq.heappop(self._heap)[2]
            del self._at[key]
            return key
        return None

    def next(self) -> float | None:
        """The earliest moment, or None."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def _drop_stale(self) -> None:
        heap = self._heap
        while heap and self._at.get(heap[0][2]) != heap[0][0]:
            heapq.heappop(heap)
