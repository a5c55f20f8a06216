"""What is recorded of a conversation. Part of :mod:`dialerd.core.commands`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class StartCallRecording:
    """Record what is said on the channel and what is said to it, each for itself, until the channel ends. Answered by
    CallRecordingStarted or CallRecordingFailed; ended too early, by CallRecordingFailed too."""

    attempt_id: str
    paused: bool = False
    """It begins with silence."""


@value(frozen=True, slots=True)
class PauseCallRecording:
    """Record silence from now on, or again what is said. Answered by CallRecordingPaused."""

    attempt_id: str
    paused: bool


@value(frozen=True, slots=True)
class AnnounceRecording:
    """Let phones and the dialplan see whether the agent's call is recorded: device state ``Stasis:recording-<agent>``
    is ``INUSE``, ``ONHOLD`` (paused) or ``NOT_INUSE``."""

    agent: str
    device_state: str
