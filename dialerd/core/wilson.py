"""Shares of small counts with their confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959964
"""95 % of the normal distribution lies so many standard deviations around its mean."""


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``count``."""

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The share, a fraction; 0 of nothing is 0."""
        return self.hits / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson (1927), fractions; of nothing it is everything."""
        if not self.count:
            return 0.0, 1.0
        n, p, z2 = self.count, self.value, _Z * _Z
        middle, half = p + z2 / (2 * n), _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        below = 0.0 if self.hits == 0 else max(0.0, (middle - half) / (1 + z2 / n))
        above = 1.0 if self.hits == n else min(1.0, (middle + half) / (1 + z2 / n))
        return below, above

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value * 100:.1f} % ({low * 100:.0f}-{high * 100:.0f})"
