"""Hours of the week as they are written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from dialerd.config.scalars import Scalar
from dialerd.config.weekly_scalars import HOLIDAY, Day, HoursOfDay, Weekdays, days_twice, weekly_hours
from dialerd.core.weekly_hours import CLOSED, WHOLE_DAY

H = 3600


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Weekdays(), "mon", (0,)),
        (Weekdays(), "Mon-Fri", (0, 1, 2, 3, 4)),
        (Weekdays(), "fri-mon", (0, 4, 5, 6)),
        (Weekdays(), "saturday, sunday", (5, 6)),
        (Weekdays(), "daily", tuple(range(7))),
        (Weekdays(holiday=True), "sun and holiday", (6, HOLIDAY)),
        (HoursOfDay(), "09:00-17:30", ((9 * H, 17 * H + 1800),)),
        (HoursOfDay(), "8-21", ((8 * H, 21 * H),)),
        (HoursOfDay(), "13:30-18:00, 09:00-12:30", ((9 * H, 12 * H + 1800), (13 * H + 1800, 18 * H))),
        (HoursOfDay(), "9:00 to 12:00 and 12:00-13:00", ((9 * H, 13 * H),)),
        (HoursOfDay(), "all day", WHOLE_DAY),
        (HoursOfDay(), "closed", CLOSED),
        (Day(), "2028-02-29", date(2028, 2, 29)),
    ],
)
def test_what_is_right(kind: Scalar, text: str, value: Any) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        (Weekdays(), "mnday", "`mnday` is not a day of the week", "did you mean `mon`?"),
        (Weekdays(), "holiday", "`holiday` is not a day of the week", ""),
        (Weekdays(), "mon, mon-fri", "names a day twice", ""),
        (HoursOfDay(), "9am-5pm", "is no span of hours", "24-hour clock"),
        (HoursOfDay(), "09:00", "is no span of hours", ""),
        (HoursOfDay(), "09:60-10:00", "a time that no clock shows", ""),
        (HoursOfDay(), "20:00-24:01", "a time that no clock shows", ""),
        (HoursOfDay(), "22:00-06:00", "ends before it begins", "`22:00-24:00`"),
        (HoursOfDay(), "09:00-09:00", "ends before it begins", ""),
        (HoursOfDay(), "09:00-12:00 and 11:00-13:00", "overlap", ""),
        (Day(), "24.12.2026", "is not a date", ""),
        (Day(), "2026-02-29", "is in no calendar", ""),
    ],
)
def test_what_is_wrong(kind: Scalar, text: str, message: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as told:
        kind.parse(text)
    context = told.value.context or {}
    assert message in context["message"]
    assert hint in context["hint"]
    assert context["expected"] == kind.expected()


def test_a_week_of_keys() -> None:
    stated = {(0, 1): ((9 * H, 17 * H),), (5, HOLIDAY): CLOSED}
    assert str(weekly_hours(stated)) == "mon-tue 09:00-17:00"
    assert days_twice(stated) == []
    assert days_twice({**stated, (1, HOLIDAY): WHOLE_DAY}) == ["tue", "holiday"]
