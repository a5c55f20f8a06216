"""Phone numbers as they may be shown: the first digits, so that country and area can be told, and the last two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_HIDDEN = "*****"
_NUMBER = re.compile(
    r"(?:(?P<lead>\+|%2[bB])|(?<![\w.-])(?P<scheme>(?:PJSIP|SIP|Local|tel|sips?)[/:]))"
    r"(?P<digits>\d(?:[ ().-]{0,2}\d){6,14})(?![\da-fA-F])"
)
"""A number with its country code (E.164: at most 15 digits), written with a plus (also as it stands in an address)
and perhaps with spaces, or as the first part of a dial string or URI, where there is no plus."""
_NUMBER_FIELDS = frozenset({"number", "numbers", "phone", "caller_id", "callee", "e164"})


def masked(number: str) -> str:
    """One phone number without its middle: ``+441632960001`` becomes ``+4416*****01``.

    Numbers of fewer than nine digits keep less, so that the rest cannot be guessed."""
    plus = "+" if number.startswith("+") else ""
    digits = "".join(character for character in number if character.isdigit())
    if len(digits) < 5:
        return plus + _HIDDEN
    return plus + digits[: 4 if len(digits) >= 9 else 2] + _HIDDEN + digits[-2:]


def masked_text(text: str) -> str:
    """The text with every phone number in it masked. Ids, times and IP addresses stay as they are."""
    return _NUMBER.sub(_masked_match, text)


def _masked_match(match: re.Match[str]) -> str:
    lead = match["lead"] or match["scheme"]
    hidden = masked("+" + match["digits"])
    return lead + hidden.removeprefix("+")


def masked_value(value: Any, key: str = "") -> Any:
    """A value of any depth, as plain values, with every phone number in it masked. Under a key that names a number,
    whatever has digits is taken for one."""
    if isinstance(value, str):
        if key in _NUMBER_FIELDS and "*" not in value and sum(c.isdigit() for c in value) >= 5:
            return masked_text(value) if "+" in value else masked(value)
        return masked_text(value)
    if isinstance(value, Mapping):
        return {masked_value(k): masked_value(v, k if isinstance(k, str) else "") for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(item, key) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: masked_value(getattr(value, f.name), f.name) for f in fields(value)}
    if isinstance(value, BaseException):
        return masked_text(f"{type(value).__name__}: {value}")
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return masked(str(value)) if key in _NUMBER_FIELDS and value >= 10_000 else value
    return masked_text(str(value))
