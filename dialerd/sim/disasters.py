"""The great mishaps of a shift: what happens to the world, and how it is mended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import Mode, Plan
from dialerd.sim.mishaps import CRASH_WORTHY

if TYPE_CHECKING:
    from dialerd.sim.world import World


class Disasters:
    """Carries out what :meth:`Mishaps.plan` has drawn."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self) -> None:
        """Put the shift's great mishaps on the schedule."""
        for moment, kind, length_s in self._world.mishaps.plan():
            self._world.schedule.at(moment, self._strike, kind, length_s)

    def mend(self) -> None:
        """The shift is over: whatever is broken works again."""
        world = self._world
        self._sounds_back()
        self._trunk_back()
        world.record.bring_back()
        self._keep_store()
        self._telephony_back()
        world.connect_roster()
        if world.daemon is not None:
            world.daemon.dies_after = None

    def _keep_store(self) -> None:
        """A store that was to break after its next command may only break now."""
        self._world.hot_back()
        self._world.schedule.after(5.0, self._keep_store)

    def _strike(self, kind: str, length_s: float) -> None:
        world = self._world
        if world.daemon is None:
            return
        world.happened.append(f"{world.schedule.now:.1f} s: {kind} ({length_s:.1f} s)")
        getattr(self, f"_{kind}")(length_s)

    def _crash(self, length_s: float) -> None:
        world = self._world
        assert world.daemon is not None
        world.daemon.dies_after = world.mishaps.crash_point()
        if world.rng.random() < 0.5:
            previews = (c.ConfirmClaim, c.AnnounceOffer) * (world.shift.mode is Mode.PREVIEW)
            world.daemon.dies_before = world.rng.choice(CRASH_WORTHY + previews)

    def _telephony_gap(self, length_s: float, network_gone: bool = False) -> None:
        world = self._world
        if world.asterisk.session is not None:
            world.asterisk.disconnect(network_gone)
            world.step(e.TelephonyLost("connection reset"))
            world.schedule.after(length_s, self._telephony_back)

    def _network_gap(self, length_s: float) -> None:
        self._telephony_gap(length_s, network_gone=True)

    def _asterisk_restart(self, length_s: float) -> None:
        world = self._world
        if world.asterisk.session is not None:
            world.asterisk.restart()
            world.step(e.TelephonyLost("Asterisk is gone"))
            world.schedule.after(length_s, self._telephony_back)

    def _telephony_back(self) -> None:
        self._world.asterisk.down = False
        self._world.asterisk.reachable = True
        self._world.connect_telephony()

    def _store_gap(self, length_s: float) -> None:
        self._world.hot.lose("Redis does not answer")
        self._world.schedule.after(length_s, self._world.hot_back)

    def _store_after_commit(self, length_s: float) -> None:
        self._world.hot.lose_after_commit("reply lost")
        self._world.schedule.after(length_s, self._world.hot_back)

    def _record_gap(self, length_s: float) -> None:
        self._world.record.lose("database is locked")
        self._world.schedule.after(length_s, self._world.record.bring_back)

    def _roster_gap(self, length_s: float) -> None:
        world = self._world
        if world.floor.session is not None:
            world.floor.disconnect()
            world.step(e.RosterLost("AMI connection reset"))
            world.schedule.after(length_s, world.connect_roster)

    def _clock_step(self, length_s: float) -> None:
        """The wall clock is stepped. The running daemon keeps its pace; stores and the next daemon see it."""
        world = self._world
        step_s = world.rng.choice((-1, 1)) * length_s * world.rng.choice((0.1, 1.0, 5.0))
        world.wall.offset += step_s
        world.truth.clock_slack_s += abs(step_s)

    def _stall(self, length_s: float) -> None:
        """The daemon does nothing for a moment; what happens meanwhile waits for it."""
        world = self._world
        stall_s = min(length_s / 10, 2.0)
        world.stalled_until = world.schedule.now + stall_s
        world.asterisk.blind_everybody(stall_s)

    def _reload(self, length_s: float) -> None:
        """The configuration is loaded again, with another number of lines and without some campaign for a while."""
        world = self._world
        campaigns = {
            name: replace(settings, wrap_up_s=world.rng.choice((5.0, 20.0)), ring_timeout_s=25.0)
            for name, settings in world.plan.campaigns.items()
        }
        removed = "reminder" if world.rng.random() < 0.5 else ""
        if removed in campaigns:
            del campaigns[removed]
            world.reloaded = True
            world.truth.campaigns_on[removed] = False
        world.order(e.PlanChanged(Plan(campaigns, world.plan.trunks)))
        world.schedule.after(length_s, self._reload_back)

    def _reload_back(self) -> None:
        world = self._world
        world.order(e.PlanChanged(world.plan))
        for name in world.plan.campaigns:
            if not world.draining:
                world.order(e.CampaignStartAsked(name))

    def _stop_and_start(self, length_s: float) -> None:
        world = self._world
        name = world.rng.choice(sorted(world.plan.campaigns))
        world.order(e.CampaignStopAsked(name))
        if world.rng.random() < 0.3:
            world.schedule.after(0.0005, world.order, e.CampaignStartAsked(name))
        world.schedule.after(length_s, self._start_again, name)

    def _start_again(self, name: str) -> None:
        if not self._world.draining:
            self._world.order(e.CampaignStartAsked(name))

    def _sound_missing(self, length_s: float) -> None:
        self._world.mishaps.sounds_missing = True
        self._world.schedule.after(length_s, self._sounds_back)

    def _sounds_back(self) -> None:
        world = self._world
        if world.mishaps.sounds_missing:
            world.mishaps.sounds_missing = False
            for name in world.plan.campaigns:
                self._start_again(name)

    def _trunk_down(self, length_s: float) -> None:
        self._world.mishaps.trunk_down = True
        self._world.schedule.after(length_s, self._trunk_back)

    def _trunk_back(self) -> None:
        self._world.mishaps.trunk_down = False
