"""Wrap-up rules at the end of a call: binds them to the attempt and the floor."""

from __future__ import annotations

from dialerd.core.commands import BarNumber, OptOut
from dialerd.core.contact import ContactNext
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.dnc import DNC_REASON
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.gate_verdicts import Refuse
from dialerd.core.idle_look import IdleNow, agent_skills
from dialerd.core.rule_stamp import asks_agent, idle_stamp
from dialerd.core.wrap_up import AGENT_NAME, AGENT_SKILLS, WrapUp, facts_after, wrapped_up


def after_rules(
    floor: Floor, attempt: LiveAttempt, following: ContactNext, disposition: Disposition, now: float
) -> ContactNext:
    """What becomes of the contact once its campaign's wrap-up rules were asked; the attempt keeps which fired."""
    record, settings = attempt.record, attempt.settings
    sets = tuple(WrapUp(each.name, each.wrap_up, each.first) for each in settings.rule_sets if each.wrap_up)
    if not sets or disposition in NEVER_DIALED:
        return following
    columns = attempt.contact.columns if attempt.contact is not None else (record.rules or {}).get("columns", {})
    idle = IdleNow(floor, attempt.queue, record.contact_id)
    kept = {**(record.rules or {}), **idle_stamp(settings.rule_sets, idle, after=True)}
    if record.agent is not None and record.connected_at is not None and asks_agent(settings.rule_sets):
        agent = floor.agents.get(record.agent)
        kept[AGENT_NAME] = agent.name if agent is not None else ""
        kept[AGENT_SKILLS] = list(agent_skills(floor, record.agent))
    record.rules = kept
    facts = facts_after(record, {**columns, **following.columns}, disposition, now, settings.time_zone, idle)
    found = wrapped_up(sets, record, facts, following, now, settings.time_zone)
    stamp = {**kept, "wrap_up": list(found.fired)}
    if found.dnc:
        stamp["dnc"] = list(found.dnc)
    if found.failed:
        stamp["failed"] = list(found.failed)
    if found.webhooks:
        stamp["webhooks"] = [*stamp.get("webhooks", ()), *map(list, found.webhooks)]
    if found.number_uncallable:
        stamp["number_uncallable"] = True
    record.rules = stamp
    for name in found.dnc:
        floor.do(BarNumber(name, record.number))
        floor.do(OptOut(name, record.number, record.id, "rule"))
        for campaign in floor.campaigns.values():
            if name in campaign.settings.dnc:
                campaign.bar(record.number, Refuse(f"{DNC_REASON}{name}"))
    return found.contact
