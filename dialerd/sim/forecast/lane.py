"""One campaign of a simulated shift: its pacer, the people it calls, its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import exp, log
from zlib import crc32

import numpy as np

from dialerd.core.pacing.contract import Fact, Pacer, PacingInfo
from dialerd.sim.forecast.floors import HOUR, Floor, at, quantile
from dialerd.sim.forecast.shift import Shift
from dialerd.sim.forecast.trunk import Trunk

_BLOCK = 4096
_MACHINE_MEDIAN_S = 16.0

OTHER, PICKUP, LIVE = range(3)
"""What becomes of a call: nothing; it is picked up and analysed; a person (or what passes for one) is there."""


def _uniforms(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.random(_BLOCK).tolist()


def _normals(rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from rng.standard_normal(_BLOCK).tolist()


def info_for(floor: Floor, cap: float = 0.03, progressive_until: int = 0) -> PacingInfo:
    """What a pacer is told at the start of a shift."""
    return PacingInfo(
        now=0.0,
        abandon_cap=cap,
        patience_s=floor.patience_s,
        ring_timeout_s=floor.ring_timeout_s,
        window_ends_at=floor.hours * HOUR,
        amd=floor.analysis is not None,
        progressive_until_answers=progressive_until,
    )


class Lane:
    """Draws come from streams by the floor's name and the seed: the same people for every pacer."""

    def __init__(
        self,
        floor: Floor,
        pacer: Pacer,
        seed: int,
        *,
        learns: bool = True,
        info: PacingInfo | None = None,
        reserves: bool = False,
        counts_machines: bool = False,
        trunk: Trunk | None = None,
        priority: int = 3,
        weight: int = 1,
        max_lines: int | None = None,
        every_s: float = 0.0,
    ) -> None:
        """``learns=False``: the pacer ignores facts, so none are made (faster). ``reserves``: an agent is set aside
        for each call before it is placed. ``counts_machines``: machines that reach the queue count as people, as they
        do in the record, which cannot know. ``every_s``: the pacer is asked so often at most."""
        self.floor = floor
        self.pacer = pacer
        self.learns = learns
        self.reserves = reserves
        self.counts_machines = counts_machines
        self.trunk = trunk
        self.priority = priority
        self.weight = weight
        self.max_lines = max_lines
        self.shift = Shift(floor, seed)
        self.every_s = every_s
        self.ask_at, self.asked_at_event = 0.0, -1
        self.lines = 0
        self.ringing = self.picked_up = 0
        """Calls placed ahead: not answered yet; answered and not connected yet."""
        self.before: tuple[int, int] = (0, 0)
        """(connected, abandoned) of compliance windows that are over."""
        self._info = info if info is not None else info_for(floor)
        roots = np.random.SeedSequence([seed, crc32(floor.name.encode())]).spawn(5)
        fate, ring, talk, wrap, amd = (np.random.default_rng(root) for root in roots)
        self._fate, self._ring = _uniforms(fate), _normals(ring)
        self._talk, self._wrap, self._amd = _normals(talk), _normals(wrap), _normals(amd)
        pacer.start(self._info)

    def observe(self, fact: Fact) -> None:
        """Tell the pacer."""
        if self.learns:
            self.pacer.observe(fact)

    def new_window(self, now: float, ends_at: float) -> None:
        """A new compliance window begins."""
        self.before = self.shift.connected, self.shift.abandoned
        self._info = replace(self._info, now=now, window_ends_at=ends_at)
        self.pacer.start(self._info)

    def take_line(self, now: float) -> None:
        """A call goes out."""
        self.shift.dials += 1
        self.lines += 1
        if self.lines > self.shift.most_lines:
            self.shift.most_lines = self.lines
        self.shift.line_s -= now
        if self.trunk is not None:
            self.trunk.take()

    def free_line(self, now: float) -> None:
        """A call is over."""
        self.lines -= 1
        self.shift.line_s += min(now, self.floor.hours * HOUR)
        if self.trunk is not None:
            self.trunk.free()

    def fate(self, now: float) -> tuple[float, int, bool]:
        """(seconds until it shows, what becomes of the call, whether it is a person)."""
        floor = self.floor
        recorded = floor.recorded
        fate, ring = next(self._fate), next(self._ring)
        p = at(floor.answer, now)
        kind, person = OTHER, False
        answered = LIVE if floor.analysis is None else PICKUP
        if fate < p:
            after = quantile(recorded.answer_s, ring) if recorded.answer_s else self._lognormal_ring(ring)
            kind, person = answered, True
        else:
            rest = (fate - p) / (1.0 - p)
            if rest < floor.machine_share:
                after = _MACHINE_MEDIAN_S * exp(0.3 * ring)
                if recorded.machine_s:
                    after = quantile(recorded.machine_s, ring)
                if floor.analysis is not None or floor.machines_to_agents:
                    kind = answered
            elif recorded.failed_s:
                after = quantile(recorded.failed_s, ring)
            elif rest < floor.machine_share + floor.busy_share:
                after = 1.0 + 3.0 * (rest - floor.machine_share) / floor.busy_share
            else:
                after = floor.ring_timeout_s
        if after >= floor.ring_timeout_s:
            return floor.ring_timeout_s, OTHER, person
        return after, kind, person

    def _lognormal_ring(self, z: float) -> float:
        return self.floor.ring_median_s * exp(self.floor.ring_sigma * z)

    def analysed(self, person: bool) -> tuple[float, bool, float]:
        """(seconds until the verdict, whether it is "person", patience that is left then)."""
        analysis, recorded = self.floor.analysis, self.floor.recorded
        assert analysis is not None
        draw, z = next(self._fate), next(self._amd)
        judged_person = draw >= analysis.person_lost if person else draw < analysis.machine_passed
        if recorded.analysis_s:
            after = quantile(recorded.analysis_s, z)
            thinking = max(0.0, after - analysis.speech_s)
        else:
            thinking = min(analysis.longest_s, analysis.median_s * exp(analysis.sigma * z))
            after = analysis.speech_s + thinking
        return after, judged_person, max(0.0, self.floor.patience_s - thinking)

    def talk_s(self, now: float) -> float:
        """Length of a conversation that begins now."""
        floor, z = self.floor, next(self._talk)
        if floor.recorded.talk_s:
            return quantile(floor.recorded.talk_s, z)
        return exp(log(at(floor.talk_s, now)) - 0.5 * floor.talk_sigma**2 + floor.talk_sigma * z)

    def wrap_s(self) -> float:
        """Length of the wrap-up after it."""
        floor, z = self.floor, next(self._wrap)
        if floor.wrap_s <= 0.0:
            return 0.0
        return exp(log(floor.wrap_s) - 0.5 * floor.wrap_sigma**2 + floor.wrap_sigma * z)
