"""Rolling caps over years of days and two campaigns: never exceeded, and used up."""

from __future__ import annotations

import os
from bisect import bisect_right

import pytest

from dialerd.core.attempts_control import AttemptCap, Scope
from tests.simulation.days import DAY, PEOPLE, Days, e164

DAYS = int(os.environ.get("DIALERD_CAP_DAYS", "1000"))
"""In all tests of this file together; ten thousand take about two minutes."""
WORLDS = 10

THREE_A_DAY = AttemptCap(Scope.NUMBER, 3, DAY)
TEN_A_WEEK = AttemptCap(Scope.NUMBER, 10, 7 * DAY)
PERSON = AttemptCap(Scope.PERSON, 12, 7 * DAY)
CONTACT = AttemptCap(Scope.CONTACT, 2, DAY)
MONTH = AttemptCap(Scope.NUMBER, 30, 30 * DAY)
GAP = AttemptCap(Scope.NUMBER, 1, 7200.0)
MIXES = [
    ((THREE_A_DAY,), (THREE_A_DAY,)),
    ((THREE_A_DAY, TEN_A_WEEK, MONTH), (THREE_A_DAY, TEN_A_WEEK, MONTH)),
    ((PERSON, GAP), (PERSON, GAP)),
    ((CONTACT, GAP), (CONTACT, GAP, PERSON)),
    ((TEN_A_WEEK,), ()),
]


def too_many(calls: list[tuple[float, str]], caps: dict[str, tuple[AttemptCap, ...]], scope: Scope) -> list[str]:
    """Calls that a cap of their campaign did not allow."""
    found, times = [], [at for at, _ in calls]
    for last, (at, campaign) in enumerate(calls):
        for cap in caps.get(campaign, ()):
            counted = last + 1 - bisect_right(times, at - cap.window_s)
            if cap.scope is scope and counted > cap.calls:
                found.append(f"{cap.label}: {counted} at {at:.1f}")
    return found


@pytest.mark.parametrize("mix", range(len(MIXES)))
@pytest.mark.parametrize("world", range(WORLDS // len(MIXES)))
def test_caps_are_never_exceeded_across_campaigns(mix: int, world: int) -> None:
    caps = dict(zip(PEOPLE, MIXES[mix], strict=True))
    days = Days(seed=100 * mix + world, caps=caps)
    days.run(DAYS / WORLDS)
    assert not days.violations
    for (scope, subject), calls in days.dialed.items():
        assert not too_many(calls, caps, scope), subject
    assert sum(map(len, days.dialed.values())) > DAYS / WORLDS


def test_a_cap_of_one_campaign_counts_the_calls_of_the_other() -> None:
    days = Days(seed=7, caps={"one": (TEN_A_WEEK,)})
    days.run(14)
    of_one = [at for at, campaign in days.dialed[Scope.NUMBER, e164(2)] if campaign == "one"]
    of_two = [at for at, campaign in days.dialed[Scope.NUMBER, e164(2)] if campaign == "two"]
    assert len(of_two) > 20, "the campaign without a cap goes on"
    assert len(of_one) < 10, "and takes the other's calls"
    assert len(days.dialed[Scope.NUMBER, e164(4)]) == 20


def test_what_a_cap_allows_is_used() -> None:
    days = Days(seed=3, caps=dict.fromkeys(PEOPLE, (THREE_A_DAY,)))
    days.run(20)
    for number in range(1, 7):
        called = days.dialed[Scope.NUMBER, e164(number)]
        assert len(called) >= 3 * 19, f"{e164(number)} was called {len(called)} times in 20 days"
