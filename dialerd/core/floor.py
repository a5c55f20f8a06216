"""Everything the core remembers between two events, and the one place where commands are put down."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from dialerd.core.agent import AGENT_LIFECYCLE, AgentState
from dialerd.core.analysis import AnalysisProfile
from dialerd.core.attempt import ATTEMPT_LIFECYCLE, AttemptRecord, AttemptState
from dialerd.core.attempts_control import CappedSubjects
from dialerd.core.caller_run import CallerRun
from dialerd.core.campaign import CAMPAIGN_LIFECYCLE, CampaignSettings, CampaignState, Plan
from dialerd.core.commands import Command, InvariantViolated, Tell
from dialerd.core.contact import Contact
from dialerd.core.dnc import DncStanding
from dialerd.core.findings import Findings
from dialerd.core.flow.walk import Walk
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.ids import SerialNumbers
from dialerd.core.inquiries import Inquiries
from dialerd.core.lines import TrunkRun
from dialerd.core.prompt_book import PromptBook
from dialerd.core.schedule import ScheduleRun
from dialerd.core.timers import Timers
from dialerd.core.weekly_hours import Openness

MOST_BARRED = 10_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the dialer as a whole needs before it may dial."""

    telephony: str | None = "not connected yet"
    """Why Asterisk's event socket is down; None: it is up."""
    roster: str | None = "not connected yet"
    store: str | None = "not connected yet"
    record: str | None = None
    shutting_down: bool = False


@dataclass(slots=True)
class LiveAttempt:
    """An attempt between claim and close."""

    record: AttemptRecord
    settings: CampaignSettings
    """As they were when the attempt began: a reload does not touch live calls."""
    state: AttemptState = AttemptState.CLAIMING
    contact: Contact | None = None
    """None for an attempt of an earlier run."""
    more_variables: Mapping[str, str] = field(default_factory=dict)
    """Channel variables that pre-call rules have set, over the campaign's."""
    agent_channel: str | None = None
    """The ring of a member (ring mode)."""
    own_bridge: str | None = None
    """The bridge made for this call alone (ring mode)."""
    greeting_end_at: float | None = None
    talking: bool = False
    """The called party makes a sound at this moment."""
    quiet_since: float | None = None
    amd_running: bool = False
    listening: bool = False
    awaiting_beep: bool = False
    """A machine's greeting is waited for to end."""
    message_over: bool = False
    """The message was played to its end."""
    hang_up_sent: bool = False
    playback_started: bool = False
    playback_failed: bool = False
    entering: bool = False
    """The person is on the way into the agent's bridge."""
    agent_up: bool = False
    """The rung member has picked up."""
    agent_rung_at: float | None = None
    grace_used: bool = False
    """The clock ran out while the agent's bridge was being entered."""
    probes: int = 0
    playback: str | None = None
    """The playback of a flow that is going on."""
    recording: str | None = None
    """The recording of a flow that is going on."""
    walk: Walk | None = None
    """The walk through a flow; None: there is none."""

    @property
    def analysis(self) -> AnalysisProfile:
        """How this answer is analysed."""
        return self.settings.analysis_of(self.record.number_kind)

    @property
    def queue(self) -> str | None:
        """The queue whose agents take this call: the one that a flow led to, or the campaign's."""
        return self.record.queue or self.settings.queue

    @property
    def id(self) -> str:
        """The attempt's id, which is its channel's id too."""
        return self.record.id


@dataclass(slots=True)
class Membership:
    """One agent in one queue."""

    penalty: int
    paused: bool
    pause_reason: str


@dataclass(slots=True)
class AgentRun:
    """A queue member at work. Times are epoch seconds."""

    agent: str
    interface: str = ""
    name: str = ""
    nailed: bool = False
    state: AgentState = AgentState.LOGGED_OUT
    since: float = 0.0
    idle_since: float = 0.0
    memberships: dict[str, Membership] = field(default_factory=dict)
    in_call_elsewhere: bool = False
    reachable: bool = True
    missed: bool = False
    """Did not answer our last ring; cleared when somebody unpauses the member."""
    attempt: str | None = None
    """The attempt that reserved the agent, or whose call the agent is in."""
    inbound: str | None = None
    """The channel of an inbound queue call on the nailed-up line."""
    line: str | None = None
    line_up: bool = False
    line_failures: int = 0
    announced: str | None = None
    pause_seen: bool = False
    """app_queue has confirmed our wrap-up pause."""
    talk_began: float | None = None
    last_call: str | None = None
    """The attempt of the conversation before; the agent may still say what it was."""
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Parked:
    """A contact that waits in memory until then (epoch seconds), and what for."""

    until: float
    contact: Contact
    reason: str


@dataclass(slots=True)
class CampaignRun:
    """A campaign at work."""

    settings: CampaignSettings
    state: CampaignState = CampaignState.OFF
    reason: str = ""
    hopper: deque[Contact] = field(default_factory=deque)
    parked: dict[int, Parked] = field(default_factory=dict)
    """Contacts that wait for a moment, by id."""
    lane: deque[tuple[float, Contact]] = field(default_factory=deque)
    """Contacts that wait for a guaranteed agent: (since, contact)."""
    to_park: dict[tuple[float, str, str], list[int]] = field(default_factory=dict)
    """Contacts that the record is to keep: (until, reason) -> ids; written before this event is done with."""
    parked_of_fetch: int = 0
    """Contacts parked in the record since the last fetch came; -1: one of that fetch was dialed."""
    barred: dict[str, Hold | Refuse] = field(default_factory=dict)
    """Numbers that a do-not-call list is known to have, by E.164; what is forgotten here the claim still knows."""
    live: set[str] = field(default_factory=set)
    prompts_not_played: int = 0
    """Rendered prompts in a row that Asterisk could not play."""
    closing: set[str] = field(default_factory=set)
    fetching: bool = False
    dry: bool = False
    last_look: bool = False
    """Its list was looked at since all that feed it have nobody left; see :mod:`dialerd.core.completing`."""
    """The last fetch brought fewer contacts than were asked for."""
    next_contact_at: float | None = None
    record_in_attempt: int = 0
    hold_until: float = 0.0
    hold_reason: str = ""
    placed: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    reached: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    dispositions: dict[str, int] = field(default_factory=dict)
    schedule: ScheduleRun | None = None
    paused_by: str = ""
    """The campaign rule that holds it; empty: none does."""
    was_open: bool | None = None
    """The schedule's word when pacing last looked."""

    def held(self) -> list[Contact]:
        """Contacts that were fetched and are not being dialed: in the hopper, parked here, or in the lane."""
        return [*self.hopper, *(parked.contact for parked in self.parked.values()), *(c for _, c in self.lane)]

    def let_go(self, contact_ids: Collection[int]) -> None:
        """These contacts are held no longer."""
        self.hopper = deque(contact for contact in self.hopper if contact.id not in contact_ids)
        self.lane = deque(entry for entry in self.lane if entry[1].id not in contact_ids)
        for contact_id in contact_ids:
            self.parked.pop(contact_id, None)

    def openness(self, now: float) -> Openness | None:
        """The schedule's word at ``now``; None: there is no schedule."""
        if self.settings.schedule is None:
            return None
        if self.schedule is None or self.schedule.schedule is not self.settings.schedule:
            self.schedule = ScheduleRun(self.settings.schedule)
        return self.schedule.at(now)

    def bar(self, number: str, verdict: Hold | Refuse) -> None:
        """Remember that a list has the number; the oldest of very many is forgotten."""
        self.barred[number] = verdict
        if len(self.barred) > MOST_BARRED:
            del self.barred[next(iter(self.barred))]


class Floor:
    """The state of one dialer and its outgoing commands. Rooms of the core change it; nothing else does."""

    def __init__(self, serials: SerialNumbers) -> None:
        self.serials = serials
        self.plan = Plan({}, {})
        self.conditions = Conditions()
        self.dnc = DncStanding()
        self.inquiries = Inquiries()
        self.prompts = PromptBook()
        self.timers = Timers()
        self.campaigns: dict[str, CampaignRun] = {}
        self.findings = Findings()
        self.trunks: dict[str, TrunkRun] = {}
        self.agents: dict[str, AgentRun] = {}
        self.available: defaultdict[str, set[str]] = defaultdict(set)
        """Queue -> agents who can take a call now."""
        self.campaign_moves = 0
        """Counts how often a campaign changed its state."""
        self.memberships_changed = 0
        """Counts how often an agent joined or left a queue."""
        self.queues_known: frozenset[str] | None = None
        self.attempts: dict[str, LiveAttempt] = {}
        self.numbers: dict[str, str] = {}
        """Number -> the live attempt on it."""
        self.callers: dict[str, CallerRun] = {}
        """Channel of somebody who calls in -> their call."""
        self.calling: dict[str, str] = {}
        """Number (E.164) of somebody who calls in at this moment -> their call."""
        self.capped = CappedSubjects()
        """Numbers and contacts that must wait for a rolling cap."""
        self.playbacks: dict[str, str] = {}
        """Playback of a flow that is going on -> attempt, or the channel of a caller."""
        self.agent_channels: dict[str, str] = {}
        """Agent channel id (line, ring or inbound) -> agent."""
        self.waiting: dict[str, list[str]] = {}
        """Queue -> attempts whose person waits and has no agent yet."""
        self.woken: set[str] = set()
        """Queues in which an agent came free during this event."""
        self.fetches: set[int] = set()
        """Serials of fetches that were not answered yet."""
        self.dirty: set[str] = set()
        """Campaigns whose pacing must be looked at before this event is done with."""
        self.telephony_lost_at: float | None = None
        """When Asterisk went out of sight the last time, epoch seconds; None: not in this run."""
        self.recovered_lines: dict[str, str] = {}
        self.recovered_states: dict[str, CampaignState] = {}
        self.on_agent_moved: Callable[[AgentRun, AgentState, float, float], None] = lambda *moved: None
        """Called with an agent, its old state, when that began, and now."""
        self.flow_hold: Callable[[CampaignRun, float], Hold | None] = lambda campaign, now: None
        """Why a campaign without agents must wait for those that its flow leads to."""
        self._out: list[Command] = []

    def do(self, command: Command) -> None:
        """Put one command down."""
        self._out.append(command)

    def tell(self, level: str, name: str, **fields: str) -> None:
        """Let an operator know."""
        self._out.append(Tell(level, name, fields))

    def violated(self, invariant: str, detail: str) -> None:
        """A promise was broken; never silently."""
        self._out.append(InvariantViolated(invariant, detail))

    def take_commands(self) -> list[Command]:
        """All commands since the last call, in order."""
        out, self._out = self._out, []
        return out

    def condition(self, **changes: str | bool | None) -> None:
        """Change one of the conditions of dialing and look at every campaign again."""
        self.conditions = replace(self.conditions, **changes)  # type: ignore[arg-type]
        self.dirty.update(self.campaigns)

    def move_attempt(self, attempt: LiveAttempt, state: AttemptState) -> None:
        """Move an attempt along its lifecycle; raises ImpossibleTransition for a defect of ours."""
        ATTEMPT_LIFECYCLE.check(attempt.state, state)
        attempt.state = state
        attempt.record.state = str(state)

    def move_agent(self, agent: AgentRun, state: AgentState, now: float) -> None:
        """Move an agent along its lifecycle and keep the sets of available agents true."""
        if agent.state is state:
            return
        AGENT_LIFECYCLE.check(agent.state, state)
        old, since = agent.state, agent.since
        agent.state, agent.since = state, now
        if state is AgentState.AVAILABLE:
            agent.idle_since = now
        self.on_agent_moved(agent, old, since, now)

    def move_campaign(self, campaign: CampaignRun, state: CampaignState, reason: str = "") -> None:
        """Move a campaign along its lifecycle."""
        if campaign.state is not state:
            CAMPAIGN_LIFECYCLE.check(campaign.state, state)
            campaign.state = state
            self.campaign_moves += 1
            # What the earlier run left counts once: a campaign that goes and comes back is not started by it again.
            self.recovered_states.pop(campaign.settings.name, None)
        campaign.reason = reason
        self.dirty.add(campaign.settings.name)

    def wake_queue(self, queue: str | None) -> None:
        """An agent of this queue came free: people who wait first, then campaigns."""
        if queue is not None:
            self.woken.add(queue)
        for name, campaign in self.campaigns.items():
            if campaign.settings.queue == queue:
                self.dirty.add(name)

    def wake_trunk(self, trunk: str) -> None:
        """A line of the trunk came free: whoever dials may use it."""
        for name, campaign in self.campaigns.items():
            if campaign.settings.trunk == trunk and campaign.state is CampaignState.ON:
                self.dirty.add(name)
