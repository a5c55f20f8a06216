"""What Asterisk tells of channels, bridges and playbacks. Part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.caller_events import LiveCaller, LostCaller
from dialerd.core.tones import Tone
from dialerd.core.value import value


@value(frozen=True, slots=True)
class OriginateAccepted:
    """Asterisk has created the channel."""

    attempt_id: str


@value(frozen=True, slots=True)
class OriginateRefused:
    """Asterisk said no, for certain: there is no channel. ``status`` is the HTTP status."""

    attempt_id: str
    status: int
    reason: str


@value(frozen=True, slots=True)
class OriginateUnknown:
    """No reply came: the channel may or may not exist."""

    attempt_id: str


@value(frozen=True, slots=True)
class ChannelProbed:
    """The reply to :class:`ProbeChannel`. ``state`` is Asterisk's channel state (``Up``, ``Ringing`` …), or None:
    there is no such channel."""

    channel_id: str
    state: str | None


@value(frozen=True, slots=True)
class ChannelRinging:
    """The far end rings, or early media came."""

    channel_id: str


@value(frozen=True, slots=True)
class ChannelAnswered:
    """The channel was answered and is under our control."""

    channel_id: str


@value(frozen=True, slots=True)
class TalkingStarted:
    """Speech was heard on the channel."""

    channel_id: str


@value(frozen=True, slots=True)
class TalkingStopped:
    """Speech was followed by ``silence_s`` seconds of silence, which lie before this moment."""

    channel_id: str
    silence_s: float


@value(frozen=True, slots=True)
class AmdFinished:
    """AMD has spoken: Asterisk's AMDSTATUS and AMDCAUSE."""

    attempt_id: str
    status: str
    cause: str


@value(frozen=True, slots=True)
class ToneHeard:
    """A tone in what the called party sends; a beep, when it has ended and ``quiet_s`` seconds have passed since."""

    attempt_id: str
    tone: Tone
    quiet_s: float = 0.0


@value(frozen=True, slots=True)
class ListeningFailed:
    """No tone will be told of this call."""

    attempt_id: str
    reason: str


@value(frozen=True, slots=True)
class BridgeEntered:
    """The channel is in the bridge: both sides hear each other."""

    channel_id: str
    bridge_id: str


@value(frozen=True, slots=True)
class BridgeFailed:
    """The channel could not be put into the bridge."""

    channel_id: str
    bridge_id: str
    reason: str


@value(frozen=True, slots=True)
class PlaybackStarted:
    """The message is being heard."""

    playback_id: str


@value(frozen=True, slots=True)
class PlaybackFinished:
    """The message was played to its end, or could not be played (``failed``)."""

    playback_id: str
    failed: bool = False


@value(frozen=True, slots=True)
class ChannelEnded:
    """The channel is gone. ``cause``: Q.850; ``sip_status``: final SIP response where the driver told it."""

    channel_id: str
    cause: int | None
    sip_status: int | None = None
    cause_text: str = ""


@value(frozen=True, slots=True)
class CallLost:
    """Answered, and nobody took charge in time: the dialplan took the call back and plays the abandoned-call message.
    Calls lost while nobody listened are in :class:`TelephonyBack` instead."""

    attempt_id: str


@value(frozen=True, slots=True)
class TelephonyLost:
    """The event socket is gone: what happens to live calls is not known until :class:`TelephonyBack`."""

    reason: str


@value(frozen=True, slots=True)
class LiveChannel:
    """One channel that Asterisk holds, as seen at reconciliation."""

    id: str
    state: str
    """Asterisk's channel state (``Up``, ``Ringing``, ``Down`` …)."""
    in_app: bool = True
    """It is under our Stasis application's control now."""


@value(frozen=True, slots=True)
class TelephonyBack:
    """Connected (again), with all that Asterisk holds of ours at this moment."""

    channels: tuple[LiveChannel, ...]
    bridges: Mapping[str, frozenset[str]]
    """Bridge id -> channel ids in it."""
    lost_calls: frozenset[str]
    """Attempts that were answered while nobody listened; Asterisk itself played the abandoned-call message."""
    callers: tuple[LiveCaller, ...] = ()
    """People who called in."""
    lost_callers: tuple[LostCaller, ...] = ()
    """People who called in while nobody listened, or of whom the dialplan still takes care."""


@value(frozen=True, slots=True)
class InboundOffered:
    """app_queue offers a nailed-up agent a call: its channel is in our application and waits to be bridged."""

    channel_id: str
    agent: str
