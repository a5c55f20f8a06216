"""People who ask not to be called again while the shift goes on, and a copy of their list that gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialerd.core import dnc_events as d
from dialerd.core.dnc import DncEntry, DncKind, DncStanding

if TYPE_CHECKING:
    from dialerd.sim.world import World

DNC_LIST = "opt_outs"
RINGS_ON_S = 3.0
"""So long after an opt-out nobody's phone rings for us any more, where nothing else goes wrong."""
_EVERY_S = 8.0


class OptOuts:
    """Keeps the list as the daemon's keeper does, and posts opt-outs at the worst moments."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ready = False
        self.posted = 0
        self.wiped = 0

    def make_list(self) -> None:
        """The list can be asked, and nobody is on it."""
        self._world.hot.dnc.ensure([DNC_LIST])
        self._world.hot.dnc.refresh(DNC_LIST)
        self._ready = True

    def plan(self) -> None:
        """Put opt-outs and losses on the schedule."""
        world = self._world
        moment = 20.0
        while moment < world.shift.seconds:
            world.schedule.at(moment, self._somebody_asks)
            moment += world.rng.expovariate(1.0 / _EVERY_S)
        if world.shift.faults:
            world.schedule.at(world.rng.uniform(30.0, world.shift.seconds), self._lose_copy)

    def daemon_started(self) -> None:
        """What the keeper does at start: the list can be asked, and calls of the earlier run are looked at."""
        self._say()
        world = self._world
        for record in list(world.hot.ledger.values()):
            if world.hot.dnc.refusal([DNC_LIST], record.number, record.contact_key, world.wall.now()):
                world.step(d.OptedOut(DNC_LIST, DncEntry(DncKind.NUMBER, record.number)))

    def _somebody_asks(self) -> None:
        number = self._chosen()
        if number is None:
            return
        world = self._world
        entry = DncEntry(DncKind.NUMBER, number)
        world.hot.dnc.add(DNC_LIST, entry, world.wall.now())
        world.hot.dnc.reached(DNC_LIST)
        self.posted += 1
        if world.mishaps.on and world.rng.random() < 0.3:
            # Whoever added it died here; a look at the record finds it a second later.
            world.schedule.after(world.rng.uniform(0.1, 1.0), self._in_force, entry)
        else:
            self._in_force(entry)

    def _in_force(self, entry: DncEntry) -> None:
        world = self._world
        if self._ready:
            world.hot.dnc.refresh(DNC_LIST)
        world.step(d.OptedOut(DNC_LIST, entry))
        if world.daemon is None or world.schedule.now < world.stalled_until:
            return
        world.truth.opted_out.add(entry.value)
        if not world.shift.faults:
            world.schedule.after(RINGS_ON_S, self._rings_no_more, entry.value)

    def _rings_no_more(self, number: str) -> None:
        for callee in self._world.truth.live_callees(number):
            if callee.answered_at is None:
                self._world.truth.broken("opt_out", f"{number} still rings")

    def _chosen(self) -> str | None:
        """A number that is being dialed, rings or talks; or one in the hopper."""
        world = self._world
        live = sorted(r.number for r in world.hot.ledger.values() if r.campaign == "spring")
        hopper: list[str] = []
        if world.daemon is not None:
            run = world.daemon.dialer.floor.campaigns.get("spring")
            hopper = [n.e164 for c in run.hopper for n in c.numbers] if run is not None else []
        pool = live if live and (not hopper or world.rng.random() < 0.6) else hopper
        return world.rng.choice(pool) if pool else None

    def _lose_copy(self) -> None:
        """The copy is gone; the keeper notices within a second and makes it again."""
        world = self._world
        world.hot.dnc.wipe()
        self.wiped += 1
        self._ready = False
        world.schedule.after(world.rng.uniform(0.0, 1.0), self._say)
        world.schedule.after(world.rng.uniform(1.0, 10.0), self._made_again)

    def _made_again(self) -> None:
        self._world.hot.dnc.refresh(DNC_LIST)
        self._ready = True
        self._say()

    def _say(self) -> None:
        standing = DncStanding(frozenset([DNC_LIST])) if self._ready else DncStanding(loading={DNC_LIST: "10 %"})
        self._world.step(d.DncStandingChanged(standing))
