"""Callable times against an oracle that asks the wall clock minute by minute, in every time zone there is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core.callable_time import (
    CallableSet,
    CallableTime,
    Place,
    Week,
    local_time,
    window,
    zones_in,
    zones_said,
)
from dialerd.core.contact import Contact, Number
from dialerd.core.weekly_hours import CLOSED, WHOLE_DAY, Openness, Spans, WeeklyHours, spans

H, DAY = 3600, 86_400
ZONES = sorted(available_timezones() - {"localtime"})
LONDON = Place(("Europe/London",), ("GB",))


def daily(*parts: tuple[float, float]) -> WeeklyHours:
    of_day = spans((int(begin * H), int(end * H)) for begin, end in parts)
    return WeeklyHours((of_day,) * 7)


def at(text: str, zone: str = "UTC", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


# --- the oracle ----------------------------------------------------------------------------------------------------


def allowed(week: WeeklyHours, dates: dict[date, Spans], zones: tuple[str, ...], moment: float) -> bool:
    """What somebody would say who looks at a clock and a calendar on the wall, in every zone."""
    for name in zones:
        wall = datetime.fromtimestamp(moment, ZoneInfo(name))
        second = (wall.hour * 60 + wall.minute) * 60 + wall.second
        hours = dates.get(wall.date(), week.days[wall.weekday()])
        if not any(begin <= second < end for begin, end in hours):
            return False
    return True


def compare(week: WeeklyHours, dates: dict[date, Spans], zones: tuple[str, ...], begin: float, end: float) -> int:
    """Every minute of the time from ``begin`` to ``end``; returns how many minutes were open."""
    sets, place = (CallableSet("s", Week(week), dates=dates),), Place(zones)
    moment, opened = begin, 0
    while moment < end:
        found = window(sets, place, moment)
        until = end if found.until is None else min(found.until, end)
        assert until > moment, (zones, moment)
        minute = moment
        while minute < until:
            assert allowed(week, dates, zones, minute) is found.open, (zones, str(week), minute)
            opened += found.open
            minute += 60
        if until < end:
            assert until % 60 == 0
            assert allowed(week, dates, zones, until) is not found.open, (zones, str(week), until)
        moment = until
    return opened


@cache
def clock_changes(name: str, first_year: int, last_year: int) -> tuple[int, ...]:
    """Every moment at which the zone's clock jumps."""
    zone, found = ZoneInfo(name), []

    def offset(moment: int) -> timedelta | None:
        return datetime.fromtimestamp(moment, zone).utcoffset()

    moment, end = int(at(f"{first_year}-01-01")), int(at(f"{last_year + 1}-01-01"))
    while moment < end:
        following = moment + DAY
        if offset(moment) != offset(following):
            low, high = moment, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(moment) else (low, middle)
            found.append(high)
        moment = following
    return tuple(found)


@pytest.mark.parametrize("part", range(8))
def test_every_zone_at_both_of_its_edges(part: int) -> None:
    looked_at = set()
    for index, name in enumerate(ZONES[part::8]):
        changes = clock_changes(name, 2026, 2026) or (int(at("2026-06-01")),)
        rules = (changes, tuple(datetime.fromtimestamp(c - 1, ZoneInfo(name)).utcoffset() for c in changes))
        if rules in looked_at:
            continue  # another name of the same clock
        looked_at.add(rules)
        for change in changes[:2]:
            before = datetime.fromtimestamp(change - 1, ZoneInfo(name))
            wall = (before.hour * 60 + before.minute + 1) // 15 / 4  # hours that begin and end within what jumps
            parts = [
                (max(0.0, wall - 1 - index % 3), wall - 0.5),
                (wall, wall + 0.25),
                (wall + 0.5, wall + 1 + index % 5),
            ]
            week = daily(*((b, min(24.0, e)) for b, e in parts if 0 <= b < min(24.0, e)))
            assert compare(week, {}, (name,), change - 14 * H, change + 14 * H)
    assert len(looked_at) > 5


def test_zones_have_edges_of_every_kind() -> None:
    """The suite above is worth its name only if there are edges to be looked at."""
    of_2026 = {name: clock_changes(name, 2026, 2026) for name in ZONES}
    assert sum(len(changes) == 2 for changes in of_2026.values()) > 150
    assert len(of_2026["Africa/Casablanca"]) == 2  # clocks go back for Ramadan
    assert datetime.fromtimestamp(0, ZoneInfo("Asia/Kathmandu")).utcoffset() == timedelta(hours=5, minutes=30)
    assert len(ZONES) > 400


quarters = st.integers(0, 95)
some_spans = st.lists(st.tuples(quarters, st.integers(1, 40)), max_size=3).map(
    lambda parts: spans((begin * 900, min(DAY, (begin + length) * 900)) for begin, length in parts)
)
weeks = st.tuples(*[some_spans] * 7).map(WeeklyHours)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(ZONES), weeks, st.data())
def test_any_change_of_any_clock_since_1990(name: str, week: WeeklyHours, data: st.DataObject) -> None:
    """Political changes too: zones that went over the date line, gave up summer time, moved by half an hour."""
    changes = clock_changes(name, 1990, 2037) or (int(at("2011-12-30")),)
    change = data.draw(st.sampled_from(changes))
    change -= change % 60
    nearby = [datetime.fromtimestamp(change + days * DAY, ZoneInfo(name)).date() for days in (-1, 0, 1)]
    dates = data.draw(st.dictionaries(st.sampled_from(nearby), some_spans, max_size=2))
    compare(week, dates, (name,), change - 20 * H, change + 30 * H)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ZONES), min_size=2, max_size=3, unique=True), weeks, st.integers(0, 2 * 365 * 24 * 4))
def test_several_zones_are_what_is_common_to_all(names: list[str], week: WeeklyHours, quarter: int) -> None:
    begin = at("2025-01-01") + quarter * 900
    compare(week, {}, tuple(names), begin, begin + 36 * H)


# --- what counts ---------------------------------------------------------------------------------------------------

OFFICE = CallableSet("office", Week(daily((9, 17))))


def test_open_now_and_until_when() -> None:
    now = at("2026-01-05 10:00")
    assert window((OFFICE,), LONDON, now) == Openness(True, at("2026-01-05 17:00"))
    assert window((OFFICE,), LONDON, at("2026-01-05 17:00")) == Openness(False, at("2026-01-06 09:00"))


def test_a_number_of_two_zones_waits_for_the_later_and_stops_with_the_earlier() -> None:
    both = Place(("America/New_York", "America/Los_Angeles"))
    found = window((OFFICE,), both, at("2026-01-05 09:30", "America/New_York"))
    assert found == Openness(False, at("2026-01-05 09:00", "America/Los_Angeles"))
    assert window((OFFICE,), both, found.until or 0) == Openness(True, at("2026-01-05 17:00", "America/New_York"))


def test_zones_that_have_no_hour_in_common_are_asked_again_later_and_never_called() -> None:
    apart = Place(("Pacific/Auckland", "Europe/London"))
    moment = at("2026-01-05 10:00")
    for _ in range(3):
        found = window((OFFICE,), apart, moment)
        assert not found.open
        assert found.until is not None
        assert found.until > moment + DAY
        moment = found.until


def test_the_most_exact_statement_counts() -> None:
    hours = {
        name: Week(daily((begin, begin + 1))) for begin, name in enumerate(("any", "US", "zone", "US-FL", "date"))
    }
    rules = CallableSet(
        "all", hours["any"], {"US": hours["US"], "US-FL": hours["US-FL"]}, {"America/New_York": hours["zone"]},
        {date(2026, 1, 6): ((4 * H, 5 * H),)},
    )  # fmt: skip

    def opens(zone: str, region: str | None, day: str = "2026-01-05") -> str:
        found = window((rules,), Place((zone,), (region,) if region else ()), at(f"{day} 23:59", zone) - DAY)
        return datetime.fromtimestamp(found.until or 0, ZoneInfo(zone)).strftime("%H:%M")

    assert opens("Europe/London", "GB") == "00:00"
    assert opens("America/Chicago", "US-IL") == "01:00"
    assert opens("America/New_York", "US-NY") == "02:00"
    assert opens("America/New_York", "US-FL") == "03:00"
    assert opens("America/New_York", None) == "02:00"
    assert opens("America/New_York", "US-FL", "2026-01-06") == "04:00"


def test_a_place_that_is_not_named_is_not_called_when_only_places_are() -> None:
    rules = CallableSet("france", regions={"FR": Week(daily((10, 20)))})
    assert window((rules,), LONDON, at("2026-01-05 12:00")) == Openness(False, None)


def test_holidays_are_those_of_the_place_called_unless_others_are_named() -> None:
    known = {"GB-SCT": [date(2026, 11, 30)], "GB": [date(2026, 12, 25)]}
    week = Week(daily((9, 17)), CLOSED)
    own = CallableSet("own", week, holidays_of=lambda place: known.get(place, ()))
    scots = CallableSet("scots", week, holiday_places=("GB-SCT",), holidays_of=lambda place: known.get(place, ()))
    noon = at("2026-11-30 12:00")
    assert window((own,), LONDON, noon).open
    assert window((own,), Place(("Europe/London",), ("GB-SCT",)), noon) == Openness(False, at("2026-12-01 09:00"))
    assert window((scots,), LONDON, noon) == Openness(False, at("2026-12-01 09:00"))
    assert window((CallableSet("any", Week(daily((9, 17)))),), Place(("Europe/London",), ("GB-SCT",)), noon).open
    short = CallableSet(
        "short", Week(daily((9, 17)), ((10 * H, 11 * H),)), holidays_of=lambda place: known.get(place, ())
    )
    assert window((short,), LONDON, at("2026-12-25 09:30")) == Openness(False, at("2026-12-25 10:00"))


def test_a_date_opens_what_is_closed_and_closes_what_is_open() -> None:
    sunday = date(2026, 1, 11)
    week = WeeklyHours((*(((9 * H, 17 * H),),) * 5, CLOSED, CLOSED))
    rules = CallableSet("dates", Week(week), dates={sunday: WHOLE_DAY, date(2026, 1, 12): CLOSED})
    friday = at("2026-01-09 17:00")
    assert window((rules,), LONDON, friday) == Openness(False, at("2026-01-11 00:00"))
    assert window((rules,), LONDON, at("2026-01-11 08:00")) == Openness(True, at("2026-01-12 00:00"))
    assert window((rules,), LONDON, at("2026-01-12 00:00")) == Openness(False, at("2026-01-13 09:00"))


def test_several_sets_bind_together_and_only_where_they_say() -> None:
    florida = CallableSet("florida", Week(daily((8, 16))), only_in=("US-FL",))
    both = CallableTime((OFFICE, florida))
    zone = ("America/New_York",)
    now = at("2026-01-05 15:00", zone[0])

    def closes(*regions: str) -> str:
        until = both.at(Place(zone, regions), now).until
        return datetime.fromtimestamp(until or 0, ZoneInfo(zone[0])).strftime("%H:%M")

    assert closes("US-FL") == "16:00"
    assert closes("US-NY") == "17:00"
    assert closes("US") == "16:00", "it may be in Florida"
    assert closes() == "16:00", "nobody knows where"
    assert closes("US-NY", "US-FL") == "16:00"
    assert closes("GB") == "17:00"


def test_an_answer_is_kept_until_it_ceases_to_be_true() -> None:
    asked: list[str] = []

    def holidays_of(place: str) -> list[date]:
        asked.append(place)
        return []

    times = CallableTime((CallableSet("office", Week(daily((9, 17)), CLOSED), holidays_of=holidays_of),))
    for second in range(0, 7 * H, 60):
        assert times.at(LONDON, at("2026-01-05 10:00") + second).open
    assert len(asked) == 1
    assert not times.at(LONDON, at("2026-01-05 17:00")).open
    assert not times.at(LONDON, at("2026-01-05 08:59")).open, "a clock that was put back"
    assert len(asked) == 3


def test_nothing_binds_without_a_set() -> None:
    assert CallableTime().at(Place(), 0.0) == Openness(True, None)
    assert CallableTime().locate(Contact(1, "l", "k", (), {}), Number("+441632960001")) == Place()


def test_local_time_of_the_called_party() -> None:
    noon = datetime(2026, 7, 1, 12, 0, 0, 400_000, tzinfo=UTC).timestamp()
    zones = zones_said(Place(("America/New_York", "America/Chicago")))
    assert local_time(zones, noon) == "2026-07-01T08:00:00-04:00"
    assert zones_in(zones_said(Place(tuple("ABCDE")))) == tuple("ABCDE")
    assert zones_in("A B C +2") == tuple("ABC"), "as attempts kept them once"
    assert local_time(zones_said(Place()), noon) == ""
