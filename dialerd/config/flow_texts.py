"""Texts with columns in them, as flows have them: ``moved to {new_day}``, ``{amount:money}``, ``{name|customer}``."""

from __future__ import annotations

import re

from dialerd.config.problems import did_you_mean, quoted
from dialerd.core.flow.prompts import Form, Slot, Text

_LONGEST = 400
_SLOT = re.compile(r"\{(?P<column>[^{}:|]+)(?::(?P<form>[^{}|]*))?(?:\|(?P<fallback>[^{}]*))?\}")


class TextMistake(ValueError):
    """What is wrong with a text; ``hint`` may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def text_of(written: str) -> Text:
    """The text in its parts. ``:form`` says how a value is spoken, ``|words`` what stands in place of an empty one.

    Raises :class:`TextMistake`."""
    if len(written) > _LONGEST:
        raise TextMistake(f"{len(written)} characters, more than {_LONGEST}")
    parts: list[str | Slot] = []
    at = 0
    for found in _SLOT.finditer(written):
        parts += _plain(written[at : found.start()])
        parts.append(_slot(found))
        at = found.end()
    return Text((*parts, *_plain(written[at:])))


def _plain(words: str) -> list[str]:
    if "{" in words or "}" in words:
        raise TextMistake("its braces do not match", "write `{column}`")
    return [words] if words else []


def _slot(found: re.Match[str]) -> Slot:
    form = found["form"]
    if form is not None and form not in set(Form):
        raise TextMistake(f"{quoted(form)} is no form", did_you_mean(form, [str(one) for one in Form]))
    return Slot(found["column"].strip(), Form(form) if form is not None else Form.TEXT, found["fallback"])
