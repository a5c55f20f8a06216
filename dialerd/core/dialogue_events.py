"""What a caller in a flow does: keys, recordings, transfers. Part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class DigitPressed:
    """A key of the called party's phone: ``0`` to ``9``, ``*``, ``#``."""

    channel_id: str
    digit: str


@value(frozen=True, slots=True)
class RecordingFinished:
    """The recording is over; ``failed``: there is none."""

    channel_id: str
    recording_id: str
    failed: bool = False


@value(frozen=True, slots=True)
class TransferFailed:
    """The number that the caller was to be connected to did not answer; the caller is back. ``status``: Asterisk's
    DIALSTATUS."""

    channel_id: str
    status: str
