"""Agents who are shown contacts before they are called: they read, and accept, skip, or look elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import Mode
from dialerd.core.preview import OnTimeout

if TYPE_CHECKING:
    from dialerd.sim.world import World

_SKIPS, _LOOKS_AWAY, _LATE = 0.12, 0.2, 0.24
"""Below the first an agent skips; below the second says nothing; below the third, when the time is nearly over."""


class Readers:
    """The desktop port, and the people before it. Knows what was shown to whom, and what they said."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.shown: dict[str, str] = {}
        """Attempt -> the agent who was shown it."""
        self.wanted: set[str] = set()
        """Attempts that their agent has accepted."""
        self.skipped: set[str] = set()
        """Attempts that their agent has skipped before anything else happened to them."""
        self.decisions: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._over: set[str] = set()

    def submit(self, command: c.DesktopCommand) -> None:
        """Show an offer, or take it from the screen."""
        world, record = self._world, command.record
        if isinstance(command, c.AnnounceDecision):
            self._over.add(record.id)
            word = command.decided.decision.value
            self.decisions[word] = self.decisions.get(word, 0) + 1
            return
        preview = record.preview or {}
        if record.id in self.shown:
            world.truth.broken("preview", f"{record.id} was shown twice")
        if record.agent is None:
            world.truth.broken("preview", f"{record.id} was shown to nobody")
        self.shown[record.id] = record.agent or ""
        self._until[record.id] = preview["until"]
        pick, limit_s = world.rng.random(), preview["until"] - preview["offered_at"]
        if pick < _SKIPS:
            self._later(world.rng.uniform(0.5, limit_s / 2), e.PreviewSkipped(record.id, "agent"))
        elif pick < _LOOKS_AWAY:
            pass
        elif pick < _LATE:
            self._later(limit_s + world.rng.uniform(-0.002, 0.002), e.PreviewAccepted(record.id, "agent"))
        else:
            self._later(world.rng.uniform(0.5, limit_s / 2), e.PreviewAccepted(record.id, "agent"))

    def _later(self, delay_s: float, event: e.PreviewAccepted | e.PreviewSkipped) -> None:
        world = self._world
        world.schedule.after(delay_s, self._say, event)
        if world.mishaps.on and world.rng.random() < 0.05:
            # Pressed twice, or pressed both.
            other = world.rng.choice((e.PreviewAccepted, e.PreviewSkipped))
            world.schedule.after(
                delay_s + world.rng.choice((0.0, 0.001, 3.0)), self._say, other(event.attempt_id, "?")
            )

    def _say(self, event: e.PreviewAccepted | e.PreviewSkipped) -> None:
        world, attempt_id = self._world, event.attempt_id
        if world.daemon is None or world.schedule.now < world.stalled_until:
            world.schedule.after(1.0, self._say, event)
            return
        undecided = attempt_id not in self._over | self.wanted
        if isinstance(event, e.PreviewAccepted) and attempt_id not in self.skipped:
            self.wanted.add(attempt_id)
        elif undecided:
            self.skipped.add(attempt_id)
        world.step(event)

    def asked_to_dial(self, record: AttemptRecord | None, attempt_id: str, daemon_now: float) -> None:
        """The core gave the command to dial: was it read, and wanted?"""
        world = self._world
        if record is None:
            return
        settings = world.plan.campaigns[record.campaign]
        if settings.mode is not Mode.PREVIEW and record.preview is None:
            return
        if record.state != "accepted":
            world.truth.broken("preview", f"{attempt_id}: the ledger says {record.state}")
        if attempt_id in self.skipped:
            world.truth.broken("preview", f"{attempt_id} was skipped, and is dialed")
        if attempt_id in self.wanted:
            return
        until = self._until.get(attempt_id)
        by_clock = settings.preview.on_timeout is OnTimeout.DIAL and until is not None and daemon_now >= until - 0.001
        if not by_clock:
            world.truth.broken("preview", f"{attempt_id} is dialed, and nobody has accepted it")
