"""`schedules:` of the campaigns file: the shape, the core's value, and what contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from dialerd.config.document import Document
from dialerd.config.holiday_places import HolidayPlace, holiday_calendar
from dialerd.config.pacing_scalars import TimeZone
from dialerd.config.problems import Path, Problem, Severity, dotted, quoted
from dialerd.config.scalars import Scalar
from dialerd.config.section import Section
from dialerd.config.weekly_scalars import Day, HoursOfDay, Weekdays, days_twice, weekly_hours
from dialerd.core.schedule import Schedule
from dialerd.core.weekly_hours import Spans

_LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Days(Scalar):
    """A date, or several in a row: ``2026-12-24``, ``2026-12-27 to 2026-12-31``; the first and the last."""

    def parse(self, text: str) -> tuple[date, date]:
        ends = [Day().parse(part) for part in re.split(r"\s+to\s+", text)]
        if len(ends) > 2:
            raise self.refuse(f"{quoted(text)} has more than two ends")
        if ends[-1] < ends[0]:
            raise self.refuse(f"{quoted(text)} ends before it begins")
        if (ends[-1] - ends[0]).days > _LONGEST_DAYS:
            raise self.refuse(f"{quoted(text)} is too long")
        return ends[0], ends[-1]

    def expected(self) -> str:
        return "a date such as `2026-12-24`, or `2026-12-27 to 2026-12-31`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["2026-12-24", "2026-12-27 to 2026-12-31"]}


class ScheduleModel(Section):
    """When campaigns may dial by your own calendar. The most particular counts: a date, else a holiday, else the
    weekday."""

    time_zone: Annotated[str, TimeZone()] = Field(description="Where the clock hangs by which the hours are meant.")
    hours: dict[Annotated[tuple[int, ...], Weekdays()], Annotated[Spans, HoursOfDay()]] = Field(
        default_factory=dict, description="Hours by weekday; a day that is not stated is closed."
    )
    holidays: Annotated[str, HolidayPlace()] | None = Field(
        default=None, description="Public holidays of this place have hours of their own: `GB`, `GB-ENG`, `US-CA`."
    )
    holiday_hours: Annotated[Spans, HoursOfDay()] | None = Field(
        default=None, description="The hours of public holidays; closed if not stated."
    )
    dates: dict[Annotated[tuple[date, date], Days()], Annotated[Spans, HoursOfDay()]] = Field(
        default_factory=dict, description="Hours of single dates, or of several in a row, whatever day they are."
    )
    from_: Annotated[date, Day()] | None = Field(
        default=None, alias="from", description="The first day on which it is open."
    )
    until: Annotated[date, Day()] | None = Field(default=None, description="The last day on which it is open.")


def schedule_of(name: str, model: ScheduleModel) -> Schedule:
    """The core's value."""
    dates: dict[date, Spans] = {}
    for (first, last), hours in model.dates.items():
        dates.update({first + timedelta(days=n): hours for n in range((last - first).days + 1)})
    return Schedule(
        name=name,
        zone_name=model.time_zone,
        hours=weekly_hours(model.hours),
        holidays=holiday_calendar(model.holidays) if model.holidays is not None else None,
        holiday_hours=model.holiday_hours or (),
        dates=dates,
        first_day=model.from_,
        last_day=model.until,
    )


def check_schedules(document: Document, schedules: Mapping[str, ScheduleModel]) -> None:
    """Tell what contradicts itself, and schedules that are never open."""
    for name, model in schedules.items():
        path: Path = ("schedules", name)
        _check(document, path, name, model)


def _check(document: Document, path: Path, name: str, model: ScheduleModel) -> None:
    def tell(key: str, message: str, expected: str = "", hint: str = "") -> None:
        at = (*path, key) if document.has((*path, key)) else path
        document.problem(document.mark(at), at, message, expected, hint)

    told = len(document.problems)
    twice = days_twice(model.hours)
    if twice:
        tell("hours", f"{', '.join(quoted(day) for day in twice)} is stated twice", "each day once")
    spans = sorted(model.dates)
    for (_, last), (first, _) in pairwise(spans):
        if first <= last:
            tell("dates", f"{quoted(first.isoformat())} is stated twice", "each date once")
    if model.holiday_hours is not None and model.holidays is None:
        tell("holiday_hours", "no place is stated whose holidays are meant", "", "add `holidays:`, such as `GB-ENG`")
    if model.from_ is not None and model.until is not None and model.until < model.from_:
        tell("until", f"`until` ({model.until}) is before `from` ({model.from_})", "", "exchange the two")
    if len(document.problems) > told or any(p.path.startswith(dotted(path) + ".") for p in document.problems):
        return
    schedule = schedule_of(name, model)
    if schedule.never:
        tell("hours", "never open: no campaign with it would ever dial", "an hour at which it is open",
             "add `hours:`, such as `{mon-fri: 09:00-17:30}`")  # fmt: skip
    elif model.until is not None and model.until < datetime.now(ZoneInfo(model.time_zone)).date():
        mark = document.mark((*path, "until"))
        document.problems.append(
            Problem(document.file, mark.line, mark.column, dotted((*path, "until")),
                    f"over since {model.until}: campaigns with it do not dial any more", "", "", Severity.WARNING)
        )  # fmt: skip
