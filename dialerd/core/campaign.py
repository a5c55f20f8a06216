"""A campaign: what it is told to do, and its lifecycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialerd.core.abandon_ledger import NOT_STATED, Estimates
from dialerd.core.analysis import AMD_GRACE_S, AnalysisProfile, Clock, Evidence, profile_named
from dialerd.core.attempts_control import AttemptCap, AttemptLimits, Scope, longest_windows
from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.compliance import UNBOUND, Profile
from dialerd.core.day_parts import USUAL
from dialerd.core.direction import CampaignRule, Sequence
from dialerd.core.disposition import Disposition
from dialerd.core.flow.nodes import Flow, columns_used, columns_written, queues_of, sounds_of
from dialerd.core.flow.prompts import Prompt, sound
from dialerd.core.inbound_settings import USUAL_INBOUND, InboundSettings
from dialerd.core.lifecycle import Lifecycle
from dialerd.core.ordering.settings import PLAIN, DialOrder
from dialerd.core.pre_call import RuleSet
from dialerd.core.preview import PreviewSettings
from dialerd.core.recording import NOT_RECORDED, NOT_REVIEWED, RecordingSettings, ReviewSettings
from dialerd.core.schedule import Schedule
from dialerd.core.skills import Skill
from dialerd.core.treatment import CallAnalysis, Treatment
from dialerd.core.voicemail import LeaveMessage

DEAD_MAN_SLACK_S = 1.0


class Mode(StrEnum):
    """How a campaign places calls."""

    PROGRESSIVE = "progressive"
    """An idle agent is reserved for each call."""
    POWER = "power"
    """A fixed number of calls for each idle agent."""
    PREDICTIVE = "predictive"
    """As many calls as the forecast of agents and answers allows."""
    AGENTLESS = "agentless"
    PREVIEW = "preview"
    """An idle agent is reserved, shown the contact, and says whether it is called."""

    def __init__(self, value: str) -> None:
        self.dials_ahead = value in ("power", "predictive")
        """Calls are placed without a reserved agent; whoever answers gets the best idle one."""
        self.reserves = value in ("progressive", "preview")
        """An idle agent is reserved for each call."""


class Connection(StrEnum):
    """How an answered call reaches the agent."""

    NAILED = "nailed"
    RING = "ring"


class AbandonKey(StrEnum):
    """What a person who met no agent may ask for by a key."""

    OPT_OUT = "opt_out"
    CALLBACK = "callback"


class NextTry(StrEnum):
    """How a contact is tried again."""

    OTHER_NUMBER = "other_number"
    """After the gap, its next number that is not dead."""
    SAME_NUMBER = "same_number"
    NEXT_DAY = "next_day"
    """Not before the first part of the next day begins; its next number."""
    OTHER_DAYPART = "other_daypart"
    """In the part of the day in which it was not called for longest."""
    BEST_TIME = "best_time"
    """In the part of the day in which it is likeliest to pick up, by its own past calls."""


@dataclass(frozen=True, slots=True)
class RetryRule:
    """What happens to a contact after an attempt ended with one disposition.

    ``max_tries`` counts attempts that ended with this disposition; ``gap_s`` is the least time in seconds from
    the end of the attempt to the next one.
    """

    max_tries: int
    gap_s: float
    next: NextTry = NextTry.OTHER_NUMBER
    hand_over_to: str | None = None
    """When the tries are used up, the contact goes to the list of this campaign; None: it is uncallable."""
    hand_over_list: str | None = None


@dataclass(frozen=True, slots=True)
class PacingSettings:
    """How far ahead of its agents a campaign may dial. Shares are fractions: 0.03 is 3 %."""

    ratio: float = 1.5
    """Calls per idle agent (power)."""
    max_calls_per_agent: float = 15.0
    """(calls in progress + agents talking) / agents at work may not exceed this."""
    abandon_target: float = 0.02
    """Share of the people who answer that pacing aims at."""
    abandon_cap: float = 0.03
    """Share that may not be exceeded, in the calendar day and in the rolling 30 days."""
    progressive_until: int = 50
    """So many people must have answered today before calls are placed ahead of agents."""
    shadow: Mode | None = None
    """Another mode that is asked as well, and only told of."""


SiteRule = Callable[[Evidence], CallAnalysis | None]
"""A site's own answer rule: the evidence in, a verdict out, or None to leave it to dialerd's rules."""


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """A carrier route. ``dial`` is a template over ``{e164} {digits} {national} {number}``;
    ``event_source`` is the ARI endpoint whose events are subscribed to (``PJSIP/carrier``)."""

    name: str
    dial: str
    event_source: str
    max_lines: int
    cps: float


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """One campaign as the YAML states it, checked and complete. Times are in seconds."""

    name: str
    mode: Mode
    contact_list: str
    trunk: str
    caller_id: str
    queue: str | None = None
    connection: Connection = Connection.NAILED
    ring_timeout_s: float = 30.0
    max_lines: int = 10
    priority: int = 3
    weight: int = 1
    max_attempts: int = 3
    """Attempts per contact that were really dialed, over all dispositions."""
    attempt_caps: tuple[AttemptCap, ...] = ()
    """Checked in each claim: those of the campaign, of all campaigns and of its compliance profile together."""
    attempt_limits: AttemptLimits = field(default_factory=AttemptLimits)
    day_parts: tuple[int, ...] = USUAL
    """When the parts of the day begin, in seconds since midnight, in order."""
    preview: PreviewSettings = field(default_factory=PreviewSettings)
    """How contacts are offered to agents: all of them in mode ``preview``, else those that a rule wants offered."""
    guaranteed_agent_lane: bool = False
    """Modes that dial ahead: numbers that may only be called with a guaranteed agent are called with one reserved."""
    retry: Mapping[Disposition, RetryRule] = field(default_factory=dict)
    analysis: AnalysisProfile = field(default_factory=lambda: profile_named("connect_first"))
    analysis_by_type: Mapping[str, AnalysisProfile] = field(default_factory=dict)
    """Type of number -> how its answers are analysed, where that is otherwise."""
    responses: Mapping[CallAnalysis, Treatment] = field(default_factory=dict)
    leave_message: LeaveMessage = field(default_factory=LeaveMessage)
    """How the treatment ``message_after_beep`` goes about it."""
    flow: str | None = None
    """Name of the flow that the treatment ``flow`` walks; one of ``flows``."""
    flows: Mapping[str, Flow] = field(default_factory=dict)
    """The flows that this campaign can come to, by name."""
    abandon_keys: Mapping[str, AbandonKey] = field(default_factory=dict)
    """What a key does while the abandoned-call message plays."""
    abandon_connect: bool = False
    """Whoever hears that message still gets an agent who comes free meanwhile; they count as abandoned even so."""
    message: Prompt | None = None
    """What the treatment ``message`` plays."""
    abandon_message: Prompt = field(default_factory=lambda: sound("sound:dialerd/abandoned"))
    abandon_threshold_s: float = 2.0
    recording: RecordingSettings = NOT_RECORDED
    inbound: InboundSettings = USUAL_INBOUND
    """What people get who call back the number that it shows."""
    review: ReviewSettings = NOT_REVIEWED
    """Machine verdicts that somebody is to listen to."""
    wrap_up_s: float = 15.0
    agent_ring_timeout_s: float = 15.0
    agent_dial: str = "PJSIP/{agent}"
    """Dial string of an agent's phone; ``{agent}`` is the member's extension."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Channel variables set on the outbound channel: name -> contact column or literal ``=text``."""
    site_rule: SiteRule | None = None
    pacing: PacingSettings = field(default_factory=PacingSettings)
    time_zone: str = "UTC"
    """IANA name; its midnight begins a new day for abandoned calls."""
    rule_sets: tuple[RuleSet, ...] = ()
    """What is asked before each call, in order."""
    schedule: Schedule | None = None
    """When it may dial by the operator's own calendar; None: always."""
    dnc: tuple[str, ...] = ()
    """Do-not-call lists that are asked before each call, the opt-out list among them."""
    dnc_providers: tuple[str, ...] = ()
    """Those of them whose provider is asked about a number before it is claimed."""
    opt_out_list: str | None = None
    """Where people go who ask this campaign not to be called again."""
    profile: Profile = UNBOUND
    """What the law demands; every attempt keeps its name and version."""
    machine_sample: float = 0.0
    """Share of machine verdicts that are given to an agent all the same, to be marked; a fraction."""
    estimates: Estimates = NOT_STATED
    """Shares that go into abandon rates where nobody has marked any call."""
    callable_time: CallableTime = ANY_TIME
    """When people may be called: the campaign's own set and those of its profiles."""
    language: str = ""
    """Language of texts and sounds, where neither the flow nor the contact has another; empty: not stated."""
    language_column: str | None = None
    """The contact's column with its own language."""
    voice: str = ""
    """Name of the voice that says the texts; empty: dialerd's own."""
    order: DialOrder = PLAIN
    """Which contacts of which lists, in which order; ``contact_list`` is the first of these lists."""

    @property
    def contact_lists(self) -> tuple[str, ...]:
        """The names of all its lists."""
        return tuple(share.name for share in self.order.shares(self.contact_list))

    def dials(self, contact_list: str) -> bool:
        """It is one of its lists."""
        lists = self.order.lists
        return any(share.name == contact_list for share in lists) if lists else contact_list == self.contact_list

    @property
    def queues(self) -> frozenset[str]:
        """Every queue whose agents may get a call of this campaign: its own, and those that its flows lead to."""
        own = {self.queue} if self.queue is not None else set()
        flows = (*self.flows.values(), *self.inbound.flows.values())
        return frozenset(own.union(*(queues_of(flow) for flow in flows)))

    @property
    def clock(self) -> Clock:
        """Where the time begins after which a person counts as abandoned: the law's, else the call analysis's own."""
        return self.profile.clock if self.profile.clock is not None else self.analysis.clock

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What may be heard outside of flows."""
        played = (self.message, self.leave_message.message, self.abandon_message)
        return tuple(prompt for prompt in played if prompt is not None)

    @property
    def sounds(self) -> frozenset[str]:
        """Media URIs of every sound that somebody may hear."""
        own = {uri for prompt in self.prompts for uri in prompt.sounds}
        if self.recording.consent is not None and self.recording.share:
            own.add(self.recording.consent)
        if self.inbound.message is not None:
            own.update(self.inbound.message.sounds)
        flows = (*self.flows.values(), *self.inbound.flows.values())
        return frozenset(own.union(*(sounds_of(flow) for flow in flows)))

    @property
    def flow_columns(self) -> frozenset[str]:
        """Columns of the contact that its flows and messages cannot do without, save those that the flows write
        themselves."""
        slots = (slot for prompt in self.prompts for text in prompt.texts for slot in text.slots)
        said = {slot.column for slot in slots if slot.fallback is None}
        used = frozenset(said).union(*(columns_used(flow, needed=True) for flow in self.flows.values()))
        return used.difference(*(columns_written(flow) for flow in self.flows.values()))

    @property
    def dead_man_s(self) -> float:
        """Longest time, in seconds, that an answered call may go without a daemon that takes charge of it: when all
        that may be waited for is over, the daemon is gone, and the dialplan plays the abandoned-call message."""
        patience_s = self.abandon_threshold_s + DEAD_MAN_SLACK_S
        return max(map(_analysis_s, (self.analysis, *self.analysis_by_type.values()))) + patience_s

    def analysis_of(self, number_type: str) -> AnalysisProfile:
        """How answers of this type of number are analysed."""
        return self.analysis_by_type.get(number_type, self.analysis)


def _analysis_s(profile: AnalysisProfile) -> float:
    """The longest that an analysis can last, in seconds."""
    if profile.amd is None:
        return 0.0
    if profile.deadline_s is not None and profile.clock is Clock.SPEECH_START:
        # The deadline runs from the answer, and once more from a first sound just before it.
        return 2 * profile.deadline_s
    return profile.amd.total_analysis_ms / 1000 + AMD_GRACE_S


def channel_variables(variables: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """``variables`` of a campaign as a channel gets them: name -> the contact's text, empty where it has none."""
    return {
        name: source[1:] if source.startswith("=") else columns.get(source, "") for name, source in variables.items()
    }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a reload can change, as one value."""

    campaigns: Mapping[str, CampaignSettings]
    trunks: Mapping[str, TrunkSettings]
    sequences: Mapping[str, Sequence] = field(default_factory=dict)
    campaign_rules: Mapping[str, CampaignRule] = field(default_factory=dict)
    skills: Mapping[str, Skill] = field(default_factory=dict)
    """What agents can do."""

    def call_windows(self) -> dict[Scope, int]:
        """Scope -> seconds that the logs of calls must reach back."""
        return longest_windows(cap for campaign in self.campaigns.values() for cap in campaign.attempt_caps)


class CampaignState(StrEnum):
    """Lifecycle of a campaign."""

    OFF = "off"
    ON = "on"
    STOPPING = "stopping"
    COMPLETE = "complete"
    SUSPENDED = "suspended"
    INVALID = "invalid"
    """Wanted on, and cannot work in the world as found (see :mod:`dialerd.core.findings`)."""


CAMPAIGN_LIFECYCLE = Lifecycle(
    "campaign",
    {
        CampaignState.OFF: frozenset({CampaignState.ON, CampaignState.INVALID}),
        CampaignState.ON: frozenset(
            {CampaignState.STOPPING, CampaignState.COMPLETE, CampaignState.SUSPENDED, CampaignState.INVALID}
        ),
        CampaignState.STOPPING: frozenset(
            {CampaignState.OFF, CampaignState.ON, CampaignState.COMPLETE, CampaignState.INVALID}
        ),
        CampaignState.COMPLETE: frozenset({CampaignState.ON, CampaignState.OFF, CampaignState.INVALID}),
        CampaignState.SUSPENDED: frozenset({CampaignState.ON, CampaignState.STOPPING, CampaignState.INVALID}),
        CampaignState.INVALID: frozenset({CampaignState.ON, CampaignState.STOPPING}),
    },
)
