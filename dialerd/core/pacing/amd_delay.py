"""What answering-machine detection does to the forecast: how long it takes, and how many pick-ups want an agent."""

from __future__ import annotations

from typing import Any

MEMORY = 300.0
_PRIOR_WEIGHT = 10.0
_PRIOR_DELAY_S = 1.2
_PRIOR_SHARE = 0.6


class AmdDelay:
    """Mean delay of verdicts that lead to an agent (machines taken for persons included), and their share."""

    def __init__(self) -> None:
        self._delay = [_PRIOR_DELAY_S * _PRIOR_WEIGHT, _PRIOR_WEIGHT]
        self._share = [_PRIOR_SHARE * _PRIOR_WEIGHT, _PRIOR_WEIGHT]

    @staticmethod
    def _learn(memory: list[float], value: float) -> None:
        keep = 1.0 - 1.0 / MEMORY
        memory[0] = memory[0] * keep + value
        memory[1] = memory[1] * keep + 1.0

    def live(self, analysis_s: float) -> None:
        """A picked-up call turned out to want an agent, ``analysis_s`` after pick-up."""
        self._learn(self._delay, max(0.0, analysis_s))
        self._learn(self._share, 1.0)

    def not_live(self) -> None:
        """A picked-up call turned out to be a machine, or ended under analysis."""
        self._learn(self._share, 0.0)

    @property
    def mean_s(self) -> float:
        """Mean seconds from pick-up to the wish for an agent."""
        return self._delay[0] / self._delay[1]

    @property
    def live_share(self) -> float:
        """Share of pick-ups that want an agent."""
        return self._share[0] / self._share[1]

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        return {"delay": list(self._delay), "share": list(self._share)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self._delay = [float(x) for x in state["delay"]]
        self._share = [float(x) for x in state["share"]]
