"""What became of recordings of conversations. Part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class CallRecordingStarted:
    """Both sides of the call are recorded from now on."""

    attempt_id: str


@value(frozen=True, slots=True)
class CallRecordingFailed:
    """The call is not recorded, or no longer: it could not be begun, or broke off."""

    attempt_id: str
    reason: str


@value(frozen=True, slots=True)
class CallRecordingPaused:
    """What is recorded now is silence, or again what is said. ``failed``: it could not be changed; what is recorded
    is as it was before."""

    attempt_id: str
    paused: bool
    failed: bool = False


@value(frozen=True, slots=True)
class RecordingPauseAsked:
    """Somebody wants the recording of this call paused, or going on. ``attempt_id`` None: that of the call which
    ``agent`` is in. ``who``: for the record."""

    paused: bool
    who: str
    attempt_id: str | None = None
    agent: str | None = None
