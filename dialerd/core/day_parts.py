"""Parts of the day: morning, afternoon, evening, by their first moment on the wall clock.

Of somebody who may be in one of several time zones a moment may lie in several parts: it is another part of the day
than an earlier call only where none of them is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dialerd.core.windows import second_of_day, zone

USUAL = (8 * 3600, 12 * 3600, 17 * 3600)
"""Morning from 8:00, afternoon from 12:00, evening from 17:00 until the next morning; seconds since midnight."""
_DAYS_AHEAD = 3
"""Within so many days every part begins in every zone, although clocks are changed."""


def part_at(at: float, parts: tuple[int, ...], zone_name: str) -> int:
    """In which part ``at`` (epoch seconds) lies; before the first one begins, it is still the last one's night."""
    passed_s, last = second_of_day(at, zone_name), len(parts) - 1
    for index in range(last, -1, -1):
        if parts[index] <= passed_s:
            return index
    return last


def parts_at(at: float, parts: tuple[int, ...], zones: Sequence[str]) -> frozenset[int]:
    """In which parts ``at`` lies in these zones."""
    if len(zones) == 1:
        return frozenset((part_at(at, parts, zones[0]),))
    return frozenset(part_at(at, parts, name) for name in zones)


def moments(at: float, parts: tuple[int, ...], zones: Sequence[str]) -> Iterator[tuple[float, frozenset[int]]]:
    """``at`` (epoch seconds) and the moments after it at which a part begins in one of the zones, for two days, each
    with the parts in which it lies; in their order."""
    begins = {
        begin
        for name in zones
        for day in range(_DAYS_AHEAD)
        for seconds in parts
        if (begin := _begins(at, day, seconds, name)) > at
    }
    for moment in (at, *sorted(begins)):
        yield moment, parts_at(moment, parts, zones)


def next_day(at: float, parts: tuple[int, ...], zones: Sequence[str]) -> float:
    """When the first part of the day after ``at`` has begun in all of these zones."""
    return max(_begins(at, 1, parts[0], name) for name in zones)


def _begins(at: float, days_later: int, seconds: int, zone_name: str) -> float:
    here = datetime.fromtimestamp(at, zone(zone_name))
    day = (here.replace(tzinfo=None) + timedelta(days=days_later)).date()
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)
    return wall.replace(tzinfo=zone(zone_name)).timestamp()
