"""The shortage approximation against the exact distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core.pacing.poisson_binomial import (
    Characteristic,
    exact_distribution,
    exact_shortage,
    normal_cdf,
    shortage,
)

coins = st.lists(st.floats(0.0, 1.0), min_size=0, max_size=9)


def approximated(base: int, supply: np.ndarray, demand: np.ndarray) -> float:
    mean = base + supply.sum() - demand.sum()
    spread_s, spread_d = supply * (1 - supply), demand * (1 - demand)
    third = (spread_s * (1 - 2 * supply)).sum() - (spread_d * (1 - 2 * demand)).sum()
    value = shortage(np.array([mean]), np.array([spread_s.sum() + spread_d.sum()]), np.array([third]))
    return float(value[0])


def test_normal_cdf_at_known_points() -> None:
    known = {-1.959964: 0.025, 0.0: 0.5, 1.0: 0.8413447, 2.326348: 0.99, -9.0: 0.0, 9.0: 1.0}
    values = normal_cdf(np.array(list(known)))
    assert values == pytest.approx(np.array(list(known.values())), abs=1e-6)


def test_two_coins_by_hand() -> None:
    both = exact_distribution(np.array([[0.5], [0.2]]))
    assert both[0] == pytest.approx([0.4, 0.5, 0.1])


def test_shortage_by_hand() -> None:
    # One idle agent, one who is free with 0.5, one call answered with 0.2 and one with 0.4:
    # 1 + S - D <= 0 when S = 0 and D >= 1, or S = 1 and D = 2: 0.5 x 0.52 + 0.5 x 0.08.
    value = exact_shortage(1, np.array([[0.5]]), np.array([[0.2], [0.4]]))
    assert value[0] == pytest.approx(0.30)


def test_shortage_is_certain_or_impossible_at_the_edges() -> None:
    none = np.empty((0, 1))
    assert exact_shortage(3, none, np.array([[0.9], [0.9]]))[0] == 0.0
    assert exact_shortage(0, none, np.array([[0.9]]))[0] == pytest.approx(1.0)


@given(coins)
def test_the_exact_distribution_is_one(probabilities: list[float]) -> None:
    result = exact_distribution(np.array(probabilities).reshape(-1, 1))
    assert result.sum() == pytest.approx(1.0)
    assert result.min() >= -1e-12
    mean = (result[0] * np.arange(len(probabilities) + 1)).sum()
    assert mean == pytest.approx(sum(probabilities), abs=1e-9)


@settings(max_examples=200)
@given(
    st.integers(-2, 6),
    st.lists(st.floats(0.02, 0.98), min_size=4, max_size=60),
    st.lists(st.floats(0.02, 0.6), min_size=4, max_size=60),
)
def test_the_approximation_is_close_to_the_exact_value(base: int, supply: list[float], demand: list[float]) -> None:
    f, g = np.array(supply), np.array(demand)
    exact = exact_shortage(base, f[:, None], g[:, None])[0]
    variance = (f * (1 - f)).sum() + (g * (1 - g)).sum()
    # Fewer effective coins, a coarser approximation.
    assert approximated(base, f, g) == pytest.approx(exact, abs=0.012 if variance > 2.0 else 0.06)


def test_the_skewness_term_earns_its_place() -> None:
    f, g = np.full(3, 0.5), np.full(40, 0.08)
    spread = (f * (1 - f)).sum() + (g * (1 - g)).sum()
    refined = plain = 0.0
    for base in range(9):
        exact = exact_shortage(base, f[:, None], g[:, None])[0]
        mean = np.array([base + f.sum() - g.sum()])
        refined += abs(approximated(base, f, g) - exact)
        plain += abs(shortage(mean, np.array([spread]), np.array([0.0]))[0] - exact)
    assert refined < 0.5 * plain


@settings(max_examples=200)
@given(
    st.integers(-6, 12),
    st.lists(st.floats(0.0, 1.0), max_size=20),
    st.lists(st.floats(0.0, 1.0), max_size=20),
    st.integers(0, 3),
)
def test_the_characteristic_function_gives_the_exact_value(
    base: int, supply: list[float], demand: list[float], added: int
) -> None:
    f, g = np.array(supply).reshape(-1, 1), np.array(demand).reshape(-1, 1)
    free = Characteristic(base, f, g)
    for _ in range(added):
        free.add_call(np.array([0.3]))
    exact = exact_shortage(base, f, np.concatenate([g, np.full((added, 1), 0.3)]))[0]
    assert free.shortage(np.zeros(1))[0] == pytest.approx(exact, abs=1e-4)


def test_what_is_not_known_spreads_the_distribution() -> None:
    free = Characteristic(3, np.empty((0, 1)), np.full((4, 1), 0.2))
    certain, vague = free.shortage(np.zeros(1))[0], free.shortage(np.full(1, 4.0))[0]
    assert certain == pytest.approx(4 * 0.2**3 * 0.8 + 0.2**4)
    assert vague > 2.0 * certain
