"""Callers who press keys, are recorded and are connected elsewhere: what flows ask of the simulated Asterisk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.sim.channel import Channel, Surroundings
from dialerd.sim.recorder import Recorder

KEYS = "0123456789*#"
_PRESSES = 0.7
"""Share of callers who press a key after a prompt began."""
_ANSWERS_TRANSFER = 0.5
_NORMAL = 16


class Keypad:
    """Keys, recordings and transfers of one simulated Asterisk."""

    def __init__(
        self,
        world: Surroundings,
        channels: Mapping[str, Channel],
        tell: Callable[[Channel, e.Event], None],
        end: Callable[[Channel, int | None, int | None, str], None],
    ) -> None:
        """``tell`` posts a fact about a channel; ``end`` ends it, with cause, SIP status and whose doing it was."""
        self._world = world
        self._channels = channels
        self._tell = tell
        self._end = end
        self._recording: dict[str, str] = {}
        self.handlers: dict[type, Callable[..., None]] = {
            c.StopPlayback: self._stop_playing,
            c.StartRecording: self._record,
            c.StopRecording: self._stop_recording,
            c.TransferOut: self._transfer_out,
            **Recorder(world, channels, tell).handlers,
        }

    def hears_prompt(self, channel: Channel) -> None:
        """A prompt begins: some callers press a key while it plays, or soon after."""
        world = self._world
        if not world.presses_keys or world.rng.random() > _PRESSES:
            return
        key = world.rng.choice(KEYS)
        world.schedule.after(world.rng.uniform(0.2, 9.0), self._press, channel, key)

    def _press(self, channel: Channel, key: str) -> None:
        if not channel.ended and channel.in_app and channel.bridge is None:
            self._tell(channel, e.DigitPressed(channel.id, key))

    def _stop_playing(self, command: c.StopPlayback) -> None:
        channel = self._channels.get(command.channel_id)
        if channel is not None and channel.playing == command.playback_id:
            channel.playing = None
            self._tell(channel, e.PlaybackFinished(command.playback_id))

    def _record(self, command: c.StartRecording) -> None:
        channel, world = self._channels.get(command.channel_id), self._world
        if channel is None or not channel.in_app:
            return
        self._recording[command.recording_id] = channel.id
        world.schedule.after(min(command.longest_s, 8.0), self._recorded, channel, command)

    def _recorded(self, channel: Channel, command: c.StartRecording | c.StopRecording) -> None:
        if self._recording.pop(command.recording_id, None) is not None and not channel.ended:
            self._tell(channel, self._finished(command))

    def _stop_recording(self, command: c.StopRecording) -> None:
        channel = self._channels.get(command.channel_id)
        if channel is not None:
            self._recorded(channel, command)

    @staticmethod
    def _finished(command: c.StartRecording | c.StopRecording, failed: bool = False) -> e.Event:
        return e.RecordingFinished(command.channel_id, command.recording_id, failed)

    def _transfer_out(self, command: c.TransferOut) -> None:
        channel, world = self._channels.get(command.channel_id), self._world
        if channel is None or not channel.in_app:
            return
        channel.in_app, channel.in_charge = False, True
        if world.rng.random() < _ANSWERS_TRANSFER:
            world.schedule.after(30.0, self._end, channel, _NORMAL, None, "callee")
        else:
            world.schedule.after(command.ring_timeout_s, self._comes_back, channel)

    def _comes_back(self, channel: Channel) -> None:
        if not channel.ended:
            channel.in_app = True
            self._tell(channel, e.TransferFailed(channel.id, "NOANSWER"))
