"""A trunk's calls per second: spaced, at full rate although timers come late, and never more than allowed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dialerd.core.campaign import TrunkSettings
from dialerd.core.lines import LATE_S, TrunkRun


def trunk(cps: float) -> TrunkRun:
    return TrunkRun(TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 10_000, cps))


def place_for(run: TrunkRun, seconds: float, late_s: float) -> list[float]:
    """Call whenever the trunk allows, each time ``late_s`` after that moment."""
    now, moments = 1000.0, list[float]()
    while (moment := run.token_at(now)) < 1000.0 + seconds:
        now = max(now, moment) + (late_s if moment > now else 0.0)
        run.take(now)
        moments.append(now)
    return moments


@pytest.mark.parametrize(("cps", "late_s"), [(500.0, 0.003), (100.0, 0.015), (10.0, 0.02), (0.5, 0.02)])
def test_what_a_timer_comes_late_costs_no_calls(cps: float, late_s: float) -> None:
    moments = place_for(trunk(cps), 20.0, late_s)

    assert len(moments) == pytest.approx(20.0 * cps, abs=cps * LATE_S + 2)


@pytest.mark.parametrize("cps", [0.5, 2.0, 10.0, 100.0])
def test_calls_are_spaced_evenly_when_nothing_is_late(cps: float) -> None:
    moments = [moment for moment in place_for(trunk(cps), 20.0, 0.0) if moment > 1001.0]

    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) == pytest.approx(1.0 / cps)


@pytest.mark.parametrize("cps", [10.0, 500.0])
def test_after_a_pause_no_more_than_the_lateness_is_made_up_for(cps: float) -> None:
    run = trunk(cps)
    run.take(1000.0)

    after_the_pause = 0
    while run.token_at(2000.0) <= 2000.0:
        run.take(2000.0)
        after_the_pause += 1

    assert 1 <= after_the_pause <= LATE_S * cps + 1


@pytest.mark.parametrize("cps", [2.5, 10.0, 500.0])
def test_what_is_made_up_for_never_breaks_the_limit(cps: float) -> None:
    run, dialed = trunk(cps), list[float]()

    for asked in place_for(trunk(cps), 10.0, 0.017):
        moment = run.dial(asked)
        while moment > asked:
            asked = moment
            moment = run.dial(asked)
        dialed.append(moment)

    allowed = max(1, round(cps + 0.49))
    assert all(
        later - earlier >= allowed / cps - 1e-6
        for earlier, later in zip(sorted(dialed), sorted(dialed)[allowed:], strict=False)
    )
