"""How long to wait before the next try."""

from __future__ import annotations

import random


class Backoff:
    """Exponential pauses with full jitter over their upper half, so that many clients do not come back at once."""

    def __init__(self, rng: random.Random, first_s: float, longest_s: float) -> None:
        self._rng = rng
        self._first_s = first_s
        self._longest_s = longest_s
        self._failures = 0

    def next_s(self) -> float:
        """The pause before the next try, in seconds; between half of the step and the whole of it."""
        # The exponent is bounded: 2.0**2000 would be an overflow after a long outage.
        step = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return step * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked: begin with the shortest pause again."""
        self._failures = 0
