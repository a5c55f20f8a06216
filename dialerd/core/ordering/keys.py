"""A contact's place in the order, as values that compare as it stands: the smaller, the sooner.

The record writes the same values in SQL; a property test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialerd.core.filtering.conditions import AGES, Kind
from dialerd.core.filtering.facts import Facts, number_of, since_of, text_of
from dialerd.core.ordering.settings import SortKey

FARTHEST = 1.7e308
"""In place of a number that is not there."""
KEY_CHARACTERS = 60
"""Longer texts are compared by their beginning: an index entry has a limit."""
HEX_DIGITS = "0123456789ABCDEF"
REVERSED_DIGITS = "ponmlkjihgfedcba"
REVERSED_END = "z"
"""Behind a reversed text: what is shorter comes later."""
BEFORE, WITHIN, BEHIND = "0", "1", "2"
"""In front of a text: empty ones first, a value, empty ones last."""
_STAMP = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
_REVERSED = str.maketrans(HEX_DIGITS, REVERSED_DIGITS)
_STAMP_CHARACTERS = 19

Rank = tuple[float | str, ...]


def rank(sort: Sequence[SortKey], facts: Facts) -> Rank:
    """The contact's sort keys. Ranks of one order compare element by element."""
    return tuple(_key(key, facts) for key in sort)


def _key(key: SortKey, facts: Facts) -> float | str:
    sign = -1.0 if key.descending else 1.0
    nowhere = -FARTHEST if key.empty_first else FARTHEST
    if key.field in AGES:
        # The older, the smaller is the time since when: ascending ages are descending times.
        since = since_of(key.field, facts)
        return nowhere if since is None else -sign * since
    if key.kind is Kind.NUMBER:
        number = number_of(key.field, facts)
        return nowhere if number is None else sign * number
    text = text_of(key.field, facts)
    if key.kind is Kind.DATE:
        text = stamp(text)
    if text is None:
        return BEFORE if key.empty_first else BEHIND
    text = text[:KEY_CHARACTERS]
    return WITHIN + (reversed_text(text) if key.descending else text)


def stamp(text: str | None) -> str | None:
    """The date, with its time of day if there is one, in a form that compares; None when it is no date."""
    if text is None or not _STAMP.match(text):
        return None
    return text[:_STAMP_CHARACTERS].replace("t", " ")


def reversed_text(text: str) -> str:
    """A text that comes later the earlier ``text`` does."""
    return text.encode().hex().upper().translate(_REVERSED) + REVERSED_END
