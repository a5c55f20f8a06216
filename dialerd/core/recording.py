"""Recording of conversations: what a campaign wants, and what an attempt remembers of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

USUAL_NAME = "{year}/{month}/{day}/{campaign}/{attempt}"
"""How a recording's file is called, without its ending."""
_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class RecordingState(StrEnum):
    """Where the recording of a call stands."""

    CONSENT = "consent"
    """The prompt that says so is being heard; nothing is recorded yet."""
    RECORDING = "recording"
    PAUSED = "paused"
    """Silence is recorded: what is said now is nobody else's business (card data)."""
    OVER = "over"
    """The call has ended, and there is something to keep."""
    FAILED = "failed"
    """There is no recording, or not the whole of it; ``reason`` says why."""
    NONE = "none"
    """The call ended before anything was recorded."""


LIVE = frozenset({RecordingState.CONSENT, RecordingState.RECORDING, RecordingState.PAUSED})


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Which conversations of a campaign are recorded, and how long that is kept."""

    share: float = 0.0
    """Of the conversations, 0 to 1."""
    consent: str | None = None
    """Media URI that both hear before the recording begins; None: nothing is said."""
    keep_s: float | None = None
    """None: kept until somebody removes it."""
    name: str = USUAL_NAME
    """Template of the file's name."""
    agents_may_pause: bool = True


NOT_RECORDED = RecordingSettings()
REVIEW = "review"
"""The kind of a recording that is there for its verdict to be checked; see :mod:`dialerd.core.reviewing`."""
CONVERSATION = "conversation"
"""Every other recording."""


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Which machine verdicts of a campaign are kept to be listened to."""

    share: float = 0.0
    """Of the machine verdicts, 0 to 1."""
    after_s: float = 0.0
    """So much of what is heard after the verdict is kept too, as far as the call goes on."""
    keep_s: float = 0.0
    """Then they are removed."""


NOT_REVIEWED = ReviewSettings()


def is_chosen(share: float, attempt_id: str) -> bool:
    """Whether this call is one of those that are recorded. It follows from the attempt's id alone, so that a
    successor of the daemon comes to the same answer, and nobody on the floor can tell beforehand."""
    mixed = (int(attempt_id[4:], 16) * _MIX) & _MASK
    mixed = ((mixed ^ (mixed >> 32)) * _MIX) & _MASK
    return (mixed >> 11) / (1 << 53) < share


def kind_of(recording: dict[str, Any]) -> str:
    """What it is there for: :data:`CONVERSATION` or :data:`REVIEW`."""
    return str(recording.get("kind", CONVERSATION))


def state_of(recording: dict[str, Any] | None) -> RecordingState | None:
    """Where an attempt's recording stands; None: it is not recorded."""
    return RecordingState(recording["state"]) if recording else None


def paused_s(recording: dict[str, Any], until: float) -> float:
    """How long the recording was paused up to ``until`` (epoch seconds), in seconds."""
    pauses: list[list[float | None]] = recording.get("pauses", [])
    return sum((end if end is not None else until) - (begin or 0.0) for begin, end in pauses)


def ended(recording: dict[str, Any] | None, now: float) -> None:
    """The call is over: so is its recording. Changes the attempt's own value."""
    state = state_of(recording)
    if recording is None or state not in LIVE:
        return
    if recording.get("began_at") is None:
        recording["state"] = RecordingState.NONE.value
        recording["reason"] = recording.get("reason") or "ended_before_it_began"
        return
    recording["state"] = RecordingState.OVER.value
    recording["ended_at"] = now
    if recording["pauses"] and recording["pauses"][-1][1] is None:
        recording["pauses"][-1][1] = now
