"""Abandoned calls by compliance window: the calendar day in the campaign's zone, and the rolling 30 days.

A call belongs to the day on which it was answered. Sums of whole days are enough for both windows, and they can be
had from the record exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

ROLLING_DAYS = 30
"""The longer window: today and the 29 days before (16 CFR 310.4(b)(4)(i))."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one day added up to. ``day`` is the proleptic Gregorian ordinal of the date."""

    day: int
    live: int
    """L: people connected in time."""
    abandoned: int
    """A: people who were not."""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError (a KeyError) or ValueError."""
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _wall_clock(minute: int, zone_name: str) -> tuple[int, int]:
    """(ordinal of the day, seconds since midnight) that clocks in the zone show when a minute of the epoch begins.
    Since 1972 days begin, and clocks are changed, at whole minutes everywhere."""
    there = datetime.fromtimestamp(minute * 60, zone(zone_name))
    return there.toordinal(), there.hour * 3600 + there.minute * 60 + there.second


def day_of(at: float, zone_name: str) -> int:
    """Ordinal of the day in which ``at`` (epoch seconds) lies."""
    return _wall_clock(int(at // 60), zone_name)[0]


def second_of_day(at: float, zone_name: str) -> int:
    """Seconds since midnight that clocks in the zone show at ``at`` (epoch seconds)."""
    return _wall_clock(int(at // 60), zone_name)[1] + int(at % 60)


def day_begins(day: int, zone_name: str) -> float:
    """Epoch seconds of the day's midnight; where clocks are changed at midnight, of its first moment."""
    midnight = date.fromordinal(day)
    return datetime(midnight.year, midnight.month, midnight.day, tzinfo=zone(zone_name)).timestamp()


class Windows:
    """The counts of one campaign. Not for calls that are not closed yet: those are seen on the floor."""

    def __init__(self, zone_name: str) -> None:
        self.zone_name = zone_name
        self._days: dict[int, list[int]] = {}
        self._today = (0.0, 0.0, 0)

    def in_zone(self, zone_name: str) -> None:
        """The campaign has another zone from now on. Days that are counted already stay as they were counted."""
        if zone_name != self.zone_name:
            self.zone_name, self._today = zone_name, (0.0, 0.0, 0)

    def restore(self, days: Iterable[DayCount]) -> None:
        """What the record counts."""
        for count in days:
            known = self._days.setdefault(count.day, [0, 0])
            known[0] += count.live
            known[1] += count.abandoned

    def count(self, answered_at: float, abandoned: bool) -> None:
        """A call to a person was closed: connected in time, or abandoned."""
        known = self._days.setdefault(day_of(answered_at, self.zone_name), [0, 0])
        known[abandoned] += 1

    def today(self, now: float) -> tuple[int, float]:
        """(ordinal of the day, its end in epoch seconds)."""
        begins, ends, day = self._today
        if not begins <= now < ends:
            day = day_of(now, self.zone_name)
            self._today = day_begins(day, self.zone_name), day_begins(day + 1, self.zone_name), day
            for old in [known for known in self._days if known <= day - ROLLING_DAYS]:
                del self._days[old]
        return day, self._today[1]

    def of_today(self, now: float) -> tuple[int, int]:
        """(live, abandoned) of the calendar day."""
        live, abandoned = self._days.get(self.today(now)[0], (0, 0))
        return live, abandoned

    def rolling(self, now: float) -> tuple[int, int]:
        """(live, abandoned) of today and the 29 days before."""
        day = self.today(now)[0]
        within = [counts for known, counts in self._days.items() if day - ROLLING_DAYS < known <= day]
        return sum(counts[0] for counts in within), sum(counts[1] for counts in within)


def last_days(now: float, zone_name: str) -> list[tuple[int, float, float]]:
    """(ordinal, begin, end) of the days that bind at ``now``, the oldest first; times in epoch seconds."""
    day = day_of(now, zone_name)
    begins = [day_begins(day - back, zone_name) for back in range(ROLLING_DAYS - 1, -2, -1)]
    return [(day - ROLLING_DAYS + 1 + index, begin, end) for index, (begin, end) in enumerate(pairwise(begins))]
