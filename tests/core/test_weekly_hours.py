"""Hours on the wall clock of a place, through every change of its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core.weekly_hours import (
    ALWAYS,
    CLOSED,
    WHOLE_DAY,
    Openness,
    Spans,
    WeeklyHours,
    common_spans,
    is_within,
    openness,
    spans,
)

H = 3600
OFFICE = WeeklyHours((((9 * H, 17 * H),),) * 5 + (CLOSED, CLOSED))
NIGHT = WeeklyHours((((H + 1800, 3 * H),),) * 7)


def at(text: str, zone: str = "UTC", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def test_a_week_in_london() -> None:
    zone = "Europe/London"
    friday = at("2026-06-05 16:59:59", zone)
    assert openness(OFFICE.of, zone, friday) == Openness(True, friday + 1)
    assert openness(OFFICE.of, zone, friday + 1) == Openness(False, at("2026-06-08 09:00", zone))


def test_clocks_go_forward_and_hours_in_the_gap_do_not_exist() -> None:
    zone = "Europe/London"  # 01:00 GMT on 29 March 2026 is 02:00 BST
    before = at("2026-03-29 00:30", zone)
    found = openness(NIGHT.of, zone, before)
    assert found == Openness(False, datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp())
    assert openness(NIGHT.of, zone, found.until or 0) == Openness(True, at("2026-03-29 03:00", zone))


def test_clocks_go_back_and_hours_in_the_repeated_part_come_twice() -> None:
    zone = "Europe/London"  # 02:00 BST on 25 October 2026 is 01:00 GMT
    moment, changes = at("2026-10-25 00:00", zone), []
    for _ in range(4):
        found = openness(NIGHT.of, zone, moment)
        assert found.until is not None
        changes.append((found.open, datetime.fromtimestamp(found.until, UTC).strftime("%H:%M")))
        moment = found.until
    assert changes == [(False, "00:30"), (True, "01:00"), (False, "01:30"), (True, "03:00")]


def test_a_date_that_a_place_never_had() -> None:
    # Samoa went over the date line and left 30 December 2011 out.
    thursday = at("2011-12-29 17:00", "Pacific/Apia")
    assert openness(OFFICE.of, "Pacific/Apia", thursday).until == at("2012-01-02 09:00", "Pacific/Apia")
    whole = WeeklyHours((CLOSED,) * 4 + (WHOLE_DAY, CLOSED, CLOSED))
    assert openness(whole.of, "Pacific/Apia", thursday).until == at("2012-01-06 00:00", "Pacific/Apia")


def test_always_and_never_do_not_change() -> None:
    assert openness(ALWAYS.of, "America/New_York", at("2026-01-01")) == Openness(True, None)
    assert openness(lambda day: CLOSED, "America/New_York", at("2026-01-01")) == Openness(False, None)
    assert WeeklyHours((CLOSED,) * 7).never
    assert not OFFICE.never


def test_what_is_once_a_year_is_found() -> None:
    found = openness(lambda day: WHOLE_DAY if (day.month, day.day) == (12, 24) else CLOSED, "UTC", at("2026-12-25"))
    assert found == Openness(False, at("2027-12-24"))


def test_spans_are_sorted_and_joined() -> None:
    assert spans([(5, 9), (1, 3), (3, 4)]) == ((1, 4), (5, 9))
    for wrong in ((3, 3), (4, 2), (-1, 5), (0, 86_401)):
        with pytest.raises(ValueError, match="not within a day"):
            spans([wrong])


def test_in_words() -> None:
    assert str(OFFICE) == "mon-fri 09:00-17:00"
    assert str(WeeklyHours((CLOSED,) * 7)) == "never"
    two = WeeklyHours((((0, H), (2 * H, 86_400)), *(CLOSED,) * 5, WHOLE_DAY))
    assert str(two) == "mon 00:00-01:00 and 02:00-24:00, sun 00:00-24:00"


def _span(begin: int, length: int) -> tuple[int, int]:
    return begin * 900, min(86_400, (begin + length) * 900)


some_spans = st.lists(st.builds(_span, st.integers(0, 95), st.integers(1, 96)), max_size=3).map(spans)
weeks = st.tuples(*[some_spans] * 7).map(WeeklyHours)
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana",
         "Asia/Tehran", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Antarctica/Troll"]  # fmt: skip
moments = st.integers(int(at("2011-01-01")), int(at("2037-12-31")))


@settings(max_examples=150, deadline=None)
@given(weeks, st.sampled_from(ZONES), moments)
def test_nothing_changes_before_the_change_that_is_told(week: WeeklyHours, zone: str, second: int) -> None:
    found = openness(week.of, zone, second)
    assert found.open is is_within(week.of, zone, second)
    end = found.until if found.until is not None else second + 8 * 86_400
    if found.until is not None:
        assert is_within(week.of, zone, found.until) is not found.open
        assert is_within(week.of, zone, found.until - 1) is found.open
    else:
        assert week.never or week == ALWAYS
    step = max(60, int(end - second) // 200)
    for moment in range(second, int(end), step):
        assert is_within(week.of, zone, moment) is found.open


@settings(max_examples=60, deadline=None)
@given(weeks, weeks, st.sampled_from(ZONES), moments)
def test_common_hours_are_those_of_both(one: WeeklyHours, other: WeeklyHours, zone: str, second: int) -> None:
    both = one.common(other)
    assert is_within(both.of, zone, second) is (is_within(one.of, zone, second) and is_within(other.of, zone, second))
    for day in (date(2026, 1, 5) + timedelta(days=n) for n in range(7)):
        common: Spans = common_spans(one.of(day), other.of(day))
        assert both.of(day) == common
