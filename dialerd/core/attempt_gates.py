"""Gates of attempt control: the campaign's limits, and what the hot store is known to refuse for a while."""

from __future__ import annotations

from dialerd.core.attempts_control import Capped, contact_subject
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse, Verdict
from dialerd.core.gates import Case
from dialerd.core.tallies import NO_TALLIES, is_dead, is_promised, number_calls, number_calls_today


def caps_allow(case: Case) -> Verdict:
    """No rolling cap is known to be in the way. The claim itself is the judge; what it refused is remembered here,
    so that another number of the contact is tried, or the contact waits until the cap allows it."""
    known = case.known.capped if case.known.capped is not None else case.floor.capped
    if not known:
        return ALLOW
    longest: Capped | None = None
    of_contact = contact_subject(case.contact.id) if case.contact is not None else ""
    of_number = case.number.e164 if case.number is not None else ""
    for subject in (of_number, of_contact):
        capped = known.get(subject)
        if capped is None or case.now >= capped.until or capped.cap not in case.campaign.settings.attempt_caps:
            continue  # another campaign may have caps that this one has not
        if not (case.guaranteed and capped.cap.unless_guaranteed):
            longest = capped if longest is None or capped.until > longest.until else longest
    return ALLOW if longest is None else Hold(longest.reason, longest.until)


def number_within_limits(case: Case) -> Verdict:
    """The number is not dead, and was not called as often as the campaign's limit says."""
    contact, settings = case.contact, case.campaign.settings
    limits = settings.attempt_limits
    tallies = (contact.tries if contact is not None else None) or NO_TALLIES
    if not tallies:
        return ALLOW
    if is_dead(tallies, case.number_index) and len(contact.numbers if contact is not None else ()) > 1:
        return Refuse("dead_number")
    if limits.per_number is None:
        return ALLOW
    if not limits.daily:
        enough = number_calls(tallies, case.number_index) >= limits.per_number and not is_promised(tallies)
        return Refuse("max_attempts_of_number") if enough else ALLOW
    calls, over = number_calls_today(tallies, case.number_index, case.now)
    return ALLOW if calls < limits.per_number else Hold("max_attempts_of_number_today", over)
