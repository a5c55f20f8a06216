"""Do-not-call lists: what an entry says, whom it concerns, and what the dialer knows of the lists at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_PREFIX = 15
"""Digits of the longest number (E.164), and so of the longest prefix."""
DNC_REASON = "dnc:"
"""What the reasons of refusals begin with; the list's name follows."""


class DncKind(StrEnum):
    """What an entry names."""

    NUMBER = "number"
    """One number, in E.164."""
    PREFIX = "prefix"
    """All numbers that begin so: ``+4490``."""
    CONTACT = "contact"
    """A contact by the site's own key, whatever its numbers."""


@dataclass(frozen=True, slots=True)
class DncEntry:
    """One entry of a list. ``expires_at``: epoch seconds from which it is ignored; None: it stays."""

    kind: DncKind
    value: str
    expires_at: float | None = None

    @property
    def field(self) -> str:
        """Kind and value as one name: ``n+441632960001``, ``p+4490``, ``ccustomer-17``."""
        return self.kind.value[0] + self.value

    def concerns(self, number: str, contact_key: str) -> bool:
        """The entry speaks of this number or contact. It does not look at the time."""
        if self.kind is DncKind.NUMBER:
            return self.value == number
        if self.kind is DncKind.PREFIX:
            return number.startswith(self.value)
        return self.value == contact_key


@dataclass(frozen=True, slots=True)
class DncFinding:
    """An entry that concerns what was asked for. ``reason``, ``who`` and ``added_at`` are unknown for what a plain
    file brought."""

    dnc_list: str
    kind: DncKind
    value: str
    loaded: bool
    expires_at: float | None
    reason: str
    who: str
    added_at: float | None


def fields_for(number: str, contact_key: str) -> Iterator[str]:
    """The names (:attr:`DncEntry.field`) of every entry that would concern this number and contact."""
    yield f"n{number}"
    if contact_key:
        yield f"c{contact_key}"
    for length in range(2, min(len(number), LONGEST_PREFIX + 1) + 1):
        yield f"p{number[:length]}"


def later_end(first: float | None, second: float | None) -> float | None:
    """Of two ends of an entry the later one; None (never) is the latest. An entry is never shortened by a second one:
    an opt-out must not be undone by mistake."""
    return None if first is None or second is None else max(first, second)


@dataclass(frozen=True, slots=True)
class DncStanding:
    """Which lists can be asked. A campaign whose list is in neither mapping waits too: nothing is known of it yet."""

    ready: frozenset[str] = frozenset()
    loading: Mapping[str, str] | None = None
    """List -> how far its loading is, for people."""

    def obstacle(self, lists: tuple[str, ...]) -> str | None:
        """Why these lists cannot be asked now; None: they can."""
        for name in lists:
            if name not in self.ready:
                progress = (self.loading or {}).get(name, "not read yet")
                return f"dnc_loading: {name}, {progress}"
        return None
