"""Callable times: when a number may be called, by the clock on its own wall.

A number may ring in several time zones and several countries or states, and several sets may bind a campaign (its own
and those of its compliance profiles). Then a call is allowed only while every one of them allows it: what is common
to all. See :mod:`dialerd.core.weekly_hours` for changes of clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from dialerd.core.contact import Contact, Number
from dialerd.core.weekly_hours import CLOSED, DAY_S, HoursOf, Openness, Spans, WeeklyHours, openness, said
from dialerd.core.windows import zone

MOST_STEPS = 64
"""So many windows are compared in search of a moment that is common to all."""
_KEEP_S = DAY_S
"""An answer without an end is asked for again after so long."""
_MOST_KNOWN = 4096

HolidaysOf = Callable[[str], Container[date]]
"""The holidays of a country or state (``GB``, ``US-FL``), worked out elsewhere; empty where none are known."""


def no_holidays(place: str) -> Container[date]:
    """For sets that treat holidays as other days."""
    return ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number may ring. Both may name several, and be empty when nothing is known."""

    zones: tuple[str, ...] = ()
    """IANA names."""
    regions: tuple[str, ...] = ()
    """Countries and states: ``GB``, ``US-FL``."""


NOWHERE = Place()
Locate = Callable[[Contact, Number], Place]
"""Finds out where a contact's number may ring. The same question has the same answer, without I/O."""


def nowhere(contact: Contact, number: Number) -> Place:
    """Nothing is known of any number."""
    return NOWHERE


@dataclass(frozen=True, slots=True)
class Week:
    """Hours by weekday, and on holidays where those differ."""

    hours: WeeklyHours
    holiday: Spans | None = None
    """None: holidays are like other days."""

    def __str__(self) -> str:
        return str(self.hours) if self.holiday is None else f"{self.hours}, holiday {said(self.holiday)}"


@dataclass(frozen=True, slots=True)
class CallableSet:
    """A named set of callable hours. The most exact statement counts: a date, then a state, a time zone, a country,
    then ``hours``."""

    name: str
    hours: Week | None = None
    """Where nothing more exact is stated; None: no calls there."""
    regions: Mapping[str, Week] = field(default_factory=dict)
    zones: Mapping[str, Week] = field(default_factory=dict)
    dates: Mapping[date, Spans] = field(default_factory=dict)
    """Single dates, which go before weekdays and holidays."""
    holiday_places: tuple[str, ...] = ()
    """Whose holidays; empty: those of the country or state called."""
    only_in: tuple[str, ...] = ()
    """The set binds numbers in these countries and states, and those of which nobody knows; empty: all."""
    holidays_of: HolidaysOf = field(default=no_holidays, compare=False, repr=False)

    def __str__(self) -> str:
        parts = [str(self.hours)] if self.hours is not None else []
        parts += [f"{name}: {week}" for name, week in sorted({**self.regions, **self.zones}.items())]
        parts += [f"{day}: {said(hours)}" for day, hours in sorted(self.dates.items())]
        where = f" (in {', '.join(self.only_in)})" if self.only_in else ""
        return f"{self.name}{where} {'; '.join(parts)}"

    def concerns(self, region: str | None) -> bool:
        """Whether it binds a number of this country or state; None: nobody knows where."""
        if not self.only_in or region is None:
            return True
        return any(
            region == area or region.startswith(f"{area}-") or area.startswith(f"{region}-") for area in self.only_in
        )

    def week(self, region: str | None, zone_name: str) -> Week | None:
        """The hours that count there; None: no calls."""
        country = region.partition("-")[0] if region is not None else ""
        if region is not None and region != country and region in self.regions:
            return self.regions[region]
        return self.zones.get(zone_name) or self.regions.get(country) or self.hours

    def hours_of(self, region: str | None, zone_name: str) -> HoursOf:
        """The hours of each date there."""
        week = self.week(region, zone_name)
        places = self.holiday_places or ((region,) if region is not None else ())
        calendars = [self.holidays_of(place) for place in places] if week and week.holiday is not None else []

        def of(day: date) -> Spans:
            stated = self.dates.get(day)
            if stated is not None:
                return stated
            if week is None:
                return CLOSED
            if week.holiday is not None and any(day in calendar for calendar in calendars):
                return week.holiday
            return week.hours.of(day)

        return of


def window(sets: Iterable[CallableSet], place: Place, now: float) -> Openness:
    """Whether a number at ``place`` may be called at ``now`` (epoch seconds), and until when that stays so.

    Closed, ``until`` is the moment at which all allow it; where none was found in many windows, a moment before
    which there is none (ask again then); None: never within :data:`~dialerd.core.weekly_hours.HORIZON_DAYS`. The
    place must have a zone."""
    regions = place.regions or (None,)
    clocks = [
        (each.hours_of(region, name), name)
        for each in sets
        for region in regions
        if each.concerns(region)
        for name in place.zones
    ]
    states = [openness(hours_of, name, now) for hours_of, name in clocks]
    if all(state.open for state in states):
        ends = [state.until for state in states if state.until is not None]
        return Openness(True, min(ends, default=None))
    moment = now
    for _ in range(MOST_STEPS):
        before = moment
        for hours_of, name in clocks:
            state = openness(hours_of, name, moment)
            if not state.open:
                if state.until is None:
                    return Openness(False, None)
                moment = state.until
        if moment == before:
            return Openness(False, moment)
    return Openness(False, moment)


@dataclass(frozen=True, slots=True)
class CallableTime:
    """What binds one campaign, and how its numbers' places are found. Keeps answers until they cease to be true."""

    sets: tuple[CallableSet, ...] = ()
    locate: Locate = nowhere
    places: str = ""
    """The same word as long as ``locate`` gives the same answers; empty: nobody knows."""
    _known: dict[Place, tuple[float, float, Openness]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def at(self, place: Place, now: float) -> Openness:
        """As :func:`window`."""
        if not self.sets:
            return Openness(True, None)
        known = self._known.get(place)
        if known is not None and known[0] <= now < known[1]:
            return known[2]
        found = window(self.sets, place, now)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[place] = (now, found.until if found.until is not None else now + _KEEP_S, found)
        return found

    def binds(self, place: Place) -> bool:
        """Whether any set says anything about numbers there."""
        regions = place.regions or (None,)
        return any(each.concerns(region) for each in self.sets for region in regions)


ANY_TIME = CallableTime()


def zones_said(place: Place) -> str:
    """The zones as an attempt keeps them, with spaces between."""
    return " ".join(place.zones)


def zones_in(said: str) -> tuple[str, ...]:
    """The zones out of what :func:`zones_said` made; none where nobody knows."""
    return tuple(name for name in said.split() if not name.startswith("+"))  # "+2": how many were left out once


def local_time(zones: str, at: float) -> str:
    """The called party's local time with its offset, ``2026-11-22T09:30:00-05:00``, in the first of the zones that
    :func:`zones_said` gave; empty when there is none."""
    if not zones:
        return ""
    return datetime.fromtimestamp(at, zone(zones.partition(" ")[0])).isoformat(timespec="seconds")
