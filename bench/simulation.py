"""How fast the whole core runs in the simulated world."""

from __future__ import annotations

import time

from bench.figures import Figure, Measurement, Target
from bench.processes import collector_as_in_daemon
from bench.world import SEED, World
from dialerd.sim import world as simulated
from dialerd.sim.shift import Shift


def measure(world: World) -> Measurement:
    """One long shift of a large floor, and many short ones with faults."""
    hours, shifts = (1.0, 20) if world.quick else (8.0, 100)
    with collector_as_in_daemon():
        long_cpu_s, long_wall_s = _timed([Shift(SEED, agents=50, minutes=hours * 60, restless=True, agentless=False)])
        short_cpu_s, _ = _timed([Shift(SEED + i, agents=5, minutes=10, faults=True) for i in range(shifts)])
    whole = Target(30 * hours / 8, at_most=True)
    figures = (
        Figure(f"50 progressive agents, {hours:g} h, on one core", long_cpu_s, "s", whole),
        Figure("the same by the clock on the wall", long_wall_s, "s"),
        Figure("faulty shifts (5 agents, 10 min) per second of one core", shifts / short_cpu_s, target=Target(20)),
    )
    method = (
        f"The real core and engine in the simulated world, seed {SEED}; {shifts} short shifts with faults, "
        f"seeds {SEED} to {SEED + shifts - 1}. Processor time of the one process, so that others on the machine do "
        "not count; Python's collector looks as seldom as in the daemon; every promise is checked meanwhile."
    )
    return Measurement("simulation", "Simulation", figures, method)


def _timed(shifts: list[Shift]) -> tuple[float, float]:
    """Processor and wall seconds. Raises :class:`RuntimeError` when a shift broke a promise."""
    began_cpu, began = time.process_time(), time.perf_counter()
    for shift in shifts:
        one = simulated.World(shift)
        one.run()
        if one.truth.findings:
            raise RuntimeError(f"{shift}: {one.truth.findings[0]}")
    return time.process_time() - began_cpu, time.perf_counter() - began
