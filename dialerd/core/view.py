"""What an operator may see of the core at one moment: plain, immutable values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from dialerd.core.agent import AgentState
from dialerd.core.caller_demand import callers_waiting
from dialerd.core.caller_view import CallerView, caller_views
from dialerd.core.campaign import Mode
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.directing import Directing
from dialerd.core.direction_view import RuleView, SequenceView, rule_views, sequence_views
from dialerd.core.floor import AgentRun, CampaignRun, Floor
from dialerd.core.forecasting import Forecasting
from dialerd.core.gate_verdicts import Allow
from dialerd.core.gates import CAMPAIGN_GATES, Case, walk
from dialerd.core.idle_look import agent_skills
from dialerd.core.pacing_view import FlowAgentsView, PacingView, flow_agents_view, pacing_view
from dialerd.core.queue_picture import somebody_at_work
from dialerd.core.sequencing import Sequencing


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign. Counters run since the daemon's start; the record has the whole history."""

    name: str
    mode: str
    state: str
    reason: str
    queue: str | None
    contact_list: str
    trunk: str
    priority: int
    weight: int
    live: int
    ringing: int
    connected_now: int
    waiting_now: int
    hopper: int
    placed: int
    answered: int
    connected: int
    abandoned: int
    """A of the abandon rate A/(A+L): persons not connected within the threshold."""
    dispositions: dict[str, int]
    refused_claims: dict[str, int]
    not_dialing: dict[str, int]
    """Why no further call is placed at this moment: reason -> count (agents, contacts or 1)."""
    next_contact_at: float | None
    offered: int = 0
    """Contacts that agents are reading before they are called."""
    reached: int = 0
    """L of the abandon rate: persons connected in time, to an agent or (agentless) to the message."""
    contact_lists: tuple[str, ...] = ()
    """All lists that it dials; ``contact_list`` is the first."""
    configured: bool = True
    """False: taken out of the configuration, and only ends its calls."""
    pacing: PacingView | None = None
    """None for a campaign that was never asked how many calls to place ahead."""
    flow_agents: tuple[FlowAgentsView, ...] = ()
    """Queues that the flow of an agentless campaign leads to."""
    schedule: str | None = None
    in_schedule: bool = True
    """The schedule (if there is one) is open."""
    schedule_changes_at: float | None = None
    """When it closes or opens next, epoch seconds; None: not within a year, or no schedule."""


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. ``since``: epoch seconds of the last change of state."""

    agent: str
    name: str
    state: str
    since: float
    queues: tuple[str, ...]
    connection: str
    attempt: str | None
    calls: int
    reason: str
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One live attempt."""

    id: str
    campaign: str
    contact_key: str
    number: str
    state: str
    agent: str | None
    claimed_at: float | None
    answered_at: float | None
    connected_at: float | None
    flow: str | None = None
    """The flow that the caller walks through; ``flow_node``: where in it."""
    flow_node: str | None = None
    mark: str | None = None
    """What somebody said that it is: ``machine`` or ``person``."""
    recording: str | None = None
    """``consent``, ``recording``, ``paused``, ``failed``; None: it is not recorded."""


@dataclass(frozen=True, slots=True)
class TrunkView:
    """One trunk."""

    name: str
    lines: int
    max_lines: int
    cps: float
    held_until: float | None


@dataclass(frozen=True, slots=True)
class DialerView:
    """Everything at one moment."""

    at: float
    telephony: str | None
    """Why it is down; None: up. Likewise the others."""
    roster: str | None
    store: str | None
    record: str | None
    shutting_down: bool
    campaigns: tuple[CampaignView, ...]
    agents: tuple[AgentView, ...]
    attempts: tuple[AttemptView, ...]
    trunks: tuple[TrunkView, ...]
    sequences: tuple[SequenceView, ...] = ()
    campaign_rules: tuple[RuleView, ...] = ()
    callers: tuple[CallerView, ...] = ()
    """People who call in."""


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One gate's word in a `why`: ``verdict`` is ``allow``, ``hold`` or ``refuse``."""

    gate: str
    verdict: str
    reason: str
    until: float | None
    number: str | None = None
    """The number in E.164 that the verdict is about; None: it is about the campaign or the whole contact."""


CaseFor = Callable[[CampaignRun, Contact | None, float], Case]


class Viewer:
    """Reads the floor; changes nothing."""

    def __init__(self, floor: Floor, desk: Desk, forecasting: Forecasting, case_for: CaseFor) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self._case_for = case_for
        self.sequencing: Sequencing | None = None
        self.directing: Directing | None = None

    def dialer(self, now: float) -> DialerView:
        """The whole picture at ``now``."""
        floor, conditions = self._floor, self._floor.conditions
        return DialerView(
            at=now,
            telephony=conditions.telephony,
            roster=conditions.roster,
            store=conditions.store,
            record=conditions.record,
            shutting_down=conditions.shutting_down,
            campaigns=tuple(self._campaign(c, now) for _, c in sorted(floor.campaigns.items())),
            agents=tuple(self._agent(a) for _, a in sorted(floor.agents.items())),
            attempts=tuple(
                AttemptView(
                    a.id, a.record.campaign, a.record.contact_key, a.record.number, a.state.value, a.record.agent,
                    a.record.claimed_at, a.record.answered_at, a.record.connected_at,
                    a.walk.state.flow if a.walk is not None else None,
                    a.walk.state.node if a.walk is not None else None,
                    a.record.mark["mark"] if a.record.mark is not None else None,
                    (a.record.recording or {}).get("state"),
                )
                for a in floor.attempts.values()
            ),
            trunks=tuple(
                TrunkView(
                    name, t.live, t.settings.max_lines, t.settings.cps, t.hold_until if t.hold_until > now else None
                )
                for name, t in sorted(floor.trunks.items())
            ),
            sequences=sequence_views(self.sequencing) if self.sequencing is not None else (),
            campaign_rules=rule_views(self.directing) if self.directing is not None else (),
            callers=caller_views(floor.callers.values()),
        )  # fmt: skip

    def _campaign(self, campaign: CampaignRun, now: float) -> CampaignView:
        settings, openness = campaign.settings, campaign.openness(now)
        states = Counter(self._floor.attempts[a].state.value for a in campaign.live if a in self._floor.attempts)
        return CampaignView(
            name=settings.name,
            mode=settings.mode.value,
            state=campaign.state.value,
            reason=campaign.reason,
            queue=settings.queue,
            contact_list=settings.contact_list,
            contact_lists=settings.contact_lists,
            configured=settings.name in self._floor.plan.campaigns,
            trunk=settings.trunk,
            priority=settings.priority,
            weight=settings.weight,
            live=len(campaign.live),
            ringing=states["originating"] + states["ringing"] + states["unconfirmed"],
            connected_now=states["connected"] + states["treating"],
            waiting_now=states["waiting_agent"] + states["analysing"] + states["answered"],
            offered=states["offered"] + states["accepted"],
            hopper=len(campaign.hopper),
            placed=campaign.placed,
            answered=campaign.answered,
            connected=campaign.connected,
            abandoned=campaign.abandoned,
            dispositions=dict(campaign.dispositions),
            refused_claims=dict(campaign.refused),
            not_dialing=self._not_dialing(campaign, now),
            next_contact_at=campaign.next_contact_at,
            reached=campaign.reached,
            pacing=pacing_view(self._forecasting, settings.name, now),
            flow_agents=flow_agents_view(self._forecasting, campaign, now),
            schedule=settings.schedule.name if settings.schedule is not None else None,
            in_schedule=openness is None or openness.open,
            schedule_changes_at=openness.until if openness is not None else None,
        )

    def _not_dialing(self, campaign: CampaignRun, now: float) -> dict[str, int]:
        reasons: dict[str, int] = {}
        for _, verdict in walk(CAMPAIGN_GATES, self._case_for(campaign, None, now)):
            if not isinstance(verdict, Allow):
                reasons[verdict.reason] = 1
        if reasons:
            return reasons
        if now < campaign.hold_until:
            reasons[f"claim_refused: {campaign.hold_reason}"] = 1
        if not campaign.hopper:
            waiting = campaign.next_contact_at is not None
            reasons["no_contact_callable_now" if waiting or campaign.dry else "fetching_contacts"] = 1
        reasons.update(Counter(parked.reason for parked in campaign.parked.values()))
        if campaign.lane:
            reasons["waiting_for_a_guaranteed_agent"] = len(campaign.lane)
        settings = campaign.settings
        if settings.mode.dials_ahead and settings.queue and somebody_at_work(self._floor, settings.queue):
            run = self._forecasting.runs.get(settings.name)
            if not reasons and run is not None and run.decision is not None and run.decision.calls == 0:
                reasons["pacing_holds"] = 1
        elif settings.mode is not Mode.AGENTLESS:
            reasons.update(self._agents_busy(settings.queue))
        return reasons

    def _agents_busy(self, queue: str | None) -> dict[str, int]:
        idle, waiting = self._desk.idle_agents(queue), callers_waiting(self._floor, queue)
        if idle:
            return {} if idle > waiting else {"callers_wait_for_agents": waiting}
        members = [a for a in self._floor.agents.values() if queue in a.memberships]
        if not members:
            return {"queue_has_no_members": 1}
        return dict(Counter(f"agent_{a.state}" for a in members))

    def _agent(self, agent: AgentRun) -> AgentView:
        reason = ""
        if agent.state is AgentState.PAUSED:
            told = sorted({m.pause_reason for m in agent.memberships.values() if m.paused and m.pause_reason})
            reason = "busy with another call" if agent.in_call_elsewhere else ", ".join(told)
        elif agent.state is AgentState.NOT_RESPONDING:
            if agent.missed:
                reason = "did not answer; unpause to resume"
            elif agent.nailed and not agent.line_up:
                reason = "line not open"
            else:
                reason = "phone not reachable"
        return AgentView(
            agent=agent.agent,
            name=agent.name,
            state=agent.state.value,
            since=agent.since,
            queues=tuple(sorted(agent.memberships)),
            connection="nailed" if agent.nailed else "ring",
            attempt=agent.attempt or agent.inbound,
            calls=agent.calls,
            reason=reason,
            skills=agent_skills(self._floor, agent.agent),
        )
