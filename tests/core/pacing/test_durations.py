"""Duration hazards converge to known distributions, also when much of the data is cut off."""

from math import erf, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.pacing.durations import EDGES, Durations


def lognormal_cdf(x: float, mean: float, sigma: float) -> float:
    return 0.5 * (1 + erf((log(x) - log(mean) + 0.5 * sigma**2) / (sigma * sqrt(2))))


def draws(mean: float, sigma: float, count: int, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.lognormal(log(mean) - 0.5 * sigma**2, sigma, count)


def test_converges_to_the_true_distribution() -> None:
    durations = Durations(120.0)
    for value in draws(60.0, 0.8, 3000):
        durations.observe(float(value))
    durations.fit(np.empty(0))
    for age in (10.0, 30.0, 60.0, 120.0, 240.0):
        expected = 1 - lognormal_cdf(age, 60.0, 0.8)
        assert durations.survival(np.array([age]))[0] == pytest.approx(expected, abs=0.03)
    assert durations.mean() == pytest.approx(60.0, rel=0.06)


def test_conversations_still_going_on_correct_the_early_bias() -> None:
    # 100 conversations begin at 0; at 60 s those of mean 180 that are over are the short ones only.
    values = draws(180.0, 0.8, 100)
    over = values[values <= 60.0]
    naive, fair = Durations(60.0), Durations(60.0)
    for value in sorted(over):
        naive.observe(float(value))
        fair.observe(float(value))
    naive.fit(np.empty(0))
    fair.fit(np.full(int((values > 60.0).sum()), 60.0))
    truth = 1 - lognormal_cdf(60.0, 180.0, 0.8)
    assert fair.survival(np.array([60.0]))[0] == pytest.approx(truth, abs=0.08)
    assert naive.survival(np.array([60.0]))[0] < truth - 0.3
    assert fair.mean() > 2.0 * naive.mean()


def test_without_data_it_is_the_first_guess() -> None:
    assert Durations(120.0).mean() == pytest.approx(120.0, rel=0.05)


def test_it_forgets() -> None:
    durations = Durations(60.0)
    for value in draws(60.0, 0.8, 3000):
        durations.observe(float(value))
    for value in draws(180.0, 0.8, 6000, seed=8):
        durations.observe(float(value))
    durations.fit(np.empty(0))
    assert durations.mean() == pytest.approx(180.0, rel=0.12)


def test_survival_falls_from_one() -> None:
    durations = Durations(30.0)
    values = durations.survival(np.concatenate([[0.0], EDGES[1:]]))
    assert values[0] == 1.0
    assert (np.diff(values) <= 0).all()


@given(st.lists(st.floats(0.0, 50_000.0), max_size=60), st.lists(st.floats(0.0, 9_000.0), max_size=20))
def test_any_data_give_a_proper_distribution(seen: list[float], going: list[float]) -> None:
    durations = Durations(60.0)
    for value in seen:
        durations.observe(value)
    durations.fit(np.array(going))
    survival = durations.survival(np.linspace(0.0, 7000.0, 50))
    assert np.isfinite(survival).all()
    assert (survival >= 0).all()
    assert (np.diff(survival) <= 1e-12).all()
    assert 0.0 < durations.mean() < 7700.0


def test_state_goes_round() -> None:
    one, other = Durations(60.0), Durations(90.0)
    for value in draws(40.0, 0.6, 500):
        one.observe(float(value))
    other.restore(one.state())
    one.fit(np.array([5.0, 20.0]))
    other.fit(np.array([5.0, 20.0]))
    ages = np.array([5.0, 50.0, 100.0])
    # The pseudo-observations of the first guess stay with the object, so a trace of it remains.
    assert other.survival(ages) == pytest.approx(one.survival(ages), abs=0.01)


def test_a_state_with_other_bins_is_refused() -> None:
    state = Durations(60.0).state()
    state["events"] = state["events"][:-1]
    with pytest.raises(ValueError, match="other bins"):
        Durations(60.0).restore(state)
