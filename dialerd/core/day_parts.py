"""Parts of the day: morning, afternoon, evening, by their first moment on the wall clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from dialerd.core.windows import zone

USUAL = (8 * 3600, 12 * 3600, 17 * 3600)
"""Morning from 8:00, afternoon from 12:00, evening from 17:00 until the next morning; seconds since midnight."""


def part_at(at: float, parts: tuple[int, ...], zone_name: str) -> int:
    """In which part ``at`` (epoch seconds) lies; before the first one begins, it is still the last one's night."""
    wall = datetime.fromtimestamp(at, zone(zone_name))
    passed_s = wall.hour * 3600 + wall.minute * 60 + wall.second
    return max((index for index, begins in enumerate(parts) if begins <= passed_s), default=len(parts) - 1)


def next_in_part(at: float, part: int, parts: tuple[int, ...], zone_name: str) -> float:
    """The first moment from ``at`` on that lies in ``part``: ``at`` itself, or when the part next begins."""
    if part_at(at, parts, zone_name) == part:
        return at
    return next(begins for day in count() if (begins := _begins(at, day, parts[part], zone_name)) >= at)


def next_day(at: float, parts: tuple[int, ...], zone_name: str) -> float:
    """When the first part of the day after ``at`` begins."""
    return _begins(at, 1, parts[0], zone_name)


def _begins(at: float, days_later: int, seconds: int, zone_name: str) -> float:
    here = datetime.fromtimestamp(at, zone(zone_name))
    day = (here.replace(tzinfo=None) + timedelta(days=days_later)).date()
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)
    return wall.replace(tzinfo=zone(zone_name)).timestamp()
