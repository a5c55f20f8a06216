"""Progressive and power pacing."""

import pytest

from dialerd.core.pacing.contract import PacingInfo, Snapshot, WindowCount, times
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio


def floor(idle: int, ringing: int = 0, **more: float) -> Snapshot:
    return Snapshot(now=1000.0, idle=idle, ringing_since=times([990.0] * ringing), **more)  # type: ignore[arg-type]


def started(ratio: float, **rules: object) -> Ratio:
    pacer = Ratio(ratio)
    pacer.start(PacingInfo(**rules))  # type: ignore[arg-type]
    return pacer


def test_progressive_never_has_more_calls_than_idle_agents() -> None:
    pacer = Progressive()
    pacer.start(PacingInfo())
    assert pacer.decide(floor(5, 2)) == 3
    assert pacer.decide(floor(2, 5)) == 0
    assert pacer.decide(floor(3, 1, waiting=1)) == 1
    assert pacer.explain() == "1 calls: 3 idle agents, 2 calls in progress for them"


def test_progressive_respects_lines() -> None:
    pacer = Progressive()
    pacer.start(PacingInfo(max_lines=4))
    assert pacer.decide(floor(5, 0, lines_in_use=2)) == 2


@pytest.mark.parametrize("ratio", [0.99, 15.01, -1.0])
def test_a_ratio_out_of_range_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError):
        Ratio(ratio)


def test_ratio_is_calls_per_idle_agent_less_those_in_progress() -> None:
    pacer = started(2.5)
    assert pacer.decide(floor(4, 3, connected=500)) == 7
    assert "ratio 2.50 x 4 idle agents, 3 calls in progress" in pacer.explain()


def test_ratio_waits_until_the_answers_bear_one_abandon() -> None:
    pacer = started(3.0)
    assert pacer.decide(floor(10, connected=0)) == 10
    # 0.03 x (25 + 5 + 2.5) = 0.975; 0.03 x (63 + 11.3) = 2.23: 0.41 of the way; 0.03 x (120 + 17) = 4.1
    assert pacer.decide(floor(10, connected=25)) == 10
    assert "ratio 3.00 lowered, the abandon budget has 1.0 left" in pacer.explain()
    assert pacer.decide(floor(10, connected=63)) == 18
    assert pacer.decide(floor(10, connected=120)) == 30


def test_ratio_falls_back_to_one_call_per_agent_when_the_budget_is_used_up() -> None:
    pacer = started(3.0)
    # 0.03 x (1,000 + 20) = 30.6: 26 abandons leave 4.6, 28 leave 2.6, 30 leave 0.6.
    assert pacer.decide(floor(10, connected=974, abandoned=26)) == 30
    assert pacer.decide(floor(10, connected=972, abandoned=28)) == 20
    assert pacer.decide(floor(10, connected=970, abandoned=30)) == 10
    assert "the abandon budget has 0.6 left" in pacer.explain()


def test_any_further_window_binds_as_well() -> None:
    pacer = started(3.0)
    snapshot = floor(10, connected=1000)
    assert pacer.decide(snapshot) == 30
    full = Snapshot(now=1000.0, idle=10, connected=1000, other_windows=(WindowCount(9700.0, 310.0),))
    assert pacer.decide(full) == 10


def test_ratio_is_progressive_until_enough_people_answered() -> None:
    pacer = started(3.0, progressive_until_answers=80)
    assert pacer.decide(floor(10, connected=79)) == 10
    assert "progressive until 80 people answered (79 so far)" in pacer.explain()
    assert pacer.decide(floor(10, connected=80)) > 20


def test_ratio_is_held_by_calls_per_agent_and_says_so() -> None:
    pacer = started(5.0, max_calls_per_agent=2.0)
    assert pacer.decide(floor(10, connected=500)) == 20
    assert "held by lines, contacts or calls per agent" in pacer.explain()


def test_nobody_idle_means_no_power_calls() -> None:
    assert started(5.0).decide(Snapshot(now=0.0, talking_since=times([0.0] * 9), connected=500)) == 0


def test_agents_are_left_to_callers_of_flows_who_are_about_to_ask() -> None:
    floor = Snapshot(now=0.0, idle=4, connected=9_000.0, arriving=((1.0, 1.0), (1.0, 1.0), (0.9, 900.0)))
    for pacer, calls in ((Progressive(), 2), (Ratio(2.0), 4)):
        pacer.start(PacingInfo())
        assert pacer.decide(floor) == calls
