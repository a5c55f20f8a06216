"""What others do, from their published descriptions, behind the same contract."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from dialerd.core.pacing.contract import (
    EndedWithoutPerson,
    Fact,
    LiveReady,
    PacingInfo,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from dialerd.sim.forecast.single import Simulation

Method = Literal["HARD_LIMIT", "AVERAGE", "TAPERED"]


@dataclass(frozen=True, slots=True)
class AdaptiveSettings:
    """What an operator of the VICIdial-like pacer sets. ``drop_limit`` a fraction, ``intensity`` in percent."""

    method: Method
    drop_limit: float
    max_level: float
    target: float
    intensity: float
    ready_only: bool


class Adaptive:
    """VICIdial-like: a dial level that follows the mean number of ready agents and is cut by the drops of the day."""

    every_s = 2.5

    def __init__(self, settings: AdaptiveSettings) -> None:
        self._settings = settings
        self._level = 1.0
        self._levelled_at = 0.0
        self._samples: list[int] = []
        self._minute: deque[tuple[float, float, float]] = deque()
        self._ends = 0.0

    def start(self, info: PacingInfo) -> None:
        """Take the rules; only the end of the shift matters."""
        self._ends = info.window_ends_at

    def observe(self, fact: Fact) -> None:
        """The counts in the snapshot are enough."""

    def decide(self, snapshot: Snapshot) -> int:
        """Lines that are missing from the level; to be asked every ``every_s``."""
        now = snapshot.now
        self._samples.append(snapshot.idle - snapshot.waiting)
        if now - self._levelled_at >= 15.0 - 1e-6:
            self._levelled_at = now
            self._adjust(snapshot)
        in_call = len(snapshot.talking_since)
        if self._settings.ready_only:
            return max(0, round(self._level * snapshot.idle) - snapshot.outstanding)
        wanted = round(self._level * (snapshot.idle + in_call))
        return max(0, wanted - in_call - snapshot.outstanding) if snapshot.at_work else 0

    def _adjust(self, snapshot: Snapshot) -> None:
        settings, agents = self._settings, max(1, snapshot.at_work)
        mean = sum(self._samples) / len(self._samples)
        self._samples.clear()
        change = (mean + settings.target) / agents * (1.0 + settings.intensity / 100.0)
        level = self._level * max(0.1, 1.0 + change)
        level = min(settings.max_level, max(1.0, level))
        answers = snapshot.connected + snapshot.abandoned
        if answers > 50 and snapshot.abandoned / answers > settings.drop_limit:
            if settings.method == "HARD_LIMIT":
                level = 1.0
            elif settings.method == "AVERAGE":
                level *= 0.5
            else:
                level *= min(1.0, max(0.0, self._ends - snapshot.now) / 36000.0)
        self._minute.append((snapshot.now, answers, snapshot.abandoned))
        while self._minute[0][0] < snapshot.now - 60.0:
            self._minute.popleft()
        recent = answers - self._minute[0][1]
        if recent >= 20 and snapshot.abandoned - self._minute[0][2] > 0.5 * recent:
            level *= 0.5
        self._level = max(1.0, level)

    def explain(self) -> str:
        """The level."""
        return f"dial level {self._level:.2f}"


@lru_cache(maxsize=200_000)
def most_calls(agents: int, p_percent: int, risk: float) -> int:
    """Largest N with P(Binomial(N, p) > agents) <= risk; p in half percents."""
    if agents <= 0:
        return 0
    p = p_percent / 200.0
    low, high = agents, agents
    while _exceeds(high, p, agents) <= risk:
        low, high = high, high * 2
        if high > 100_000:
            return high
    while high - low > 1:
        middle = (low + high) // 2
        if _exceeds(middle, p, agents) <= risk:
            low = middle
        else:
            high = middle
    return low


def _exceeds(calls: int, p: float, agents: int) -> float:
    if calls <= agents:
        return 0.0
    k = np.arange(1, agents + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((calls - k + 1) / k) + np.log(p / (1 - p)))])
    return float(1.0 - np.exp(logs + calls * np.log(1 - p)).sum())


class Binomial:
    """Naive binomial: the most calls whose answers exceed the agents with at most the set risk, age ignored."""

    def __init__(self, risk: float, lookahead: float) -> None:
        """``lookahead``: share of the agents expected to finish in a mean ring time that is counted as free."""
        self._risk, self._lookahead = risk, lookahead
        self._resolved, self._answers, self._ring_s = 20.0, 6.0, 48.0
        self._ends, self._busy_s = 2.0, 280.0

    def start(self, info: PacingInfo) -> None:
        """Nothing to take."""

    def observe(self, fact: Fact) -> None:
        """Running means over the whole shift."""
        match fact:
            case EndedWithoutPerson():
                self._resolved += 1
            case LiveReady():
                self._resolved += 1
                self._answers += 1
                self._ring_s += fact.after_dial_s
            case TalkEnded():
                self._ends += 1
                self._busy_s += fact.duration_s
            case WrapUpEnded():
                self._busy_s += fact.duration_s
            case _:
                pass

    def decide(self, snapshot: Snapshot) -> int:
        """Missing calls."""
        busy = snapshot.at_work - snapshot.idle
        freed = busy * self._lookahead * (self._ring_s / self._answers) / (self._busy_s / self._ends)
        agents = snapshot.idle - snapshot.waiting + int(freed)
        p = max(1, round(200.0 * self._answers / self._resolved))
        ringing = snapshot.outstanding - snapshot.waiting
        return max(0, most_calls(agents, p, self._risk) - ringing) if snapshot.at_work else 0

    def explain(self) -> str:
        """The estimates."""
        return f"p {self._answers / self._resolved:.3f}"


class Clairvoyant:
    """Knows the fate of each placed call and the end of each conversation; not the fate of calls to be placed.

    Places one call per decision, sees its fate, and decides again (``repeats``): the bound for any pacer that cannot
    see who would answer before dialing.
    """

    repeats = True

    def __init__(self) -> None:
        self.simulation: Simulation | None = None
        self._info = PacingInfo()

    def start(self, info: PacingInfo) -> None:
        """Take the rules."""
        self._info = info

    def observe(self, fact: Fact) -> None:
        """Nothing to learn."""

    def decide(self, snapshot: Snapshot) -> int:
        """One call if there is an agent for it whenever it may be answered (or nearly, while few were abandoned)."""
        simulation = self.simulation
        assert simulation is not None
        if snapshot.at_work == 0:
            return 0
        now = snapshot.now
        offsets = np.arange(1.0, self._info.ring_timeout_s, 1.0)
        leaving = simulation.leaving
        ends = np.sort([end for agent, end in simulation.ends.items() if agent not in leaving])
        answers = np.sort([moment for moment in simulation.fates.values() if moment is not None])
        free = (
            snapshot.idle
            - snapshot.waiting
            + np.searchsorted(ends, now + offsets + self._info.patience_s)
            - np.searchsorted(answers, now + offsets)
        )
        short = np.maximum.accumulate((free <= 0)[::-1])[::-1]
        floor = simulation.floor
        z = np.log(offsets / floor.ring_median_s) / floor.ring_sigma
        weight = np.exp(-0.5 * z * z) / offsets
        loss = float((short * weight).sum() / weight.sum())
        spare = self._info.abandon_cap * (snapshot.connected + snapshot.abandoned) - snapshot.abandoned
        return 1 if loss <= (0.004 if spare > 3.0 else 0.0) else 0

    def explain(self) -> str:
        """Nothing to explain."""
        return "clairvoyant"
