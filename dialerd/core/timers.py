"""Named moments in the future."""

from __future__ import annotations

import heapq
from math import inf

Key = tuple[str, str]
"""What the moment is for, and whom it concerns: ``("ring", attempt_id)``."""


class Timers:
    """At most one moment per key; setting a key again replaces it. Times are epoch seconds."""

    def __init__(self) -> None:
        self._at: dict[str, dict[str, float]] = {}
        """Subject -> kind -> moment. The heap may name moments that were cancelled or moved; this decides."""
        self._heap: list[tuple[float, int, str, str]] = []
        self._sequence = 0
        self.soonest = inf
        """No moment comes before this one."""

    def set(self, kind: str, subject: str, at: float) -> None:
        """Have ``(kind, subject)`` come due at ``at``."""
        moments = self._at.get(subject)
        if moments is None:
            moments = self._at[subject] = {}
        moments[kind] = at
        self._sequence += 1
        heapq.heappush(self._heap, (at, self._sequence, kind, subject))
        if at < self.soonest:
            self.soonest = at

    def cancel(self, kind: str, subject: str) -> None:
        """Forget the moment, if it was set."""
        moments = self._at.get(subject)
        if moments is not None and moments.pop(kind, None) is not None and not moments:
            del self._at[subject]

    def cancel_all(self, subject: str) -> None:
        """Forget every moment that concerns it."""
        self._at.pop(subject, None)

    def at(self, kind: str, subject: str) -> float | None:
        """When ``(kind, subject)`` comes due, or None."""
        moments = self._at.get(subject)
        return moments.get(kind) if moments is not None else None

    def pending(self) -> tuple[Key, ...]:
        """Everything that is set."""
        return tuple((kind, subject) for subject, moments in self._at.items() for kind in moments)

    def pop_due(self, now: float) -> Key | None:
        """Take the earliest key that is due, or None."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, kind, subject = heapq.heappop(heap)
            if self.at(kind, subject) == at:
                self.cancel(kind, subject)
                return kind, subject
        self.soonest = heap[0][0] if heap else inf
        return None

    def next(self) -> float | None:
        """The earliest moment, or None."""
        heap = self._heap
        while heap:
            at, _, kind, subject = heap[0]
            moments = self._at.get(subject)
            if moments is not None and moments.get(kind) == at:
                self.soonest = at
                return at
            heapq.heappop(heap)
        self.soonest = inf
        return None
