"""The shape of ``callable_times:`` and of what a contact list says of its contacts' places."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import phonenumbers
from pydantic import Field

from dialerd.config.holiday_places import HolidayPlace
from dialerd.config.pacing_scalars import TimeZone
from dialerd.config.problems import quoted
from dialerd.config.scalars import Scalar, Text
from dialerd.config.section import Section
from dialerd.config.weekly_scalars import Day, HoursOfDay, Weekdays
from dialerd.core.weekly_hours import Spans

COLUMN = Text("the name of a column, as in the file's first line", most=100, loose=True)


class CalledPlace(Scalar):
    """A country, or a state of one: ``GB``, ``US-FL``."""

    def parse(self, text: str) -> str:
        place = text.upper()
        country, dash, part = place.partition("-")
        if country not in phonenumbers.SUPPORTED_REGIONS:
            hint = "the United Kingdom is `GB`" if country == "UK" else ""
            raise self.refuse(f"{quoted(text)} is not a country", hint)
        if dash and not (part.isalnum() and 1 <= len(part) <= 3):
            raise self.refuse(f"{quoted(text)} is not a state")
        return place

    def expected(self) -> str:
        return "a country such as `GB`, or a state such as `US-FL` (ISO 3166)"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$", "examples": ["GB", "US-FL"]}


WeekHours = dict[Annotated[tuple[int, ...], Weekdays(holiday=True)], Annotated[Spans, HoursOfDay()]]


class CallableSetModel(Section):
    """Hours at which people may be called, by the clock on their own wall."""

    hours: WeekHours = Field(
        default_factory=dict,
        description="Hours by weekday (`mon-fri: 09:00-20:00`) and on holidays (`holiday: closed`), wherever nothing "
        "more exact is stated below. Days that are not named are closed.",
    )
    places: dict[Annotated[str, CalledPlace()], WeekHours] = Field(
        default_factory=dict,
        description="Other hours in single countries (`FR`) and states (`US-FL`); a state goes before its country.",
    )
    zones: dict[Annotated[str, TimeZone()], WeekHours] = Field(
        default_factory=dict,
        description="Other hours in single time zones; a state goes before the zone, the zone before the country.",
    )
    dates: dict[Annotated[date, Day()], Annotated[Spans, HoursOfDay()]] = Field(
        default_factory=dict, description="Hours of single dates, whatever day they are: `2026-12-24: 09:00-12:00`."
    )
    holidays: list[Annotated[str, HolidayPlace()]] = Field(
        default_factory=list,
        description="Whose holidays `holiday:` means. Not stated: those of the country or state that is called.",
    )


class LocalTimeModel(Section):
    """Where the contacts of a list are, when their numbers do not say it, or not exactly enough."""

    time_zone_column: Annotated[str, COLUMN] | None = Field(
        default=None, description="Column with the contact's time zone by its IANA name (`Europe/London`)."
    )
    state_column: Annotated[str, COLUMN] | None = Field(
        default=None, description="Column with the contact's state: `FL` with `region: US`, or `US-FL`."
    )
    code_column: Annotated[str, COLUMN] | None = Field(
        default=None, description="Column with a postal code or another code that `code_file` knows."
    )
    code_file: Annotated[str, Text("the name of a CSV file", most=1000)] | None = Field(
        default=None,
        description="CSV file with the columns `code`, `time_zone`, `region`, relative to this file; a code may be a "
        "beginning, the longest counts.",
    )
    fallback_zone: Annotated[str, TimeZone()] | None = Field(
        default=None, description="Time zone of numbers that do not say where they are, such as toll-free ones."
    )
