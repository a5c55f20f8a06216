"""Checks before dialing. Each answers Allow, Hold(reason, until) or Refuse(reason).

The same gates run when a contact leaves the hopper, again when its claim was granted, and for `why`. Gates of a
single number, and the order of all, are in :mod:`dialerd.core.choosing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from dialerd.core.attempts_control import Capped
from dialerd.core.campaign import CampaignState
from dialerd.core.contact import Contact, Number
from dialerd.core.dnc import DNC_REASON
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.gate_verdicts import ALLOW, Allow, Hold, Refuse, Verdict
from dialerd.core.inquiries import PROVIDER_REASON
from dialerd.core.schedule import until_said
from dialerd.core.tallies import CALLBACK_MISSED, NO_TALLIES, calls_today, is_promised, promised_until
from dialerd.core.value import value

OUTSIDE_SCHEDULE = "outside_its_schedule"
"""What the reason begins with while a campaign is held by its schedule."""


@value(frozen=True, slots=True)
class Known:
    """What those know who ask why, beside what stands on the floor."""

    not_before: float | None = None
    """Epoch seconds until which the record keeps the contact."""
    uncallable: str | None = None
    """Why the contact is uncallable."""
    barred: Mapping[str, Hold | Refuse] = field(default_factory=dict)
    """Numbers that are on do-not-call lists."""
    capped: Mapping[str, Capped] | None = None
    """Numbers and contacts that must wait for a rolling cap; None: those that claims were refused for."""
    agents_ready: int | None = None
    """Idle agents of the queue; where calls are placed ahead, whether anybody is at work (1 or 0); None for agentless
    campaigns. Pacing counts agents itself."""


NOTHING_MORE = Known()


@value(frozen=True, slots=True)
class Case:
    """What the gates judge: a campaign that would dial at ``now``, and whom, if that is in question already."""

    now: float
    floor: Floor
    campaign: CampaignRun
    contact: Contact | None = None
    number: Number | None = None
    """One of the contact's numbers; None: it has none, or no contact is in question."""
    number_index: int = 0
    """Which of the contact's numbers it is."""
    guaranteed: bool = False
    """An agent is reserved before the call is dialed."""
    known: Known = NOTHING_MORE
    previews: bool = False
    """That agent can be shown the contact first, where that is wanted."""


def campaign_on(case: Case) -> Verdict:
    """The campaign is on."""
    state, reason = case.campaign.state, case.campaign.reason
    if state is CampaignState.ON:
        return ALLOW
    return Hold(f"campaign_{state}" + (f": {reason}" if reason else ""))


def in_schedule(case: Case) -> Verdict:
    """The campaign is within its schedule."""
    schedule, openness = case.campaign.settings.schedule, case.campaign.openness(case.now)
    if schedule is None or openness is None or openness.open:
        return ALLOW
    if openness.until is None:
        return Hold(f"{OUTSIDE_SCHEDULE}: it is over")
    return Hold(f"{OUTSIDE_SCHEDULE}: {until_said(schedule, case.now, openness.until)}", openness.until)


def not_paused(case: Case) -> Verdict:
    """No campaign rule holds the campaign."""
    return Hold(f"paused_by_rule: {case.campaign.paused_by}") if case.campaign.paused_by else ALLOW


def running(case: Case) -> Verdict:
    """The daemon is not shutting down."""
    return Hold("shutting_down") if case.floor.conditions.shutting_down else ALLOW


def telephony_up(case: Case) -> Verdict:
    """Asterisk's event socket is connected."""
    down = case.floor.conditions.telephony
    return Hold(f"telephony_down: {down}") if down is not None else ALLOW


def store_up(case: Case) -> Verdict:
    """Redis answers and the lease is ours."""
    down = case.floor.conditions.store
    return Hold(f"store_down: {down}") if down is not None else ALLOW


def roster_up(case: Case) -> Verdict:
    """Agents are known (campaigns with a queue)."""
    down = case.floor.conditions.roster
    return Hold(f"roster_down: {down}") if case.campaign.settings.queue and down is not None else ALLOW


def trunk_takes_calls(case: Case) -> Verdict:
    """The trunk exists and its breaker is closed."""
    trunk = case.floor.trunks.get(case.campaign.settings.trunk)
    if trunk is None:
        return Hold("trunk_unknown")
    if case.now < trunk.hold_until:
        return Hold("trunk_refuses_everything", trunk.hold_until)
    return ALLOW


def contact_callable(case: Case) -> Verdict:
    """The contact was not made uncallable."""
    return Refuse(f"uncallable: {case.known.uncallable}") if case.known.uncallable else ALLOW


def number_present(case: Case) -> Verdict:
    """The contact has a number left."""
    return Refuse("no_number") if case.number is None and case.contact is not None else ALLOW


def number_callable(case: Case) -> Verdict:
    """Nobody has made this number uncallable."""
    return Refuse("number_uncallable") if case.number is not None and case.number.uncallable else ALLOW


def attempts_left(case: Case) -> Verdict:
    """The contact has attempts left, or asked to be called back."""
    contact = case.contact
    if contact is None or contact.attempts < case.campaign.settings.max_attempts or is_promised(contact.tries):
        return ALLOW
    return Refuse("max_attempts")


def callback_not_too_late(case: Case) -> Verdict:
    """The time in which the contact was to be called back is not over."""
    tallies = case.contact.tries if case.contact is not None else None
    until = promised_until(tallies) if tallies else None
    return Refuse(CALLBACK_MISSED) if until is not None and case.now > until else ALLOW


def contact_within_limits(case: Case) -> Verdict:
    """The contact was not called as often as the campaign's limit says."""
    settings, contact = case.campaign.settings, case.contact
    limits = settings.attempt_limits
    if limits.per_contact is None or contact is None:
        return ALLOW
    if not limits.daily:
        enough = contact.attempts >= limits.per_contact and not is_promised(contact.tries)
        return Refuse("max_attempts") if enough else ALLOW
    calls, over = calls_today(contact.tries or NO_TALLIES, case.now)
    return ALLOW if calls < limits.per_contact else Hold("max_attempts_today", over)


def gap_passed(case: Case) -> Verdict:
    """The gap of the last retry rule has passed."""
    not_before = case.known.not_before
    return Hold("retry_gap", not_before) if not_before is not None and case.now < not_before else ALLOW


def number_free(case: Case) -> Verdict:
    """No live attempt on this number."""
    in_use = case.number is not None and case.number.e164 in case.floor.numbers
    return Hold("number_in_use") if in_use else ALLOW


def not_calling_us(case: Case) -> Verdict:
    """The person does not call us at this moment."""
    calls = case.number is not None and case.number.e164 in case.floor.calling
    return Hold("calls_us_now") if calls else ALLOW


def dnc_ready(case: Case) -> Verdict:
    """Every do-not-call list of the campaign can be asked."""
    obstacle = case.floor.dnc.obstacle(case.campaign.settings.dnc)
    return Hold(obstacle) if obstacle is not None else ALLOW


def providers_answer(case: Case) -> Verdict:
    """The providers of the campaign's do-not-call lists keep up with it."""
    obstacle = case.floor.inquiries.obstacle(case.campaign.settings.dnc_providers, case.now)
    return Hold(*obstacle) if obstacle is not None else ALLOW


def voice_keeps_up(case: Case) -> Verdict:
    """The voice that says the campaign's texts keeps up with it."""
    obstacle = case.floor.prompts.obstacle(case.campaign.settings, case.now)
    return Hold(obstacle.reason, obstacle.until) if obstacle is not None else ALLOW


def provider_clears(case: Case) -> Verdict:
    """Every provider has said, not too long ago, that the number is not listed."""
    if case.number is None:
        return ALLOW
    for name in case.campaign.settings.dnc_providers:
        said = case.floor.inquiries.said(name, case.number.e164, case.now)
        if said is None or said.listed is None:
            return Hold(f"{PROVIDER_REASON}: {name} is asked")
        if said.listed:
            return Refuse(f"{DNC_REASON}{name}")
    return ALLOW


def number_not_barred(case: Case) -> Verdict:
    """No do-not-call list is known to have the number. (Whether one has it, the claim asks.)"""
    if case.number is None:
        return ALLOW
    number = case.number.e164
    verdict = case.known.barred.get(number) or case.campaign.barred.get(number)
    if verdict is None or (isinstance(verdict, Hold) and verdict.until is not None and verdict.until <= case.now):
        return ALLOW
    return verdict


def campaign_line(case: Case) -> Verdict:
    """The campaign has a line left."""
    full = len(case.campaign.live) >= case.campaign.settings.max_lines
    return Hold("campaign_max_lines") if full else ALLOW


def trunk_line(case: Case) -> Verdict:
    """The trunk has a line left."""
    trunk = case.floor.trunks.get(case.campaign.settings.trunk)
    full = trunk is not None and trunk.live >= trunk.settings.max_lines
    return Hold("trunk_max_lines") if full else ALLOW


def trunk_cps(case: Case) -> Verdict:
    """The trunk's calls per second allow one more."""
    trunk = case.floor.trunks.get(case.campaign.settings.trunk)
    at = trunk.token_at(case.now) if trunk is not None else case.now
    return Hold("trunk_cps", at) if at > case.now else ALLOW


def agent_ready(case: Case) -> Verdict:
    """An agent is idle, or at work where calls are placed ahead."""
    if case.known.agents_ready != 0:
        return ALLOW
    return Hold("nobody_at_work" if case.campaign.settings.mode.dials_ahead else "no_idle_agent")


def flow_has_agents(case: Case) -> Verdict:
    """As many agents are expected to be free as callers in flows are expected to ask for (agentless campaigns)."""
    return case.floor.flow_hold(case.campaign, case.now) or ALLOW


Gate = Callable[[Case], Verdict]

LINE_GATES: tuple[Gate, ...] = (
    providers_answer, voice_keeps_up, flow_has_agents, campaign_line, trunk_line, trunk_cps,
)  # fmt: skip
"""What each call takes something away from: asked before every one."""
CAMPAIGN_GATES: tuple[Gate, ...] = (
    campaign_on, not_paused, in_schedule, running, telephony_up, store_up, roster_up, dnc_ready, trunk_takes_calls,
    *LINE_GATES,
)  # fmt: skip
"""What a campaign needs, whoever is called; agents come last."""
CONTACT_GATES: tuple[Gate, ...] = (
    contact_callable, callback_not_too_late, attempts_left, contact_within_limits, gap_passed,
)  # fmt: skip
"""What one contact needs, whichever of its numbers is dialed; those are in :mod:`dialerd.core.choosing`."""


def first_objection(gates: tuple[Gate, ...], case: Case) -> Hold | Refuse | None:
    """The first verdict that is not Allow, or None."""
    for gate in gates:
        verdict = gate(case)
        if verdict is not ALLOW:
            assert not isinstance(verdict, Allow)
            return verdict
    return None


def walk(gates: tuple[Gate, ...], case: Case) -> list[tuple[str, Verdict]]:
    """Every gate's name and verdict, in order."""
    return [(gate.__name__, gate(case)) for gate in gates]
