"""Answer times, answer probability and AMD delay."""

from math import erf, log, sqrt

import numpy as np
import pytest

from dialerd.core.pacing.amd_delay import AmdDelay
from dialerd.core.pacing.answer_probability import AnswerProbability
from dialerd.core.pacing.answer_time import BIN_S, AnswerTimes


def answered_by(age: float) -> float:
    return 0.5 * (1 + erf(log(age / 12.0) / (0.4 * sqrt(2))))


def test_answer_times_converge() -> None:
    times = AnswerTimes(30.0)
    rng = np.random.default_rng(3)
    for _ in range(4000):
        if rng.random() < 0.25:
            times.answered(float(12.0 * np.exp(0.4 * rng.standard_normal())))
        else:
            times.ended(30.0 if rng.random() < 0.6 else 2.0)
    times.refresh(np.empty(0))
    for age in (6.0, 10.0, 14.0, 20.0):
        assert times.answered_by[int(age / BIN_S)] == pytest.approx(answered_by(age), abs=0.04)
    assert times.ended_by[int(5 / BIN_S)] == pytest.approx(0.4, abs=0.04)
    assert times.answered_by[-1] == pytest.approx(1.0)
    assert times.ended_by[-1] == pytest.approx(1.0)


def test_calls_still_ringing_correct_the_early_bias() -> None:
    rng = np.random.default_rng(5)
    ages = 12.0 * np.exp(0.4 * rng.standard_normal(300))
    quick = ages[ages <= 9.0]
    naive, fair = AnswerTimes(30.0), AnswerTimes(30.0)
    for age in quick:
        naive.answered(float(age))
        fair.answered(float(age))
    # 900 further calls will not be answered; all that are not answered yet ring since 9 s.
    fair.refresh(np.full(900 + len(ages) - len(quick), 9.0))
    naive.refresh(np.empty(0))
    truth = answered_by(8.0)
    at = int(8.0 / BIN_S)
    assert naive.answered_by[at] > truth + 0.3
    assert abs(fair.answered_by[at] - truth) < 0.5 * abs(naive.answered_by[at] - truth)


def test_answer_times_survive_another_ring_time_out() -> None:
    long, short = AnswerTimes(30.0), AnswerTimes(20.0)
    for age in (5.0, 8.0, 25.0):
        long.answered(age)
    short.restore(long.state())
    assert sum(short.state()["answers"]) == pytest.approx(sum(long.state()["answers"]))
    long.restore(short.state())
    assert len(long.answered_by) == long.bins + 1


def feed(p: float, seconds: int, probability: AnswerProbability, start: float = 0.0, seed: int = 1) -> None:
    """Two dials a second; answers come after a lognormal time, told in order of time."""
    rng = np.random.default_rng(seed)
    events = []
    for second in range(seconds):
        for half in (0.0, 0.5):
            at = start + second + half
            events.append((at, "dial"))
            if rng.random() < p:
                events.append((at + min(29.0, 8.0 * float(np.exp(0.5 * rng.standard_normal()))), "answer"))
    for at, what in sorted(events):
        if at < start + seconds:
            if what == "dial":
                probability.dialed(at)
            else:
                probability.advance(at)
                probability.answered(at)
    probability.advance(start + seconds)


def test_p_converges_and_is_not_low_while_calls_still_ring() -> None:
    probability = AnswerProbability(AnswerTimes(30.0))
    feed(0.25, 60, probability)
    early = probability.estimate()[0]
    feed(0.25, 1200, probability, start=60.0, seed=2)
    late, error = probability.estimate()
    assert late == pytest.approx(0.25, abs=0.03)
    assert early == pytest.approx(0.25, abs=0.08)
    assert 0.005 < error < 0.02


def test_a_rise_is_believed_within_a_minute() -> None:
    probability = AnswerProbability(AnswerTimes(30.0))
    feed(0.15, 1200, probability)
    feed(0.6, 60, probability, start=1200.0, seed=2)
    assert probability.estimate()[0] > 0.35
    assert probability.slow() < 0.3


def test_a_fall_is_believed_later_but_is() -> None:
    probability = AnswerProbability(AnswerTimes(30.0))
    feed(0.5, 1200, probability)
    feed(0.1, 20, probability, start=1200.0, seed=2)
    assert probability.estimate()[0] > 0.3
    feed(0.1, 200, probability, start=1220.0, seed=3)
    assert probability.estimate()[0] < 0.25


def test_a_clock_that_steps_back_changes_nothing() -> None:
    probability = AnswerProbability(AnswerTimes(30.0))
    feed(0.3, 300, probability)
    before = probability.state()
    probability.advance(100.0)
    probability.advance(100.0)
    assert probability.state() == before
    feed(0.3, 60, probability, start=100.0, seed=9)
    assert probability.exposure > before["exposure"][0]


def test_a_long_pause_ages_all_ringing_calls_fully() -> None:
    probability = AnswerProbability(AnswerTimes(30.0))
    for _ in range(40):
        probability.dialed(10.0)
    probability.advance(100_000.0)
    assert probability.exposure == pytest.approx(40.0, abs=0.5)


def test_probability_state_goes_round_and_a_strange_one_is_refused() -> None:
    one, other = AnswerProbability(AnswerTimes(30.0)), AnswerProbability(AnswerTimes(30.0))
    feed(0.4, 300, one)
    other.restore(one.state())
    assert other.estimate() == one.estimate()
    with pytest.raises(ValueError, match="other memories"):
        other.restore({"answers": [1.0], "exposure": [2.0]})


def test_amd_delay_and_share_converge() -> None:
    amd = AmdDelay()
    for _ in range(1000):
        amd.live(0.8)
        amd.not_live()
        amd.not_live()
        amd.not_live()
    assert amd.mean_s == pytest.approx(0.8, abs=0.02)
    assert amd.live_share == pytest.approx(0.25, abs=0.02)
    other = AmdDelay()
    other.restore(amd.state())
    assert (other.mean_s, other.live_share) == (amd.mean_s, amd.live_share)
