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
    later: bool = False
    """The call itself writes the column, so that nothing can be rendered for it beforehand: it is said digit by digit
    from speech that was."""


@dataclass(frozen=True, slots=True)
class Media:
    """A sound that exists: an ARI media URI, such as ``sound:custom/hello``."""

    uri: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is turned into speech before the call, in parts as they follow each other."""

    parts: tuple[str | Slot, ...]
    language: str = ""
    """The language in which it is written, such as ``de`` or ``en_GB``; empty: that of the flow or campaign."""
    others: tuple[Text, ...] = ()
    """The same in other languages."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places for columns, those of the other languages included."""
        own = tuple(part for part in self.parts if isinstance(part, Slot))
        return own + tuple(slot for other in self.others for slot in other.slots)

    @property
    def source(self) -> str:
        """The text as it is written in a flow."""
        return "".join(part if isinstance(part, str) else _written(part) for part in self.parts)

    def for_language(self, language: str) -> Text:
        """The text in this language, or in the same language of another country; else as it was written first."""
        every = (self, *self.others)
        near = (one for one in every if one.language.partition("_")[0] == language.partition("_")[0])
        return next((one for one in every if one.language == language), next(near, self))

    def pieces(self) -> tuple[Text | Slot, ...]:
        """What can be rendered before the call, and between it the slots that cannot."""
        found: list[Text | Slot] = []
        ahead: list[str | Slot] = []
        for part in self.parts:
            if isinstance(part, Slot) and part.later:
                found += [Text(tuple(ahead), self.language)] if ahead else []
                found.append(part)
                ahead = []
            else:
                ahead.append(part)
        return (*found, Text(tuple(ahead), self.language)) if ahead else tuple(found)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Sounds and texts, played one after the other."""

    parts: tuple[Media | Text, ...] = ()

    @property
    def texts(self) -> tuple[Text, ...]:
        """Its texts."""
        return tuple(part for part in self.parts if isinstance(part, Text))

    @property
    def sounds(self) -> tuple[str, ...]:
        """Media URIs of its sounds."""
        return tuple(part.uri for part in self.parts if isinstance(part, Media))

    @property
    def words(self) -> str:
        """The prompt for readers: the names of its sounds, and its texts."""
        return " ".join(part.uri if isinstance(part, Media) else part.source for part in self.parts)


def sound(uri: str) -> Prompt:
    """A prompt of one sound."""
    return Prompt((Media(uri),))


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
