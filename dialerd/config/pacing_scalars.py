"""Kinds of single values that belong to pacing; see :mod:`dialerd.config.scalars`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Scalar


@dataclass(frozen=True, slots=True)
class Percent(Scalar):
    """A share, as a fraction inside: ``3%`` is 0.03. The sign must be there: a bare 0.03 could be either."""

    least: float
    most: float
    """Both in percent."""

    def parse(self, text: str) -> float:
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%", text)
        if found is None:
            bare = re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,6})?", text)
            hint = ""
            if bare:
                value = float(text)
                fraction = value < 0.1 or (value < 1.0 and self.most > 10.0)
                hint = f"did you mean `{value * 100 if fraction else value:g}%`?"
            raise self.refuse(f"{quoted(text)} is not a percentage", hint)
        percent = float(found[1])
        if not self.least <= percent <= self.most:
            raise self.refuse(f"{quoted(text)} is too {'small' if percent < self.least else 'large'}")
        return percent / 100.0

    def expected(self) -> str:
        return f"a percentage from {self.least:g}% to {self.most:g}%, such as `2%`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*%$", "examples": ["2%", "3%"]}


@dataclass(frozen=True, slots=True)
class TimeZone(Scalar):
    """A time zone by its IANA name."""

    def parse(self, text: str) -> str:
        known = available_timezones()
        if text not in known:
            raise self.refuse(f"{quoted(text)} is not a time zone", did_you_mean(text, sorted(known)))
        return text

    def expected(self) -> str:
        return "an IANA name, such as `Europe/London`, `America/New_York`, `UTC`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["Europe/London", "America/New_York", "UTC"]}
