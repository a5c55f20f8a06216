"""Recordings of conversations in the simulated Asterisk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.sim.channel import Channel, Surroundings

_DISK_FULL = 0.05
"""Share of recordings that cannot be begun."""


class Recorder:
    """Records calls."""

    def __init__(
        self,
        world: Surroundings,
        channels: Mapping[str, Channel],
        tell: Callable[[Channel, e.Event], None],
    ) -> None:
        """``tell`` posts a fact about a channel."""
        self._world = world
        self._channels = channels
        self._tell = tell
        self.handlers: dict[type, Callable[..., None]] = {
            c.StartCallRecording: self._start,
            c.PauseCallRecording: self._pause,
            c.AnnounceRecording: lambda command: None,
        }

    def _start(self, command: c.StartCallRecording) -> None:
        channel = self._channels.get(command.attempt_id)
        if channel is None or channel.ended:
            return
        if self._world.rng.random() < _DISK_FULL:
            self._tell(channel, e.CallRecordingFailed(command.attempt_id, "no space"))
            return
        channel.recorded = True
        self._tell(channel, e.CallRecordingStarted(command.attempt_id))

    def _pause(self, command: c.PauseCallRecording) -> None:
        channel = self._channels.get(command.attempt_id)
        if channel is not None:
            self._tell(channel, e.CallRecordingPaused(command.attempt_id, command.paused, not channel.recorded))
