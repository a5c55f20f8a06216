"""One campaign alone with its agents: what benchmarks compare pacers on."""

from __future__ import annotations

from dialerd.core.pacing.contract import Pacer, PacingInfo
from dialerd.sim.forecast.floors import Floor
from dialerd.sim.forecast.lane import Lane
from dialerd.sim.forecast.shift import Shift
from dialerd.sim.forecast.simulation import TICK_S, QueueShift


class Simulation(QueueShift):
    """One floor, one pacer, one seed: what benchmarks compare."""

    def __init__(
        self, floor: Floor, pacer: Pacer, seed: int, learns: bool = True, info: PacingInfo | None = None
    ) -> None:
        """``learns=False``: the pacer ignores facts, so none are made (faster)."""
        lane = Lane(floor, pacer, seed, learns=learns, info=info)
        self.shift: Shift = lane.shift
        super().__init__(floor, [lane], float(getattr(pacer, "every_s", TICK_S)))


def simulate(floor: Floor, pacer: Pacer, seed: int, learns: bool = True, info: PacingInfo | None = None) -> Shift:
    """Run one shift."""
    simulation = Simulation(floor, pacer, seed, learns, info)
    simulation.run()
    return simulation.shift
