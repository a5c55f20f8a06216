"""A campaign's own calendar."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from dialerd.core.holiday_calendar import HolidayCalendar
from dialerd.core.schedule import Schedule, ScheduleRun, until_said
from dialerd.core.weekly_hours import CLOSED, WHOLE_DAY, Openness, WeeklyHours

H = 3600
OFFICE = WeeklyHours((((9 * H, 17 * H),),) * 5 + (CLOSED, CLOSED))
NEVER = WeeklyHours((CLOSED,) * 7)
LONDON = "Europe/London"
XMAS = HolidayCalendar("GB-ENG", {date(2026, 12, 25): "Christmas Day", date(2026, 12, 28): "Boxing Day"})


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LONDON)).timestamp()


def test_the_most_particular_counts() -> None:
    schedule = Schedule(
        "office", LONDON, OFFICE, XMAS, ((10 * H, 12 * H),),
        {date(2026, 12, 25): CLOSED, date(2026, 12, 27): WHOLE_DAY},
    )  # fmt: skip
    thursday = schedule.openness(at("2026-12-24 17:00"))
    assert thursday == Openness(False, at("2026-12-27 00:00"))  # not on Friday, a holiday that is closed by date
    assert schedule.openness(at("2026-12-27 12:00")) == Openness(True, at("2026-12-28 00:00"))
    assert schedule.openness(at("2026-12-28 11:00")) == Openness(True, at("2026-12-28 12:00"))
    assert schedule.openness(at("2026-12-28 12:00")) == Openness(False, at("2026-12-29 09:00"))


def test_first_and_last_day() -> None:
    schedule = Schedule("spring", LONDON, OFFICE, first_day=date(2028, 3, 1), last_day=date(2028, 3, 2))
    assert schedule.openness(at("2026-01-01")) == Openness(False, at("2028-03-01 09:00"))  # beyond the horizon
    assert schedule.openness(at("2028-03-02 16:00")) == Openness(True, at("2028-03-02 17:00"))
    assert schedule.openness(at("2028-03-02 17:00")) == Openness(False, None)
    assert schedule.openness(at("2030-01-01")) == Openness(False, None)


def test_never_open() -> None:
    weekend = (date(2026, 6, 6), date(2026, 6, 7))
    assert Schedule("x", LONDON, NEVER).never
    assert Schedule("x", LONDON, NEVER, XMAS).never
    assert Schedule("x", LONDON, OFFICE, first_day=weekend[0], last_day=weekend[1]).never
    assert not Schedule("x", LONDON, OFFICE, first_day=weekend[0]).never
    assert not Schedule("x", LONDON, NEVER, XMAS, WHOLE_DAY).never
    assert not Schedule("x", LONDON, NEVER, dates={date(2026, 6, 6): WHOLE_DAY}).never
    assert Schedule("x", LONDON, NEVER, dates={date(2026, 6, 6): WHOLE_DAY}, last_day=date(2026, 6, 5)).never


def test_it_remembers_until_the_next_change_and_not_longer() -> None:
    asked: list[float] = []

    class Counting(Schedule):
        __slots__ = ()

        def openness(self, at: float) -> Openness:
            asked.append(at)
            return Schedule.openness(self, at)

    run = ScheduleRun(Counting("office", LONDON, OFFICE))
    nine = at("2026-06-05 09:00")
    for second in (nine - 2, nine - 1, nine, nine + 1, nine + 8 * H - 1, nine + 8 * H, nine - 5):
        assert run.at(second).open is (nine <= second < nine + 8 * H)
    assert asked == [nine - 2, nine, nine + 8 * H, nine - 5]


def test_until_when_in_words() -> None:
    schedule = Schedule("office", LONDON, OFFICE)
    friday = at("2026-06-05 18:00")
    assert until_said(schedule, friday, at("2026-06-08 09:00")) == "until Mon 09:00 Europe/London"
    assert until_said(schedule, friday, at("2026-07-01 09:00")) == "until Wed 2026-07-01 09:00 Europe/London"
