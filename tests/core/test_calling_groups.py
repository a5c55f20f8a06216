"""Who may wait in a calling group, and when a group is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.callable_time import CallableSet, CallableTime, Place, Week
from dialerd.core.calling_groups import LONGEST_KEY, group_of, group_openness
from dialerd.core.contact import Contact, Number
from dialerd.core.tallies import promised
from dialerd.core.weekly_hours import Openness, WeeklyHours
from tests.core.test_called_days import SEVERAL

H = 3600
HOURS = Week(WeeklyHours((((9 * H, 18 * H),),) * 7))
PLACES = {
    "home": Place(("Europe/London",), ("GB",)), "work": Place(("Europe/Madrid", "Atlantic/Canary"), ("ES",)),
    "abroad": Place(("Asia/Tokyo",), ("JP",)), "nowhere": Place(),
}  # fmt: skip
TIMES = CallableTime((CallableSet("daytime", HOURS),), lambda contact, number: PLACES[number.kind], "here")
NIGHT = datetime(2026, 7, 1, 22, tzinfo=ZoneInfo("Europe/London")).timestamp()


def contact(*kinds: str, **changes: object) -> Contact:
    numbers = tuple(Number(f"+44163296000{n}", kind) for n, kind in enumerate(kinds))
    return replace(Contact(1, "leads", "k", numbers, {}), **changes)  # type: ignore[arg-type]


def test_whose_numbers_are_all_outside_their_hours_waits_in_the_group_of_their_places() -> None:
    assert group_of(TIMES, contact("home"), NIGHT) == "here Europe/London|GB"
    both = "here Europe/London|GB;Europe/Madrid,Atlantic/Canary|ES"
    assert group_of(TIMES, contact("home", "work"), NIGHT) == group_of(TIMES, contact("work", "home"), NIGHT) == both
    assert group_openness(TIMES, both, NIGHT).open is False
    morning = datetime(2026, 7, 2, 9, tzinfo=ZoneInfo("Europe/London")).timestamp()
    assert group_openness(TIMES, both, NIGHT) == Openness(False, morning), "nine on the Canaries is nine in London"
    assert group_openness(TIMES, both, morning).open


@pytest.mark.parametrize(
    "alone",
    [
        contact("home", "abroad"),
        contact("nowhere"),
        contact("home", "nowhere"),
        contact(),
        contact("home", tries=promised({})),
    ],
    ids=["it is day for one", "nobody knows where", "nor of one of them", "no number", "who asked to be called"],
)
def test_others_wait_alone(alone: Contact) -> None:
    day_in_tokyo = datetime(2026, 7, 2, 10, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    assert group_of(TIMES, alone, day_in_tokyo) == ""


def test_numbers_that_are_not_dialed_any_more_do_not_count() -> None:
    day_in_tokyo = datetime(2026, 7, 2, 10, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    dead = contact("home", "abroad", tries={"@x1": 1})
    assert group_of(TIMES, dead, day_in_tokyo) == "here Europe/London|GB"
    barred = contact("home", "abroad")
    barred = replace(barred, numbers=(barred.numbers[0], replace(barred.numbers[1], uncallable="wrong person")))
    assert group_of(TIMES, barred, day_in_tokyo) == "here Europe/London|GB"


def test_a_group_of_settings_that_are_gone_is_open() -> None:
    assert group_openness(TIMES, "there Europe/London|GB", NIGHT).open
    assert group_openness(TIMES, "", NIGHT).open
    assert group_openness(CallableTime(places="here"), "here Europe/London|GB", NIGHT).open
    assert group_of(replace(TIMES, places=""), contact("home"), NIGHT) == ""


def test_too_many_places_are_not_written_down() -> None:
    far = replace(TIMES, locate=lambda contact, number: Place(("Europe/London",), ("X" * LONGEST_KEY,)))
    assert group_of(far, contact("home"), NIGHT) == ""


@given(st.lists(SEVERAL, min_size=1, max_size=3), st.floats(1.6e9, 1.9e9), st.floats(0, 48 * 3600))
def test_a_group_is_open_when_one_of_its_numbers_may_be_called(
    zones: list[tuple[str, ...]], moment: float, later: float
) -> None:
    of = {f"+44163296000{n}": Place(here, ("GB",)) for n, here in enumerate(zones)}
    times = CallableTime((CallableSet("daytime", HOURS),), lambda contact, number: of[number.e164], "here")
    who = contact(*["home"] * len(zones))
    key = group_of(times, who, moment)
    assert bool(key) == all(
        not times.at(place, moment).open and times.at(place, moment).until for place in of.values()
    )
    if key:
        states = [times.at(place, moment + later) for place in of.values()]
        assert group_openness(times, key, moment + later).open is any(state.open for state in states)
