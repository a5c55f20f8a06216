"""Why one contact is not called now, and when it can be: every gate's word, with what only the stores know put in.

The stores' knowledge comes as :class:`Evidence`. The gates are those that decide in earnest; here they are asked
about moments to come as well: a retry gap that ends at night is followed by the next callable window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from dialerd.core.cap_counts import Calls, CapCount, cap_counts, capped_now
from dialerd.core.choosing import NUMBER_GATES, for_number, in_dial_order, walk_contact
from dialerd.core.contact import Contact, ContactState
from dialerd.core.desk import Desk
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.gate_verdicts import Hold, Refuse, Verdict
from dialerd.core.gates import (
    CAMPAIGN_GATES,
    CONTACT_GATES,
    Case,
    Known,
    agent_ready,
    gap_passed,
    in_schedule,
    number_callable,
)
from dialerd.core.inquiries import Said
from dialerd.core.pre_call_gate import wants_preview
from dialerd.core.queue_picture import somebody_at_work
from dialerd.core.view import GateFinding

MOST_STEPS = 100
"""So many holds, one after the other, are followed in search of a moment without any."""
FILTER_GATE = "filter_passes"
"""Not a gate of the core, which never sees a contact that the campaign's filter leaves out."""

RETRY_REASON = "retry"
"""What the record's reason begins with where a retry rule parked the contact."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stores know of a contact."""

    state: ContactState = ContactState.CALLABLE
    not_before: float | None = None
    """Epoch seconds until which the record keeps it parked."""
    reason: str = ""
    """Why it is parked, or uncallable."""
    filtered: Hold | Refuse | None = None
    """The campaign's filter leaves it out."""
    barred: Mapping[str, Hold | Refuse] = field(default_factory=dict)
    """Its numbers (E.164) that are on do-not-call lists of the campaign."""
    calls: Calls | None = None
    """Past calls of the contact, its numbers and its person; None: not known."""


@dataclass(frozen=True, slots=True)
class ProviderWord:
    """What a provider of a do-not-call list said of a number; ``listed`` None: it has yet to answer."""

    dnc_list: str
    number: str
    listed: bool | None
    until: float


@dataclass(frozen=True, slots=True)
class Held:
    """Where the core has the contact. ``kind``: ``in_call``, ``in_hopper``, ``waits_for_agent`` (in the
    guaranteed-agent lane) or ``held`` (for a moment, in memory). ``place``: 1 is next."""

    kind: str
    campaign: str
    place: int | None = None
    until: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Eligible:
    """``at``: the soonest moment without any hold; None: never, or it depends on what has no time.
    ``not_before``: the same without holds of which nobody knows the end; None: never."""

    at: float | None
    not_before: float | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """All there is to say about one contact in one campaign."""

    findings: tuple[GateFinding, ...]
    eligible: Eligible
    with_agent: Eligible | None
    """The same for a call with an agent reserved, where the campaign makes such calls in its lane."""
    caps: tuple[CapCount, ...] | None = None
    """None: past calls are not known."""
    providers: tuple[ProviderWord, ...] = ()
    held: Held | None = None


CaseFor = Callable[[CampaignRun, Contact | None, float], Case]


class Inspecting:
    """Reads the floor; changes nothing."""

    def __init__(self, floor: Floor, desk: Desk, case_for: CaseFor) -> None:
        self._floor = floor
        self._desk = desk
        self._case_for = case_for

    def of(self, campaign_name: str, contact: Contact, evidence: Evidence, now: float) -> Inspection:
        """Every gate's verdict on the contact, in order, and what follows from all. KeyError: no such campaign."""
        campaign = self._floor.campaigns[campaign_name]
        settings = campaign.settings
        case = self._case(campaign, contact, evidence, now)
        with_agent, caps = None, None
        if evidence.calls is not None:
            caps = tuple(cap_counts(settings.attempt_caps, contact, evidence.calls, now))
        in_lane = settings.guaranteed_agent_lane or wants_preview(case, contact)
        if settings.mode.dials_ahead and in_lane:
            reserved = _with_calls(replace(case, guaranteed=True, previews=True), contact, evidence)
            with_agent = eligible(reserved, contact, evidence.filtered)
        return Inspection(
            findings=tuple(_findings(case, contact, evidence)),
            eligible=eligible(case, contact, evidence.filtered),
            with_agent=with_agent,
            caps=caps,
            providers=tuple(self._providers(case, contact, now)),
            held=self.held(campaign, contact.id),
        )

    def _agents_ready(self, campaign: CampaignRun) -> int | None:
        settings = campaign.settings
        if settings.queue is None:
            return None
        if settings.mode.dials_ahead:
            return int(somebody_at_work(self._floor, settings.queue))
        return self._desk.idle_agents(settings.queue)

    def _case(self, campaign: CampaignRun, contact: Contact, evidence: Evidence, now: float) -> Case:
        uncallable = evidence.state is ContactState.UNCALLABLE
        known = Known(
            not_before=evidence.not_before,
            uncallable=(evidence.reason or "uncallable") if uncallable else None,
            barred=evidence.barred,
            agents_ready=self._agents_ready(campaign),
        )
        return _with_calls(replace(self._case_for(campaign, contact, now), known=known), contact, evidence)

    def _providers(self, case: Case, contact: Contact, now: float) -> list[ProviderWord]:
        asked = [(name, number.e164) for name in case.campaign.settings.dnc_providers for number in contact.numbers]
        words: list[tuple[str, str, Said | None]] = [(*one, self._floor.inquiries.said(*one, now)) for one in asked]
        return [ProviderWord(name, number, said.listed, said.until) for name, number, said in words if said]

    def held(self, campaign: CampaignRun, contact_id: int) -> Held | None:
        """Where the core has the contact, for this campaign or another; None: nowhere."""
        for attempt in self._floor.attempts.values():
            if attempt.record.contact_id == contact_id:
                return Held("in_call", attempt.record.campaign, reason=attempt.state.value)
        for one in (campaign, *(other for other in self._floor.campaigns.values() if other is not campaign)):
            name = one.settings.name
            for place, waiting in enumerate(one.hopper, start=1):
                if waiting.id == contact_id:
                    return Held("in_hopper", name, place)
            for place, (_, waiting) in enumerate(one.lane, start=1):
                if waiting.id == contact_id:
                    return Held("waits_for_agent", name, place)
            if contact_id in one.parked:
                parked = one.parked[contact_id]
                return Held("held", name, None, parked.until, parked.reason)
        return None


def _with_calls(case: Case, contact: Contact, evidence: Evidence) -> Case:
    """The case with what the logs of calls say, instead of what claims were refused for."""
    if evidence.calls is None:
        return case
    caps = [cap for cap in case.campaign.settings.attempt_caps if not (case.guaranteed and cap.unless_guaranteed)]
    capped = capped_now(caps, contact, evidence.calls, case.now)
    return replace(case, known=replace(case.known, capped=capped))


def _findings(case: Case, contact: Contact, evidence: Evidence) -> list[GateFinding]:
    found: list[GateFinding] = []
    last = CONTACT_GATES[-1].__name__
    for judged in walk_contact(case, contact):
        finding = _finding(judged.gate, judged.verdict, judged.number)
        waits = judged.gate == gap_passed.__name__ and finding.verdict == "hold"
        if waits and evidence.reason and not evidence.reason.startswith(RETRY_REASON):
            finding = replace(finding, reason=f"parked: {evidence.reason}")
        if judged.gate == number_callable.__name__ and finding.verdict == "refuse":
            why = next(n.uncallable for n in contact.numbers if n.e164 == judged.number and n.uncallable)
            finding = replace(finding, reason=f"{finding.reason}: {why}")
        found.append(finding)
        if judged.gate == last:
            found.append(_finding(FILTER_GATE, evidence.filtered, None))
    return found


def _finding(gate: str, verdict: Verdict | None, number: str | None) -> GateFinding:
    if isinstance(verdict, Hold):
        return GateFinding(gate, "hold", verdict.reason, verdict.until, number)
    if isinstance(verdict, Refuse):
        return GateFinding(gate, "refuse", verdict.reason, None, number)
    return GateFinding(gate, "allow", "", None, number)


# --- moments to come ----------------------------------------------------------------------------------------


def eligible(case: Case, contact: Contact, filtered: Hold | Refuse | None = None) -> Eligible:
    """The soonest moment from ``case.now`` on at which nothing is in the way, as far as can be told now.

    What a hold depends on is known for times of day, schedules, gaps, caps and entries that expire. A hold without
    an end (no idle agent, a campaign that is off) is looked at as it stands now."""
    never = Eligible(None, None)
    numbers = [n for n in in_dial_order(contact) if not _refused(for_number(case, contact, n))]
    if not numbers or isinstance(filtered, Refuse):
        return never
    moment, unknown = case.now, filtered is not None
    for _ in range(MOST_STEPS):
        at = _at(case, moment)
        until, open_end, refused = _all_of(at)
        if refused or (moment > case.now and _schedule_over(at)):
            return never
        unknown |= open_end and moment == case.now
        if until <= moment:
            ends = [_end_of(for_number(at, contact, n), moment, look=moment == case.now) for n in numbers]
            known = [end for end, open_end in ends if not open_end]
            unknown |= not known
            until = min(known) if known else min(end for end, _ in ends)
        if until <= moment:
            return Eligible(None if unknown else moment, moment)
        moment = until
    return never


def _at(case: Case, moment: float) -> Case:
    return case if moment == case.now else replace(case, now=moment)


def _all_of(case: Case) -> tuple[float, bool, bool]:
    """Of what concerns the campaign and the whole contact: the latest end of a hold, whether one has no end, and
    whether something is refused."""
    until, open_end = case.now, False
    for gate in (*CAMPAIGN_GATES, *CONTACT_GATES, agent_ready):
        verdict = gate(case)
        if isinstance(verdict, Refuse):
            return inf, False, True
        if isinstance(verdict, Hold):
            open_end |= verdict.until is None
            until = max(until, verdict.until or 0.0)
    return until, open_end, False


def _schedule_over(case: Case) -> bool:
    verdict = in_schedule(case)
    return isinstance(verdict, Hold) and verdict.until is None


def _refused(case: Case) -> bool:
    return any(isinstance(gate(case), Refuse) for gate in NUMBER_GATES)


def _end_of(case: Case, moment: float, *, look: bool) -> tuple[float, bool]:
    """The latest end of a number's holds, and whether one has no end (only told if ``look``)."""
    holds = [verdict for gate in NUMBER_GATES if isinstance(verdict := gate(case), Hold)]
    end = max((hold.until for hold in holds if hold.until is not None), default=moment)
    return end, look and any(hold.until is None for hold in holds)
