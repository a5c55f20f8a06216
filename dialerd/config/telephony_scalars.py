"""Kinds of single values that belong to telephony and contact files; see :mod:`dialerd.config.scalars`."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from string import Formatter
from typing import Any, ClassVar

import phonenumbers

from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Scalar


@dataclass(frozen=True, slots=True)
class PhoneNumber(Scalar):
    """A number in E.164 (ITU-T E.164: a plus sign, country code, at most 15 digits); spaces, dots, hyphens and
    brackets are taken out. It must have a length that its country's numbering plan allows."""

    def parse(self, text: str) -> str:
        digits = re.sub(r"[\s().-]", "", text)
        if not digits.startswith("+"):
            hint = f"did you mean `+{digits}`?" if _possible("+" + digits) else "begin with `+` and the country code"
            if digits.startswith("00") and _possible("+" + digits[2:]):
                hint = f"did you mean `+{digits[2:]}`?"
            raise self.refuse(f"{quoted(text)} has no country code", hint)
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
            raise self.refuse(f"{quoted(text)} is not a phone number")
        if not _possible(digits):
            raise self.refuse(f"{quoted(text)} has the wrong length for its country", "count the digits")
        return digits

    def expected(self) -> str:
        return "a phone number in E.164, such as `+441632960000`"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": r"^\+[0-9 ().-]{7,30}$", "examples": ["+441632960000"]}


def _possible(number: str) -> bool:
    try:
        reason = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


@dataclass(frozen=True, slots=True)
class Region(Scalar):
    """A country by its two letters (ISO 3166-1 alpha-2), as far as it has a numbering plan."""

    def parse(self, text: str) -> str:
        if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
            hint = "the United Kingdom is `GB`" if text.upper() == "UK" else ""
            raise self.refuse(f"{quoted(text)} is not a country", hint)
        return text.upper()

    def expected(self) -> str:
        return "a country by its two letters, such as `GB`, `US`, `DE`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[A-Za-z]{2}$"}


@dataclass(frozen=True, slots=True)
class DialTemplate(Scalar):
    """An Asterisk dial string with at least one of some placeholders. One destination only: ``&`` would ring two
    and hold one line."""

    placeholders: tuple[str, ...]
    example: str

    def parse(self, text: str) -> str:
        try:
            fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text)]
        except ValueError:
            raise self.refuse(f"the braces of {quoted(text)} do not match") from None
        names = [name for name, _, _ in fields if name is not None]
        for name, spec, conversion in fields:
            if name is not None and name not in self.placeholders:
                hint = did_you_mean(name, self.placeholders)
                raise self.refuse(f"the placeholder {quoted('{' + name + '}')} is not known", hint)
            if spec or conversion:
                raise self.refuse(f"{quoted(text)} has more than a name between braces", "write the name alone")
        if not re.fullmatch(r"[A-Za-z0-9]+/[^\s&]+", text) or not text.isprintable():
            hint = "technology, slash, destination; no spaces, no `&`"
            raise self.refuse(f"{quoted(text)} is not a dial string", hint)
        if not names:
            raise self.refuse(f"{quoted(text)} has no placeholder: every call would go to the same place")
        return text

    def expected(self) -> str:
        names = ", ".join("`{" + name + "}`" for name in self.placeholders)
        return f"a dial string with {names}, such as `{self.example}`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[A-Za-z0-9]+/[^\s&]+$", "examples": [self.example]}


@dataclass(frozen=True, slots=True)
class Sound(Scalar):
    """A sound as a media URI of ARI (``sound:name``); a bare name means a sound. Asterisk chooses among the file
    formats it has, so the name has no extension."""

    def parse(self, text: str) -> str:
        name = text.removeprefix("sound:")
        extension = re.search(r"\.(wav|wav16|wav49|gsm|ulaw|alaw|sln|sln16|g722|mp3|ogg|opus)$", name, re.IGNORECASE)
        if extension:
            hint = f"did you mean `sound:{name[: extension.start()]}`?"
            raise self.refuse(f"{quoted(text)} has a file extension", hint)
        if not re.fullmatch(r"/?[A-Za-z0-9_-][A-Za-z0-9_./-]{0,199}", name):
            raise self.refuse(f"{quoted(text)} is not a sound")
        return "sound:" + name

    def expected(self) -> str:
        return "a sound of Asterisk's without extension, such as `sound:custom/spring`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["sound:custom/spring"]}


@dataclass(frozen=True, slots=True)
class Delimiter(Scalar):
    """The character between two CSV fields: itself, or its name."""

    NAMES: ClassVar[dict[str, str]] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}

    def parse(self, text: str) -> str:
        character = self.NAMES.get(text.lower(), text)
        if len(character) != 1 or character.isalnum() or character in "\"'\r\n":
            raise self.refuse(f"{quoted(text)} cannot separate fields")
        return character

    def expected(self) -> str:
        return "`comma`, `semicolon`, `tab`, `pipe`, or one character in quotes"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": sorted(self.NAMES)}


NUMBER_TYPES = (
    "premium_rate", "shared_cost", "toll_free", "personal_number", "voip", "pager", "uan", "voicemail",
)  # fmt: skip
"""Types of phone numbers, by their names in the metadata of phonenumbers, that a list may refuse."""


@dataclass(frozen=True, slots=True)
class Quote(Scalar):
    """The character that stands around a CSV field: itself, or its name."""

    NAMES: ClassVar[dict[str, str]] = {"double": '"', "single": "'", "none": "none"}

    def parse(self, text: str) -> str:
        character = self.NAMES.get(text.lower(), text)
        if character != "none" and (len(character) != 1 or character.isalnum() or character.isspace()):
            raise self.refuse(f"{quoted(text)} cannot quote fields")
        return character

    def expected(self) -> str:
        return "`double`, `single`, `none`, or one character in quotes"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": sorted(self.NAMES)}


@dataclass(frozen=True, slots=True)
class Encoding(Scalar):
    """A text encoding that Python knows."""

    def parse(self, text: str) -> str:
        try:
            info = codecs.lookup(text)
            " ".encode(info.name)
        except (LookupError, ValueError):
            raise self.refuse(f"{quoted(text)} is not a text encoding") from None
        return text.lower()

    def expected(self) -> str:
        return "a text encoding, such as `utf-8`, `iso-8859-1`, `windows-1252`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["utf-8", "iso-8859-1", "windows-1252"]}
