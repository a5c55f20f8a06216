"""Wishes around offers: of the hot store, and of whoever shows them to agents."""

from __future__ import annotations

from dialerd.core.attempt import AttemptRecord
from dialerd.core.contact import Contact
from dialerd.core.preview import Decided
from dialerd.core.value import value


@value(frozen=True, slots=True)
class ConfirmClaim:
    """An offer was accepted, minutes after its claim perhaps: ask the do-not-call lists again, take a CPS token of
    the trunk, and write the entry, by which a later run knows that it may have been dialed: all or nothing.
    Idempotent: an entry that is written already is confirmed again.

    Answered by ClaimConfirmed or ClaimNotConfirmed."""

    record: AttemptRecord
    """The entry as it is to be written."""
    trunk_cps: float
    dnc: tuple[str, ...] = ()
    """Do-not-call lists that must not have the number or the contact."""


@value(frozen=True, slots=True)
class AnnounceOffer:
    """An agent has a contact to read: let the desktop know. What is told late is worth nothing. The adapter takes its
    copy of the record before it returns. No answer."""

    record: AttemptRecord
    contact: Contact
    webhook: str | None


@value(frozen=True, slots=True)
class AnnounceDecision:
    """An offer is over. ``after_s``: so many seconds after it was made. No answer."""

    record: AttemptRecord
    decided: Decided
    after_s: float
    webhook: str | None
