"""The gate of a site's pre-call rules."""

from __future__ import annotations

from dialerd.core.gates import ALLOW, Case, Hold, Refuse, Verdict
from dialerd.core.pre_call import PREVIEW_LOOK_AGAIN_S, PreCallAction, rule_on


def rules_allow(case: Case) -> Verdict:
    """No pre-call rule is in the way."""
    settings = case.settings
    if not settings.rule_sets or case.contact is None:
        return ALLOW
    ruling = rule_on(settings.rule_sets, case.contact, case.number_kind, case.now, settings.time_zone)
    rule = ruling.against
    if rule is None:
        return ALLOW
    if rule.action is PreCallAction.UNCALLABLE:
        return Refuse(f"rule: {ruling.against_name}")
    if rule.action is PreCallAction.PREVIEW:
        return Hold(f"precise_dialing: {ruling.against_name}", case.now + PREVIEW_LOOK_AGAIN_S)
    return Hold(f"rule: {ruling.against_name}", case.now + rule.for_s)
