"""Holidays by place."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic_core import PydanticCustomError

from dialerd.config.holiday_places import HolidayPlace, holiday_calendar


def test_a_part_of_a_country_has_days_of_its_own() -> None:
    scotland, england = holiday_calendar("GB-SCT", 2026), holiday_calendar("GB-ENG", 2026)
    assert date(2026, 11, 30) in scotland  # Saint Andrew's Day
    assert date(2026, 11, 30) not in england
    assert england.dates[date(2026, 12, 25)] == "Christmas Day"
    assert date(2025, 12, 25) in england
    assert date(2036, 12, 25) in england
    assert holiday_calendar("GB-ENG", 2030) == england != scotland


@pytest.mark.parametrize(("text", "place"), [("gb", "GB"), ("us-ca", "US-CA"), ("DE-BY", "DE-BY")])
def test_places(text: str, place: str) -> None:
    assert HolidayPlace().parse(text) == place


@pytest.mark.parametrize(
    ("text", "hint"),
    [("UK", "did you mean `GB`?"), ("GB-ENGL", "did you mean `GB-ENG`?"), ("XX", ""), ("England", ""), ("", "")],
)
def test_places_that_are_not_known(text: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as told:
        HolidayPlace().parse(text)
    assert (told.value.context or {})["hint"] == hint
