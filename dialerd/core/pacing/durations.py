"""How long conversations and wrap-ups last, learned online: hazards on geometric bins.

The hazard of a bin is (endings seen in it) / (time spent in it). Time spent by conversations still going on counts
too, or the early data would say that conversations are short: the short ones end first. A lognormal prior, fitted to
what was seen (again with those still going on, by expectation-maximisation), is worth ``PRIOR_WEIGHT`` conversations.
"""

from __future__ import annotations

from math import erfc, exp, log, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PRIOR_WEIGHT = 15.0
MEMORY = 1500.0
"""Conversations after which an observation weighs 1/e."""
_MEAN_PSEUDO = 3.0
_SPREAD_PSEUDO = 6.0
_EM_STEPS = 2

EDGES: Array = np.concatenate([[0.0], 1.15 ** np.arange(0, 65)])
"""Bin edges in seconds: 0, 1, 1.15, ... about 7,700."""
WIDTHS: Array = np.diff(EDGES)
BINS = len(WIDTHS)
_MIDDLES_LOG: Array = np.log(0.5 * (EDGES[:-1] + EDGES[1:]))
_EDGES_LOG: Array = np.log(np.maximum(EDGES, 1e-3))


def _tail(z: float) -> float:
    return 0.5 * erfc(z / sqrt(2.0))


class Durations:
    """Estimator of one kind of duration."""

    def __init__(self, expected_s: float, spread: float = 0.8) -> None:
        """``expected_s``: a first guess of the mean; ``spread``: of the standard deviation of the logarithm."""
        self._guess_log = log(expected_s) - 0.5 * spread * spread
        self._guess_spread = spread
        self._events = np.zeros(BINS)
        self._exposure = np.zeros(BINS)
        self._count = 0.0
        self._sum_log = 0.0
        self._sum_log_squares = 0.0
        self._weight = 1.0
        self._location = self._guess_log
        self._scale = spread
        self._cumulative: Array = np.zeros(BINS + 1)
        self._mean_s = expected_s
        self.seen = 0
        self.fit(np.empty(0))

    def observe(self, duration_s: float) -> None:
        """A conversation ended after ``duration_s``."""
        duration = min(max(duration_s, 0.01), float(EDGES[-1]) - 1.0)
        if duration < 1.0:
            index = 0
        else:
            index = min(BINS - 1, 1 + int(log(duration) / log(1.15)))
        # Newer observations weigh more; dividing the older ones each time would cost a pass over the arrays.
        self._weight *= 1.0 + 1.0 / MEMORY
        weight = self._weight
        if weight > 1e6:
            self._rescale()
            weight = self._weight
        self._events[index] += weight
        self._exposure[:index] += weight * WIDTHS[:index]
        self._exposure[index] += weight * max(0.0, duration - float(EDGES[index]))
        logarithm = log(duration)
        self._count += weight
        self._sum_log += weight * logarithm
        self._sum_log_squares += weight * logarithm * logarithm
        self.seen += 1

    def _rescale(self) -> None:
        factor = 1.0 / self._weight
        self._events *= factor
        self._exposure *= factor
        self._count *= factor
        self._sum_log *= factor
        self._sum_log_squares *= factor
        self._weight = 1.0

    def fit(self, ages_s: Array) -> None:
        """Take account of all that was observed and of those still going on, whose ages these are."""
        factor = 1.0 / self._weight
        going = np.bincount(
            np.clip(np.searchsorted(EDGES, ages_s, side="right") - 1, 0, BINS - 1), minlength=BINS
        ).astype(float)
        self._fit_prior(going, factor)
        survival = np.array([_tail((x - self._location) / self._scale) for x in _EDGES_LOG])
        survival[0] = 1.0
        prior_events = survival[:-1] - survival[1:]
        prior_exposure = WIDTHS * 0.5 * (survival[:-1] + survival[1:])
        beyond = np.concatenate([np.cumsum(going[::-1])[::-1][1:], [0.0]])
        exposure_going = WIDTHS * (beyond + 0.5 * going)
        events = self._events * factor + PRIOR_WEIGHT * prior_events
        exposure = self._exposure * factor + exposure_going + PRIOR_WEIGHT * prior_exposure
        hazard = (events + 1e-9) / (exposure + 1e-6)
        self._cumulative = np.concatenate([[0.0], np.cumsum(hazard * WIDTHS)])
        fitted = np.exp(-self._cumulative)
        self._mean_s = float(np.sum(WIDTHS * 0.5 * (fitted[:-1] + fitted[1:])))

    def _fit_prior(self, going: Array, factor: float) -> None:
        count, sum_log, squares = (
            self._count * factor,
            self._sum_log * factor,
            self._sum_log_squares * factor,
        )
        bins = np.flatnonzero(going)
        mu, sigma = self._location, self._scale
        for _ in range(_EM_STEPS if len(bins) else 1):
            extra = extra_log = extra_squares = 0.0
            for index in bins:
                number = float(going[index])
                z = (float(_MIDDLES_LOG[index]) - mu) / sigma
                tail = _tail(z)
                ratio = exp(-0.5 * z * z) / sqrt(2 * pi) / tail if tail > 1e-12 else z
                mean = mu + sigma * ratio
                extra += number
                extra_log += number * mean
                extra_squares += number * (mu * mu + 2 * mu * sigma * ratio + sigma * sigma * (1 + z * ratio))
            total = count + extra
            mu_next = (_MEAN_PSEUDO * self._guess_log + sum_log + extra_log) / (_MEAN_PSEUDO + total)
            spread = squares + extra_squares - 2 * mu_next * (sum_log + extra_log) + total * mu_next * mu_next
            variance = (_SPREAD_PSEUDO * self._guess_spread**2 + max(0.0, spread)) / (_SPREAD_PSEUDO + total)
            mu, sigma = mu_next, min(2.0, max(0.1, sqrt(variance)))
        self._location, self._scale = mu, sigma

    def cumulative_hazard(self, ages_s: Array) -> Array:
        """-log P(longer than the age), piecewise linear; any shape."""
        return np.interp(ages_s, EDGES, self._cumulative)

    def survival(self, ages_s: Array) -> Array:
        """P(longer than the age)."""
        return np.asarray(np.exp(-self.cumulative_hazard(ages_s)))

    def mean(self) -> float:
        """Mean duration in seconds (of the fitted hazards, up to two hours)."""
        return self._mean_s

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        self._rescale()
        return {
            "events": [round(float(x), 6) for x in self._events],
            "exposure": [round(float(x), 4) for x in self._exposure],
            "count": self._count,
            "sum_log": self._sum_log,
            "sum_log_squares": self._sum_log_squares,
            "location": self._location,
            "scale": self._scale,
            "seen": self.seen,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave. Raises ValueError when the bins are not ours."""
        if len(state["events"]) != BINS or len(state["exposure"]) != BINS:
            raise ValueError("durations: saved with other bins")
        self._events = np.array(state["events"], dtype=float)
        self._exposure = np.array(state["exposure"], dtype=float)
        self._count = float(state["count"])
        self._sum_log = float(state["sum_log"])
        self._sum_log_squares = float(state["sum_log_squares"])
        self._location = float(state["location"])
        self._scale = float(state["scale"])
        self._weight = 1.0
        self.seen = int(state["seen"])
        self.fit(np.empty(0))
