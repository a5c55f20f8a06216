"""Trunks: the pace of calls that go out, and the breaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.campaign import TrunkSettings
from dialerd.core.disposition import Disposition
from dialerd.core.lines import BREAKER_FAILURES, TrunkRun

D = Disposition


def trunk(cps: float = 5.0) -> TrunkRun:
    return TrunkRun(TrunkSettings("carrier", "PJSIP/{e164}@carrier", "PJSIP/carrier", 10, cps))


@given(
    cps=st.sampled_from([0.2, 0.5, 1.0, 2.5, 4.0, 7.0, 30.0]),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0.0, 2.0)), min_size=1, max_size=60),
)
def test_calls_that_come_in_bursts_go_out_at_the_allowed_pace(cps: float, gaps: list[float]) -> None:
    run, now, dialed = trunk(cps), 1000.0, list[float]()
    for gap in gaps:
        now += gap
        while (moment := run.dial(now)) > now:
            now = moment
        dialed.append(now)
    for first, start in enumerate(dialed):
        within = [at for at in dialed[first:] if at < start + 1.0 - 1e-6]
        assert len(within) <= max(1.0, -(-cps // 1))
    if len(dialed) > 20 and dialed[-1] > dialed[0]:
        calls = max(1, int(-(-cps // 1)))
        assert (len(dialed) - calls) / (dialed[-1] - dialed[0]) <= cps + 1e-6


def test_asking_does_not_count_until_it_is_granted() -> None:
    run = trunk(1.0)
    assert run.dial(1000.0) == 1000.0
    assert [run.dial(1000.5) for _ in range(3)] == [1001.0] * 3
    assert run.dial(1001.0) == 1001.0


def test_a_clock_that_went_back_does_not_close_the_trunk() -> None:
    run = trunk(1.0)
    run.dial(5000.0)
    assert run.dial(1000.0) == 1000.0


def test_the_breaker_opens_after_failures_in_a_row_and_holds_longer_each_time() -> None:
    run, now = trunk(), 1000.0
    opened = [run.ended(D.CONGESTION, False, now) for _ in range(BREAKER_FAILURES)]
    assert opened == [False] * (BREAKER_FAILURES - 1) + [True]
    assert run.hold_until == now + 10.0
    assert run.ended(D.CONGESTION, False, now + 1.0) is False  # a call that was under way
    assert run.ended(D.CONGESTION, False, now + 11.0) is True
    assert run.hold_until == now + 11.0 + 20.0


def test_one_call_that_rings_closes_the_breaker() -> None:
    run = trunk()
    for _ in range(BREAKER_FAILURES - 1):
        run.ended(D.TRUNK_FAILURE, False, 1000.0)
    run.ended(D.NO_ANSWER, True, 1000.0)
    assert run.ended(D.TRUNK_FAILURE, False, 1000.0) is False
    assert run.failures_in_a_row == 1


def test_busy_is_no_failure_of_the_trunk() -> None:
    run = trunk()
    assert not any(run.ended(D.BUSY, False, 1000.0) for _ in range(3 * BREAKER_FAILURES))
