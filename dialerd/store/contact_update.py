"""What an outcome does to its contact: one rule for the record in SQL and for the one in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dialerd.core.attempt import Outcome
from dialerd.core.contact import ContactState
from dialerd.core.disposition import NEVER_DIALED
from dialerd.core.dnc import DNC_REASON
from dialerd.core.tallies import CALLBACK, DEAD, counted, handed_over, is_promised, promised, still_callback
from dialerd.core.value import value

CORRECTED = "number_corrected"
"""Reason of a contact whose number was replaced while it was called."""
_TRIES_USED_UP = "max_tries:"


@value(frozen=True, slots=True)
class Standing:
    """The part of a contact that attempts change. ``next_at``: epoch seconds, None unless ``waiting``."""

    state: ContactState
    next_at: float | None
    attempts: int
    number_index: int
    last_disposition: str | None
    tries: Mapping[str, int]
    reason: str
    last_attempt_at: float | None = None
    """When the last attempt that was dialed ended, epoch seconds."""

    def moved(self, state: ContactState, next_at: float | None = None, reason: str | None = None) -> Standing:
        """The same contact in another state; ``reason`` None: for the reason that it had."""
        return Standing(
            state, next_at, self.attempts, self.number_index, self.last_disposition, self.tries,
            self.reason if reason is None else reason, self.last_attempt_at,
        )  # fmt: skip


def lists_of(outcomes: Iterable[Outcome]) -> frozenset[str]:
    """Every contact list that outcomes concern: the contacts' own, and where they or copies of them go."""
    found: set[str] = set()
    for outcome in outcomes:
        found |= {outcome.record.contact_list, *outcome.contact.append_to}
        if outcome.contact.move_to is not None:
            found.add(outcome.contact.move_to)
    return frozenset(found)


def moves(before: Standing, outcome: Outcome) -> bool:
    """The contact goes to another list; one that was made uncallable meanwhile stays where it is."""
    return outcome.contact.move_to is not None and before.state is not ContactState.UNCALLABLE


def copied_into(before: Standing, outcome: Outcome) -> tuple[str, ...]:
    """The lists that a copy of the contact comes into; none of one that was made uncallable meanwhile."""
    return outcome.contact.append_to if before.state is not ContactState.UNCALLABLE else ()


def standing_after(before: Standing, outcome: Outcome, numbers: Sequence[str]) -> Standing:
    """The contact's standing once the outcome is recorded; ``numbers``: those that it has now (E.164), in dial order.

    What the attempt found out about its number is said of that number, wherever it stands by now, and of no other: a
    number that was corrected during the call is callable at once, where nothing but the old number stood against it.
    An attempt that was never dialed uses up none of the contact's attempts. A contact that was made uncallable
    while the attempt went on stays so, for the reason given then; the attempt is counted all the same. One that is
    still to be called back keeps its place before the others.
    """
    outcome, of_number = _as_numbered_now(outcome, numbers)
    disposition = outcome.record.disposition
    attempts, last_attempt_at = before.attempts, before.last_attempt_at
    if disposition is not None and disposition not in NEVER_DIALED:
        attempts += 1
        last_attempt_at = outcome.record.ended_at or outcome.record.claimed_at
    tries = counted(before.tries, outcome.record, attempts, of_number=of_number)
    following = outcome.contact
    if following.state is ContactState.WAITING and following.reason == CALLBACK:
        tries = promised(tries, following.at)
    if moves(before, outcome):
        tries, attempts = handed_over(tries), 0
    state: ContactState
    if before.state is ContactState.UNCALLABLE:
        state, next_at, reason = before.state, None, before.reason
    else:
        state, reason = following.state, following.reason
        next_at = following.at if state is ContactState.WAITING else None
        if is_promised(tries) and state is not ContactState.UNCALLABLE:
            # Not called for a reason of ours: still the first to be called.
            reason = still_callback(CALLBACK, reason)
            if state is ContactState.CALLABLE:
                state, next_at = ContactState.WAITING, outcome.record.ended_at or outcome.record.claimed_at or 0.0
    return Standing(
        state=state,
        next_at=next_at,
        attempts=attempts,
        number_index=following.number_index,
        last_disposition=disposition if disposition is not None else before.last_disposition,
        tries=tries,
        reason=reason,
        last_attempt_at=last_attempt_at,
    )


def _as_numbered_now(outcome: Outcome, numbers: Sequence[str]) -> tuple[Outcome, bool]:
    """The outcome with the places that numbers have now, and whether the contact still has the one called."""
    record, following = outcome.record, outcome.contact
    index = record.number_index
    if index < len(numbers) and numbers[index] == record.number:
        return outcome, True
    if record.number in numbers:
        place = numbers.index(record.number)
        then = place if following.number_index == index else (place + 1) % len(numbers)
        return Outcome(replace(record, number_index=place), replace(following, number_index=then)), True
    following = replace(following, number_index=0)
    if following.state is ContactState.UNCALLABLE and _for_its_number(outcome):
        following = replace(following, state=ContactState.CALLABLE, reason=CORRECTED)
    return Outcome(record, following), False


def _for_its_number(outcome: Outcome) -> bool:
    """The contact is uncallable because of the number that was called, and not because of its owner or its rules."""
    reason = outcome.contact.reason
    by_rule = bool((outcome.record.rules or {}).get("number_uncallable"))
    return by_rule or reason.startswith((DNC_REASON, _TRIES_USED_UP)) or reason in {each.value for each in DEAD}
