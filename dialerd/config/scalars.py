"""Kinds of single values: each turns the text an operator wrote into a value, or says what would be right.

Used as annotations (``Annotated[float, Duration(15, 120)]``); they are pydantic's validators and the source of the
JSON Schema at the same time.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dialerd.config.problems import did_you_mean, quoted

REFUSED = "refused"
"""Type of the pydantic errors raised here; their context has ``message``, ``expected`` and ``hint``."""


class Scalar(ABC):
    """A kind of single value. Subclasses give :meth:`parse`, :meth:`expected` and :meth:`schema`."""

    @abstractmethod
    def parse(self, text: str) -> object:
        """The value of the text; raises what :meth:`refuse` returns."""

    @abstractmethod
    def expected(self) -> str:
        """What is right, to be read after the word "expected"."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The kind in JSON Schema."""

    def refuse(self, message: str, hint: str = "") -> PydanticCustomError:
        """The error for a value that is not of this kind."""
        context = {"message": message, "expected": self.expected(), "hint": hint}
        return PydanticCustomError(REFUSED, "{message}", context)

    def _validate(self, value: object) -> object:
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, int | float):
            value = str(value)
        if not isinstance(value, str):
            found = {dict: "a mapping", list: "a list", type(None): "`null`"}.get(type(value), "something else")
            raise self.refuse(f"{found} where a single value belongs")
        if not isinstance(value, StrEnum):
            value = value.strip()
        return self.parse(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.schema()


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?(?:ms|s|m|h|d)\s*)+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_UNIT_WORD = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(milli|msec|sec|min|hour|hr|day|[smhd]$)[a-z]*", re.IGNORECASE)
_UNIT_OF_WORD = {"milli": "ms", "msec": "ms", "sec": "s", "min": "m", "hour": "h", "hr": "h", "day": "d"}


def spoken(seconds: float) -> str:
    """A duration as it is written in YAML: ``90`` is ``1m30s``, ``0.5`` is ``500ms``."""
    if seconds < 1 or seconds != int(seconds):
        milliseconds = round(seconds * 1000)
        return f"{seconds:g}s" if seconds >= 1 or milliseconds == 0 else f"{milliseconds}ms"
    parts, rest = [], int(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Duration(Scalar):
    """A time span, in seconds inside: ``30s``, ``15m``, ``2h``, ``1h30m``, ``500ms``, or plain seconds."""

    least_s: float = 0.0
    most_s: float = 365 * 86400.0
    why: str = ""
    """The source of the lower limit, where it is not evident."""

    def parse(self, text: str) -> float:
        if _PLAIN_NUMBER.fullmatch(text):
            seconds = float(text)
        elif _DURATION.fullmatch(text):
            seconds = sum(float(count) * _UNITS[unit] for count, unit in _DURATION_PART.findall(text))
        else:
            raise self.refuse(f"{quoted(text)} is not a duration", self._suggestion(text))
        if not self.least_s <= seconds <= self.most_s:
            side = "short" if seconds < self.least_s else "long"
            raise self.refuse(f"{quoted(text)} is too {side}", self.why if side == "short" else "")
        return seconds

    def expected(self) -> str:
        limits = f"from {spoken(self.least_s)} to {spoken(self.most_s)}"
        return f"a duration {limits}, such as `30s`, `15m`, `2h` or plain seconds"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number"], "pattern": r"^[0-9]+(\.[0-9]+)?$|^([0-9]+(\.[0-9]+)?(ms|s|m|h|d)\s*)+$",
                "examples": ["30s", "15m", "2h"]}  # fmt: skip

    def _suggestion(self, text: str) -> str:
        clock = re.fullmatch(r"([0-9]{1,3}):([0-9]{2})(?::([0-9]{2}))?", text)
        if clock:
            first, second, third = clock.groups()
            return f"did you mean `{first}h{second}m{third}s`?" if third else f"did you mean `{first}m{second}s`?"
        words = _UNIT_WORD.fullmatch(text)
        if words:
            count, word = words.groups()
            return f"did you mean `{count}{_UNIT_OF_WORD.get(word.lower(), word.lower())}`?"
        return ""


@dataclass(frozen=True, slots=True)
class Whole(Scalar):
    """A whole number."""

    least: int
    most: int

    def parse(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise self.refuse(f"{quoted(text)} is not a whole number")
        number = int(text)
        if not self.least <= number <= self.most:
            raise self.refuse(f"{quoted(text)} is too {'small' if number < self.least else 'large'}")
        return number

    def expected(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Rate(Scalar):
    """A number that may have a fraction."""

    least: float
    most: float

    def parse(self, text: str) -> float:
        if not _PLAIN_NUMBER.fullmatch(text):
            raise self.refuse(f"{quoted(text)} is not a number")
        number = float(text)
        if not self.least <= number <= self.most:
            raise self.refuse(f"{quoted(text)} is too {'small' if number < self.least else 'large'}")
        return number

    def expected(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Switch(Scalar):
    """Yes or no."""

    def parse(self, text: str) -> bool:
        word = text.lower()
        if word not in ("true", "yes", "on", "false", "no", "off"):
            raise self.refuse(f"{quoted(text)} is neither yes nor no")
        return word in ("true", "yes", "on")

    def expected(self) -> str:
        return "`true` or `false`"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice(Scalar):
    """One of a few words; the value is the enum's member, or the word itself for a plain tuple."""

    of: type[StrEnum] | tuple[str, ...]

    def words(self) -> list[str]:
        """The words, in their order."""
        return list(self.of) if isinstance(self.of, tuple) else [str(member) for member in self.of]

    def parse(self, text: str) -> str:
        if text not in self.words():
            raise self.refuse(f"{quoted(text)} is not known here", did_you_mean(text, self.words()))
        return text if isinstance(self.of, tuple) else self.of(text)

    def expected(self) -> str:
        return "one of " + ", ".join(f"`{word}`" for word in self.words())

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.words()}


@dataclass(frozen=True, slots=True)
class Text(Scalar):
    """Text of a given form; ``what`` names it in messages."""

    what: str
    pattern: str = r"\S(?:.*\S)?"
    most: int = 200
    loose: bool = False
    """Digits alone may be meant as text: editors must not mark an unquoted number."""

    def parse(self, text: str) -> str:
        if len(text) > self.most:
            raise self.refuse(f"{quoted(text)} has {len(text)} characters, more than {self.most}")
        if not re.fullmatch(self.pattern, text) or not text.isprintable():
            raise self.refuse(f"{quoted(text)} cannot be used here", self._suggestion(text))
        return text

    def expected(self) -> str:
        return self.what

    def schema(self) -> dict[str, Any]:
        kind: str | list[str] = ["string", "integer"] if self.loose else "string"
        return {"type": kind, "pattern": f"^(?:{self.pattern})$", "maxLength": self.most}

    def _suggestion(self, text: str) -> str:
        plain = re.sub(r"[^a-z0-9_-]+", "_", text.strip().lower()).strip("_")[: self.most]
        for candidate in (plain, plain.replace("-", "_")):
            if candidate and re.fullmatch(self.pattern, candidate):
                return f"did you mean `{candidate}`?"
        return ""


@dataclass(frozen=True, slots=True)
class Secret(Scalar):
    """A password or token; never repeated in a message, and masked when printed."""

    what: str

    def parse(self, text: str) -> SecretStr:
        if not text or not text.isprintable():
            raise self.refuse("empty, or with characters that cannot be typed")
        return SecretStr(text)

    def expected(self) -> str:
        return self.what

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "writeOnly": True}
