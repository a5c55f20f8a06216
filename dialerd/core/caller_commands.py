"""What is done with people who call in; part of :mod:`dialerd.core.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialerd.core.caller import CallerRecord


@dataclass(frozen=True, slots=True)
class SaveCaller:
    """Write the call's present state into the ledger, and lock its number against claims for as long as the call
    lasts; one that has ended locks nothing. The adapter takes its copy before it returns. No answer."""

    record: CallerRecord


@dataclass(frozen=True, slots=True)
class ForgetCaller:
    """The call is in the record: its entry in the ledger goes. No answer."""

    call_id: str


@dataclass(frozen=True, slots=True)
class FindCaller:
    """Who calls? The newest attempt of these campaigns at the caller's number. Answered by CallerFound; while the
    record is lost the command waits."""

    call_id: str
    caller: str
    """As the carrier gave it."""
    campaigns: Mapping[str, str]
    """Name -> the number that it shows (E.164), which tells what country the caller's number is of."""


@dataclass(frozen=True, slots=True)
class RecordCaller:
    """Keep an inbound call that is over, with what becomes of its contact: once by its id, all or nothing. Answered
    by CallerRecorded."""

    record: CallerRecord


@dataclass(frozen=True, slots=True)
class TakeCaller:
    """Answer the caller's call, and set these channel variables, which those whom they are led to inherit."""

    channel_id: str
    variables: Mapping[str, str]
    language: str = ""


@dataclass(frozen=True, slots=True)
class LeadToQueue:
    """Have the caller wait in Asterisk's queue, at most so long. Answered by CallerTaken, CallerBack, or the
    channel's end."""

    channel_id: str
    queue: str
    patience_s: float


@dataclass(frozen=True, slots=True)
class ForgetLostCaller:
    """What the dialplan noted of this channel is in the record. No answer."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class LeaveCaller:
    """Let the dialplan play the site's message to the caller."""

    channel_id: str
