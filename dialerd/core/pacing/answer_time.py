"""When calls are answered, and when they end otherwise, by seconds since dialing: half-second bins.

A histogram of what was seen would be short in the first half minute, when only quick answers can have been seen. So
both kinds of ending are counted against the calls that rang that long (cause-specific hazards), calls still ringing
included, and the distributions follow from those (cumulative incidence).
"""

from __future__ import annotations

from math import ceil, erfc, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BIN_S = 0.5
MEMORY = 2000.0
"""Observations after which one weighs 1/e."""
_PRIOR_ANSWERS = 20.0
_PRIOR_ENDINGS = 40.0
_PRIOR_MEDIAN_S = 8.0
_PRIOR_SPREAD = 0.6


class AnswerTimes:
    """Distribution of the answer time given an answer, and of the end given none."""

    def __init__(self, ring_timeout_s: float) -> None:
        self.bins = ceil(ring_timeout_s / BIN_S) + 4
        """The last bins take what comes after the ring time-out (a late answer, a slow network)."""
        edges = np.arange(self.bins + 1) * BIN_S
        at_edges = np.array(
            [0.0] + [0.5 * erfc(-log(x / _PRIOR_MEDIAN_S) / (_PRIOR_SPREAD * sqrt(2.0))) for x in edges[1:]]
        )
        at_edges /= at_edges[-1]
        self._answer_prior: Array = np.diff(at_edges) * _PRIOR_ANSWERS
        # Half of the calls without an answer ring out, the other half end at any age.
        self._ending_prior: Array = np.full(self.bins, 0.5 * _PRIOR_ENDINGS / self.bins)
        self._ending_prior[min(self.bins - 1, int(ring_timeout_s / BIN_S))] += 0.5 * _PRIOR_ENDINGS
        self._answers = np.zeros(self.bins)
        self._endings = np.zeros(self.bins)
        self._weight = 1.0
        self._answered_by: Array = np.zeros(self.bins + 1)
        self._ended_by: Array = np.zeros(self.bins + 1)
        self._mass: Array = np.zeros(self.bins)
        self.refresh(np.empty(0))

    def _note(self, kind: Array, age_s: float) -> None:
        self._weight *= 1.0 + 1.0 / MEMORY
        kind[min(self.bins - 1, max(0, int(age_s / BIN_S)))] += self._weight
        if self._weight > 1e6:
            self._rescale()

    def _rescale(self) -> None:
        self._answers /= self._weight
        self._endings /= self._weight
        self._weight = 1.0

    def answered(self, age_s: float) -> None:
        """A call was answered at this age."""
        self._note(self._answers, age_s)

    def ended(self, age_s: float) -> None:
        """A call ended without an answer at this age."""
        self._note(self._endings, age_s)

    def refresh(self, ringing_ages_s: Array) -> None:
        """Bring the distributions up to date; the ages are those of the calls ringing now."""
        answers = self._answers / self._weight + self._answer_prior
        endings = self._endings / self._weight + self._ending_prior
        ringing = np.bincount(
            np.minimum((np.maximum(ringing_ages_s, 0.0) / BIN_S).astype(np.intp), self.bins - 1), minlength=self.bins
        )
        ended = answers + endings
        # Endings in this bin or later, calls ringing now that have passed it, and half of those in it.
        at_risk = np.cumsum((ended + ringing)[::-1])[::-1] - 0.5 * ringing
        gone = np.minimum(ended / at_risk, 1.0)
        alive = np.concatenate([[1.0], np.cumprod(1.0 - gone)[:-1]])
        answered = alive * answers / at_risk
        otherwise = alive * endings / at_risk
        self._mass = answered / answered.sum()
        np.cumsum(self._mass, out=self._answered_by[1:])
        np.cumsum(otherwise / otherwise.sum(), out=self._ended_by[1:])

    @property
    def mass(self) -> Array:
        """Share of the answers that falls in each bin, as of the last ``refresh``."""
        return self._mass

    @property
    def answered_by(self) -> Array:
        """Share of the answers before each bin edge: ``bins + 1`` values from 0 to 1."""
        return self._answered_by

    @property
    def ended_by(self) -> Array:
        """The same for calls that end without an answer."""
        return self._ended_by

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        self._rescale()
        return {
            "answers": [round(float(x), 6) for x in self._answers],
            "endings": [round(float(x), 6) for x in self._endings],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave; another ring time-out is met by cutting or filling up."""
        for target, key in ((self._answers, "answers"), (self._endings, "endings")):
            saved = np.array(state[key], dtype=float)
            shared = min(len(saved), self.bins)
            target[:] = 0.0
            target[:shared] = saved[:shared]
            target[self.bins - 1] += saved[shared:].sum()
        self._weight = 1.0
        self.refresh(np.empty(0))
