"""The last minutes of a campaign's pacing: a few figures every few seconds, for people who watch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

EVERY_S = 5.0
SAMPLES = 120
"""Ten minutes."""


@dataclass(frozen=True, slots=True)
class PacingSample:
    """The floor as a decision saw it. ``at``: epoch seconds."""

    at: float
    level: float
    """(calls in progress + agents talking) / agents at work."""
    agents_idle: int
    calls_out: int
    """Ringing, under analysis and waiting, of all campaigns that dial for these agents."""
    expected_answers: float
    budget_left: float
    """Abandoned calls that the cap still allows; below 0: overdrawn."""


class PacingHistory:
    """Bounded; the oldest sample goes first."""

    def __init__(self) -> None:
        self._samples: deque[PacingSample] = deque(maxlen=SAMPLES)

    def due(self, now: float) -> bool:
        """It is time for a sample. A clock that was set back begins anew."""
        if self._samples and now < self._samples[-1].at:
            self._samples.clear()
        return not self._samples or now >= self._samples[-1].at + EVERY_S

    def add(self, sample: PacingSample) -> None:
        """The newest."""
        self._samples.append(sample)

    def samples(self) -> tuple[PacingSample, ...]:
        """All, the oldest first."""
        return tuple(self._samples)
