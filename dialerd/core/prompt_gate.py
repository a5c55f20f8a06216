"""Everything that a contact may hear is there before the call is placed."""

from __future__ import annotations

from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse, Verdict
from dialerd.core.gates import Case


def prompts_ready(case: Case) -> Verdict:
    """Speech of every text was rendered for this contact."""
    if case.contact is None:
        return ALLOW
    objection = case.floor.prompts.objection(case.campaign.settings, case.contact, case.now)
    if objection is None:
        return ALLOW
    return Refuse(objection.reason) if objection.for_good else Hold(objection.reason, objection.until)
