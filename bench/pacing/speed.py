"""How long one decision takes, with learned estimates and a floor of the given size."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from dialerd.core.pacing.contract import (
    Dialed,
    EndedWithoutPerson,
    LiveReady,
    PacingInfo,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from dialerd.core.pacing.predictive import Predictive


@dataclass(frozen=True, slots=True)
class Speed:
    """Microseconds per decision, and calls per decision so that nobody thinks it only said no."""

    agents: int
    ringing: int
    median_us: float
    slowest_percent_us: float
    calls: float


def measure(agents: int, ringing: int, decisions: int = 600) -> Speed:
    """Half a second passes between decisions, so that tables are rebuilt as often as in life."""
    rng = np.random.default_rng(1)
    pacer = Predictive()
    pacer.start(PacingInfo(window_ends_at=28_800.0))
    for number in range(1200):
        at = number * 0.1
        pacer.observe(Dialed(at))
        if number % 4:
            pacer.observe(EndedWithoutPerson(at, 20.0))
            continue
        pacer.observe(LiveReady(at, float(rng.lognormal(2.08, 0.5))))
        pacer.observe(TalkEnded(at, float(rng.lognormal(4.0, 0.8))))
        pacer.observe(WrapUpEnded(at, float(rng.lognormal(2.2, 0.5))))
    taken, calls = [], 0
    for number in range(decisions):
        now = 200.0 + 0.5 * number
        snapshot = Snapshot(
            now=now,
            idle=agents // 10 + number % 5,
            talking_since=now - rng.random(int(agents * 0.75)) * 150.0,
            wrapping_since=now - rng.random(int(agents * 0.15)) * 15.0,
            ringing_since=now - rng.random(int(ringing * (0.4 + 0.6 * rng.random()))) * 28.0,
            connected=2000.0,
            abandoned=50.0,
        )
        begin = perf_counter()
        calls += pacer.decide(snapshot)
        taken.append(1e6 * (perf_counter() - begin))
    return Speed(agents, ringing, median(taken), sorted(taken)[int(0.99 * decisions)], calls / decisions)
