"""Public holidays of a place, worked out beforehand: the core only looks them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The holidays of one place. Two calendars of the same place are equal, whichever years they know."""

    place: str
    """``GB``, or with a part of the country ``GB-ENG``."""
    dates: Mapping[date, str] = field(compare=False, repr=False)
    """Date -> name of the holiday."""

    def __contains__(self, day: object) -> bool:
        return day in self.dates

    def __str__(self) -> str:
        return self.place
