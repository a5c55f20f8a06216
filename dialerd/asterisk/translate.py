"""From ARI's events to the core's, without a socket.

What Asterisk 22 sends, and what this makes of it:

* A channel of a subscribed endpoint that is also in the application is subscribed to twice, so its talking and
  playback events come twice: only the first counts.
* ``StasisStart`` of a channel that was created with an application, but is not answered yet, says nothing.
* ``ChannelDestroyed`` is not sent for channels that came to the application on their own: for those
  ``StasisEnd`` is the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialerd.asterisk.callers import CallerEvents
from dialerd.asterisk.wire import RawEvent
from dialerd.core import ids
from dialerd.core.call_recording import ENDED_EARLY
from dialerd.core.events import (
    AmdFinished,
    BridgeEntered,
    CallLost,
    CallRecordingFailed,
    ChannelAnswered,
    ChannelEnded,
    ChannelRinging,
    DigitPressed,
    Event,
    InboundOffered,
    PlaybackFinished,
    PlaybackStarted,
    RecordingFinished,
    RecordingPauseAsked,
    TalkingStarted,
    TalkingStopped,
    TransferFailed,
)

USED_EVENTS = (
    "RESTResponse",
    "ApplicationReplaced",
    "StasisStart",
    "StasisEnd",
    "Dial",
    "ChannelDestroyed",
    "ChannelTalkingStarted",
    "ChannelTalkingFinished",
    "ChannelEnteredBridge",
    "ChannelUserevent",
    "PlaybackStarted",
    "PlaybackFinished",
    "ChannelDtmfReceived",
    "RecordingFinished",
    "RecordingFailed",
)
"""Everything else is filtered out on the server. ``ChannelStateChange``, too: of what it says, ``Dial`` tells the
ringing and ``StasisStart`` the answer, and an unused event costs both sides as much as a used one."""

LOST_EVENT = "DialerdLost"
"""The dialplan's ``UserEvent`` of a call that nobody took."""

_PLAYBACKS_KEPT = 4096
"""More than can be under way at one time; both copies of an event come within milliseconds."""
_SIP_DRIVERS = ("PJSIP/", "SIP/")


@dataclass(slots=True)
class _Seen:
    """What was already told of a channel."""

    ringing: bool = False
    answered: bool = False
    talking: bool | None = None
    key_at: str = ""
    """When the last key was pressed, by Asterisk's clock."""


class Translator:
    """Remembers what it told, to tell it once."""

    def __init__(self, talk_silence_s: float) -> None:
        self._talk_silence_s = talk_silence_s
        self._channels: dict[str, _Seen] = {}
        self._inbound: set[str] = set()
        self._playbacks: dict[str, bool] = {}
        self.callers = CallerEvents()

    def is_inbound(self, channel_id: str) -> bool:
        """It is a call that app_queue offers to a nailed-up agent."""
        return channel_id in self._inbound

    def forget_all_but(self, channel_ids: Iterable[str]) -> None:
        """Only these channels are left; called when all are known for certain."""
        alive = set(channel_ids)
        self._channels = {name: seen for name, seen in self._channels.items() if name in alive}
        self._inbound &= alive
        self.callers.forget_all_but(alive)
        self._playbacks.clear()

    def adopt_inbound(self, channel_id: str) -> None:
        """This channel, found at reconciliation, is a call that app_queue offered."""
        self._inbound.add(channel_id)

    def translate(self, raw: RawEvent) -> Event | None:
        """The core's event, or None when there is nothing (new) to say."""
        kind = raw["type"]
        if kind in ("PlaybackStarted", "PlaybackFinished"):
            return self._playback(kind, _part(raw, "playback"))
        if kind in ("RecordingFinished", "RecordingFailed"):
            return self._recording(kind, _part(raw, "recording"))
        channel = _part(raw, "peer" if kind == "Dial" else "channel")
        channel_id = str(channel.get("id", ""))
        if kind == "StasisStart" and not ids.is_ours(channel_id):
            return self._offered(raw, channel_id)
        if channel_id in self.callers:
            return self.callers.told(kind, raw, channel_id)
        if channel_id in self._inbound:
            return self._inbound_event(kind, raw, channel_id)
        if not ids.is_ours(channel_id) or channel_id.startswith(ids.EAR):
            return None
        if channel_id.startswith((ids.RECORDED_IN, ids.RECORDED_OUT)):
            return None
        if channel_id.startswith(ids.AMD):
            return self._amd(kind, raw, channel_id)
        return self._call(kind, raw, channel_id, channel)

    def _call(self, kind: str, raw: RawEvent, channel_id: str, channel: Mapping[str, object]) -> Event | None:
        if kind == "ChannelDestroyed":
            self._channels.pop(channel_id, None)
            return _ended(raw, channel_id, channel)
        if kind == "ChannelEnteredBridge":
            return BridgeEntered(channel_id, str(_part(raw, "bridge").get("id", "")))
        if kind == "ChannelUserevent":
            return CallLost(channel_id) if raw.get("eventname") == LOST_EVENT else None
        seen = self._channels.get(channel_id) or _Seen()
        event: Event | None = None
        if kind == "Dial":
            if raw.get("dialstatus") in ("RINGING", "PROGRESS"):
                event = self._ringing(seen, channel_id)
        elif kind == "ChannelStateChange":
            if channel.get("state") == "Ringing":
                event = self._ringing(seen, channel_id)
        elif kind == "StasisStart":
            arguments = [str(argument) for argument in raw.get("args", ())]
            if arguments[:1] == ["transfer"]:
                return TransferFailed(channel_id, (*arguments[1:], "")[0])
            wanted = channel_id.startswith(ids.AGENT_CHANNEL) or arguments[:1] == ["call"]
            if wanted and channel.get("state") == "Up" and not seen.answered:
                seen.answered = True
                event = ChannelAnswered(channel_id)
        elif kind == "ChannelTalkingStarted":
            if seen.talking is not True:
                seen.talking = True
                event = TalkingStarted(channel_id)
        elif kind == "ChannelTalkingFinished" and seen.talking is not False:
            seen.talking = False
            event = TalkingStopped(channel_id, self._talk_silence_s)
        elif kind == "ChannelDtmfReceived":
            event = self._key(seen, raw, channel_id)
        if event is not None:
            self._channels[channel_id] = seen
        return event

    @staticmethod
    def _key(seen: _Seen, raw: RawEvent, channel_id: str) -> Event | None:
        """Both copies of an event bear the same time; two keys cannot."""
        at = str(raw.get("timestamp", ""))
        if at and at == seen.key_at:
            return None
        seen.key_at = at
        return DigitPressed(channel_id, str(raw.get("digit", "")))

    def _recording(self, kind: str, recording: Mapping[str, object]) -> Event | None:
        recording_id = str(recording.get("name", ""))
        target = str(recording.get("target_uri", "")).removeprefix("channel:")
        if not ids.is_ours(recording_id):
            return None
        if recording_id.startswith((ids.RECORDED_IN, ids.RECORDED_OUT)):
            reason = ENDED_EARLY if kind == "RecordingFinished" else str(recording.get("cause") or "failed")
            return CallRecordingFailed(ids.sibling(recording_id, ids.ATTEMPT), reason)
        return RecordingFinished(target, recording_id, failed=kind == "RecordingFailed")

    @staticmethod
    def _ringing(seen: _Seen, channel_id: str) -> Event | None:
        if seen.ringing or seen.answered:
            return None
        seen.ringing = True
        return ChannelRinging(channel_id)

    @staticmethod
    def _amd(kind: str, raw: RawEvent, channel_id: str) -> Event | None:
        arguments = [str(argument) for argument in raw.get("args", ())]
        if kind != "StasisStart" or arguments[:1] != ["amd"]:
            return None
        status, cause = (*arguments[1:3], "", "")[:2]
        return AmdFinished(ids.sibling(channel_id, ids.ATTEMPT), status, cause)

    def _offered(self, raw: RawEvent, channel_id: str) -> Event | None:
        arguments = [str(argument) for argument in raw.get("args", ())]
        if len(arguments) == 3 and arguments[0] == "recording":
            agent = arguments[2]
            return RecordingPauseAsked(arguments[1] == "pause", f"agent {agent}", agent=agent)
        if len(arguments) != 2 or arguments[0] != "agent":
            return self.callers.came(arguments, channel_id)
        self._inbound.add(channel_id)
        return InboundOffered(channel_id, arguments[1])

    def _inbound_event(self, kind: str, raw: RawEvent, channel_id: str) -> Event | None:
        if kind == "ChannelEnteredBridge":
            return BridgeEntered(channel_id, str(_part(raw, "bridge").get("id", "")))
        if kind in ("StasisEnd", "ChannelDestroyed"):
            self._inbound.discard(channel_id)
            return _ended(raw, channel_id, _part(raw, "channel"))
        return None

    def _playback(self, kind: str, playback: Mapping[str, object]) -> Event | None:
        playback_id = str(playback.get("id", ""))
        if not ids.is_ours(playback_id):
            return None
        over = self._playbacks.get(playback_id)
        if kind == "PlaybackStarted":
            if over is not None:
                return None
            self._remember(playback_id, over=False)
            return PlaybackStarted(playback_id)
        if over:
            return None
        self._remember(playback_id, over=True)
        return PlaybackFinished(playback_id, failed=playback.get("state") == "failed")

    def _remember(self, playback_id: str, *, over: bool) -> None:
        self._playbacks.pop(playback_id, None)  # the newest is last
        self._playbacks[playback_id] = over
        if len(self._playbacks) > _PLAYBACKS_KEPT:
            del self._playbacks[next(iter(self._playbacks))]


def channel_id_of(raw: RawEvent) -> str:
    """The id of the channel that an event is about; empty when it is about none."""
    return str(_part(raw, "channel").get("id", ""))


def _part(raw: RawEvent, name: str) -> Mapping[str, object]:
    part = raw.get(name)
    return part if isinstance(part, Mapping) else {}


def _ended(raw: RawEvent, channel_id: str, channel: Mapping[str, object]) -> ChannelEnded:
    cause, tech_cause = raw.get("cause"), raw.get("tech_cause")
    is_sip = str(channel.get("name", "")).startswith(_SIP_DRIVERS)
    return ChannelEnded(
        channel_id,
        cause if isinstance(cause, int) else None,
        tech_cause if is_sip and isinstance(tech_cause, int) else None,
        str(raw.get("cause_txt", "")),
    )
