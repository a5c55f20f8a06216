"""What will happen, in the order of its moments: the clock of a simulated world."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any


class Schedule:
    """Future happenings by time in seconds since the world began. Equal times keep the order of planning."""

    def __init__(self) -> None:
        self.now = 0.0
        self.happenings: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        """A heap: (moment, order of planning, act, arguments); the first one is the next."""
        self.planned = 0

    def at(self, moment: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen at ``moment``, or now if that has passed."""
        self.planned += 1
        heappush(self.happenings, (moment if moment > self.now else self.now, self.planned, act, arguments))

    def after(self, wait_s: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen in ``wait_s`` seconds."""
        self.planned += 1
        heappush(self.happenings, (self.now + wait_s, self.planned, act, arguments))

    def run_next(self) -> None:
        """Move to the next happening and let it happen."""
        self.now, _, act, arguments = heappop(self.happenings)
        act(*arguments)


class Lane:
    """A stretch of road on which nothing overtakes: what is sent over it arrives in order, each after its own
    delay or right behind its predecessor."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._last = 0.0

    def send(self, wait_s: float, act: Callable[..., None], *arguments: Any) -> None:
        """Have ``act(*arguments)`` happen in ``wait_s`` seconds, but not before what was sent earlier."""
        schedule = self._schedule
        moment = schedule.now + wait_s
        if moment > self._last:
            self._last = moment
        schedule.planned += 1
        heappush(schedule.happenings, (self._last, schedule.planned, act, arguments))
