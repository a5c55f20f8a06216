"""Days and rolling thirty days in a time zone."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from dialerd.core.windows import ROLLING_DAYS, DayCount, Windows, day_begins, day_of, last_days, second_of_day

LONDON = "Europe/London"


def moment(text: str, zone: str = LONDON) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_a_day_is_as_long_as_its_clock_changes_make_it() -> None:
    spring, autumn = (day_of(moment(day), LONDON) for day in ("2026-03-29T12:00", "2026-10-25T12:00"))
    assert day_begins(spring + 1, LONDON) - day_begins(spring, LONDON) == 23 * 3600
    assert day_begins(autumn + 1, LONDON) - day_begins(autumn, LONDON) == 25 * 3600


def test_calls_count_on_the_day_of_their_answer() -> None:
    windows = Windows(LONDON)
    now = moment("2026-07-01T00:10")
    windows.count(moment("2026-06-30T23:59"), abandoned=False)
    windows.count(moment("2026-07-01T00:01"), abandoned=True)
    assert windows.of_today(now) == (0, 1)
    assert windows.rolling(now) == (1, 1)


def test_the_thirtieth_day_back_is_out() -> None:
    now = moment("2026-07-31T09:00")
    today = day_of(now, LONDON)
    windows = Windows(LONDON)
    windows.restore([DayCount(today - back, 10, 1) for back in range(ROLLING_DAYS + 5)])
    assert windows.of_today(now) == (10, 1)
    assert windows.rolling(now) == (300, 30)
    tomorrow = now + 86400
    assert windows.of_today(tomorrow) == (0, 0)
    assert windows.rolling(tomorrow) == (290, 29)


def test_what_the_record_counts_and_what_is_counted_live_add_up() -> None:
    now = moment("2026-07-31T09:00")
    windows = Windows(LONDON)
    windows.count(now, abandoned=False)
    windows.restore([DayCount(day_of(now, LONDON), 5, 2)])
    windows.count(now, abandoned=True)
    assert windows.of_today(now) == (6, 3)


@pytest.mark.parametrize("zone", ["UTC", LONDON, "America/New_York", "Pacific/Auckland", "Asia/Kathmandu"])
def test_last_days_are_seamless_and_end_with_today(zone: str) -> None:
    now = moment("2026-04-10T15:00", zone)
    days = last_days(now, zone)
    assert len(days) == ROLLING_DAYS
    assert all(first[2] == second[1] and first[0] + 1 == second[0] for first, second in pairwise(days))
    day, begin, end = days[-1]
    assert day == day_of(now, zone)
    assert begin <= now < end
    assert Windows(zone).today(now) == (day, end)


@pytest.mark.parametrize("zone", [LONDON, "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_day_and_second_are_what_the_clock_on_the_wall_shows(zone: str) -> None:
    begins = moment("2018-01-01T00:00", "UTC")
    for step in range(3_000):
        at = begins + step * 7_919.37  # through every hour of the day, and many changes of clocks
        wall = datetime.fromtimestamp(at, ZoneInfo(zone))
        assert day_of(at, zone) == wall.toordinal()
        assert second_of_day(at, zone) == wall.hour * 3600 + wall.minute * 60 + wall.second


def test_the_last_second_of_a_day_is_still_in_it() -> None:
    midnight = day_begins(day_of(moment("2026-07-01T12:00"), LONDON), LONDON)
    assert day_of(midnight - 0.001, LONDON) == day_of(midnight, LONDON) - 1
    assert second_of_day(midnight - 0.001, LONDON) == 86_399
    assert second_of_day(midnight, LONDON) == 0
