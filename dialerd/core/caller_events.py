"""What happens to people who call in; part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.contact import Contact


@dataclass(frozen=True, slots=True)
class CallArrived:
    """Somebody calls a number of ours; their channel rings in our application and waits."""

    channel_id: str
    caller: str
    """As the carrier gave it; empty: withheld."""
    shown: str
    """The number that was called, as the carrier gave it."""


@dataclass(frozen=True, slots=True)
class CallerFound:
    """The reply to :class:`FindCaller`."""

    call_id: str
    number: str = ""
    """The caller in E.164; empty: withheld, or no number."""
    campaign: str = ""
    """Whose call it was; empty: none of these campaigns has called there."""
    attempt_id: str = ""
    contact: Contact | None = None
    """Whom it called; None: nobody, or the contact was removed since."""


@dataclass(frozen=True, slots=True)
class CallerRecorded:
    """The call is in the record, and so is what becomes of its contact."""

    call_id: str
    contact_list: str


@dataclass(frozen=True, slots=True)
class CallerTaken:
    """app_queue has connected the caller with this agent."""

    channel_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class CallerBack:
    """No agent, or the other number did not answer, or the caller could not be led there: back in our application.
    ``reason``: app_queue's status, such as ``TIMEOUT``."""

    channel_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller's channel has left our application: hung up, or gone where we led it."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class LostCaller:
    """The dialplan's mark of a caller of whom no daemon took care."""

    channel_id: str
    at: float
    """Epoch seconds."""
    caller: str
    shown: str
    key: str
    """What they pressed while the site's message played; empty: nothing that means anything."""


@dataclass(frozen=True, slots=True)
class LiveCaller:
    """A caller whom Asterisk holds, as seen at reconciliation."""

    channel_id: str
    caller: str
    shown: str
    in_app: bool
    """In our application, where nobody else looks after them."""
    queued: bool = False
    """Where we led them: in a queue, or connected with whom it found."""
    left: bool = False
    """The dialplan has them, and plays the site's message."""
    talking: bool = False
    """In a bridge."""
