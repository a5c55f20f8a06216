"""A contact: one record of a list, with its numbers in dial order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from dialerd.core.lifecycle import Lifecycle
from dialerd.core.value import value


class ContactState(StrEnum):
    """Where a contact stands. ``in_attempt`` covers the hopper too: chosen, and not yet finished with."""

    CALLABLE = "callable"
    IN_ATTEMPT = "in_attempt"
    WAITING = "waiting"
    UNCALLABLE = "uncallable"


CONTACT_LIFECYCLE = Lifecycle(
    "contact",
    {
        ContactState.CALLABLE: frozenset({ContactState.IN_ATTEMPT, ContactState.UNCALLABLE}),
        ContactState.IN_ATTEMPT: frozenset({ContactState.CALLABLE, ContactState.WAITING, ContactState.UNCALLABLE}),
        ContactState.WAITING: frozenset({ContactState.CALLABLE, ContactState.IN_ATTEMPT, ContactState.UNCALLABLE}),
        ContactState.UNCALLABLE: frozenset(),
    },
)


@value(frozen=True, slots=True)
class Number:
    """A phone number in E.164 (``+441632960001``) with its type (``mobile``, ``home`` …)."""

    e164: str
    kind: str = "phone"
    uncallable: str = ""
    """Why it is not dialed; empty: it is."""


@value(frozen=True, slots=True)
class Contact:
    """A contact as it leaves the record for the hopper."""

    id: int
    contact_list: str
    key: str
    """The site's own key of the record, or the row number of the import."""
    numbers: tuple[Number, ...]
    columns: Mapping[str, str]
    attempts: int = 0
    """Attempts so far that were really dialed."""
    number_index: int = 0
    """Which of ``numbers`` is next."""
    last_disposition: str | None = None
    last_attempt_at: float | None = field(default=None, compare=False)
    """When the last attempt that was dialed ended, and when it came into the list; epoch seconds."""
    added_at: float | None = field(default=None, compare=False)
    tries: Mapping[str, int] | None = None
    """Attempts so far by disposition, and further counters: see :mod:`dialerd.core.tallies`."""


@value(frozen=True, slots=True)
class ContactNext:
    """What becomes of a contact when its attempt is closed; a field of the outcome, applied to the record."""

    state: ContactState
    at: float | None
    """Epoch seconds of the next attempt; only with ``waiting``."""
    number_index: int
    reason: str
    """Why: ``retry:busy``, ``max_attempts``, ``reached`` …"""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the call wrote into the contact's columns."""
    move_to: str | None = None
    """The contact list that it goes to, handed over to another campaign; None: it stays."""
    append_to: tuple[str, ...] = ()
    """Contact lists that a copy of it comes into, as a contact that was never called; one that has a contact with its
    key already gets none."""
