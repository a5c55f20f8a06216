"""What the rolling caps of a campaign have counted for one contact, for people who ask why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dialerd.core.attempts_control import (
    AttemptCap,
    Capped,
    LoggedCall,
    Scope,
    contact_subject,
    free_at,
)
from dialerd.core.contact import Contact

Calls = Mapping[tuple[Scope, str], Sequence[LoggedCall]]
"""Logs of calls by scope and subject."""


@dataclass(frozen=True, slots=True)
class CapCount:
    """One cap at one moment. ``number``: the E.164 that it counts for, None where it counts for the whole contact."""

    cap: str
    number: str | None
    counts: str
    counted: int
    """Calls that count now."""
    calls: int
    """Calls that are allowed."""
    window_s: float
    free_at: float | None
    """When the next call is allowed, epoch seconds; None: now."""


def subjects_of(contact: Contact) -> list[tuple[Scope, str]]:
    """In which logs a contact's calls stand."""
    numbers = [(Scope.NUMBER, number.e164) for number in contact.numbers]
    return [*numbers, (Scope.CONTACT, str(contact.id)), (Scope.PERSON, contact.key)]


def cap_counts(caps: Iterable[AttemptCap], contact: Contact, calls: Calls, now: float) -> list[CapCount]:
    """Every cap, for each of the contact's numbers where it counts by number."""
    found = []
    for cap in caps:
        for scope, subject in subjects_of(contact):
            if scope is cap.scope:
                log, mask = calls.get((scope, subject), ()), cap.counts.mask
                counted = sum(1 for at, marks in log if at + ceil(cap.window_s) > now and (not mask or marks & mask))
                number = subject if scope is Scope.NUMBER else None
                until = free_at(cap, log, now)
                found.append(CapCount(cap.label, number, cap.counts, counted, cap.calls, cap.window_s, until))
    return found


def capped_now(caps: Iterable[AttemptCap], contact: Contact, calls: Calls, now: float) -> dict[str, Capped]:
    """What claims would be refused for, as the gate reads it."""
    capped: dict[str, Capped] = {}
    for cap in caps:
        for scope, subject in subjects_of(contact):
            until = free_at(cap, calls.get((scope, subject), ()), now) if scope is cap.scope else None
            if until is not None:
                name = subject if scope is Scope.NUMBER else contact_subject(contact.id)
                if name not in capped or until > capped[name].until:
                    capped[name] = Capped(cap, float(until))
    return capped
