"""Gates of attempt control: what the hot store is known to refuse for a while."""

from __future__ import annotations

from dialerd.core.attempts_control import Capped, contact_subject
from dialerd.core.gates import ALLOW, Case, Hold, Verdict


def caps_allow(case: Case) -> Verdict:
    """No rolling cap is known to be in the way. The claim itself is the judge; what it refused is remembered here,
    so that another number of the contact is tried, or the contact waits until the cap allows it."""
    if not case.capped:
        return ALLOW
    longest: Capped | None = None
    of_contact = contact_subject(case.contact.id) if case.contact is not None else ""
    for subject in (case.number or "", of_contact):
        capped = case.capped.get(subject)
        if capped is None or case.now >= capped.until or capped.cap not in case.settings.attempt_caps:
            continue  # another campaign may have caps that this one has not
        if not (case.guaranteed and capped.cap.unless_guaranteed):
            longest = capped if longest is None or capped.until > longest.until else longest
    return ALLOW if longest is None else Hold(longest.reason, longest.until)
