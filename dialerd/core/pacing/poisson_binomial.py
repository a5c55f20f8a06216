"""P(agents free - people answering <= 0), when each term is a coin of its own.

X = base + sum of Bernoulli(f_i) - sum of Bernoulli(g_j). Many terms: the refined normal approximation (normal with
continuity correction and a skewness term; Volkova 1996, Hong 2013). Few terms: by the characteristic function and
the inverse discrete Fourier transform, exact as long as X stays within 16 of its mean. ``exact_shortage`` is the
plain convolution that both are tested against.
"""

from __future__ import annotations

from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_GRID = np.linspace(-7.0, 7.0, 5601)
_CDF = np.array([0.5 * (1.0 + erf(x / sqrt(2.0))) for x in _GRID])
_SLOPE = np.append(np.diff(_CDF), 0.0)
_STEP_INVERSE = 400.0
_SKEW = 1.0 / (6.0 * sqrt(2.0 * np.pi))


def normal_cdf(z: Array) -> Array:
    """Standard normal distribution function, to 1e-6."""
    position = np.minimum(np.maximum(z * _STEP_INVERSE + 2800.0, 0.0), 5599.0)
    low = position.astype(np.intp)
    left = _CDF.take(low)
    return np.asarray(left + (position - low) * _SLOPE.take(low))


def shortage(mean: Array, variance: Array, third: Array) -> Array:
    """P(X <= 0) from the mean, variance and third central moment of integer-valued X; arrays of one shape."""
    variance = np.maximum(variance, 1e-6)
    sd = np.sqrt(variance)
    z = (0.5 - mean) / sd
    square = z * z
    correction = third * (1.0 - square) * np.exp(-0.5 * square) / (variance * sd)
    value = normal_cdf(z) + correction * _SKEW
    return np.asarray(np.minimum(np.maximum(value, 0.0), 1.0))


def exact_distribution(probabilities: Array) -> Array:
    """Distribution of a sum of independent coins. ``probabilities``: (terms, columns) -> (columns, terms + 1)."""
    terms, columns = probabilities.shape
    result = np.zeros((columns, terms + 1))
    result[:, 0] = 1.0
    for index in range(terms):
        p = probabilities[index][:, None]
        upper = index + 1
        result[:, 1 : upper + 1] = result[:, 1 : upper + 1] * (1.0 - p) + result[:, :upper] * p
        result[:, 0] *= 1.0 - p[:, 0]
    return result


def exact_shortage(base: int, supply: Array, demand: Array) -> Array:
    """P(base + sum(supply) - sum(demand) <= 0) exactly. ``supply``, ``demand``: (terms, columns) -> (columns,).

    Uses base + sum(supply) - sum(demand) = base - D + sum(supply) + sum(1 - demand), D the number of demand terms.
    """
    terms = np.concatenate([supply, 1.0 - demand])
    limit = demand.shape[0] - base
    if limit < 0:
        return np.zeros(terms.shape[1])
    distribution = exact_distribution(terms)
    return np.asarray(np.minimum(distribution[:, : limit + 1].sum(axis=1), 1.0))


LENGTH = 32
"""Values of X told apart by the Fourier transform."""
_TURN: NDArray[np.complex128] = np.exp(2j * np.pi * np.arange(LENGTH // 2 + 1) / LENGTH)
_ONE_MORE: NDArray[np.complex128] = _TURN - np.complex128(1.0)
_ONE_LESS: NDArray[np.complex128] = np.conj(_TURN) - np.complex128(1.0)
_SQUARE: Array = (2.0 * np.pi * np.arange(LENGTH // 2 + 1) / LENGTH) ** 2


def _weights() -> NDArray[np.complex128]:
    """Row c sums P(X = x) over the c values 1 - c, ..., 0; frequencies above the middle mirror those below."""
    fold = np.full(LENGTH // 2 + 1, 2.0)
    fold[0] = fold[-1] = 1.0
    rows = [np.zeros(LENGTH // 2 + 1, dtype=np.complex128)]
    for count in range(1, LENGTH + 1):
        values = np.arange(1 - count, 1)
        rows.append(fold / LENGTH * (_TURN[:, None] ** -values[None, :]).sum(axis=1))
    return np.array(rows)


_WEIGHTS = _weights()


class Characteristic:
    """X at several moments at once, calls added one by one."""

    def __init__(self, base: int, supply: Array, demand: Array) -> None:
        """``supply``, ``demand``: (terms, columns), one probability per agent or call and moment."""
        self._value: NDArray[np.complex128] = (
            np.multiply.reduce(1.0 + supply[:, :, None] * _ONE_MORE, axis=0)
            * np.multiply.reduce(1.0 + demand[:, :, None] * _ONE_LESS, axis=0)
            * _TURN**base
        )
        self.mean: Array = base + supply.sum(axis=0) - demand.sum(axis=0)

    def add_call(self, demand: Array) -> None:
        """One more call; (columns,)."""
        self._value = self._value * (1.0 + demand[:, None] * _ONE_LESS)
        self.mean = self.mean - demand

    def shortage(self, further_variance: Array) -> Array:
        """P(X <= 0) per moment, with normal noise of this variance added for what the forecast does not know."""
        counts = np.minimum(np.maximum(LENGTH // 2 + 1 - np.rint(self.mean), 0.0), LENGTH).astype(np.intp)
        damped = self._value * np.exp(-0.5 * further_variance[:, None] * _SQUARE)
        value = (damped * _WEIGHTS[counts]).real.sum(axis=1)
        return np.asarray(np.minimum(np.maximum(value, 0.0), 1.0))
