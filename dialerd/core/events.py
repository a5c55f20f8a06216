"""Facts that reach the core, in the past tense. Every one of them may come late, twice, or for something that is
already over; that is legal and changes nothing. Grouped by where they come from; all of them can be had from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from dialerd.core.attempt import AttemptRecord
from dialerd.core.call_events import AmdFinished as AmdFinished
from dialerd.core.call_events import BridgeEntered as BridgeEntered
from dialerd.core.call_events import BridgeFailed as BridgeFailed
from dialerd.core.call_events import CallLost as CallLost
from dialerd.core.call_events import ChannelAnswered as ChannelAnswered
from dialerd.core.call_events import ChannelEnded as ChannelEnded
from dialerd.core.call_events import ChannelProbed as ChannelProbed
from dialerd.core.call_events import ChannelRinging as ChannelRinging
from dialerd.core.call_events import InboundOffered as InboundOffered
from dialerd.core.call_events import ListeningFailed as ListeningFailed
from dialerd.core.call_events import LiveChannel as LiveChannel
from dialerd.core.call_events import OriginateAccepted as OriginateAccepted
from dialerd.core.call_events import OriginateRefused as OriginateRefused
from dialerd.core.call_events import OriginateUnknown as OriginateUnknown
from dialerd.core.call_events import PlaybackFinished as PlaybackFinished
from dialerd.core.call_events import PlaybackStarted as PlaybackStarted
from dialerd.core.call_events import TalkingStarted as TalkingStarted
from dialerd.core.call_events import TalkingStopped as TalkingStopped
from dialerd.core.call_events import TelephonyBack as TelephonyBack
from dialerd.core.call_events import TelephonyLost as TelephonyLost
from dialerd.core.call_events import ToneHeard as ToneHeard
from dialerd.core.caller import CallerRecord
from dialerd.core.caller_events import CallArrived as CallArrived
from dialerd.core.caller_events import CallerBack as CallerBack
from dialerd.core.caller_events import CallerFound as CallerFound
from dialerd.core.caller_events import CallerLeft as CallerLeft
from dialerd.core.caller_events import CallerRecorded as CallerRecorded
from dialerd.core.caller_events import CallerTaken as CallerTaken
from dialerd.core.caller_events import LiveCaller as LiveCaller
from dialerd.core.caller_events import LostCaller as LostCaller
from dialerd.core.campaign import CampaignState, Plan
from dialerd.core.contact import Contact
from dialerd.core.contact_events import ContactsChanged as ContactsChanged
from dialerd.core.contact_events import ContactsEdited as ContactsEdited
from dialerd.core.dialogue_events import DigitPressed as DigitPressed
from dialerd.core.dialogue_events import RecordingFinished as RecordingFinished
from dialerd.core.dialogue_events import TransferFailed as TransferFailed
from dialerd.core.direction_events import ContactsCounted as ContactsCounted
from dialerd.core.direction_events import SequenceStartAsked as SequenceStartAsked
from dialerd.core.direction_events import SequenceStopAsked as SequenceStopAsked
from dialerd.core.dnc_events import DncLifted as DncLifted
from dialerd.core.dnc_events import DncStandingChanged as DncStandingChanged
from dialerd.core.dnc_events import OptedOut as OptedOut
from dialerd.core.dnc_events import ProviderAnswered as ProviderAnswered
from dialerd.core.dnc_events import ProviderFailed as ProviderFailed
from dialerd.core.dnc_events import ProviderForgotten as ProviderForgotten
from dialerd.core.mark_events import CallMarked as CallMarked
from dialerd.core.preview_events import ClaimConfirmed as ClaimConfirmed
from dialerd.core.preview_events import ClaimNotConfirmed as ClaimNotConfirmed
from dialerd.core.preview_events import PreviewAccepted as PreviewAccepted
from dialerd.core.preview_events import PreviewSkipped as PreviewSkipped
from dialerd.core.prompt_events import PromptsFailed as PromptsFailed
from dialerd.core.prompt_events import PromptsRendered as PromptsRendered
from dialerd.core.recording_events import CallRecordingFailed as CallRecordingFailed
from dialerd.core.recording_events import CallRecordingPaused as CallRecordingPaused
from dialerd.core.recording_events import CallRecordingStarted as CallRecordingStarted
from dialerd.core.recording_events import RecordingPauseAsked as RecordingPauseAsked
from dialerd.core.roster_events import MemberGone as MemberGone
from dialerd.core.roster_events import MemberSeen as MemberSeen
from dialerd.core.roster_events import RosterLost as RosterLost
from dialerd.core.roster_events import RosterSynced as RosterSynced
from dialerd.core.value import value
from dialerd.core.windows import DayCount

# --- what operators ask ----------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class PlanChanged:
    """A checked configuration takes effect, at start and at every reload."""

    plan: Plan


@value(frozen=True, slots=True)
class CampaignStartAsked:
    """Somebody wants this campaign on."""

    campaign: str


@value(frozen=True, slots=True)
class CampaignStopAsked:
    """Somebody wants this campaign to place no new calls; live ones finish."""

    campaign: str


@value(frozen=True, slots=True)
class CampaignFound:
    """Somebody has looked whether a campaign can work in the world as it is. What was said before about the same
    thing is replaced; a campaign that need not be known yet is meant as well."""

    campaign: str
    about: str
    """What was looked at: a fixed word, such as ``sounds`` or ``contact_list``."""
    reason: str | None
    """A sentence for people: why it cannot work; None: nothing stands against it."""


@value(frozen=True, slots=True)
class ShutdownAsked:
    """The daemon is to end: no new calls; bridged ones stay up for adoption. ``cancel_ringing``: the grace time is
    over, end the calls that nobody answered yet."""

    cancel_ringing: bool = False


@value(frozen=True, slots=True)
class TimePassed:
    """The moment of ``next_wakeup()`` has come."""


# --- the hot store ---------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class Recovered:
    """What an earlier run left in the ledger; comes once, before any other event of the store."""

    attempts: tuple[AttemptRecord, ...]
    agent_lines: Mapping[str, str]
    """Agent -> channel id of the nailed-up line."""
    campaigns: Mapping[str, CampaignState]
    """Campaign -> the state it was last told to have."""
    days: Mapping[str, tuple[DayCount, ...]] = field(default_factory=dict)
    """Campaign -> what the record counts for each of the last 30 days, in the campaign's time zone. Calls that are
    still in ``attempts`` are not among them."""
    pacing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Campaign -> the state of the last SavePacing."""
    directions: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """(kind, name) -> the state of the last SaveDirection."""
    callers: tuple[CallerRecord, ...] = ()
    """Inbound calls that were not over, or not in the record."""


@value(frozen=True, slots=True)
class ClaimGranted:
    """The number is locked, line and CPS token are taken, the ledger entry is written."""

    attempt_id: str


@value(frozen=True, slots=True)
class ClaimRefused:
    """Nothing was taken. ``reason``: ``number_locked``, ``no_line`` (of the trunk), ``no_campaign_line``,
    ``no_cps``, ``agent_reserved``, ``dnc:<list>``: that do-not-call list has the number or contact,
    ``dnc_loading``: a list cannot be asked yet, or ``already_closed``: a claim that came after its own close.
    ``retry_at``: epoch seconds when asking again makes sense, where that is known."""

    attempt_id: str
    reason: str
    retry_at: float | None = None


@value(frozen=True, slots=True)
class AttemptClosed:
    """The ledger entry is gone, line and locks are free, the outcome is in the outbox."""

    attempt_id: str


@value(frozen=True, slots=True)
class StoreLost:
    """The hot store does not answer, or the lease is lost: nothing may be dialed."""

    reason: str


@value(frozen=True, slots=True)
class StoreBack:
    """The hot store answers again and the lease is ours; commands given meanwhile were kept and are done."""


# --- the record ------------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class ContactsFetched:
    """The reply to :class:`FetchContacts`: the contacts are now ``in_attempt`` in the record."""

    campaign: str
    contacts: tuple[Contact, ...]
    next_at: float | None
    """When the next waiting contact becomes callable, epoch seconds; None: nobody waits."""
    in_attempt: int
    """Contacts of the list that are ``in_attempt``, these included."""
    serial: int = 0
    """That of the command; 0 where nobody asked."""


@value(frozen=True, slots=True)
class OutcomesRecorded:
    """Outcomes went from the outbox into the record; contacts of these lists may be callable again."""

    contact_lists: frozenset[str]


@value(frozen=True, slots=True)
class RecordLost:
    """The database does not answer: no contacts can be fetched; outcomes wait in the outbox."""

    reason: str


@value(frozen=True, slots=True)
class RecordBack:
    """The database answers again."""


Event = (
    PlanChanged | CampaignStartAsked | CampaignStopAsked | CampaignFound | ShutdownAsked | TimePassed
    | SequenceStartAsked | SequenceStopAsked | ContactsCounted
    | PreviewAccepted | PreviewSkipped | ClaimConfirmed | ClaimNotConfirmed
    | Recovered | ClaimGranted | ClaimRefused | AttemptClosed | StoreLost | StoreBack
    | DncStandingChanged | OptedOut | DncLifted | ProviderAnswered | ProviderFailed | ProviderForgotten
    | PromptsRendered | PromptsFailed
    | ContactsFetched | OutcomesRecorded | ContactsChanged | ContactsEdited | RecordLost | RecordBack
    | OriginateAccepted | OriginateRefused | OriginateUnknown | ChannelProbed | ChannelRinging | ChannelAnswered
    | TalkingStarted | TalkingStopped | AmdFinished | ToneHeard | ListeningFailed | BridgeEntered | BridgeFailed
    | PlaybackStarted | PlaybackFinished | DigitPressed | RecordingFinished | TransferFailed
    | CallRecordingStarted | CallRecordingFailed | CallRecordingPaused | RecordingPauseAsked
    | ChannelEnded | CallLost | InboundOffered | TelephonyLost | TelephonyBack
    | CallArrived | CallerFound | CallerTaken | CallerBack | CallerLeft | CallerRecorded
    | MemberSeen | MemberGone | RosterLost | RosterSynced | CallMarked
)  # fmt: skip
