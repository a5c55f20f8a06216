"""Plays a scenario: all its queues and campaigns side by side, on the trunks they share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from dialerd.core.campaign import Mode
from dialerd.core.pacer_run import pacer_for, pacing_info
from dialerd.core.pacing.contract import Pacer
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.treatment import CallAnalysis, Treatment
from dialerd.sim.forecast.floors import HOUR
from dialerd.sim.forecast.lane import Lane
from dialerd.sim.forecast.message_shift import MessageShift
from dialerd.sim.forecast.scenario import Part, Scenario
from dialerd.sim.forecast.shift import Shift
from dialerd.sim.forecast.simulation import QueueShift
from dialerd.sim.forecast.timeline import Timeline
from dialerd.sim.forecast.trunk import Trunk

EVERY_S = 0.5
"""Time between two rounds of calls; the daemon reacts at once."""
_FORECAST_EVERY_S = 1.0
"""Between two forecasts. Twice as often, as in the daemon, changes no figure and takes twice as long."""
_DAY_S = 86_400.0
_ALONE_HOURS = 6.0
"""Simulated hours below which other processes are not worth their start."""


@dataclass(frozen=True, slots=True)
class Played:
    """One seed's shift."""

    seed: int
    shifts: dict[str, Shift]
    """By campaign."""
    timelines: dict[str, Timeline]
    """By campaign; campaigns of one queue share one."""


def play(scenario: Scenario, seed: int) -> Played:
    """One shift."""
    learnt: dict[str, Predictive] = {}
    if scenario.warm:
        # The day before: the same floor, other people.
        yesterday = _Shifts(scenario, seed + 1_000_003, {})
        yesterday.run()
        learnt = yesterday.learners
    today = _Shifts(scenario, seed, learnt)
    today.run()
    shifts = {lane.floor.name: lane.shift for run in today.runs for lane in run.lanes}
    timelines = {
        lane.floor.name: run.timeline for run in today.runs for lane in run.lanes if run.timeline is not None
    }
    return Played(seed, shifts, timelines)


def play_all(jobs: Sequence[tuple[Scenario, int]]) -> list[Played]:
    """Several shifts, in the order of the jobs; on several processors when it is worth it."""
    workers = min(len(jobs), os.cpu_count() or 1)
    if workers < 2 or sum(one.hours * len(one.parts) for one, _ in jobs) < _ALONE_HOURS:
        return [play(one, seed) for one, seed in jobs]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(play, *zip(*jobs, strict=True)))


class _Shifts:
    """All queues of one shift, in step."""

    def __init__(self, scenario: Scenario, seed: int, learnt: dict[str, Predictive]) -> None:
        self._scenario, self._seed, self._learnt = scenario, seed, learnt
        self._window_s = _DAY_S - scenario.start_s
        self._trunks = {name: Trunk(trunk.max_lines, trunk.cps, EVERY_S) for name, trunk in scenario.trunks.items()}
        self.learners: dict[str, Predictive] = {}
        self.runs: list[QueueShift | MessageShift] = []
        for parts in scenario.queues().values():
            # Whoever is asked more often would take the others' agents: in the daemon all decide in one round.
            slow = any(part.settings.mode is Mode.PREDICTIVE for part in parts)
            lanes = [self._lane(part, _FORECAST_EVERY_S if slow else 0.0) for part in parts]
            run = QueueShift(parts[0].floor, lanes, EVERY_S, sampled=True)
            run.windows(self._window_s)
            self.runs.append(run)
        for part in scenario.parts:
            if part.settings.queue is None:
                to_machines = part.settings.responses.get(CallAnalysis.MACHINE) is Treatment.MESSAGE
                lane = self._lane(part, 0.0)
                self.runs.append(MessageShift(lane, part.message_s, to_machines, EVERY_S, sampled=True))
        # Where a trunk is short, the more important campaign takes first, as in the daemon.
        self.runs.sort(key=lambda run: -max(lane.priority for lane in run.lanes))

    def run(self) -> None:
        """From beginning to end."""
        rounds = int(self._scenario.hours * HOUR / EVERY_S)
        for _ in range(rounds):
            for run in self.runs:
                run.step()
        for run in self.runs:
            run.finish()

    def _lane(self, part: Part, every_s: float) -> Lane:
        settings = part.settings
        pacer: Pacer = pacer_for(settings.mode, settings) or Progressive()
        if isinstance(pacer, Predictive):
            self.learners[part.name] = pacer
            if part.name in self._learnt:
                pacer.restore(self._learnt[part.name].state())
        until = settings.pacing.progressive_until
        return Lane(
            part.floor,
            pacer,
            self._seed,
            learns=isinstance(pacer, Predictive),
            info=pacing_info(settings, 0.0, self._window_s, until),
            reserves=settings.mode.reserves,
            counts_machines=True,
            trunk=self._trunks[settings.trunk],
            priority=settings.priority,
            weight=settings.weight,
            max_lines=settings.max_lines,
            every_s=every_s,
        )
