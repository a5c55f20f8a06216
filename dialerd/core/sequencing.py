"""Sequences: campaigns one after another. When one is complete the next is started; after the last, where that is
wanted, the first again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dialerd.core.campaign import CampaignState
from dialerd.core.commands import AuditAction, SaveDirection
from dialerd.core.direction import Sequence
from dialerd.core.floor import Floor
from dialerd.core.running import Running

REST_S = 900.0
"""A sequence that begins anew and found nobody to call in a whole round looks again after so long, or when one of its
lists has changed."""


class SequenceState(StrEnum):
    """Whether the sequence goes on by itself."""

    OFF = "off"
    ON = "on"
    COMPLETE = "complete"


@dataclass(slots=True)
class SequenceRun:
    """A sequence at work."""

    settings: Sequence
    state: SequenceState = SequenceState.OFF
    index: int = 0
    placed: int = 0
    """Calls that its campaigns had placed when the round began."""
    resting: bool = False
    entered: bool = False
    """The campaign whose turn it is was started by the sequence."""

    @property
    def current(self) -> str:
        """The campaign whose turn it is."""
        return self.settings.campaigns[self.index]


class Sequencing:
    """Starts the next campaign when one is complete."""

    def __init__(self, floor: Floor, running: Running) -> None:
        self._floor = floor
        self._running = running
        self.runs: dict[str, SequenceRun] = {}
        self._left: dict[str, Mapping[str, Any]] = {}
        self.moves_seen = -1

    def plan_changed(self, sequences: Mapping[str, Sequence]) -> None:
        """Other sequences; those that stay keep their place."""
        old, self.runs = self.runs, {}
        for name, settings in sequences.items():
            run = self.runs[name] = SequenceRun(settings)
            before = old.get(name)
            if before is not None:
                run.state, run.placed, run.resting, run.entered = (
                    before.state, before.placed, before.resting, before.entered
                )  # fmt: skip
                if before.current in settings.campaigns:
                    run.index = settings.campaigns.index(before.current)
                else:
                    run.index, run.entered = min(before.index, len(settings.campaigns) - 1), False
            elif name in self._left:
                self._restore(run, self._left.pop(name))

    def recovered(self, left: Mapping[str, Mapping[str, Any]]) -> None:
        """What an earlier run saved."""
        self._left = dict(left)
        for name in list(self._left):
            if name in self.runs:
                self._restore(self.runs[name], self._left.pop(name))

    def _restore(self, run: SequenceRun, left: Mapping[str, Any]) -> None:
        words = [state.value for state in SequenceState]
        if left.get("state") in words:
            run.state = SequenceState(left["state"])
        if left.get("campaign") in run.settings.campaigns:
            run.index = run.settings.campaigns.index(left["campaign"])
            # Whether it is on, is known of the campaign itself.
            run.entered = bool(left.get("entered"))

    # --- orders ----------------------------------------------------------------------------------------

    def start(self, name: str, now: float) -> None:
        """Somebody wants it on. One that is complete begins anew; one that waits goes on."""
        run = self.runs.get(name)
        if run is None:
            return
        if run.state is SequenceState.COMPLETE:
            run.index = 0
        run.state, run.resting, run.entered = SequenceState.ON, False, False
        self._count(run)
        self._say(run, "sequence_on")
        self._go_on(run, now)

    def stop(self, name: str) -> None:
        """No further campaign is started; the present one stops."""
        run = self.runs.get(name)
        if run is None or run.state is not SequenceState.ON:
            return
        run.state, run.resting = SequenceState.OFF, False
        self._say(run, "sequence_off")
        campaign = self._floor.campaigns.get(run.current)
        if campaign is not None:
            self._running.stop(campaign, f"sequence {name} was stopped")

    # --- going on --------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """After every event: has a campaign moved?"""
        while self.moves_seen != self._floor.campaign_moves:
            self.moves_seen = self._floor.campaign_moves
            for run in self.runs.values():
                self._go_on(run, now)

    def list_changed(self, contact_list: str, now: float) -> None:
        """There may be somebody to call again."""
        for run in self.runs.values():
            if run.resting and any(contact_list in self._lists_of(name) for name in run.settings.campaigns):
                self.wake(run.settings.name, now)

    def wake(self, name: str, now: float) -> None:
        """A rest is over."""
        run = self.runs.get(name)
        if run is not None and run.resting:
            run.resting = False
            self._count(run)
            self._go_on(run, now)

    def _lists_of(self, campaign: str) -> tuple[str, ...]:
        settings = self._floor.plan.campaigns.get(campaign)
        return settings.contact_lists if settings is not None else ()

    def _go_on(self, run: SequenceRun, now: float) -> None:
        for _ in range(len(run.settings.campaigns) + 1):
            if run.state is not SequenceState.ON or run.resting:
                return
            campaign = self._floor.campaigns.get(run.current)
            if campaign is not None and not run.entered:
                run.entered = True
                self._say(run, "sequence_campaign")
                self._running.start(campaign)
                return
            if campaign is not None and campaign.state is not CampaignState.COMPLETE:
                return
            self._next(run, now)

    def _next(self, run: SequenceRun, now: float) -> None:
        run.entered = False
        run.index += 1
        if run.index < len(run.settings.campaigns):
            return
        run.index = 0
        if not run.settings.loop:
            run.state = SequenceState.COMPLETE
            self._say(run, "sequence_complete")
        elif self._placed(run) == run.placed:
            run.resting = True
            self._floor.timers.set("sequence", run.settings.name, now + REST_S)
            self._say(run, "sequence_rests")
        else:
            self._count(run)

    def _placed(self, run: SequenceRun) -> int:
        campaigns = self._floor.campaigns
        return sum(campaigns[name].placed for name in run.settings.campaigns if name in campaigns)

    def _count(self, run: SequenceRun) -> None:
        run.placed = self._placed(run)

    def waiting_for(self, run: SequenceRun) -> str:
        """What the sequence waits for, in words; empty where it is off or complete."""
        if run.state is not SequenceState.ON:
            return ""
        if run.resting:
            return "contacts: nobody was to be called in a whole round"
        campaign = self._floor.campaigns.get(run.current)
        if campaign is None:
            return f"campaign {run.current}, which is not configured"
        if campaign.state is CampaignState.ON:
            return f"campaign {run.current} to complete"
        return f"campaign {run.current}, which is {campaign.state}" + (
            f": {campaign.reason}" if campaign.reason else ""
        )

    def _say(self, run: SequenceRun, what: str) -> None:
        name = run.settings.name
        state = {"state": run.state.value, "campaign": run.current, "entered": run.entered}
        self._floor.do(SaveDirection("sequence", name, state))
        self._floor.do(AuditAction(f"sequence:{name}", what, {"campaign": run.current}))
        self._floor.tell("info", what, sequence=name, campaign=run.current)
