"""How many agents will be free soon: P(free by now + u) for each agent by state and time in it.

The probabilities are tabulated by age, so that a decision is a count of agents per age and one small product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dialerd.core.pacing.contract import Times
from dialerd.core.pacing.durations import Durations

Array = NDArray[np.float64]

_LONGEST_S = 7200
_STEP_S = 1.0

AGES: Array = np.unique(np.concatenate([np.arange(0.0, 61.0), np.round(60.0 * 1.04 ** np.arange(1, 123))]))
"""Ages (s) at which the tables have rows."""
_ROW_OF_SECOND: NDArray[np.intp] = np.clip(
    np.searchsorted(AGES, np.arange(_LONGEST_S + 1) + 0.5, side="right") - 1, 0, len(AGES) - 1
)


def moments(probabilities: Array) -> Array:
    """(rows, K) of coin probabilities -> (rows, 3K): mean, variance, third central moment of each coin."""
    spread = probabilities * (1.0 - probabilities)
    return np.concatenate([probabilities, spread, spread * (1.0 - 2.0 * probabilities)], axis=1)


def rows(now: float, since: Times) -> NDArray[np.intp]:
    """Table row of each agent, by time in the state."""
    return np.asarray(_ROW_OF_SECOND.take((now - since).astype(np.intp), mode="clip"))


class Supply:
    """Tables for talking and wrapping agents, at offsets fixed when made."""

    def __init__(self, horizons_s: Array) -> None:
        """``horizons_s``: seconds from now by which an agent must be free, ascending."""
        self._horizons = horizons_s
        self._columns = len(horizons_s)
        reach = int(np.ceil(float(horizons_s[-1]))) + 1
        self._steps: Array = np.arange(reach + 1, dtype=float) * _STEP_S
        # Chance of being free by the horizon when the conversation ends in the middle of step t.
        self._left: Array = horizons_s[None, :] - (self._steps[:-1, None] + 0.5 * _STEP_S)
        shape = (len(AGES), 3 * self._columns)
        self._talking: Array = np.zeros(shape)
        self._wrapping: Array = np.zeros(shape)

    def build(self, talk: Durations, wrap: Durations) -> None:
        """Tabulate anew from the estimators as they are fitted now."""
        hazard = talk.cumulative_hazard(AGES[:, None] + self._steps[None, :])
        survival = np.exp(hazard[:, :1] - hazard)
        ends_in = survival[:, :-1] - survival[:, 1:]
        wrapped = np.where(self._left > 0.0, 1.0 - wrap.survival(np.maximum(self._left, 0.0)), 0.0)
        self._talking = moments(np.clip(ends_in @ wrapped, 0.0, 1.0))
        hazard = wrap.cumulative_hazard(AGES[:, None] + np.concatenate([[0.0], self._horizons])[None, :])
        self._wrapping = moments(1.0 - np.exp(hazard[:, :1] - hazard[:, 1:]))

    def total(self, now: float, talking_since: Times, wrapping_since: Times) -> Array:
        """Summed moments (3K) over the agents."""
        wrapping = self._sum(rows(now, wrapping_since), self._wrapping)
        return self._sum(rows(now, talking_since), self._talking) + wrapping

    @staticmethod
    def _sum(chosen: NDArray[np.intp], table: Array) -> Array:
        if len(chosen) < 60:
            return np.asarray(table.take(chosen, axis=0).sum(axis=0))
        # Counting first costs the same for 100 agents and for 2,000.
        return np.asarray(np.bincount(chosen, minlength=len(AGES)).astype(float).dot(table))

    def each(self, now: float, talking_since: Times, wrapping_since: Times) -> Array:
        """Probabilities (agents, K), one row per agent."""
        columns = self._columns
        return np.concatenate(
            [
                self._talking[rows(now, talking_since), :columns],
                self._wrapping[rows(now, wrapping_since), :columns],
            ]
        )
