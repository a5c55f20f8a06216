"""Public holidays by place, worked out with the library `holidays`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Scalar
from dialerd.core.holiday_calendar import HolidayCalendar

YEARS_BEFORE, YEARS_AHEAD = 1, 10
"""Around the year in which the configuration is read."""


@lru_cache(maxsize=1)
def _parts_of_countries() -> dict[str, list[str]]:
    import holidays  # here, since it takes a while, and most files state no holidays

    return holidays.list_supported_countries(include_aliases=False)


def has_holidays(place: str) -> bool:
    """Whether the holidays of a country (``GB``) or a part of it (``GB-ENG``) are known."""
    country, dash, part = place.partition("-")
    parts = _parts_of_countries().get(country)
    return parts is not None and (not dash or part in parts)


@lru_cache(maxsize=256)
def holiday_calendar(place: str, year: int | None = None) -> HolidayCalendar:
    """The holidays of a place that :class:`HolidayPlace` took, in the years around ``year`` (by default this one)."""
    import holidays

    middle = year if year is not None else date.today().year
    country, _, part = place.partition("-")
    years = range(middle - YEARS_BEFORE, middle + YEARS_AHEAD + 1)
    found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return HolidayCalendar(place, dict(found))


@dataclass(frozen=True, slots=True)
class HolidayPlace(Scalar):
    """A country whose holidays are known, or a part of it: ``GB``, ``GB-ENG``, ``US-CA``."""

    def parse(self, text: str) -> str:
        place = text.upper()
        known = _parts_of_countries()
        country, dash, part = place.partition("-")
        if not re.fullmatch(r"[A-Z]{2}", country) or country not in known:
            hint = "did you mean `GB`?" if country == "UK" else ""
            raise self.refuse(f"no holidays are known of {quoted(text)}", hint)
        if dash and part not in known[country]:
            parts = [f"{country}-{one}" for one in known[country]]
            raise self.refuse(f"no holidays are known of {quoted(text)}", did_you_mean(place, parts))
        return place

    def expected(self) -> str:
        return "a country such as `GB`, or a part of it such as `GB-ENG` (ISO 3166)"

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": "^[A-Za-z]{2}(-[A-Za-z0-9]{1,4})?$",
            "examples": ["GB", "GB-ENG", "US-CA"],
        }
