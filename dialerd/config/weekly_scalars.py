"""Kinds of single values that belong to hours of the week; see :mod:`dialerd.config.scalars`.

They are written as a mapping: ``{mon-fri: 09:00-12:30 and 13:30-18:00, sat: 10:00-14:00, sun: closed}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Scalar
from dialerd.core.weekly_hours import CLOSED, DAY_S, DAYS, WHOLE_DAY, Span, Spans, WeeklyHours, spans

HOLIDAY = 7
"""In place of a weekday: holidays, where they may be stated."""
_DAY_WORDS = {**{day: index for index, day in enumerate(DAYS)},
              **{name: index for index, name in enumerate(
                  ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))}}  # fmt: skip
_SPAN = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s*(?:-|–|to)\s*([0-9]{1,2})(?::([0-9]{2}))?")
_CLOSED_WORDS = frozenset({"closed", "none", "never"})
_ALL_DAY_WORDS = frozenset({"all day", "open", "00:00-24:00"})


@dataclass(frozen=True, slots=True)
class Weekdays(Scalar):
    """Weekdays as a key: ``mon``, ``mon-fri``, ``sat, sun``, ``daily``; a tuple of numbers, Monday is 0."""

    holiday: bool = False
    """``holiday`` is a day here, too."""

    def parse(self, text: str) -> tuple[int, ...]:
        found: list[int] = []
        for part in re.split(r"\s*,\s*|\s+and\s+", text.lower()):
            found += self._part(text, part)
        if len(set(found)) < len(found):
            raise self.refuse(f"{quoted(text)} names a day twice")
        return tuple(sorted(found))

    def _part(self, text: str, part: str) -> list[int]:
        if part == "daily":
            return list(range(7))
        if part == "holiday" and self.holiday:
            return [HOLIDAY]
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        ends = []
        for word in (first, last) if dash else (first,):
            if word not in _DAY_WORDS:
                known = [*DAYS, "daily", *(["holiday"] if self.holiday else [])]
                raise self.refuse(f"{quoted(text)} is not a day of the week", did_you_mean(word[:3], known))
            ends.append(_DAY_WORDS[word])
        length = (ends[-1] - ends[0]) % 7 + 1
        return [(ends[0] + step) % 7 for step in range(length)]

    def expected(self) -> str:
        more = ", or `holiday`" if self.holiday else ""
        return f"days such as `mon`, `mon-fri`, `sat, sun`, `daily`{more}"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["mon-fri", "sat", "daily"]}


@dataclass(frozen=True, slots=True)
class HoursOfDay(Scalar):
    """Hours of a day: ``09:00-12:30 and 13:30-18:00``, ``8-21``, ``all day``, ``closed``."""

    def parse(self, text: str) -> Spans:
        word = text.lower()
        if word in _CLOSED_WORDS:
            return CLOSED
        if word in _ALL_DAY_WORDS:
            return WHOLE_DAY
        found = [self._span(text, part) for part in re.split(r"\s*,\s*|\s+and\s+", word)]
        joined = spans(found)
        if sum(end - begin for begin, end in joined) < sum(end - begin for begin, end in found):
            raise self.refuse(f"{quoted(text)} has hours that overlap")
        return joined

    def _span(self, text: str, part: str) -> Span:
        matched = _SPAN.fullmatch(part)
        if matched is None:
            hint = "24-hour clock: write `13:30` for 1:30 pm" if re.search("[ap]m", part) else ""
            raise self.refuse(f"{quoted(text)} is no span of hours", hint)
        hour, minute, last_hour, last_minute = (int(group or 0) for group in matched.groups())
        begin, end = hour * 3600 + minute * 60, last_hour * 3600 + last_minute * 60
        if minute > 59 or last_minute > 59 or begin > DAY_S or end > DAY_S:
            raise self.refuse(f"{quoted(text)} has a time that no clock shows")
        if begin >= end:
            hint = "over midnight: write `22:00-24:00`, and `00:00-06:00` for the day after"
            raise self.refuse(f"{quoted(text)} ends before it begins", hint)
        return begin, end

    def expected(self) -> str:
        return "hours such as `09:00-17:30`, `09:00-12:00 and 13:00-18:00`, `all day` or `closed`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["09:00-17:30", "09:00-12:00 and 13:00-18:00", "all day", "closed"]}


@dataclass(frozen=True, slots=True)
class Day(Scalar):
    """A date: ``2026-12-24``."""

    def parse(self, text: str) -> date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise self.refuse(f"{quoted(text)} is not a date")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.refuse(f"{quoted(text)} is in no calendar") from None

    def expected(self) -> str:
        return "a date such as `2026-12-24`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-24"]}


def days_twice(stated: Mapping[tuple[int, ...], Spans]) -> list[str]:
    """Days that more than one key states: it would not be clear which is meant."""
    counts = [sum(day in days for days in stated) for day in range(HOLIDAY + 1)]
    return [(*DAYS, "holiday")[day] for day, count in enumerate(counts) if count > 1]


def weekly_hours(stated: Mapping[tuple[int, ...], Spans]) -> WeeklyHours:
    """The week; days that are not stated are closed, holidays are left out."""
    week = [next((hours for days, hours in stated.items() if day in days), CLOSED) for day in range(7)]
    mon, tue, wed, thu, fri, sat, sun = week
    return WeeklyHours((mon, tue, wed, thu, fri, sat, sun))
