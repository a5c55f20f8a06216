"""Facts that concern sequences and campaign rules; part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class SequenceStartAsked:
    """Somebody wants this sequence on."""

    sequence: str


@value(frozen=True, slots=True)
class SequenceStopAsked:
    """Somebody wants this sequence, and the campaign whose turn it is, to stop."""

    sequence: str


@value(frozen=True, slots=True)
class ContactsCounted:
    """The reply to CountContacts."""

    campaign: str
    total: int
    done: int
    """Contacts that will not be called again."""
