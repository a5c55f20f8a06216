"""Kinds of single values that belong to flows; see :mod:`dialerd.config.scalars`."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

from dialerd.config.flow_texts import TextMistake, text_of
from dialerd.config.problems import quoted
from dialerd.config.scalars import Duration, Scalar
from dialerd.config.weekly_scalars import HoursOfDay, Weekdays, days_twice, weekly_hours
from dialerd.core.flow.nodes import KEYS
from dialerd.core.flow.prompts import Text
from dialerd.core.weekly_hours import Spans, WeeklyHours

SOON = 0.0
"""A call back as soon as possible."""


@dataclass(frozen=True, slots=True)
class Key(Scalar):
    """A key of a telephone; or several, pressed one after the other."""

    most: int = 1

    def parse(self, text: str) -> str:
        if not text or not set(text) <= KEYS or len(text) > self.most:
            raise self.refuse(f"{quoted(text)} is no {'key' if self.most == 1 else 'row of keys'} of a telephone")
        return text

    def expected(self) -> str:
        several = f", or up to {self.most} of them" if self.most > 1 else ""
        return f"`0` to `9`, `'*'` or `'#'`{several}"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": f"^[0-9*#]{{1,{self.most}}}$"}


@dataclass(frozen=True, slots=True)
class FinishKey(Scalar):
    """The key after which an input is complete; ``none``: there is no such key."""

    def parse(self, text: str) -> str:
        return "" if text.lower() == "none" else Key().parse(text)

    def expected(self) -> str:
        return "`'#'`, another key, or `none`"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": "^([0-9*#]|none)$"}


@dataclass(frozen=True, slots=True)
class KeyPattern(Scalar):
    """A regular expression that the whole input must match."""

    def parse(self, text: str) -> str:
        try:
            with warnings.catch_warnings():
                # a set such as `[[` may mean something else in a later Python: it is not to be relied upon
                warnings.simplefilter("error", FutureWarning)
                re.compile(text)
        except (re.error, FutureWarning) as error:
            raise self.refuse(f"{quoted(text)} is no regular expression: {error}") from None
        if len(text) > 200:
            raise self.refuse(f"{len(text)} characters, more than 200")
        return text

    def expected(self) -> str:
        return 'a regular expression in quotation marks, such as `"[0-3][0-9][01][0-9]"`'

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "maxLength": 200}


@dataclass(frozen=True, slots=True)
class Written(Scalar):
    """A text with columns in it: ``moved to {new_day}``."""

    def parse(self, text: str) -> Text:
        try:
            return text_of(text)
        except TextMistake as mistake:
            raise self.refuse(f"{quoted(text)}: {mistake}", mistake.hint) from None

    def expected(self) -> str:
        return "a text, in which `{column}` stands for what the contact has there"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "maxLength": 400}


@dataclass(frozen=True, slots=True)
class Destination(Scalar):
    """A number in E.164, or a text with a column that holds one."""

    def parse(self, text: str) -> Text:
        found = Written().parse(text)
        assert isinstance(found, Text)
        if not found.slots and not re.fullmatch(r"\+[1-9][0-9]{6,14}", re.sub(r"[\s().-]", "", text)):
            raise self.refuse(f"{quoted(text)} is not a phone number", "begin with `+` and the country code")
        return found if found.slots else Text((re.sub(r"[\s().-]", "", text),))

    def expected(self) -> str:
        return "a phone number in E.164, such as `+441632960000`, or a column that has one: `{branch_number}`"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "examples": ["+441632960000", "{branch_number}"]}


@dataclass(frozen=True, slots=True)
class CallbackTime(Scalar):
    """After what time somebody wants to be called: a duration, or ``soon``."""

    def parse(self, text: str) -> float:
        return SOON if text.lower() == "soon" else self._duration.parse(text)

    def expected(self) -> str:
        return "`soon`, or " + self._duration.expected()

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"const": "soon"}, self._duration.schema()]}

    @property
    def _duration(self) -> Duration:
        return Duration(60, 30 * 86400)


@dataclass(frozen=True, slots=True)
class HoursOfWeek(Scalar):
    """Hours of the week in one line: ``mon-fri 9-17, sat 10:00-14:00``."""

    def parse(self, text: str) -> WeeklyHours:
        stated: dict[tuple[int, ...], Spans] = {}
        days = ""
        for part in text.split(","):
            matched = re.fullmatch(r"([a-z][a-z -]*?)\s+([0-9].*|all day)", part.strip().lower())
            if matched is None:
                # `sat, sun 10-14`: the days go on behind the comma.
                days += part.strip() + ", "
                continue
            key = Weekdays().parse(days + matched[1])
            stated[key] = (*stated.get(key, ()), *HoursOfDay().parse(matched[2]))
            days = ""
        if days or not stated:
            raise self.refuse(f"{quoted(text)} states no hours")
        twice = days_twice(stated)
        if twice:
            raise self.refuse(f"{quoted(text)} names {quoted(twice[0])} twice", "join spans of a day by `and`")
        return weekly_hours(stated)

    def expected(self) -> str:
        return "hours of the week, such as `mon-fri 9-17, sat 10:00-14:00`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["mon-fri 9-17", "mon-thu 09:00-17:30, fri 09:00-15:00"]}
