"""The chance that a dialed call is answered, followed with a slow, a middle and a fast memory.

Calls still ringing count in proportion: a dial becomes *exposure* bit by bit as it ages, by the answer-time
distribution, and p is answers per exposure. So p is unbiased at every moment, also seconds after a burst of dials.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialerd.core.pacing.answer_time import BIN_S, AnswerTimes

Array = NDArray[np.float64]

SLOW_MEMORY = 1200.0
"""Dials after which one weighs 1/e."""
MIDDLE_MEMORY = 250.0
FAST_MEMORY = 60.0
RISE_ERRORS = 2.0
"""Standard errors above the slow memory at which the fast one takes over."""
FALL_ERRORS = 3.0
"""Standard errors below the slow memory at which the middle one takes over. A rising answer rate is the dangerous
one, so it is believed soon and on little evidence; believing a fall wrongly would place a burst of calls too many."""
_PRIOR_DIALS = 10.0
_PRIOR_P = 0.3
_LEAN = 8.0
_MEMORIES = (SLOW_MEMORY, MIDDLE_MEMORY, FAST_MEMORY)


class AnswerProbability:
    """Estimator of p."""

    def __init__(self, answer_times: AnswerTimes) -> None:
        self._times = answer_times
        self._recent = np.zeros(answer_times.bins + 1)
        """Dials by age: element j holds those between j - 1 and j bins old, element 0 the newest."""
        self._bin: int | None = None
        self._fresh_answers = 0.0
        self._answers = [0.0, 0.0, 0.0]
        self._exposure = [0.0, 0.0, 0.0]

    def dialed(self, now: float) -> None:
        """A call was placed."""
        self.advance(now)
        self._recent[0] += 1.0

    def answered(self, now: float) -> None:
        """A call was answered (in AMD mode: picked up)."""
        self._fresh_answers += 1.0

    def advance(self, now: float) -> None:
        """Let the ringing calls age up to ``now``. A clock that steps back changes nothing."""
        current = int(now / BIN_S)
        if self._bin is None:
            self._bin = current
            return
        steps = current - self._bin
        if steps < 0:
            self._bin = current
            return
        if steps == 0:
            return
        self._bin = current
        recent, mass = self._recent, self._times.mass
        gained = 0.0
        for _ in range(min(steps, len(recent))):
            recent[1:] = recent[:-1]
            recent[0] = 0.0
            gained += float(recent[1:].dot(mass))
        if gained == 0.0 and self._fresh_answers == 0.0:
            return
        for index, memory in enumerate(_MEMORIES):
            decay = exp(-gained / memory)
            self._exposure[index] = self._exposure[index] * decay + gained
            self._answers[index] = self._answers[index] * decay + self._fresh_answers
        self._fresh_answers = 0.0

    @property
    def exposure(self) -> float:
        """Dials' worth of evidence in the slow memory."""
        return self._exposure[0]

    def slow(self) -> float:
        """Estimate of the slow memory."""
        return min(0.98, (self._answers[0] + _PRIOR_DIALS * _PRIOR_P) / (self._exposure[0] + _PRIOR_DIALS))

    def _shorter(self, index: int) -> tuple[float, float]:
        """(estimate, standard error) of the middle or fast memory, which lean on the slow one a little."""
        slow = self.slow()
        value = min(0.98, (self._answers[index] + _LEAN * slow) / (self._exposure[index] + _LEAN))
        # An exponential memory of M dials has the variance of 2 M dials.
        dials = min(2.0 * _MEMORIES[index], 2.0 * self._exposure[index]) + _LEAN
        return value, sqrt(slow * (1.0 - slow) / dials)

    def estimate(self) -> tuple[float, float]:
        """(p to use now, its standard error): the slow memory, unless a shorter one contradicts it clearly."""
        slow = self.slow()
        fast, error = self._shorter(2)
        if fast - slow > RISE_ERRORS * error:
            return fast, error
        middle, error = self._shorter(1)
        if slow - middle > FALL_ERRORS * error:
            return min(slow, middle + error), error
        dials = min(2.0 * SLOW_MEMORY, self._exposure[0]) + _PRIOR_DIALS
        return slow, sqrt(slow * (1.0 - slow) / dials)

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes. Calls ringing now are not part of it."""
        return {"answers": list(self._answers), "exposure": list(self._exposure)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        answers, exposure = state["answers"], state["exposure"]
        if len(answers) != len(_MEMORIES) or len(exposure) != len(_MEMORIES):
            raise ValueError("answer probability: saved with other memories")
        self._answers = [float(x) for x in answers]
        self._exposure = [float(x) for x in exposure]
