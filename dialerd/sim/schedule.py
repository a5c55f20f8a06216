"""What will happen, in the order of its moments: the clock of a simulated world."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Schedule:
    """Future happenings by time in seconds since the world began. Equal times keep the order of planning."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._planned = 0

    def at(self, moment: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen at ``moment``, or now if that has passed."""
        self._planned += 1
        heappush(self._heap, (moment if moment > self.now else self.now, self._planned, act, arguments))

    def after(self, wait_s: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen in ``wait_s`` seconds."""
        self._planned += 1
        heappush(self._heap, (self.now + wait_s, self._planned, act, arguments))

    def next(self) -> float | None:
        """The moment of the next happening, or None."""
        return self._heap[0][0] if self._heap else None

    def run_next(self) -> None:
        """Move to the next happening and let it happen."""
        self.now, _, act, arguments = heappop(self._heap)
        act(*arguments)


class Lane:
    """A stretch of road on which nothing overtakes: what is sent over it arrives in order, each after its own
    delay or right behind its predecessor."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._last = 0.0

    def send(self, wait_s: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen in ``wait_s`` seconds, but not before what was sent earlier."""
        moment = self._schedule.now + wait_s
        if moment > self._last:
            self._last = moment
        self._schedule.at(self._last, act, *arguments)
