"""Forecast tables against direct sums."""

import numpy as np
import pytest

from dialerd.core.pacing.answer_time import BIN_S, AnswerTimes
from dialerd.core.pacing.contract import NO_TIMES, times
from dialerd.core.pacing.demand import Demand
from dialerd.core.pacing.durations import Durations
from dialerd.core.pacing.supply import Supply

HORIZONS = np.array([3.0, 9.0, 17.0, 31.0])


def fitted() -> tuple[Durations, Durations, Supply]:
    talk, wrap = Durations(60.0), Durations(10.0, 0.5)
    rng = np.random.default_rng(1)
    for _ in range(2000):
        talk.observe(float(rng.lognormal(np.log(60) - 0.32, 0.8)))
        wrap.observe(float(rng.lognormal(np.log(10) - 0.125, 0.5)))
    talk.fit(NO_TIMES)
    wrap.fit(NO_TIMES)
    supply = Supply(HORIZONS)
    supply.build(talk, wrap)
    return talk, wrap, supply


def test_wrapping_agents_follow_the_conditional_distribution() -> None:
    _, wrap, supply = fitted()
    row = supply.each(100.0, NO_TIMES, times([95.0]))[0]
    expected = 1 - wrap.survival(5.0 + HORIZONS) / wrap.survival(np.array([5.0]))
    assert row == pytest.approx(expected, abs=0.01)


def test_talking_agents_are_talk_then_wrap_up() -> None:
    talk, wrap, supply = fitted()
    row = supply.each(100.0, times([60.0]), NO_TIMES)[0]
    rng = np.random.default_rng(2)
    grid = np.linspace(0, 600, 6001)

    def draw(of: Durations, from_age: float, count: int) -> np.ndarray:
        alive = of.survival(from_age + grid) / of.survival(np.array([from_age]))
        return np.interp(rng.random(count), 1 - alive, grid)

    total = draw(talk, 40.0, 40_000) + draw(wrap, 0.0, 40_000)
    for column, horizon in enumerate(HORIZONS):
        assert row[column] == pytest.approx((total <= horizon).mean(), abs=0.015)


@pytest.mark.parametrize("count", [3, 200])
def test_totals_are_sums_over_agents_for_few_and_many(count: int) -> None:
    _, _, supply = fitted()
    rng = np.random.default_rng(3)
    talking, wrapping = 1000.0 - rng.random(count) * 300, 1000.0 - rng.random(count) * 30
    p = supply.each(1000.0, talking, wrapping)
    total = supply.total(1000.0, talking, wrapping)
    expected = np.concatenate([p.sum(0), (p * (1 - p)).sum(0), (p * (1 - p) * (1 - 2 * p)).sum(0)])
    assert total == pytest.approx(expected)


def test_a_state_entered_in_the_future_counts_as_new() -> None:
    _, _, supply = fitted()
    assert supply.each(100.0, times([130.0]), NO_TIMES) == pytest.approx(supply.each(100.0, times([100.0]), NO_TIMES))


def test_demand_of_a_ringing_call_is_bayes() -> None:
    answers = AnswerTimes(30.0)
    answers.refresh(NO_TIMES)
    demand = Demand(np.array([1.0, 5.0, 11.0, 29.0]), answers)
    demand.build(0.3)
    row = demand.each(100.0, times([92.0]), 0)[0]
    by, ended = answers.answered_by, answers.ended_by
    a = int(8.0 / BIN_S)
    start, gone = 0.5 * (by[a] + by[a + 1]), 0.5 * (ended[a] + ended[a + 1])
    for column, u in enumerate((1.0, 5.0, 11.0)):
        until = a + int(u / BIN_S)
        reach = 0.5 * (by[until] + by[until + 1])
        assert row[column] == pytest.approx(0.3 * (reach - start) / (1 - 0.3 * start - 0.7 * gone))


def test_the_new_call_gives_p_answers_over_its_ring_time() -> None:
    answers = AnswerTimes(30.0)
    answers.refresh(NO_TIMES)
    demand = Demand(np.arange(1.0, 30.0, 2.0), answers)
    demand.build(0.3)
    assert demand.when.sum() == pytest.approx(1.0)
    assert (demand.when >= 0).all()
    assert -demand.new_call[14] == pytest.approx(0.3, abs=0.01)
    assert demand.p_live == pytest.approx(0.3)


def test_amd_shifts_and_thins_demand() -> None:
    answers = AnswerTimes(30.0)
    answers.refresh(NO_TIMES)
    offsets = np.arange(1.0, 30.0, 2.0)
    plain, amd = Demand(offsets, answers), Demand(offsets, answers)
    plain.build(0.5)
    amd.build(0.5, live_share=0.4, delay_s=2.0)
    ringing = times([92.0])
    # Two seconds later, and four in ten of the pick-ups.
    later = plain.each(100.0, ringing, 0)[0][:-1] * 0.4
    assert amd.each(100.0, ringing, 0)[0][1:] == pytest.approx(later, abs=1e-9)
    assert amd.p_live == pytest.approx(0.2)
    assert amd.each(100.0, NO_TIMES, 3).sum(axis=0)[-1] == pytest.approx(1.2)
    assert -amd.total(100.0, NO_TIMES, 3)[len(offsets) - 1] == pytest.approx(1.2)
