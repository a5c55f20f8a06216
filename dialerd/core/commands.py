"""What the core wants done, in the imperative. The engine hands each to the port of its kind, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialerd.core.amd_truth import Mark
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.attempts_control import AttemptCap
from dialerd.core.call_commands import CreateBridge as CreateBridge
from dialerd.core.call_commands import DestroyBridge as DestroyBridge
from dialerd.core.call_commands import DialAgent as DialAgent
from dialerd.core.call_commands import EnterBridge as EnterBridge
from dialerd.core.call_commands import HangUp as HangUp
from dialerd.core.call_commands import HoldDeadMan as HoldDeadMan
from dialerd.core.call_commands import KeepHeard as KeepHeard
from dialerd.core.call_commands import OriginateCall as OriginateCall
from dialerd.core.call_commands import PlayMessage as PlayMessage
from dialerd.core.call_commands import ProbeChannel as ProbeChannel
from dialerd.core.call_commands import StartAmd as StartAmd
from dialerd.core.call_commands import StartListening as StartListening
from dialerd.core.call_commands import StartRecording as StartRecording
from dialerd.core.call_commands import StopAmd as StopAmd
from dialerd.core.call_commands import StopListening as StopListening
from dialerd.core.call_commands import StopPlayback as StopPlayback
from dialerd.core.call_commands import StopRecording as StopRecording
from dialerd.core.call_commands import TransferOut as TransferOut
from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.caller_commands import FindCaller as FindCaller
from dialerd.core.caller_commands import ForgetCaller as ForgetCaller
from dialerd.core.caller_commands import ForgetLostCaller as ForgetLostCaller
from dialerd.core.caller_commands import LeadToQueue as LeadToQueue
from dialerd.core.caller_commands import LeaveCaller as LeaveCaller
from dialerd.core.caller_commands import RecordCaller as RecordCaller
from dialerd.core.caller_commands import SaveCaller as SaveCaller
from dialerd.core.caller_commands import TakeCaller as TakeCaller
from dialerd.core.campaign import CampaignState
from dialerd.core.direction_commands import AuditAction as AuditAction
from dialerd.core.direction_commands import CountContacts as CountContacts
from dialerd.core.direction_commands import SaveDirection as SaveDirection
from dialerd.core.ordering.settings import PLAIN, DialOrder
from dialerd.core.preview_commands import AnnounceDecision as AnnounceDecision
from dialerd.core.preview_commands import AnnounceOffer as AnnounceOffer
from dialerd.core.preview_commands import ConfirmClaim as ConfirmClaim
from dialerd.core.prompt_commands import DistrustPrompts as DistrustPrompts
from dialerd.core.prompt_commands import RenderPrompts as RenderPrompts
from dialerd.core.recording_commands import AnnounceRecording as AnnounceRecording
from dialerd.core.recording_commands import PauseCallRecording as PauseCallRecording
from dialerd.core.recording_commands import StartCallRecording as StartCallRecording
from dialerd.core.value import value

# --- the hot store ---------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class Claim:
    """Lock the number, take a line and a CPS token of the trunk and one of the campaign's lines, reserve the
    agent, write the ledger entry: all or nothing. Idempotent by attempt id.

    Answered by ClaimGranted or ClaimRefused."""

    record: AttemptRecord
    """The entry as it is to be written; ``record.agent`` is the reservation, None for agentless."""
    trunk_max_lines: int
    trunk_cps: float
    campaign_max_lines: int
    caps: tuple[AttemptCap, ...] = ()
    """How often the number, the contact or the person may be called; refused with ``cap:<label>``."""
    dnc: tuple[str, ...] = ()
    """Do-not-call lists that must not have the number or the contact."""


@value(frozen=True, slots=True)
class SaveAttempt:
    """Write the entry's present state into the ledger, if it is still there. The adapter takes its copy of the
    record before it returns. No answer."""

    record: AttemptRecord


@value(frozen=True, slots=True)
class MoveReservation:
    """The attempt has another agent (or none) now: move the reservation with it. No answer."""

    record: AttemptRecord
    old_agent: str | None


@value(frozen=True, slots=True)
class CloseAttempt:
    """Remove the ledger entry, free number, lines and agent, append the outcome to the outbox: all or nothing,
    exactly once by attempt id. Answered by AttemptClosed."""

    outcome: Outcome


@value(frozen=True, slots=True)
class SaveAgentLine:
    """Remember (or forget, with None) the channel of an agent's nailed-up line. No answer."""

    agent: str
    channel_id: str | None


@value(frozen=True, slots=True)
class SavePacing:
    """Remember what a campaign's pacer has learned, for a restart or a successor. Said again, it replaces what was
    said before. No answer."""

    campaign: str
    state: Mapping[str, Any]
    """Plain values that survive JSON."""


@value(frozen=True, slots=True)
class BarNumber:
    """The number goes on this do-not-call list as claims see it, for good: no claim of any instance is granted from
    now on, whether or not the record answers. :class:`OptOut` writes it into the record. No answer."""

    dnc_list: str
    number: str


# --- the record ------------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class FetchContacts:
    """Mark up to ``limit`` callable contacts of the list ``in_attempt`` and return them in dial order.

    Answered by ContactsFetched; while the record is lost the command waits, and is answered when it is back."""

    campaign: str
    contact_list: str
    limit: int
    serial: int = 0
    """Said again in the answer, so that an answer which comes twice is known as such."""
    order: DialOrder = PLAIN
    """Which of them, and in which order; it may name other lists beside ``contact_list``."""
    only: tuple[int, ...] = ()
    """These contacts and no others, as far as they can be called now; in this order."""
    hours: CallableTime = ANY_TIME
    """Contacts that wait in a group (:class:`ParkContacts`) are left alone while these say that it is closed."""


@value(frozen=True, slots=True)
class ReturnContacts:
    """These contacts were fetched and not dialed: callable again. No answer."""

    contact_ids: tuple[int, ...]


@value(frozen=True, slots=True)
class RetireContacts:
    """These contacts will not be dialed again: uncallable, for this reason. No answer."""

    contact_ids: tuple[int, ...]
    reason: str


@value(frozen=True, slots=True)
class ParkContacts:
    """These contacts were fetched and may not be dialed before ``next_at`` (epoch seconds): waiting, for this
    reason. No answer."""

    contact_ids: tuple[int, ...]
    next_at: float
    reason: str
    group: str = ""
    """They may wait in this group (:mod:`dialerd.core.calling_groups`) until its hours come, night after night."""


@value(frozen=True, slots=True)
class WakeContacts:
    """Contacts of these lists that were parked for one of these reasons are due now: what they wait for has changed.
    No answer."""

    contact_lists: tuple[str, ...]
    reasons: frozenset[str]


@value(frozen=True, slots=True)
class SaveCampaignState:
    """Remember what the campaign was told to be. No answer."""

    campaign: str
    state: CampaignState
    reason: str


@value(frozen=True, slots=True)
class OptOut:
    """Whoever answered asked not to be called again: their number goes on this do-not-call list, for good. Asking
    twice changes nothing. No answer; the core has barred the number by then."""

    dnc_list: str
    number: str
    attempt_id: str
    how: str
    """``key``, ``agent`` …"""


# --- providers of do-not-call lists ----------------------------------------------------------------------


@value(frozen=True, slots=True)
class AskProvider:
    """Ask a list's provider about these numbers. Answered, in parts, by ProviderAnswered or ProviderFailed."""

    dnc_list: str
    numbers: tuple[str, ...]


# --- the roster ------------------------------------------------------------------------------------------

OUR_PAUSES = "dialerd:"
"""What the reasons of our own pauses begin with."""


@value(frozen=True, slots=True)
class PauseMember:
    """Pause or unpause the agent in every queue it is a member of, save where a person has paused it: such a pause
    is never touched. The reason begins with :data:`OUR_PAUSES`."""

    agent: str
    interface: str
    paused: bool
    reason: str


@value(frozen=True, slots=True)
class AnnounceAgent:
    """Tell app_queue the true state of a nailed-up agent: ``NOT_INUSE``, ``INUSE`` or ``UNAVAILABLE``, as device
    state ``Stasis:agent-<agent>``."""

    agent: str
    device_state: str


@value(frozen=True, slots=True)
class MarkCall:
    """Keep what ``who`` said of a call; ``at``: epoch seconds. Of several marks the latest counts."""

    attempt_id: str
    mark: Mark
    who: str
    at: float


# --- people who watch ------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class Tell:
    """Something an operator should know; goes to the log, the event viewer and the metrics. ``name`` is a fixed
    word; ``level``: ``info``, ``warning`` or ``error``; ``fields`` carry ids, never whole phone numbers."""

    level: str
    name: str
    fields: Mapping[str, str]


@value(frozen=True, slots=True)
class InvariantViolated:
    """One of the ten promises was about to be, or has been, broken. Counted; in tests it is a failure."""

    invariant: str
    detail: str


StoreCommand = (
    Claim | ConfirmClaim | SaveAttempt | MoveReservation | CloseAttempt | SaveAgentLine | SavePacing | BarNumber
    | SaveCaller | ForgetCaller
)  # fmt: skip
RecordCommand = (
    OptOut | FetchContacts | ReturnContacts | RetireContacts | ParkContacts | WakeContacts | SaveCampaignState
    | SaveDirection | AuditAction | CountContacts | MarkCall | FindCaller | RecordCaller
)  # fmt: skip
TelephonyCommand = (
    OriginateCall | ProbeChannel | HangUp | StartAmd | StopAmd | StartListening | KeepHeard | StopListening
    | HoldDeadMan
    | CreateBridge | DestroyBridge | EnterBridge | PlayMessage | StopPlayback | StartRecording | StopRecording
    | TransferOut | DialAgent | AnnounceAgent
    | StartCallRecording | PauseCallRecording | AnnounceRecording
    | TakeCaller | LeadToQueue | LeaveCaller | ForgetLostCaller
)  # fmt: skip
RosterCommand = PauseMember
ProviderCommand = AskProvider
SpeechCommand = RenderPrompts | DistrustPrompts
DesktopCommand = AnnounceOffer | AnnounceDecision
WatcherCommand = Tell | InvariantViolated
Command = (
    StoreCommand | RecordCommand | TelephonyCommand | RosterCommand | ProviderCommand | SpeechCommand
    | DesktopCommand | WatcherCommand
)  # fmt: skip
