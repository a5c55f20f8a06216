"""How many people will want an agent soon: P(answered by now + u) for each ringing call by its age.

G(u | age a) = p (H(a + u) - H(a)) / (1 - p H(a) - (1 - p) K(a)), with H the answer times, K the other endings.
Under AMD the answer is a pick-up: the wish for an agent comes a little later, and only for a share of the pick-ups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialerd.core.pacing.answer_time import BIN_S, AnswerTimes
from dialerd.core.pacing.contract import Times
from dialerd.core.pacing.supply import moments

Array = NDArray[np.float64]


class Demand:
    """Tables by ring age, at offsets fixed when made."""

    def __init__(self, offsets_s: Array, answer_times: AnswerTimes) -> None:
        self._offsets = offsets_s
        self._columns = len(offsets_s)
        self._times = answer_times
        self._sign: Array = np.repeat([-1.0, 1.0, -1.0], self._columns)
        self._edges = np.arange(answer_times.bins)
        self._ringing: Array = np.zeros((answer_times.bins, 3 * self._columns))
        self._analysed: Array = np.zeros((1, 3 * self._columns))
        self.new_call: Array = np.zeros(3 * self._columns)
        """Moments (3K) of a call placed now, signed likewise."""
        self.when: Array = np.zeros(self._columns)
        """Share of the answers of a call placed now that falls to each offset; sums to 1."""
        self.p_live = 0.0
        """Chance that a call placed now will want an agent."""

    def build(self, p: float, live_share: float = 1.0, delay_s: float = 0.0) -> None:
        """Tabulate anew. ``p``: chance of an answer; the others matter under AMD only."""
        answered, ended, bins = self._times.answered_by, self._times.ended_by, self._times.bins
        ages = self._edges
        by = np.rint((self._offsets - delay_s) / BIN_S).astype(np.intp)
        until = np.clip(ages[:, None] + np.maximum(by, 0)[None, :], 0, bins)
        # A row stands for ages from its bin's start to its end: the middle is the fair choice.
        start = 0.5 * (answered[ages] + answered[ages + 1])
        reach = 0.5 * (answered[until] + answered[np.minimum(until + 1, bins)])
        alive = 1.0 - p * start - (1.0 - p) * 0.5 * (ended[ages] + ended[ages + 1])
        chance = p * np.maximum(reach - start[:, None], 0.0) / np.maximum(alive, 0.02)[:, None]
        chance = np.minimum(chance, 0.995) * live_share
        chance[:, by <= 0] = 0.0
        self._ringing = moments(chance) * self._sign
        self.p_live = p * live_share
        fresh = answered[np.clip(by, 0, bins)]
        self.new_call = moments((self.p_live * fresh)[None, :])[0] * self._sign
        upper = np.concatenate([0.5 * (fresh[:-1] + fresh[1:]), [1.0]])
        self.when = np.diff(np.concatenate([[0.0], upper]))
        if delay_s > 0.0:
            done = np.minimum(1.0, self._offsets / max(0.5, delay_s))
            self._analysed = moments((live_share * done)[None, :]) * self._sign

    def total(self, now: float, ringing_since: Times, in_amd: int) -> Array:
        """Summed moments (3K) over calls ringing and under analysis, signed as subtracted from the agents."""
        result = np.zeros(3 * self._columns)
        if len(ringing_since):
            counts = np.bincount(self._rows(now, ringing_since), minlength=self._times.bins)
            result += counts.astype(float).dot(self._ringing)
        if in_amd:
            result += in_amd * self._analysed[0]
        return result

    def each(self, now: float, ringing_since: Times, in_amd: int) -> Array:
        """Probabilities (calls, K), one row per call."""
        columns = self._columns
        ringing = self._ringing[self._rows(now, ringing_since), :columns]
        return -np.concatenate([ringing, np.repeat(self._analysed[:, :columns], in_amd, axis=0)])

    def arriving_each(self, arriving: Sequence[tuple[float, float]]) -> Array:
        """Probabilities (callers, K) of callers who want an agent with some chance, so many seconds from now on
        average: they come at any moment alike."""
        chance, after_s = np.array(arriving).T
        return np.asarray(chance[:, None] * (1.0 - np.exp(-self._offsets[None, :] / after_s[:, None])))

    def arriving_total(self, arriving: Sequence[tuple[float, float]]) -> Array:
        """Summed moments (3K) of such callers, signed as :meth:`total` is."""
        return np.asarray(moments(self.arriving_each(arriving)).sum(axis=0) * self._sign)

    def _rows(self, now: float, since: Times) -> NDArray[np.intp]:
        ages = np.minimum(np.maximum((now - since) * (1.0 / BIN_S), 0.0), float(self._times.bins - 1))
        return ages.astype(np.intp)
