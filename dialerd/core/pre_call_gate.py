"""The gate of a site's pre-call rules."""

from __future__ import annotations

from dialerd.core.callable_time import zones_said
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact
from dialerd.core.floor import Floor
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse, Verdict
from dialerd.core.gates import Case
from dialerd.core.idle_look import IdleNow
from dialerd.core.pre_call import FAILED_LOOK_AGAIN_S, NOTHING, PREVIEW_LOOK_AGAIN_S, PreCallAction, Ruling, rule_on

PREVIEW_REASON = "precise_dialing"
"""What the reason begins with where a rule wants an agent to read first, and none can."""


def ruling_for(
    floor: Floor, settings: CampaignSettings, contact: Contact, index: int, now: float, attempt_id: str = ""
) -> Ruling:
    """What the campaign's rules say of one of the contact's numbers; ``attempt_id``: the attempt that begins."""
    if not settings.rule_sets or index >= len(contact.numbers):
        return NOTHING
    number = contact.numbers[index]
    return rule_on(
        settings.rule_sets, contact, number.kind, now, settings.time_zone, campaign=settings.name,
        called_zone=lambda: zones_said(settings.callable_time.locate(contact, number)), number=number.e164,
        idle=IdleNow(floor, settings.queue, contact.id, attempt_id),
    )  # fmt: skip


def rules_allow(case: Case) -> Verdict:
    """No pre-call rule is in the way."""
    settings = case.campaign.settings
    if not settings.rule_sets or case.contact is None:
        return ALLOW
    ruling = ruling_for(case.floor, settings, case.contact, case.number_index, case.now)
    if ruling.failed:
        return Hold(f"rule_failed: {ruling.failed}", case.now + FAILED_LOOK_AGAIN_S)
    rule = ruling.against
    if rule is None:
        if ruling.preview and not case.previews:
            return Hold(f"{PREVIEW_REASON}: {ruling.preview}", case.now + PREVIEW_LOOK_AGAIN_S)
        return ALLOW
    if rule.action is PreCallAction.UNCALLABLE:
        return Refuse(f"rule: {ruling.against_name}")
    return Hold(f"rule: {ruling.against_name}", case.now + rule.for_s)


def wants_preview(case: Case, contact: Contact) -> bool:
    """A rule wants an agent to read first, whichever of the contact's numbers is dialed."""
    settings = case.campaign.settings
    return any(
        ruling_for(case.floor, settings, contact, index, case.now).preview for index in range(len(contact.numbers))
    )
