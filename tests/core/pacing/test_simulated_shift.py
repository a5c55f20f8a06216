"""Short seeded shifts: the cap holds, and agents are busier than one call per agent would make them."""

from dataclasses import replace

import pytest

from bench.pacing.floors import steady
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio
from dialerd.sim.forecast.floors import HOUR, Floor
from dialerd.sim.forecast.lane import info_for
from dialerd.sim.forecast.single import simulate

TWO_HOURS = replace(steady(20, 0.3, 60.0), hours=2.0)
SURGE = replace(
    TWO_HOURS,
    name="surge",
    answer=((0.0, 0.2), (HOUR, 0.2), (HOUR + 60.0, 0.9), (1.2 * HOUR, 0.9), (1.3 * HOUR, 0.2)),
)
VANISHING = replace(TWO_HOURS, name="vanishing", moves=tuple((HOUR + i, -1) for i in range(10)))


@pytest.mark.parametrize("floor", [TWO_HOURS, SURGE, VANISHING], ids=lambda floor: floor.name)
def test_predictive_holds_the_cap_and_beats_progressive(floor: Floor) -> None:
    shift = simulate(floor, Predictive(), seed=5)
    base = simulate(floor, Progressive(), seed=5, learns=False)
    assert shift.connected > 500, f"seed 5: {shift.connected} connected"
    assert shift.abandon_rate <= 0.03, f"seed 5: {shift.abandoned} of {shift.connected + shift.abandoned}"
    assert shift.utilisation > base.utilisation + 0.1
    assert base.abandoned == 0


def test_the_guarded_ratio_holds_the_cap_where_the_bare_one_does_not() -> None:
    bare = simulate(TWO_HOURS, Ratio(8.0, guarded=False), seed=5, learns=False)
    guarded = simulate(TWO_HOURS, Ratio(8.0), seed=5, learns=False)
    assert bare.abandon_rate > 0.05
    assert guarded.abandon_rate <= 0.035


def test_the_default_profile_starts_progressive() -> None:
    floor = replace(TWO_HOURS, hours=0.25)
    shift = simulate(floor, Predictive(), seed=2, info=info_for(floor, progressive_until=50))
    assert not any(shift.answer_lost[:50])


def test_the_same_seed_gives_the_same_shift() -> None:
    floor = replace(TWO_HOURS, hours=0.3)
    one, other = simulate(floor, Predictive(), seed=9), simulate(floor, Predictive(), seed=9)
    assert (one.dials, one.connected, one.abandoned, one.busy_s) == (
        other.dials,
        other.connected,
        other.abandoned,
        other.busy_s,
    )
    assert simulate(floor, Predictive(), seed=10).answer_times != one.answer_times


def test_counts_add_up() -> None:
    shift = simulate(replace(TWO_HOURS, hours=0.5), Predictive(), seed=4)
    assert len(shift.answer_times) == shift.connected + shift.abandoned
    assert sum(shift.answer_lost) == shift.abandoned
    assert shift.logged_in_s == pytest.approx(20 * 1800.0)
    assert 0.0 < shift.busy_s <= shift.logged_in_s
