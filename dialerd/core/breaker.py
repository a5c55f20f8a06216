"""A circuit breaker: after some failures in a row nothing is tried for a while."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE_S = 1.0


@dataclass(slots=True)
class Breaker:
    """Counts failures. ``failures`` in a row open it for ``pause_s`` seconds; one success closes it."""

    failures: int
    pause_s: float
    in_a_row: int = 0
    open_until: float = 0.0

    def is_open(self, now: float) -> bool:
        """Nothing should be tried. A clock that went back does not prolong it."""
        return self.open_until - self.pause_s <= now < self.open_until

    def worked(self) -> None:
        """A try went well."""
        self.in_a_row, self.open_until = 0, 0.0

    def failed(self, now: float) -> float:
        """A try failed; returns when to try again."""
        self.in_a_row += 1
        if self.in_a_row >= self.failures:
            self.open_until = now + self.pause_s
            return self.open_until
        return now + min(FIRST_PAUSE_S * 2.0 ** (self.in_a_row - 1), self.pause_s)
