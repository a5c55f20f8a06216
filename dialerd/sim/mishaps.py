"""What goes wrong, and when: everything drawn from the seed."""

from __future__ import annotations

from random import Random

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.sim.schedule import Schedule

LOSABLE = frozenset(
    {
        e.OriginateAccepted, e.ChannelRinging, e.TalkingStarted, e.TalkingStopped, e.AmdFinished, e.ToneHeard,
        e.BridgeEntered, e.PlaybackStarted, e.PlaybackFinished, e.ChannelEnded, e.ChannelProbed,
    }
)  # fmt: skip
"""Facts that may vanish one by one while the socket stays open. An answer is not among them: Asterisk tells it by
several events, and loses them all only with the socket."""

KINDS = (
    "crash", "crash", "crash", "telephony_gap", "telephony_gap", "network_gap", "asterisk_restart", "store_gap",
    "store_gap", "store_after_commit", "record_gap", "roster_gap", "clock_step", "stall", "reload", "stop_and_start",
    "sound_missing", "trunk_down",
)  # fmt: skip
"""Mishaps that befall the world as a whole."""

# Spans between the shortest and the longest of the usual delays, seconds.
_FACT_SPAN_S = 0.003 - 0.0005
_REPLY_SPAN_S = 0.0015 - 0.0003
_COMMAND_SPAN_S = 0.002 - 0.0003


class Mishaps:
    """Decides the fate of single facts and commands, and plans the great mishaps of a shift."""

    def __init__(self, rng: Random, schedule: Schedule, enabled: bool, until: float) -> None:
        self._rng = rng
        self._schedule = schedule
        self._enabled = enabled
        self._until = until
        self.sounds_missing = False
        self.trunk_down = False

    @property
    def on(self) -> bool:
        """Things go wrong at this moment."""
        return self._enabled and self._schedule.now < self._until

    def fate(self, event: e.Event) -> tuple[float, ...]:
        """Delays in seconds after which copies of a fact arrive; none: it is lost."""
        rng = self._rng
        usual = 0.0005 + _FACT_SPAN_S * rng.random()
        if not self._enabled or self._schedule.now >= self._until:
            return (usual,)
        pick = rng.random()
        if pick < 0.012:
            return (usual + rng.uniform(0.05, 3.0),)
        if pick < 0.022:
            return (usual, usual + rng.choice((0.0, 0.01, 2.0, 20.0)))
        if pick < 0.030 and type(event) in LOSABLE:
            return ()
        return (usual,)

    def reply_delays(self) -> tuple[float, ...]:
        """After how many seconds a store's reply arrives, and arrives again."""
        usual = 0.0003 + _REPLY_SPAN_S * self._rng.random()
        if not self._enabled or self._schedule.now >= self._until:
            return (usual,)
        pick = self._rng.random()
        if pick < 0.01:
            return (usual + self._rng.uniform(0.2, 4.0),)
        if pick < 0.02:
            return (usual, usual + self._rng.choice((0.001, 1.0, 60.0)))
        return (usual,)

    def command_delay(self) -> float:
        """After how many seconds a command reaches Asterisk."""
        usual = 0.0003 + _COMMAND_SPAN_S * self._rng.random()
        if self._enabled and self._schedule.now < self._until and self._rng.random() < 0.004:
            return usual + self._rng.uniform(0.05, 0.8)
        return usual

    def originate(self) -> str:
        """``ok``, ``refused`` (no channel), ``lost`` (channel, no reply ever), ``unknown`` (channel, no reply in
        time) or ``unknown_none`` (the same, without a channel)."""
        if self.on:
            pick = self._rng.random()
            if pick < 0.04:
                return ("refused", "lost", "unknown", "unknown_none")[int(pick * 100)]
        return "ok"

    def forgets_ring_timeout(self) -> bool:
        """Asterisk does not end a call that nobody answers."""
        return self.on and self._rng.random() < 0.03

    def amd_fails(self) -> bool:
        """The snoop channel cannot be made."""
        return self.on and self._rng.random() < 0.02

    def crash_point(self) -> int:
        """After how many further commands the daemon dies."""
        return self._rng.choice((0, 0, 1, 1, 2, 3, 5, 8, 20))

    def plan(self) -> list[tuple[float, str, float]]:
        """The great mishaps: (moment, kind, length in seconds)."""
        if not self._enabled:
            return []
        found = [
            (self._rng.uniform(15.0, self._until - 30.0), self._rng.choice(KINDS), self._rng.uniform(0.3, 25.0))
            for _ in range(self._rng.randint(1, 6))
        ]
        return sorted(found)


CRASH_WORTHY = (c.Claim, c.OriginateCall, c.CloseAttempt, c.EnterBridge, c.SaveAttempt, c.HangUp)
"""Commands around which the daemon prefers to die: where it hurts."""
