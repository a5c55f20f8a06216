"""A channel of the simulated Asterisk, and the world around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.sim.callees import Callee
from dialerd.sim.mishaps import Mishaps
from dialerd.sim.phones import Phones
from dialerd.sim.schedule import Schedule
from dialerd.sim.truth import Truth


@dataclass(slots=True, eq=False)
class Channel:
    """One channel of the simulated Asterisk."""

    id: str
    kind: str
    """``call``, ``agent``, ``amd`` or ``inbound``."""
    state: str = "Down"
    in_app: bool = True
    bridge: str | None = None
    callee: Callee | None = None
    agent: str | None = None
    in_charge: bool = False
    """The dead man's timer is off."""
    dead_man_s: float = 20.0
    playing: str | None = None
    """Id of the message that is being played."""
    talk: int = 0
    """Counts conversations: an end that was planned for an earlier one does not count."""
    recorded: bool = False
    told_until: float = 0.0
    """When the last fact about it arrives, world seconds: later ones do not overtake it."""
    ended: bool = False


@dataclass(slots=True)
class Surroundings:
    """What Asterisk needs of the world around it."""

    rng: Random
    schedule: Schedule
    mishaps: Mishaps
    truth: Truth
    phones: Phones
    talk_s: float
    deliver: Callable[[e.Event, int], None]
    """Hands an event of a telephony session to the daemon, if that session still lasts."""
    presses_keys: bool = False
    """Callers press keys while they hear something."""


def when_unreachable(command: c.TelephonyCommand) -> e.Event | None:
    """What the adapter answers when a request does not reach Asterisk; None: nothing."""
    if isinstance(command, c.OriginateCall):
        return e.OriginateUnknown(command.attempt_id)
    if isinstance(command, c.EnterBridge):
        return e.BridgeFailed(command.channel_id, command.bridge_id, "not connected")
    if isinstance(command, c.PlayMessage):
        return e.PlaybackFinished(command.playback_id, failed=True)
    if isinstance(command, c.StartRecording):
        return e.RecordingFinished(command.channel_id, command.recording_id, failed=True)
    if isinstance(command, c.StartCallRecording):
        return e.CallRecordingFailed(command.attempt_id, "not connected")
    if isinstance(command, c.PauseCallRecording):
        return e.CallRecordingPaused(command.attempt_id, command.paused, failed=True)
    if isinstance(command, c.TransferOut):
        return e.TransferFailed(command.channel_id, "not connected")
    if isinstance(command, c.StartAmd):
        return e.AmdFinished(command.attempt_id, "FAILED", "not connected")
    return None
