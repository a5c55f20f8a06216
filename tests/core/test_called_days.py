"""Days and parts of the day of whoever is called, over all time zones and both changes of clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.callable_time import CallableTime, Place, zones_said
from dialerd.core.called_days import day_over, stamp_of
from dialerd.core.campaign import NextTry, RetryRule
from dialerd.core.contact import Contact, Number
from dialerd.core.day_parts import USUAL, moments, next_day, part_at, parts_at
from dialerd.core.disposition import Disposition
from dialerd.core.retry import next_for_contact
from dialerd.core.tallies import calls_today, counted, number_calls_today
from tests.core.test_retry import record, settings

H, DAY = 3600.0, 86_400.0
ZONES = sorted(available_timezones())
SIX = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
    "Asia/Beirut",
)
"""Clocks go back to the day before in the last two."""
SEVERAL = st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True).map(tuple)
NUMBERS = (Number("+441632960001", "mobile"), Number("+441632960002", "home"))


def at(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def day(moment: float, zone: str) -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date().isoformat()


def changes(zone: str) -> list[float]:
    """Moments of 2026 at which its clocks are changed, to the quarter of an hour."""
    there, quarters = ZoneInfo(zone), range(int(at("2026-01-01", "UTC")), int(at("2027-01-01", "UTC")), 900)
    offsets = [datetime.fromtimestamp(second, there).utcoffset() for second in quarters[::96]]
    found = []
    for index, (before, after) in enumerate(pairwise(offsets)):
        if before != after:
            of_day = quarters[index * 96 : (index + 1) * 96 + 1]
            found += [s for s in of_day if datetime.fromtimestamp(s, there).utcoffset() == after][:1]
    return [float(second) for second in found]


def test_every_zones_days_end_when_its_date_is_never_shown_again() -> None:
    seen = 0
    for zone in ZONES:
        for change in changes(zone):
            seen += 1
            for hours in (-25, -2, -1, -0.5, 0, 0.5, 1, 2, 25):
                moment = change + hours * H
                over = day_over(moment, (zone,))
                assert moment < over <= moment + 26 * H, (zone, moment)
                assert day(over - 1, zone) == day(moment, zone), (zone, moment)
                assert all(day(over + more * 900, zone) > day(moment, zone) for more in range(12)), (zone, moment)
    assert seen > 200, "most of the zones that change their clocks"


@given(SEVERAL, st.floats(1.6e9, 1.9e9))
def test_a_day_is_over_when_it_has_ended_in_all_zones(zones: tuple[str, ...], moment: float) -> None:
    over = day_over(moment, zones)
    assert over > moment
    assert all(day(over, zone) > day(moment, zone) for zone in zones)
    assert any(day(over - 1, zone) == day(moment, zone) for zone in zones), "and not later"


def place_of(zones: Mapping[str, tuple[str, ...]]) -> CallableTime:
    return CallableTime(locate=lambda contact, number: Place(zones[number.e164]))


@given(
    st.tuples(SEVERAL, SEVERAL), st.integers(1, 3), st.integers(1, 5),
    st.lists(st.tuples(st.floats(60, 30 * H), st.integers(0, 1)), max_size=40),
    st.sampled_from([at("2026-03-28 18:00", "UTC"), at("2026-10-24 18:00", "UTC"), at("2026-07-01", "UTC")]),
)  # fmt: skip
def test_nobody_is_called_too_often_on_any_day_of_any_zone(
    zones: tuple[tuple[str, ...], tuple[str, ...]], per_number: int, per_contact: int,
    tries: list[tuple[float, int]], now: float,
) -> None:  # fmt: skip
    of = {number.e164: here for number, here in zip(NUMBERS, zones, strict=True)}
    plan = settings(callable_time=place_of(of))
    contact = Contact(1, "leads", "k", NUMBERS, {}, tries={})
    dialed: list[tuple[float, int]] = []
    for gap_s, index in tries:
        now += gap_s
        tallies = contact.tries or {}
        (calls, over), (of_all, over_all) = number_calls_today(tallies, index, now), calls_today(tallies, now)
        if calls >= per_number or of_all >= per_contact:
            end = max([over] * (calls >= per_number) + [over_all] * (of_all >= per_contact))
            assert now < end <= dialed[-1][0] + 50 * H
            continue
        stamp = stamp_of(plan, contact, index, now)
        ended = record(number_index=index, number_count=2, disposition="busy", contact_tries=stamp)
        contact = replace(contact, tries=counted(tallies, ended, len(dialed) + 1))
        dialed.append((now, index))
    for index, here in enumerate(zones):
        for zone in here:
            days = Counter(day(moment, zone) for moment, number in dialed if number == index)
            assert max(days.values(), default=0) <= per_number, (zone, days)
    for zone in (*zones[0], *zones[1]):
        days = Counter(day(moment, zone) for moment, _ in dialed)
        assert max(days.values(), default=0) <= per_contact, (zone, days)


def test_the_campaigns_midnight_is_nothing_to_a_number_elsewhere() -> None:
    of = {"+441632960001": ("America/Los_Angeles",), "+441632960002": ()}
    plan = settings(callable_time=place_of(of), time_zone="Europe/London")
    contact = Contact(1, "leads", "k", NUMBERS, {})
    noon = at("2026-07-01 12:00", "America/Los_Angeles")
    stamp = stamp_of(plan, contact, 0, noon)
    assert stamp["@over"] == at("2026-07-02", "America/Los_Angeles")
    assert stamp_of(plan, contact, 1, noon)["@over"] == at("2026-07-02", "Europe/London"), "of which nobody knows"
    assert stamp["@over_all"] == at("2026-07-02", "America/Los_Angeles"), "over for both of its numbers"


# --- parts of the day ---------------------------------------------------------------------------------------


@given(st.floats(1.6e9, 1.9e9), st.sampled_from(SIX))
def test_every_part_comes_soon_and_begins_where_it_is_said(moment: float, zone: str) -> None:
    told = list(moments(moment, USUAL, (zone,)))
    assert told[0] == (moment, {part_at(moment, USUAL, zone)})
    for part in range(3):
        first = next(begins for begins, parts in told if parts == {part})
        assert moment <= first <= moment + 25 * H
        quarter = moment - moment % 900 + 900
        earlier = [q for q in (quarter + n * 900 for n in range(101)) if q < first]
        assert all(part_at(q, USUAL, zone) != part for q in earlier)
    assert part_at(next_day(moment, USUAL, (zone,)), USUAL, zone) == 0


@given(SEVERAL, st.floats(1.6e9, 1.9e9))
def test_the_next_day_has_begun_in_all_zones(zones: tuple[str, ...], moment: float) -> None:
    begins = next_day(moment, USUAL, zones)
    for zone in zones:
        here = datetime.fromtimestamp(moment, ZoneInfo(zone)).date()
        then = datetime.fromtimestamp(begins, ZoneInfo(zone))
        assert then.date() > here
        assert then.date() > here + timedelta(days=1) or then.hour >= 8


def tried_again(zones: tuple[str, ...], moment: float, rule: RetryRule, **tallies: int) -> float:
    plan = settings(
        retry={Disposition.NO_ANSWER: rule}, max_attempts=99, callable_time=place_of({NUMBERS[0].e164: zones})
    )
    contact = Contact(1, "leads", "k", NUMBERS[:1], {}, attempts=7, tries=tallies)
    ended = record(
        contact_attempts=7, contact_tries=stamp_of(plan, contact, 0, moment), called_zone=zones_said(Place(zones))
    )
    following = next_for_contact(ended, plan, Disposition.NO_ANSWER, moment)
    assert following.at is not None
    return following.at


@given(SEVERAL, st.floats(1.6e9, 1.9e9), st.sampled_from([600.0, 4 * H, 20 * H]))
def test_another_part_of_the_day_is_another_one_in_every_zone_if_there_is_one(
    zones: tuple[str, ...], moment: float, gap_s: float
) -> None:
    then = tried_again(zones, moment, RetryRule(99, gap_s, NextTry.OTHER_DAYPART))
    before = parts_at(moment, USUAL, zones)
    quarters = [moment + gap_s, *(moment + gap_s - (moment + gap_s) % 900 + 900 * n for n in range(1, 97))]
    others = [quarter for quarter in quarters if before.isdisjoint(parts_at(quarter, USUAL, zones))]
    assert moment + gap_s <= then <= moment + gap_s + 3 * DAY
    assert before.isdisjoint(parts_at(then, USUAL, zones)) is bool(others)
    if others:
        assert then <= others[0]


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        (("Europe/Madrid",), "2026-07-01 17:00"),
        # Noon in Madrid is the morning of the Canaries: neither counts as untried.
        (("Europe/Madrid", "Atlantic/Canary"), "2026-07-01 18:00"),
    ],
)
def test_a_call_may_have_been_in_two_parts_of_the_day(zones: tuple[str, ...], expected: str) -> None:
    noon = at("2026-07-01 12:10", "Europe/Madrid")
    then = tried_again(zones, noon, RetryRule(9, 600.0, NextTry.OTHER_DAYPART))
    assert then == at(expected, "Europe/Madrid")


def test_the_best_time_is_that_of_their_clock() -> None:
    noon = at("2026-07-01 12:10", "Europe/Madrid")
    best = RetryRule(9, 600.0, NextTry.BEST_TIME)
    assert tried_again(("Asia/Tokyo",), noon, best, **{"@w0": 2, "@h0": 2}) == at("2026-07-02 08:00", "Asia/Tokyo")
