"""One life of the daemon: the real engine and core between ports that can be cut at any command."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import orjson

from dialerd.core import commands as c
from dialerd.core.dialer import Dialer
from dialerd.core.events import Event, TimePassed
from dialerd.core.ids import SerialNumbers
from dialerd.engine import Engine

_TIME_PASSED = TimePassed()


class DaemonDied(Exception):
    """The daemon was killed between two commands."""


_TRACED: dict[type, Callable[[Any], Any]] = {
    c.Claim: attrgetter("record.id", "record.number", "record.agent"),
    c.ConfirmClaim: attrgetter("record.id", "record.number", "record.agent"),
    c.AnnounceOffer: attrgetter("record.id", "record.agent"),
    c.AnnounceDecision: attrgetter("record.id", "decided"),
    c.SaveAttempt: attrgetter("record.id", "record.state", "record.agent"),
    c.MoveReservation: attrgetter("record.id", "record.agent", "old_agent"),
    c.CloseAttempt: attrgetter("outcome.record.id", "outcome.record.disposition", "outcome.contact.reason"),
    c.SaveAgentLine: attrgetter("agent", "channel_id"),
    c.SavePacing: attrgetter("campaign"),
    c.FetchContacts: attrgetter("campaign", "limit"),
    c.ReturnContacts: attrgetter("contact_ids"),
    c.RetireContacts: attrgetter("contact_ids", "reason"),
    c.ParkContacts: attrgetter("contact_ids", "next_at", "reason", "group"),
    c.WakeContacts: attrgetter("contact_lists"),
    c.SaveCampaignState: attrgetter("campaign", "state"),
    c.AskProvider: attrgetter("dnc_list", "numbers"),
    c.RenderPrompts: attrgetter("campaign", "contact_id", "utterances"),
    c.DistrustPrompts: attrgetter("media"),
    c.OriginateCall: attrgetter("attempt_id", "dial_string"),
    c.ProbeChannel: attrgetter("channel_id"),
    c.HangUp: attrgetter("channel_id", "reason"),
    c.StartAmd: attrgetter("attempt_id"),
    c.StopAmd: attrgetter("attempt_id"),
    c.StartListening: attrgetter("attempt_id"),
    c.KeepHeard: attrgetter("attempt_id"),
    c.StopListening: attrgetter("attempt_id"),
    c.HoldDeadMan: attrgetter("channel_id", "seconds"),
    c.CreateBridge: attrgetter("bridge_id"),
    c.DestroyBridge: attrgetter("bridge_id"),
    c.EnterBridge: attrgetter("channel_id", "bridge_id"),
    c.PlayMessage: attrgetter("channel_id", "media"),
    c.StopPlayback: attrgetter("channel_id", "playback_id"),
    c.StartRecording: attrgetter("channel_id", "recording_id"),
    c.StopRecording: attrgetter("channel_id", "recording_id"),
    c.TransferOut: attrgetter("channel_id"),
    c.OptOut: attrgetter("attempt_id"),
    c.DialAgent: attrgetter("channel_id", "dial_string"),
    c.BarNumber: attrgetter("dnc_list", "number"),
    c.AnnounceAgent: attrgetter("agent", "device_state"),
    c.StartCallRecording: attrgetter("attempt_id", "paused"),
    c.PauseCallRecording: attrgetter("attempt_id", "paused"),
    c.AnnounceRecording: attrgetter("agent", "device_state"),
    c.PauseMember: attrgetter("agent", "paused", "reason"),
    c.Tell: attrgetter("level", "name", "fields"),
    c.InvariantViolated: attrgetter("invariant", "detail"),
}


_NOTED_AT_ONCE = 256
"""Commands that wait to be condensed; each holds what will not change: ids, states, texts."""


class Trace:
    """Every command of a shift, condensed to one figure; line by line where somebody reads along."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write
        self.told = write is not None
        """Somebody reads along."""
        self._sum = 0
        self._noted: list[tuple[float, str, Any]] = []
        self.commands = 0

    def note(self, now: float, command: c.Command) -> None:
        """Take one command down."""
        kind = type(command)
        said = _TRACED[kind](command)
        self._noted.append((now, kind.__name__, said))
        if len(self._noted) >= _NOTED_AT_ONCE:
            self._sum = self._condensed()
            self._noted.clear()
        self.commands += 1
        if self._write is not None:
            self._write(f"{now:.4f} {kind.__name__} {said}")

    def event(self, now: float, event: Event) -> None:
        """Take one event down, for readers."""
        if self._write is not None:
            self._write(f"{now:.4f}     < {event}")

    def _condensed(self) -> int:
        return zlib.crc32(orjson.dumps(self._noted, default=str), self._sum)

    @property
    def digest(self) -> str:
        """Equal for equal shifts."""
        return f"{self._condensed():08x}"


class _Cut:
    """A port through which commands pass until the daemon dies."""

    def __init__(self, daemon: Daemon, submit: Callable[[Any], None]) -> None:
        self._daemon = daemon
        self._submit = submit

    def submit(self, command: Any) -> None:
        daemon = self._daemon
        if daemon.dies_after is not None:
            daemon.perhaps_die(command)
        daemon.trace.note(daemon.now, command)
        self._submit(command)


class Daemon:
    """An engine with its core, from start to crash or end. ``offset``: its clock ahead of the world's, seconds."""

    def __init__(self, offset: float, token: int, trace: Trace, submits: tuple[Callable[[Any], None], ...]) -> None:
        self.offset = offset
        self.now = 0.0
        """The daemon's clock at its last event."""
        self.due: float | None = None
        """When the core wants to be woken, in world seconds."""
        self.events = 0
        self.dies_after: int | None = None
        """Commands that still pass before the daemon dies; None: it lives."""
        self.dies_before: type | None = None
        """Count only from the first command of this kind."""
        self.dialer = Dialer(SerialNumbers(int(offset * 1000), token))
        self.trace = trace
        telephony, roster, hot_store, record, watcher, speech, desktop = (_Cut(self, submit) for submit in submits)
        self._engine = Engine(
            self.dialer, telephony, roster, hot_store, record, watcher, speech=speech, desktop=desktop
        )  # fmt: skip
        self._due: float | None = None

    def perhaps_die(self, command: c.Command) -> None:
        """A command of a daemon that is about to die; raises :class:`DaemonDied` at that moment."""
        if type(command) is self.dies_before:
            self.dies_before = None
        if self.dies_after is not None and self.dies_before is None:
            self.dies_after -= 1
            if self.dies_after < 0:
                raise DaemonDied

    def step(self, event: Event, world_now: float, not_before: float = 0.0) -> None:
        """One event; raises :class:`DaemonDied` when the daemon does not survive its commands. ``not_before``: least
        time on the daemon's clock."""
        now = world_now + self.offset
        self.now = now = now if now >= not_before else not_before
        self.events += 1
        if self.trace.told:
            self.trace.event(now, event)
        self._engine.step(event, now)
        self._due = due = self.dialer.next_wakeup()
        self.due = None if due is None else due - self.offset

    def wake(self, world_now: float) -> None:
        """The moment that :attr:`due` told has come."""
        # The way from one clock to the other and back may lose the last bit.
        self.step(_TIME_PASSED, world_now, self._due or 0.0)
