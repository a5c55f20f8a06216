"""A caller: somebody who calls back the number that a campaign shows. One lifecycle, and what is kept of the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dialerd.core.lifecycle import Lifecycle


class CallerState(StrEnum):
    """Where a caller stands."""

    ARRIVED = "arrived"
    """Hears ringing while it is found out who calls, and speech is made of what is to be said."""
    TREATING = "treating"
    """Walks through a flow; a message with keys is one."""
    QUEUED = "queued"
    """Waits in Asterisk's queue, which offers the call to agents."""
    CONNECTED = "connected"
    """Speaks with an agent."""
    DIALING = "dialing"
    """Another number is dialed for the caller, or speaks with them."""
    LEFT = "left"
    """Left to the dialplan, which plays the site's own message."""
    ENDED = "ended"
    """Hung up; not in the record yet."""
    CLOSED = "closed"


_S = CallerState
CALLER_LIFECYCLE = Lifecycle(
    "caller",
    {
        _S.ARRIVED: frozenset({_S.TREATING, _S.LEFT, _S.ENDED}),
        _S.TREATING: frozenset({_S.QUEUED, _S.DIALING, _S.LEFT, _S.ENDED}),
        _S.QUEUED: frozenset({_S.TREATING, _S.CONNECTED, _S.LEFT, _S.ENDED}),
        _S.CONNECTED: frozenset({_S.ENDED}),
        _S.DIALING: frozenset({_S.TREATING, _S.LEFT, _S.ENDED}),
        _S.LEFT: frozenset({_S.ENDED}),
        _S.ENDED: frozenset({_S.CLOSED}),
        _S.CLOSED: frozenset(),
    },
)


class InboundOutcome(StrEnum):
    """How an inbound call ended: exactly one each. It is no disposition, since there was no attempt."""

    AGENT = "agent"
    """Spoke with an agent."""
    TRANSFERRED = "transferred"
    """Was connected with another number, or about to be."""
    OPTED_OUT = "opted_out"
    CALLBACK = "callback"
    """Asked to be called back."""
    LEFT_QUEUE = "left_queue"
    """Hung up while waiting for an agent."""
    MESSAGE = "message"
    """Heard the message to its end, and pressed no key."""
    FLOW = "flow"
    """Came to the end of a flow; which one is in ``flow_result``."""
    HUNG_UP = "hung_up"
    """Hung up before anything of this."""
    FAILED = "failed"
    """What was to be played could not be, or the flow could not go on."""
    NOT_TAKEN = "not_taken"
    """Left to the dialplan: no daemon was there, or it was about to end, or the number is no campaign's."""


@dataclass(slots=True)
class CallerRecord:
    """What is kept of an inbound call: in the ledger while it lasts, in the record when it is over. Plain values
    only. Times are epoch seconds."""

    id: str
    channel: str
    """Asterisk's id of the caller's channel."""
    shown: str
    """The number that was called, as the carrier gave it."""
    arrived_at: float
    caller: str = ""
    """Who calls, as the carrier gave it; empty: withheld."""
    number: str = ""
    """The same in E.164; empty: it is none."""
    campaign: str = ""
    contact_list: str = ""
    contact_id: int | None = None
    contact_key: str = ""
    attempt_id: str = ""
    """The newest call to this number: what the caller saw on their phone."""
    number_index: int = 0
    """Which of the contact's numbers it is."""
    language: str = ""
    """The contact's own; empty: that of the campaign."""
    called_zone: str = ""
    """Time zones in which the person may be; empty: that of the campaign."""
    state: str = CallerState.ARRIVED.value
    treatment: str = ""
    """``queue``, ``message``, ``flow``, or ``closed``: the message outside of hours."""
    queue: str = ""
    agent: str = ""
    answered_at: float | None = None
    queued_at: float | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    waited_s: float = 0.0
    """In queues, for an agent."""
    outcome: str = ""
    opted_out: bool = False
    opt_out_list: str = ""
    callback: bool = False
    flow: dict[str, Any] | None = None
    """State of the walk, for a successor."""
    flow_result: str = ""
    reason: str = ""
    following: Mapping[str, Any] | None = None
    """What becomes of the contact: ``state``, ``at``, ``number_index``, ``reason`` and ``columns``; None: nothing."""


def same_number(one: str, other: str) -> bool:
    """Two spellings of one number, as carriers have them: ``+441632960123``, ``00441632960123``, ``01632960123``. At
    least seven digits of it must be there."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return len(short) >= _LEAST_DIGITS and long.endswith(short)


_LEAST_DIGITS = 7


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit()).lstrip("0")
