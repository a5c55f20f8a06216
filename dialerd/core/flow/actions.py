"""What a walk through a flow asks for. Each is carried out by the core's room for flows, or by `dialerd flow try`."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.flow.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Say:
    """Play the prompt; its end is told by ``Walk.played``."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class StopSaying:
    """Stop what is playing; its end is not told."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Tell by ``Walk.timed_out`` after so many seconds; replaces an earlier timer."""

    after_s: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The timer is no longer wanted; nothing happens if there is none."""


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record the caller; the end is told by ``Walk.recorded``."""

    longest_s: float
    silence_s: float
    beep: bool


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The caller is done speaking."""


@dataclass(frozen=True, slots=True)
class OptOutNumber:
    """This number must never be called again."""


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """An agent of this queue is wanted: ``Walk.joined``, then ``Walk.transferred``; or ``Walk.not_transferred``."""

    queue: str


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """No agent is wanted any more."""


@dataclass(frozen=True, slots=True)
class DialNumber:
    """Dial this number and connect both."""

    number: str
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class End:
    """Hang up. ``failed``: not as the flow was meant to end."""

    result: str
    failed: bool = False


Action = (
    Say | StopSaying | SetTimer | CancelTimer | StartRecording | StopRecording | OptOutNumber | JoinQueue | LeaveQueue
    | DialNumber | End
)  # fmt: skip
