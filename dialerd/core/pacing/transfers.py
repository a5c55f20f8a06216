"""Which calls of a flow will ask for an agent, and when: learned at every stage of a call.

A stage is a moment through which calls pass: dialed, answered, each node of the flow. Of those that passed it, so
many asked for an agent of a queue, so long afterwards. Both are means with forgetting, on top of a careful guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

DIALED, ANSWERED = "dialed", "answered"
MEMORY = 300.0
"""Calls after which one weighs 1/e."""
_PRIOR_CALLS = 8.0
_PRIOR_SHARE = {DIALED: 0.1, ANSWERED: 0.25}
_PRIOR_SHARE_IN_FLOW = 0.3
_PRIOR_AFTER_S = {DIALED: 40.0, ANSWERED: 25.0}
_PRIOR_AFTER_IN_FLOW_S = 15.0
_STATE_VERSION = 1
_SOON_S = 5.0
"""An idle agent is kept for a caller who is expected to ask for one within this time."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of a call at a stage. ``share``: the chance that it asks for an agent, 0 to 1. ``after_s``: if so, how long
    after the stage began, on average."""

    share: float
    after_s: float


def expected_soon(arriving: Iterable[tuple[float, float]]) -> int:
    """Of callers who may ask for an agent, each (chance, in how many seconds on average): how many are expected to
    do so within a few seconds."""
    return round(sum(chance * (1.0 - exp(-_SOON_S / after_s)) for chance, after_s in arriving))


class TransferShares:
    """What was learned of one campaign's calls."""

    def __init__(self) -> None:
        self._passed: dict[str, float] = {}
        self._asked: dict[tuple[str, str], list[float]] = {}
        """(stage, queue) -> [calls, seconds], weighted as ``_passed`` is."""
        self.calls = 0
        """Calls learned from in this run."""

    def learn(self, stages: Sequence[tuple[str, float]], queue: str | None, at: float) -> None:
        """One call, when it is known what became of it: its stages with the moments at which they began (seconds, any
        clock), the queue that it asked for (None: it ended without), and when. A stage counts once, from its last
        beginning."""
        self.calls += 1
        keep = 1.0 - 1.0 / MEMORY
        for stage, began in dict(stages).items():
            self._passed[stage] = self._passed.get(stage, 0.0) * keep + 1.0
            for (other, _), memory in self._asked.items():
                if other == stage:
                    memory[0], memory[1] = memory[0] * keep, memory[1] * keep
            if queue is not None:
                memory = self._asked.setdefault((stage, queue), [0.0, 0.0])
                memory[0] += 1.0
                memory[1] += max(0.0, at - began)

    def expected(self, stage: str, queue: str) -> Expectation:
        """Of a call that is at this stage."""
        asked, seconds = self._asked.get((stage, queue), (0.0, 0.0))
        guess = _PRIOR_SHARE.get(stage, _PRIOR_SHARE_IN_FLOW)
        after_s = _PRIOR_AFTER_S.get(stage, _PRIOR_AFTER_IN_FLOW_S)
        share = (asked + _PRIOR_CALLS * guess) / (self._passed.get(stage, 0.0) + _PRIOR_CALLS)
        return Expectation(min(1.0, share), (seconds + after_s) / (asked + 1.0))

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        return {
            "version": _STATE_VERSION,
            "passed": dict(self._passed),
            "asked": [[stage, queue, *memory] for (stage, queue), memory in self._asked.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave. Raises ValueError for a state of another version; KeyError and TypeError
        for something else."""
        if state["version"] != _STATE_VERSION:
            raise ValueError(f"transfers: unknown state version {state['version']!r}")
        self._passed = {str(stage): float(weight) for stage, weight in state["passed"].items()}
        self._asked = {
            (str(stage), str(queue)): [float(calls), float(seconds)]
            for stage, queue, calls, seconds in state["asked"]
        }
