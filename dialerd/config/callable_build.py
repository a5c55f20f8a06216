"""Callable times from their models, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date

from dialerd.config.callable_models import CallableSetModel, WeekHours
from dialerd.config.document import Document
from dialerd.config.holiday_places import has_holidays, holiday_calendar
from dialerd.config.problems import Path, quoted
from dialerd.config.weekly_scalars import HOLIDAY, days_twice, weekly_hours
from dialerd.core.callable_time import CallableSet, Week


def holidays_of(place: str) -> Container[date]:
    """The holidays of a country or state; of a state that has none of its own, those of its country."""
    for candidate in (place, place.partition("-")[0]):
        if has_holidays(candidate):
            return holiday_calendar(candidate)
    return ()


def week(stated: WeekHours) -> Week:
    """The week of a mapping from days to hours."""
    holiday = next((hours for days, hours in stated.items() if HOLIDAY in days), None)
    return Week(weekly_hours(stated), holiday)


def callable_set(name: str, model: CallableSetModel, only_in: Iterable[str] = ()) -> CallableSet:
    """The set for the core."""
    return CallableSet(
        name,
        week(model.hours) if model.hours else None,
        {place: week(stated) for place, stated in model.places.items()},
        {zone: week(stated) for zone, stated in model.zones.items()},
        dict(model.dates),
        tuple(model.holidays),
        tuple(only_in),
        holidays_of,
    )


def check_callable_set(document: Document, path: Path, model: CallableSetModel) -> None:
    """Tell what is wrong with the set that stands at ``path``."""
    weeks: list[tuple[Path, WeekHours]] = [((*path, "hours"), model.hours)]
    weeks += [((*path, "places", place), stated) for place, stated in model.places.items()]
    weeks += [((*path, "zones", zone), stated) for zone, stated in model.zones.items()]
    for where, stated in weeks:
        twice = days_twice(stated)
        if twice:
            document.problem(
                document.mark(where), where, f"{quoted(twice[0])} is stated twice", "each day once",
                "take it out of one of the two",
            )  # fmt: skip
    hours = [spans for _, stated in weeks for spans in stated.values()]
    if not any(hours) and not any(model.dates.values()) and not _has_refused(document, path):
        document.problem(
            document.mark(path, of_key=True), path, "this set has no hours: nobody could ever be called",
            "at least one day with hours", "add `hours:`, such as `mon-fri: 09:00-20:00`",
        )  # fmt: skip
    if model.holidays and not any(HOLIDAY in days for _, stated in weeks for days in stated):
        where = (*path, "holidays")
        document.problem(
            document.mark(where, of_key=True), where, "holidays are named, and no hours for them", "",
            "add `holiday: closed`, or other hours, to `hours:`",
        )  # fmt: skip


def _has_refused(document: Document, path: Path) -> bool:
    """Hours were written and refused, which is told already."""
    return any(problem.path.startswith(".".join(map(str, path)) + ".") for problem in document.problems)
