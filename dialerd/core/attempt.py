"""An attempt: one dial of one number for one campaign, from claim to close."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dialerd.core.contact import ContactNext
from dialerd.core.disposition import HEARD
from dialerd.core.lifecycle import Lifecycle
from dialerd.core.value import value


class AttemptState(StrEnum):
    """Where an attempt stands."""

    CLAIMING = "claiming"
    """The claim is asked for; nothing may be dialed yet."""
    CLAIMED = "claimed"
    OFFERED = "offered"
    """Preview: an agent reads; nothing was dialed, and nothing is until the agent accepts."""
    ACCEPTED = "accepted"
    """The agent wants the call; the store is asked whether the claim may still be used."""
    ORIGINATING = "originating"
    UNCONFIRMED = "unconfirmed"
    """The reply to the originate was lost: the channel is asked for by its id, never dialed again."""
    RINGING = "ringing"
    ANSWERED = "answered"
    ANALYSING = "analysing"
    WAITING_AGENT = "waiting_agent"
    TREATING = "treating"
    CONNECTED = "connected"
    ENDED = "ended"
    CLOSED = "closed"


NOT_DIALED_YET = frozenset({AttemptState.CLAIMING, AttemptState.CLAIMED, AttemptState.OFFERED, AttemptState.ACCEPTED})
"""Nothing was asked of Asterisk, by the run that knows of this state."""
GUARANTEED_LANE = "guaranteed"

_S = AttemptState
_UNANSWERED = frozenset({_S.RINGING, _S.ANSWERED, _S.ENDED})
ATTEMPT_LIFECYCLE = Lifecycle(
    "attempt",
    {
        _S.CLAIMING: frozenset({_S.CLAIMED, _S.CLOSED}),
        _S.CLAIMED: frozenset({_S.OFFERED, _S.ORIGINATING, _S.ENDED}),
        _S.OFFERED: frozenset({_S.ACCEPTED, _S.ENDED}),
        _S.ACCEPTED: frozenset({_S.ORIGINATING, _S.ENDED}),
        _S.ORIGINATING: _UNANSWERED | {_S.UNCONFIRMED},
        _S.UNCONFIRMED: _UNANSWERED | {_S.ORIGINATING},
        _S.RINGING: frozenset({_S.ANSWERED, _S.ENDED}),
        _S.ANSWERED: frozenset({_S.ANALYSING, _S.WAITING_AGENT, _S.TREATING, _S.ENDED}),
        _S.ANALYSING: frozenset({_S.WAITING_AGENT, _S.TREATING, _S.ENDED}),
        _S.WAITING_AGENT: frozenset({_S.CONNECTED, _S.TREATING, _S.ENDED}),
        _S.TREATING: frozenset({_S.WAITING_AGENT, _S.ENDED}),
        _S.CONNECTED: frozenset({_S.ENDED}),
        _S.ENDED: frozenset({_S.CLOSED}),
        _S.CLOSED: frozenset(),
    },
)


@dataclass(slots=True)
class AttemptRecord:
    """Everything known of one attempt. Kept in the ledger while it lives and in the record afterwards.

    Times are epoch seconds by the daemon's clock; None: it did not happen or is not known. Plain values only,
    so that it survives serialisation as it is.
    """

    id: str
    campaign: str
    contact_id: int
    contact_list: str
    contact_key: str
    number: str
    number_kind: str
    trunk: str
    caller_id: str
    mode: str
    ring_timeout_s: float
    state: str = AttemptState.CLAIMING
    agent: str | None = None
    claimed_at: float | None = None
    dialed_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    speech_at: float | None = None
    analysed_at: float | None = None
    connected_at: float | None = None
    message_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    sip_status: int | None = None
    cause_text: str = ""
    hung_up_by: str = ""
    """``callee``, ``agent``, ``dialerd`` or empty when not known."""
    amd_status: str | None = None
    amd_cause: str | None = None
    analysis: str | None = None
    analysis_rule: str | None = None
    analysis_profile: str = ""
    """How the answer was analysed: ``balanced`` …; empty: nobody answered."""
    tone: str | None = None
    """The last tone that was heard and meant something: ``fax_ced``, ``sit_vacant``, ``beep`` …"""
    late_hint: str = ""
    """What was found out after an agent had the call: ``machine``, ``fax``, ``sit``."""
    greeting_end: str = ""
    """What told a machine's greeting over, before the message was left: ``tone``, ``silence``, ``timeout``."""
    treatment: str | None = None
    disposition: str | None = None
    abandoned: bool = False
    """Answered by a person and not connected within the threshold, whatever happened afterwards."""
    cancelled: bool = False
    """We ended the call before an answer."""
    adopted: bool = False
    """The daemon that finished this attempt is not the one that began it."""
    reason: str = ""
    """Why it was not placed, cancelled or lost, where that needs saying."""
    contact_attempts: int = 0
    """Attempts of the contact before this one."""
    number_index: int = 0
    number_count: int = 1
    contact_tries: dict[str, int] | None = None
    bridge_id: str | None = None
    queue: str | None = None
    """The queue that the flow led to; None: the campaign's own."""
    flow: dict[str, Any] | None = None
    """The walk through a flow, as :class:`dialerd.core.flow.walk.WalkState` has it; None: there was none."""
    flow_result: str | None = None
    """How the flow ended: the word of its `hang_up`, ``transferred``, ``no_input``, ``hung_up`` …"""
    prompts: dict[str, str] | None = None
    """``language: text`` of a prompt -> media URI of its speech for this contact."""
    language: str = ""
    """The contact's own language; empty: that of the flow or campaign."""
    lane: str = ""
    """:data:`GUARANTEED_LANE` where an agent was reserved beforehand in a campaign that dials ahead."""
    profile: str = ""
    """Compliance profiles that bound it, and behind ``-`` the rules that the campaign did without."""
    profile_version: str = ""
    called_zone: str = ""
    """Time zones in which the number may be; empty: not known."""
    called_local: str = ""
    """The called party's local time with its offset when the number was dialed, in the first of those zones."""
    gate_verdicts: str = ""
    """What the gates said at the last moment: names of those that allowed it, or what was in the way."""
    mark: dict[str, Any] | None = None
    """What somebody said that it was while it lived: ``mark``, ``by``, ``at``. The record keeps marks apart.
    """
    recording: dict[str, Any] | None = None
    """Where the conversation is to be recorded: ``state``, ``reason``, ``began_at``, ``ended_at``, ``pauses`` and
    more, as :mod:`dialerd.core.call_recording` has it. None: it is not."""
    preview: dict[str, Any] | None = None
    """Where an agent is to be shown the contact first: ``rule`` that wants it so (empty: the mode), ``offered_at``,
    ``until``, ``decision``, ``decided_at``, ``by``. None: it is dialed without. Never changed, only replaced."""
    rules: dict[str, Any] | None = None
    """Where the campaign has rule sets: ``pre_call`` and ``wrap_up``, the rules that fired (``set.rule``), and
    ``columns``, those of the contact's that rules look at, as they were when it was claimed."""

    @property
    def reached(self) -> bool:
        """L of the abandon rates: connected in time, to an agent or to what the campaign has to say."""
        return not self.abandoned and (self.connected_at is not None or self.disposition in HEARD)


@value(frozen=True, slots=True)
class Outcome:
    """A finished attempt with its consequence for the contact, as it leaves through the outbox."""

    record: AttemptRecord
    contact: ContactNext
