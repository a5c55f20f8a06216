"""Hours by weekday, read on the wall clock of a place: what schedules and callable times are made of.

A moment is within the hours when a clock on the wall there, at that moment, shows a time within them. So where clocks
go forward, hours in the gap do not exist; where they go back, hours in the repeated part come twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dialerd.core.windows import zone

DAY_S = 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Weekdays in their order; Monday is 0, as in :meth:`datetime.date.weekday`."""
HORIZON_DAYS = 400
"""How far a change is looked for: longer than a year, so that what happens once a year is found."""

Span = tuple[int, int]
"""From (included) to (excluded), in seconds of the local day; ``(0, 86400)`` is the whole day."""
Spans = tuple[Span, ...]
"""Sorted, without overlap."""
WHOLE_DAY: Spans = ((0, DAY_S),)
CLOSED: Spans = ()


def spans(parts: Iterable[Span]) -> Spans:
    """Sorted and joined where they touch. Raises ValueError for one that is empty or not within a day."""
    joined: list[Span] = []
    for begin, end in sorted(parts):
        if not 0 <= begin < end <= DAY_S:
            raise ValueError(f"not within a day, or nothing: {begin} to {end}")
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


def common_spans(one: Spans, other: Spans) -> Spans:
    """What lies in both."""
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return spans((begin, end) for begin, end in both if begin < end)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours of each weekday, Monday first."""

    days: tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]

    def of(self, day: date) -> Spans:
        """The hours of a date, by its weekday."""
        return self.days[day.weekday()]

    def common(self, other: WeeklyHours) -> WeeklyHours:
        """What lies in both."""
        mon, tue, wed, thu, fri, sat, sun = (common_spans(a, b) for a, b in zip(self.days, other.days, strict=True))
        return WeeklyHours((mon, tue, wed, thu, fri, sat, sun))

    @property
    def never(self) -> bool:
        """There is no hour in any week."""
        return not any(self.days)

    def __str__(self) -> str:
        """As it is written in YAML: ``mon-fri 09:00-17:30, sat 10:00-14:00``."""
        parts: list[str] = []
        index = 0
        while index < 7:
            last = index
            while last < 6 and self.days[last + 1] == self.days[index]:
                last += 1
            if self.days[index]:
                name = DAYS[index] if last == index else f"{DAYS[index]}-{DAYS[last]}"
                parts.append(f"{name} {said(self.days[index])}")
            index = last + 1
        return ", ".join(parts) or "never"


ALWAYS = WeeklyHours((WHOLE_DAY,) * 7)


def said(hours: Spans) -> str:
    """``09:00-12:30 and 13:30-18:00``."""
    return " and ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in hours) or "closed"


def _clock(second: int) -> str:
    hours, rest = divmod(second, 3600)
    text = f"{hours:02d}:{rest // 60:02d}"
    return f"{text}:{rest % 60:02d}" if rest % 60 else text


@dataclass(frozen=True, slots=True)
class Openness:
    """Whether it is open, and until when that stays so."""

    open: bool
    until: float | None
    """Epoch seconds of the next change; None: none within :data:`HORIZON_DAYS`."""


HoursOf = Callable[[date], Spans]
"""The hours of a date in the place's calendar."""


def is_within(hours_of: HoursOf, zone_name: str, at: float) -> bool:
    """Whether the wall clock in the zone shows a time within the hours of its date, at ``at`` (epoch seconds)."""
    local = datetime.fromtimestamp(at, zone(zone_name))
    second = local.hour * 3600 + local.minute * 60 + local.second
    return any(begin <= second < end for begin, end in hours_of(local.date()))


def openness(hours_of: HoursOf, zone_name: str, at: float) -> Openness:
    """Whether it is open at ``at`` (epoch seconds), and when that changes. ``hours_of`` may know exceptions of single
    dates. Costs little for a change that is near; keep the answer until it has come."""
    now_open, there = is_within(hours_of, zone_name, at), zone(zone_name)
    moment, limit = at, at + HORIZON_DAYS * DAY_S
    while moment < limit:
        local = datetime.fromtimestamp(moment, there)
        second = local.hour * 3600 + local.minute * 60 + local.second
        edges = (edge for span in hours_of(local.date()) for edge in span if edge > second)
        # The next edge of this date, or its midnight, if nobody touches the clock until then.
        following = moment - moment % 1 + min(edges, default=DAY_S) - second
        moment = _jump(zone_name, moment, following) or following
        if is_within(hours_of, zone_name, moment) is not now_open:
            return Openness(now_open, moment)
    return Openness(now_open, None)


def _jump(zone_name: str, begin: float, end: float) -> float | None:
    """The moment after ``begin``, up to ``end``, at which the clock is put forward or back; no more than a day lies
    between the two."""
    there = zone(zone_name)

    def offset(at: float) -> timedelta | None:
        return datetime.fromtimestamp(at, there).utcoffset()

    low, high = int(begin), int(end)
    before = offset(low)
    if offset(high) == before:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if offset(middle) == before:
            low = middle
        else:
            high = middle
    return float(high)
