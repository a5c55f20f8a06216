"""A simulated shift over time: a sample every few seconds, for charts and for what held pacing back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SAMPLE_S = 10.0

PROGRESSIVE_FIRST = "one call per agent until enough people had answered"
BUDGET_SPENT = "the abandon budget was used up"
BUDGET_LOW = "the abandon budget was low"
LIMITS = "lines, calls per second or calls per agent"

_HOLDS = (
    (re.compile(r"progressive until \d+ people answered"), PROGRESSIVE_FIRST),
    (re.compile(r"abandon budget is used up|has 0\.0 left"), BUDGET_SPENT),
    (re.compile(r"abandon budget (?:has|allows hardly)"), BUDGET_LOW),
    (re.compile(r"held by lines, contacts or calls per agent"), LIMITS),
)


def hold_of(explanation: str) -> str:
    """What held a decision back, by the words that explain it; empty: nothing."""
    _, _, after = explanation.partition(";")
    return next((said for pattern, said in _HOLDS if pattern.search(after)), "")


@dataclass(slots=True)
class LaneTimeline:
    """One campaign's part; lists have one element per sample."""

    out: list[int] = field(default_factory=list)
    """Calls ringing, under analysis or waiting."""
    connected: list[int] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    """Both since the start."""
    holds: dict[str, int] = field(default_factory=dict)
    """Samples at which pacing was held back, by what."""

    def sample(self, out: int, connected: int, abandoned: int, explanation: str) -> None:
        """One look; ``explanation``: the pacer's, of its last decision."""
        self.out.append(out)
        self.connected.append(connected)
        self.abandoned.append(abandoned)
        hold = hold_of(explanation)
        if hold:
            self.holds[hold] = self.holds.get(hold, 0) + 1


@dataclass(slots=True)
class Timeline:
    """One queue's agents; lists have one element per sample, ``SAMPLE_S`` apart."""

    talking: list[int] = field(default_factory=list)
    wrapping: list[int] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    """Waiting for a call, set aside for one included."""
    lanes: dict[str, LaneTimeline] = field(default_factory=dict)
