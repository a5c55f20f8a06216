"""Shares of small counts with their confidence interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054
"""95 % of the normal distribution lies so many standard deviations around its mean."""


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of the share ``hits / count`` (E. B. Wilson, 1927), fractions; of nothing it is
    everything. ``hits`` is from 0 to ``count``."""
    if count == 0:
        return 0.0, 1.0
    share, square = hits / count, _Z * _Z
    middle = share + square / (2 * count)
    half = _Z * sqrt(share * (1 - share) / count + square / (4 * count * count))
    # At the ends the interval ends there, whatever rounding says.
    low = 0.0 if hits == 0 else max(0.0, (middle - half) / (1 + square / count))
    high = 1.0 if hits == count else min(1.0, (middle + half) / (1 + square / count))
    return low, high


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
        """Where it lies with 95 %, fractions."""
        return interval(self.hits, self.count)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value * 100:.1f} % ({low * 100:.0f}-{high * 100:.0f})"
