"""When a campaign may dial by the operator's own calendar: days, hours, dates, holidays.

That a campaign is on or off stays the operator's wish; outside its schedule it is held, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dialerd.core.holiday_calendar import HolidayCalendar
from dialerd.core.weekly_hours import CLOSED, DAY_S, Openness, Spans, WeeklyHours, openness
from dialerd.core.windows import zone

_LOOK_AGAIN_S = float(DAY_S)
"""How long it is believed that nothing changes within the horizon."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A calendar by which campaigns dial. Whatever is the most particular counts: a date that is stated, else a
    holiday, else the weekday; and nothing outside ``first_day`` to ``last_day``."""

    name: str
    zone_name: str
    hours: WeeklyHours
    holidays: HolidayCalendar | None = None
    holiday_hours: Spans = CLOSED
    dates: Mapping[date, Spans] = field(default_factory=dict)
    first_day: date | None = None
    """None: since ever; ``last_day`` likewise, and included."""
    last_day: date | None = None

    def of(self, day: date) -> Spans:
        """The hours of one date."""
        if self.first_day is not None and day < self.first_day:
            return CLOSED
        if self.last_day is not None and day > self.last_day:
            return CLOSED
        if day in self.dates:
            return self.dates[day]
        if self.holidays is not None and day in self.holidays:
            return self.holiday_hours
        return self.hours.of(day)

    def openness(self, at: float) -> Openness:
        """Whether it is open at ``at`` (epoch seconds), and until when that stays so."""
        first, there = self.first_day, zone(self.zone_name)
        today = datetime.fromtimestamp(at, there).date()
        if self.last_day is not None and today > self.last_day:
            return Openness(False, None)
        if first is not None and today < first:
            # It may begin farther ahead than is looked.
            eve = datetime(first.year, first.month, first.day, tzinfo=there).timestamp() - 1.0
            return Openness(False, openness(self.of, self.zone_name, max(at, eve)).until)
        return openness(self.of, self.zone_name, at)

    @property
    def never(self) -> bool:
        """There is no moment at which it is open, in the past or ahead."""
        first, last = self.first_day, self.last_day
        if first is not None and last is not None and last - first < timedelta(days=3660):
            days = (first + timedelta(days=n) for n in range((last - first).days + 1))
            return not any(self.of(day) for day in days)
        by_date = any(self.of(day) for day in self.dates)
        by_holiday = self.holidays is not None and bool(self.holiday_hours) and any(map(self.of, self.holidays.dates))
        return self.hours.never and not by_date and not by_holiday


class ScheduleRun:
    """A schedule that remembers its last answer: it is asked before every call."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._answer = Openness(False, None)
        self._from = self._until = 0.0

    def at(self, now: float) -> Openness:
        """Whether it is open at ``now`` (epoch seconds), and until when."""
        if not self._from <= now < self._until:
            self._answer = self.schedule.openness(now)
            self._from = now
            self._until = self._answer.until if self._answer.until is not None else now + _LOOK_AGAIN_S
        return self._answer


def until_said(schedule: Schedule, now: float, until: float) -> str:
    """``until Mon 09:00 Europe/London``, with the date where that is a week away or more."""
    there = datetime.fromtimestamp(until, zone(schedule.zone_name))
    day = f"{there:%a}" if until - now < 6 * DAY_S else f"{there:%a %Y-%m-%d}"
    return f"until {day} {there:%H:%M} {schedule.zone_name}"
