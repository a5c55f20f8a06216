"""All shifts of the benchmark: which pacer, which floor, which seed; spread over processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from time import process_time
from typing import Any

from bench.pacing.baselines import Adaptive, AdaptiveSettings, Binomial, Clairvoyant
from bench.pacing.tuning import CAP
from dialerd.core.pacing.contract import Pacer
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio
from dialerd.sim.forecast.floors import HOUR, Floor
from dialerd.sim.forecast.lane import info_for
from dialerd.sim.forecast.single import Simulation

PREDICTIVE = "predictive"
COLD_BY_LAW = "predictive, progressive until 50 answers"
WARM = "predictive, warm start"
PROGRESSIVE = "progressive"
RATIO = "tuned ratio"
GUARDED = "guarded ratio"
BINOMIAL = "tuned binomial"
ADAPTIVE = "tuned VICIdial-like"
WIDE = "VICIdial-like, level to 10"
CLAIRVOYANT = "clairvoyant"


@dataclass(frozen=True, slots=True)
class Job:
    """One shift to simulate; ``settings``: the hindsight choices for its floor."""

    floor: Floor
    pacer: str
    seed: int
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of one shift; rates are fractions."""

    floor: str
    pacer: str
    seed: int
    utilisation: float
    abandon_rate: float
    answers: int
    abandoned: int
    dials: int
    worst_running: float
    worst_hour: float
    worst_4_hours: float
    mean_wait_s: float
    cpu_s: float
    curve: tuple[tuple[float, ...], tuple[float, ...]]
    """Running total of the abandon rate: hours, percent."""


def _pacer(job: Job) -> tuple[Pacer, bool]:
    settings = job.settings
    match job.pacer:
        case "progressive":
            return Progressive(), False
        case "tuned ratio":
            return Ratio(settings["ratio"]["ratio"], guarded=False), False
        case "guarded ratio":
            return Ratio(settings["ratio"]["ratio"]), False
        case "tuned binomial":
            return Binomial(settings["binomial"]["risk"], settings["binomial"]["lookahead"]), True
        case "tuned VICIdial-like":
            return Adaptive(AdaptiveSettings(**settings["adaptive"]["settings"])), False
        case "VICIdial-like, level to 10":
            return Adaptive(AdaptiveSettings(**settings["adaptive_wide"]["settings"])), False
        case "clairvoyant":
            return Clairvoyant(), True
        case _:
            return Predictive(), True


def run(job: Job) -> Outcome:
    """Simulate one shift."""
    begin = process_time()
    pacer, learns = _pacer(job)
    if job.pacer == WARM:
        # Yesterday: the same floor, another seed.
        assert isinstance(pacer, Predictive)
        yesterday = Predictive()
        Simulation(job.floor, yesterday, job.seed + 1000).run()
        pacer.restore(yesterday.state())
    until = 50 if job.pacer == COLD_BY_LAW else 0
    simulation = Simulation(job.floor, pacer, job.seed, learns, info_for(job.floor, CAP, until))
    if isinstance(pacer, Clairvoyant):
        pacer.simulation = simulation
    simulation.run()
    shift = simulation.shift
    hours, running, lost = [], [], 0
    for number, (moment, was_lost) in enumerate(zip(shift.answer_times, shift.answer_lost, strict=True), start=1):
        lost += was_lost
        if number >= 50 and number % max(1, len(shift.answer_times) // 300) == 0:
            hours.append(round(moment / HOUR, 3))
            running.append(round(100.0 * lost / number, 3))
    return Outcome(
        floor=job.floor.name,
        pacer=job.pacer,
        seed=job.seed,
        utilisation=shift.utilisation,
        abandon_rate=shift.abandon_rate,
        answers=shift.connected + shift.abandoned,
        abandoned=shift.abandoned,
        dials=shift.dials,
        worst_running=shift.worst_running(),
        worst_hour=shift.worst_window(HOUR),
        worst_4_hours=shift.worst_window(min(4.0, job.floor.hours) * HOUR),
        mean_wait_s=shift.waited_s / max(1, shift.connected),
        cpu_s=process_time() - begin,
        curve=(tuple(hours), tuple(running)),
    )


def run_all(jobs: list[Job], processes: int) -> Iterator[Outcome]:
    """Outcomes in the order of the jobs."""
    if processes == 1:
        yield from map(run, jobs)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(run, jobs)
