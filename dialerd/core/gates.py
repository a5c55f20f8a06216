"""Checks before dialing. Each answers Allow, Hold(reason, until) or Refuse(reason).

The same gates run when a contact leaves the hopper, again when its claim was granted, and for `why`. Gates of a
single number, and the order of all, are in :mod:`dialerd.core.choosing`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from dialerd.core.attempts_control import Capped
from dialerd.core.campaign import CampaignSettings, CampaignState
from dialerd.core.contact import Contact
from dialerd.core.dnc import DNC_REASON, DncStanding
from dialerd.core.inquiries import PROVIDER_REASON, Inquiries
from dialerd.core.lines import TrunkRun
from dialerd.core.schedule import until_said
from dialerd.core.tallies import NO_TALLIES, calls_on, is_promised
from dialerd.core.weekly_hours import Openness
from dialerd.core.windows import day_begins, day_of


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing against it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now. ``until``: epoch seconds, where known."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not at all, as things stand in the record."""

    reason: str


Verdict = Allow | Hold | Refuse
ALLOW = Allow()

OUTSIDE_SCHEDULE = "outside_its_schedule"
"""What the reason begins with while a campaign is held by its schedule."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the dialer as a whole needs before it may dial."""

    telephony: str | None = "not connected yet"
    """Why Asterisk's event socket is down; None: it is up."""
    roster: str | None = "not connected yet"
    store: str | None = "not connected yet"
    record: str | None = None
    shutting_down: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One contact (or none yet) that a campaign would dial at ``now``."""

    now: float
    settings: CampaignSettings
    state: CampaignState
    state_reason: str
    conditions: Conditions
    trunk: TrunkRun | None
    live: int
    """The campaign's lines in use, without this call."""
    attempts: int = 0
    tries: int = 0
    contact: Contact | None = None
    number: str | None = None
    """The number in question, in E.164; empty: the contact has none. None: no contact is in question."""
    number_kind: str = ""
    number_index: int = 0
    """Which of the contact's numbers it is."""
    numbers_in_use: Container[str] = ()
    """Every number with a live attempt."""
    capped: Mapping[str, Capped] | None = None
    """Numbers and contacts that the hot store refused for a rolling cap."""
    guaranteed: bool = False
    """An agent is reserved before the call is dialed."""
    dnc: DncStanding = field(default_factory=DncStanding)
    inquiries: Inquiries = field(default_factory=Inquiries)
    barred: Mapping[str, Hold | Refuse] = field(default_factory=dict)
    """Numbers that a do-not-call list is known to have."""
    not_before: float | None = None
    uncallable: str | None = None
    number_in_use: bool = False
    paused_by: str = ""
    """The campaign rule that holds the campaign."""
    openness: Openness | None = None
    """The schedule's word at ``now``; None: the campaign has no schedule."""
    agents_ready: int | None = None
    """Idle agents of the queue; where calls are placed ahead, whether anybody is at work (1 or 0); None for agentless
    campaigns. Only for those who ask why: pacing counts agents itself."""


def campaign_on(case: Case) -> Verdict:
    """The campaign is on."""
    if case.state is CampaignState.ON:
        return ALLOW
    return Hold(f"campaign_{case.state}" + (f": {case.state_reason}" if case.state_reason else ""))


def in_schedule(case: Case) -> Verdict:
    """The campaign is within its schedule."""
    schedule, openness = case.settings.schedule, case.openness
    if schedule is None or openness is None or openness.open:
        return ALLOW
    if openness.until is None:
        return Hold(f"{OUTSIDE_SCHEDULE}: it is over")
    return Hold(f"{OUTSIDE_SCHEDULE}: {until_said(schedule, case.now, openness.until)}", openness.until)


def not_paused(case: Case) -> Verdict:
    """No campaign rule holds the campaign."""
    return Hold(f"paused_by_rule: {case.paused_by}") if case.paused_by else ALLOW


def running(case: Case) -> Verdict:
    """The daemon is not shutting down."""
    return Hold("shutting_down") if case.conditions.shutting_down else ALLOW


def telephony_up(case: Case) -> Verdict:
    """Asterisk's event socket is connected."""
    down = case.conditions.telephony
    return Hold(f"telephony_down: {down}") if down is not None else ALLOW


def store_up(case: Case) -> Verdict:
    """Redis answers and the lease is ours."""
    down = case.conditions.store
    return Hold(f"store_down: {down}") if down is not None else ALLOW


def roster_up(case: Case) -> Verdict:
    """Agents are known (campaigns with a queue)."""
    down = case.conditions.roster
    return Hold(f"roster_down: {down}") if case.settings.queue and down is not None else ALLOW


def trunk_takes_calls(case: Case) -> Verdict:
    """The trunk exists and its breaker is closed."""
    if case.trunk is None:
        return Hold("trunk_unknown")
    if case.now < case.trunk.hold_until:
        return Hold("trunk_refuses_everything", case.trunk.hold_until)
    return ALLOW


def contact_callable(case: Case) -> Verdict:
    """The contact was not made uncallable."""
    return Refuse(f"uncallable: {case.uncallable}") if case.uncallable else ALLOW


def number_present(case: Case) -> Verdict:
    """The contact has a number left."""
    return Refuse("no_number") if case.number == "" else ALLOW


def number_callable(case: Case) -> Verdict:
    """Nobody has made this number uncallable."""
    contact = case.contact
    if contact is None or not contact.numbers:
        return ALLOW
    reason = contact.numbers[case.number_index].uncallable
    return Refuse("number_uncallable") if reason else ALLOW


def attempts_left(case: Case) -> Verdict:
    """The contact has attempts left, or asked to be called back."""
    if case.attempts < case.settings.max_attempts or _asked_for(case):
        return ALLOW
    return Refuse("max_attempts")


def _asked_for(case: Case) -> bool:
    return case.contact is not None and is_promised(case.contact.tries)


def contact_within_limits(case: Case) -> Verdict:
    """The contact was not called as often as the campaign's limit says."""
    limits, contact = case.settings.attempt_limits, case.contact
    if limits.per_contact is None or contact is None:
        return ALLOW
    if not limits.daily:
        enough = contact.attempts >= limits.per_contact and not _asked_for(case)
        return Refuse("max_attempts") if enough else ALLOW
    today = day_of(case.now, case.settings.time_zone)
    if calls_on(contact.tries or NO_TALLIES, today) < limits.per_contact:
        return ALLOW
    return Hold("max_attempts_today", day_begins(today + 1, case.settings.time_zone))


def gap_passed(case: Case) -> Verdict:
    """The gap of the last retry rule has passed."""
    if case.not_before is not None and case.now < case.not_before:
        return Hold("retry_gap", case.not_before)
    return ALLOW


def number_free(case: Case) -> Verdict:
    """No live attempt on this number."""
    return Hold("number_in_use") if case.number_in_use else ALLOW


def dnc_ready(case: Case) -> Verdict:
    """Every do-not-call list of the campaign can be asked."""
    obstacle = case.dnc.obstacle(case.settings.dnc)
    return Hold(obstacle) if obstacle is not None else ALLOW


def providers_answer(case: Case) -> Verdict:
    """The providers of the campaign's do-not-call lists keep up with it."""
    obstacle = case.inquiries.obstacle(case.settings.dnc_providers, case.now)
    return Hold(*obstacle) if obstacle is not None else ALLOW


def provider_clears(case: Case) -> Verdict:
    """Every provider has said, not too long ago, that the number is not listed."""
    for name in case.settings.dnc_providers if case.number else ():
        said = case.inquiries.said(name, case.number or "", case.now)
        if said is None or said.listed is None:
            return Hold(f"{PROVIDER_REASON}: {name} is asked")
        if said.listed:
            return Refuse(f"{DNC_REASON}{name}")
    return ALLOW


def number_not_barred(case: Case) -> Verdict:
    """No do-not-call list is known to have the number. (Whether one has it, the claim asks.)"""
    verdict = case.barred.get(case.number or "")
    if verdict is None or (isinstance(verdict, Hold) and verdict.until is not None and verdict.until <= case.now):
        return ALLOW
    return verdict


def campaign_line(case: Case) -> Verdict:
    """The campaign has a line left."""
    return Hold("campaign_max_lines") if case.live >= case.settings.max_lines else ALLOW


def trunk_line(case: Case) -> Verdict:
    """The trunk has a line left."""
    if case.trunk is not None and case.trunk.live >= case.trunk.settings.max_lines:
        return Hold("trunk_max_lines")
    return ALLOW


def trunk_cps(case: Case) -> Verdict:
    """The trunk's calls per second allow one more."""
    if case.trunk is not None:
        at = case.trunk.token_at(case.now)
        if at > case.now:
            return Hold("trunk_cps", at)
    return ALLOW


def agent_ready(case: Case) -> Verdict:
    """An agent is idle, or at work where calls are placed ahead."""
    if case.agents_ready != 0:
        return ALLOW
    return Hold("nobody_at_work" if case.settings.mode.dials_ahead else "no_idle_agent")


Gate = Callable[[Case], Verdict]

CAMPAIGN_GATES: tuple[Gate, ...] = (
    campaign_on, not_paused, in_schedule, running, telephony_up, store_up, roster_up, dnc_ready,
    providers_answer, trunk_takes_calls, campaign_line, trunk_line, trunk_cps,
)  # fmt: skip
"""What a campaign needs, whoever is called; agents come last."""
CONTACT_GATES: tuple[Gate, ...] = (contact_callable, attempts_left, contact_within_limits, gap_passed)
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
