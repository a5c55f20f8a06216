"""What Asterisk is to do with channels, bridges and playbacks. Part of :mod:`dialerd.core.commands`."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.value import value


@value(frozen=True, slots=True)
class OriginateCall:
    """Dial. The channel's id is the attempt's. Answered by OriginateAccepted, -Refused or -Unknown, then by the
    channel's own events."""

    attempt_id: str
    dial_string: str
    caller_id: str
    ring_timeout_s: float
    abandon_message: tuple[str, ...]
    """What the dialplan plays if nobody takes the answered call: media URIs."""
    dead_man_s: float
    """After so many seconds without a daemon that takes charge the dialplan does the same."""
    variables: Mapping[str, str]
    language: str = ""
    """In which Asterisk plays its sounds to the channel; empty: its own."""


@value(frozen=True, slots=True)
class ProbeChannel:
    """Ask whether the channel exists. Answered by ChannelProbed."""

    channel_id: str


@value(frozen=True, slots=True)
class HangUp:
    """End the channel; no error if it is gone already."""

    channel_id: str
    reason: str = "normal"


@value(frozen=True, slots=True)
class StartAmd:
    """Analyse what is heard on the channel with these arguments of ``AMD()``, on a snoop channel. Answered by
    AmdFinished (also with status ``FAILED`` when it could not be started)."""

    attempt_id: str
    arguments: tuple[int, ...]


@value(frozen=True, slots=True)
class StopAmd:
    """The verdict is no longer wanted."""

    attempt_id: str


@value(frozen=True, slots=True)
class StartListening:
    """Tell the tones in what the called party sends, on a snoop channel of its own. Answered by any number of
    ToneHeard, or by ListeningFailed when it could not be started. No error if it goes on already."""

    attempt_id: str
    keep_s: float = 0.0
    """So much of the sound, from its beginning, is held for KeepHeard."""


@value(frozen=True, slots=True)
class KeepHeard:
    """What was heard of the call so far, and for ``more_s`` seconds from now while it is still listened to, becomes a
    recording; whoever keeps recordings gets it when that is over, or with StopListening, or at the end of the call.
    No error where nobody listens: then there is none."""

    attempt_id: str
    more_s: float = 0.0


@value(frozen=True, slots=True)
class StopListening:
    """No tone is wanted any more; no error if nobody listens."""

    attempt_id: str


@value(frozen=True, slots=True)
class HoldDeadMan:
    """We are in charge of the call, and say nothing for now: the dialplan shall not play the abandoned-call message
    before ``seconds`` from now. Of a caller's channel likewise: the site's message."""

    channel_id: str
    seconds: float


@value(frozen=True, slots=True)
class CreateBridge:
    """Make a mixing bridge; no error if it exists."""

    bridge_id: str


@value(frozen=True, slots=True)
class DestroyBridge:
    """End the bridge; its channels are let go, not hung up. No error if it is gone."""

    bridge_id: str


@value(frozen=True, slots=True)
class EnterBridge:
    """Put an answered channel into the bridge, and take its dead-man's timer off. Answered by BridgeEntered or
    BridgeFailed."""

    channel_id: str
    bridge_id: str


@value(frozen=True, slots=True)
class PlayMessage:
    """Play these media URIs to the channel, and take its dead-man's timer off. Answered by PlaybackStarted and
    PlaybackFinished."""

    channel_id: str
    playback_id: str
    media: tuple[str, ...]
    """Played one after the other."""
    language: str = ""
    """Of sounds that Asterisk has in several; empty: that of the channel."""


@value(frozen=True, slots=True)
class StopPlayback:
    """Stop what plays; no error if it is over. PlaybackFinished may come or not."""

    channel_id: str
    playback_id: str


@value(frozen=True, slots=True)
class StartRecording:
    """Record what the channel says into a file of this name (WAV). Answered by RecordingFinished, also when nothing
    could be recorded."""

    channel_id: str
    recording_id: str
    longest_s: float
    silence_s: float
    """So much silence ends it."""
    beep: bool


@value(frozen=True, slots=True)
class StopRecording:
    """Enough was recorded; the file is kept."""

    channel_id: str
    recording_id: str


@value(frozen=True, slots=True)
class TransferOut:
    """Let the dialplan dial this number and connect both. Answered by TransferFailed, or by the channel's end after
    the conversation."""

    channel_id: str
    number: str
    caller_id: str
    ring_timeout_s: float


@value(frozen=True, slots=True)
class DialAgent:
    """Call an agent's phone. Answered by the channel's own events (ChannelAnswered, ChannelEnded; ChannelEnded also
    when Asterisk refused)."""

    channel_id: str
    dial_string: str
    caller_id: str
    timeout_s: float
    auto_answer: bool
    variables: Mapping[str, str]
