"""Machines that beep when their greeting is over, and whether anybody listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.tones import Tone
from dialerd.sim.channel import Channel, Surroundings

_BEEPS = 0.9
"""Share of machines whose beep is known as one."""


class Ear:
    """Listening to the calls of one simulated Asterisk."""

    def __init__(
        self,
        world: Surroundings,
        channels: Mapping[str, Channel],
        tell: Callable[[Channel, e.Event], None],
        post: Callable[[e.Event], None],
    ) -> None:
        self._world = world
        self._channels = channels
        self._tell = tell
        self._post = post
        self._listening: set[str] = set()
        self.handlers: dict[type, Callable[..., None]] = {
            c.StartListening: self._start,
            c.StopListening: self._stop,
            c.KeepHeard: lambda command: None,  # there is no sound in this world
            c.HoldDeadMan: self._hold,
        }

    def _start(self, command: c.StartListening) -> None:
        channel, world = self._channels.get(command.attempt_id), self._world
        if channel is None or channel.callee is None or not channel.in_app:
            self._post(e.ListeningFailed(command.attempt_id, "no such call"))
            return
        callee = channel.callee
        self._listening.add(channel.id)
        if callee.kind != "machine" or callee.answered_at is None or world.rng.random() > _BEEPS:
            return
        greeting_end = callee.answered_at + (callee.speech_after_s or 0.0) + callee.greeting_s
        beep = greeting_end + world.rng.uniform(0.4, 1.8)
        if beep > world.schedule.now:
            world.schedule.at(beep, self._beeps, channel)

    def _beeps(self, channel: Channel) -> None:
        if not channel.ended and channel.id in self._listening:
            self._tell(channel, e.ToneHeard(channel.id, Tone.BEEP, 0.2))

    def _stop(self, command: c.StopListening) -> None:
        self._listening.discard(command.attempt_id)

    def _hold(self, command: c.HoldDeadMan) -> None:
        channel = self._channels.get(command.channel_id)
        if channel is not None:
            channel.in_charge = True
