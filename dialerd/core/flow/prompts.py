"""What is said to a caller: sound files and texts with the contact's columns in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How the value of a column is spoken."""

    TEXT = "text"
    """As it is written."""
    DIGITS = "digits"
    """One digit after the other, as in a number of an order."""
    DATE = "date"
    """A day, from `2026-12-31`, with its month's name."""
    TIME = "time"
    """A time of day, from `14:30`."""
    NUMBER = "number"
    """How many."""
    MONEY = "money"
    """An amount with its currency, from `12.50 EUR`."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a text where a column's value stands. ``fallback``: what is said when the column is empty or
    missing; None: then the text cannot be said."""

    column: str
    form: Form = Form.TEXT
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A sound that exists: an ARI media URI, such as ``sound:custom/hello``."""

    uri: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is turned into speech before the call, in parts as they follow each other."""

    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places for columns."""
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def source(self) -> str:
        """The text as it is written in a flow: what it is known by among the prompts of a call."""
        return "".join(part if isinstance(part, str) else _written(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Sounds and texts, played one after the other."""

    parts: tuple[Media | Text, ...] = ()

    @property
    def texts(self) -> tuple[Text, ...]:
        """Its texts."""
        return tuple(part for part in self.parts if isinstance(part, Text))


class ColumnMissing(Exception):
    """A text needs a column that the contact has not, and has no fallback."""

    def __init__(self, column: str) -> None:
        super().__init__(f"the contact has nothing in column `{column}`")
        self.column = column


def values_of(text: Text, columns: Mapping[str, str]) -> Iterator[tuple[str, Form | None]]:
    """The text's parts for one contact: fixed words with None, values with the form in which they are spoken.

    Raises :class:`ColumnMissing`."""
    for part in text.parts:
        if isinstance(part, str):
            yield part, None
            continue
        value = columns.get(part.column, "").strip()
        if value:
            yield value, part.form
        elif part.fallback is not None:
            yield part.fallback, None
        else:
            raise ColumnMissing(part.column)


def _written(slot: Slot) -> str:
    form = f":{slot.form}" if slot.form is not Form.TEXT else ""
    fallback = f"|{slot.fallback}" if slot.fallback is not None else ""
    return "{" + slot.column + form + fallback + "}"
