"""`schedules:` in the campaigns file."""

from __future__ import annotations

from datetime import date

import pytest
from config_texts import BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import plan_diff
from dialerd.config.problems import Severity
from dialerd.core.weekly_hours import WHOLE_DAY

OFFICE = """\
schedules:
  office:
    time_zone: Europe/London
    hours: {mon-fri: 09:00-17:30, sat: 10-14}
    holidays: gb-eng
    dates:
      2026-12-24: all day
      2026-12-28 to 2026-12-30: closed
    from: 2026-01-05
    until: 2099-12-31
"""
WITH = BASE + "    schedule: office\n" + OFFICE


def test_what_is_stated_comes_out() -> None:
    result = check(WITH)
    assert result.problems == ()
    assert result.plan is not None
    schedule = result.plan.campaigns["sale"].schedule
    assert schedule is not None
    assert (schedule.name, schedule.zone_name) == ("office", "Europe/London")
    assert str(schedule.hours) == "mon-fri 09:00-17:30, sat 10:00-14:00"
    assert schedule.holidays is not None
    assert schedule.holidays.place == "GB-ENG"
    assert schedule.of(date(2026, 12, 25)) == ()
    assert schedule.of(date(2026, 12, 24)) == WHOLE_DAY
    assert sorted(schedule.dates)[1:] == [date(2026, 12, n) for n in (28, 29, 30)]
    assert (schedule.first_day, schedule.last_day) == (date(2026, 1, 5), date(2099, 12, 31))


def test_the_defaults_may_give_one_and_a_campaign_none() -> None:
    shared = changed(BASE, "campaigns:\n", "defaults: {schedule: office}\ncampaigns:\n") + OFFICE
    for text, name in (
        (shared, "office"),
        (changed(shared, "queue: sales", "queue: sales\n    schedule: null"), None),
    ):
        result = check(text)
        assert result.plan is not None, result.problems
        schedule = result.plan.campaigns["sale"].schedule
        assert (schedule.name if schedule is not None else None) == name


def test_a_reload_says_which_hours_change() -> None:
    old, new = check(WITH).plan, check(changed(WITH, ", sat: 10-14", "")).plan
    assert old is not None
    assert new is not None
    assert plan_diff(old, new).lines() == [
        "~ campaign sale: schedule.hours: mon-fri 09:00-17:30, sat 10:00-14:00 -> mon-fri 09:00-17:30"
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schedule: office", "schedule: «offcie", "there is no schedule `offcie`"),
        ("sat: 10-14", "«satt: 10-14", "`satt` is not a day of the week"),
        ("09:00-17:30", "«17:30-09:00", "ends before it begins"),
        ("{mon-fri: 09:00-17:30, sat: 10-14}", "«{mon-fri: 09:00-17:30, fri: 10-14}", "`fri` is stated twice"),
        ("gb-eng", "«gb-egn", "no holidays are known of `gb-egn`"),
        ("    holidays: gb-eng\n", "    holiday_hours: «10-12\n", "no place is stated whose holidays are meant"),
        ("Europe/London", "«Europe/Londn", "is not a time zone"),
        ("    time_zone: Europe/London\n", "", "`time_zone` is missing"),
        ("2026-12-24: all day", "«2026-12-24 to 2026-12-20: all day", "ends before it begins"),
        ("2026-12-24: all day", "«2026-02-30: all day", "is in no calendar"),
        ("    dates:\n      2026-12-24", "    dates:\n      «2026-12-29", "`2026-12-29` is stated twice"),
        ("from: 2026-01-05", "from: 2100-01-01", "`until` (2099-12-31) is before `from` (2100-01-01)"),
        (OFFICE, "schedules: {office: «{time_zone: UTC}}\n", "never open"),
        (OFFICE, "schedules: {office: {time_zone: UTC, hours: «{daily: closed}}}\n", "never open"),
        (
            OFFICE,
            "schedules: {office: {time_zone: UTC, from: 2030-06-01, until: 2030-06-02, hours: «{mon: 9-17}}}\n",
            "never open",  # a Saturday and a Sunday
        ),
    ],
)
def test_mistakes(old: str, new: str, says: str) -> None:
    text, mark = marked(changed(WITH, old, new))
    result = check(text)
    assert [problem.message for problem in result.problems if says in problem.message], result.problems
    assert len(result.problems) == 1, result.problems
    if mark is not None:
        assert (result.problems[0].line, result.problems[0].column) == mark
    assert result.plan is None


def test_a_schedule_that_is_over_is_warned_of() -> None:
    result = check(changed(WITH, "until: 2099-12-31", "until: 2026-02-01"))
    (problem,) = result.problems
    assert "over since 2026-02-01" in problem.message
    assert problem.severity is Severity.WARNING
    assert result.plan is not None
