"""One shift, event by event. The same seed gives the same callees and conversations in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import exp, log
from zlib import crc32

import numpy as np

from bench.pacing.floors import HOUR, Floor, at
from dialerd.core.pacing.contract import (
    NO_TIMES,
    Abandoned,
    AgentLoggedIn,
    AgentLoggedOut,
    Connected,
    Dialed,
    EndedWithoutPerson,
    LiveReady,
    Pacer,
    PacingInfo,
    PickedUp,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)

TICK_S = 0.5
_BLOCK = 4096
_MACHINE_MEDIAN_S = 16.0
_FALSE_TALK_S = 5.0
_DRAIN_S = 120.0

_OTHER, _PICKUP, _LIVE, _TALK_END, _WRAP_END, _DEADLINE, _MOVE = range(7)


@dataclass(slots=True)
class Shift:
    """What came of it. ``answer_times``/``answer_lost``: each person who reached the queue and whether abandoned."""

    floor: Floor
    seed: int
    dials: int = 0
    connected: int = 0
    abandoned: int = 0
    busy_s: float = 0.0
    logged_in_s: float = 0.0
    waited_s: float = 0.0
    answer_times: list[float] = field(default_factory=list)
    answer_lost: list[bool] = field(default_factory=list)

    @property
    def utilisation(self) -> float:
        """(talk + wrap-up) / logged-in time, within the shift."""
        return self.busy_s / self.logged_in_s if self.logged_in_s else 0.0

    @property
    def abandon_rate(self) -> float:
        """A / (A + L) of the whole shift."""
        answers = self.connected + self.abandoned
        return self.abandoned / answers if answers else 0.0

    def worst_running(self, after: int = 200) -> float:
        """Highest running total of the abandon rate from the ``after``-th answer on; 0 with fewer answers."""
        lost = np.cumsum(np.array(self.answer_lost, dtype=float))
        if len(lost) < after:
            return 0.0
        return float((lost[after - 1 :] / np.arange(after, len(lost) + 1)).max())

    def worst_window(self, length_s: float) -> float:
        """Highest abandon rate in any rolling window that lies within the shift, looked at each minute."""
        moments = np.array(self.answer_times)
        lost = np.concatenate([[0.0], np.cumsum(np.array(self.answer_lost, dtype=float))])
        starts = np.arange(0.0, self.floor.hours * HOUR - length_s + 1.0, 60.0)
        first, last = np.searchsorted(moments, starts), np.searchsorted(moments, starts + length_s)
        answers = last - first
        rates = (lost[last] - lost[first]) / np.maximum(answers, 1)
        return float(rates.max()) if len(rates) else 0.0


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


class Simulation:
    """One floor, one pacer, one seed."""

    def __init__(
        self, floor: Floor, pacer: Pacer, seed: int, learns: bool = True, info: PacingInfo | None = None
    ) -> None:
        """``learns=False``: the pacer ignores facts, so none are made (faster)."""
        self.floor = floor
        self.pacer = pacer
        self.learns = learns
        self.shift = Shift(floor, seed)
        roots = np.random.SeedSequence([seed, crc32(floor.name.encode())]).spawn(5)
        fate, ring, talk, wrap, amd = (np.random.default_rng(root) for root in roots)
        self._fate, self._ring = _uniforms(fate), _normals(ring)
        self._talk, self._wrap, self._amd = _normals(talk), _normals(wrap), _normals(amd)
        self._heap: list[tuple[float, int, int, int]] = []
        self._serial = 0
        self.idle: deque[tuple[int, float]] = deque()
        self.talking: dict[int, float] = {}
        self.wrapping: dict[int, float] = {}
        self.leaving: set[int] = set()
        self.ringing: dict[int, float] = {}
        self.in_amd: dict[int, float] = {}
        self.waiting: dict[int, float] = {}
        """Call -> moment it began to wait, in order."""
        self.ends: dict[int, float] = {}
        """Agent -> end of the present conversation (for clairvoyant pacers)."""
        self.fates: dict[int, float | None] = {}
        """Ringing call -> moment it will want an agent, or None (for clairvoyant pacers)."""
        self._dial_of: dict[int, float] = {}
        self._pick_of: dict[int, float] = {}
        self._patience: dict[int, float] = {}
        self._false: set[int] = set()
        self._wrap_length: dict[int, float] = {}
        self._next_agent = 0
        self._logged_in_at: dict[int, float] = {}
        self._end = floor.hours * HOUR
        self._every_s = float(getattr(pacer, "every_s", TICK_S))
        self._repeats = bool(getattr(pacer, "repeats", False))
        self.give_up_at = float("inf")
        """Abandons at which the rest of the shift is of no interest (tuning)."""
        pacer.start(info if info is not None else info_for(floor))

    def run(self) -> Shift:
        """The whole shift; calls in progress at its end are followed to theirs, nothing new is placed."""
        floor, heap = self.floor, self._heap
        for _ in range(floor.agents):
            self._log_in(0.0)
        for moment, delta in floor.moves:
            self._push(moment, _MOVE, delta)
        tick = 0.0
        end = self._end
        handlers = {
            _OTHER: self._other,
            _PICKUP: self._picked_up,
            _LIVE: self._live,
            _TALK_END: self._talk_end,
            _WRAP_END: self._wrap_end,
            _DEADLINE: self._deadline,
            _MOVE: self._move,
        }
        stop = end + _DRAIN_S
        while True:
            upcoming = heap[0][0] if heap else stop
            if tick < end and tick <= upcoming:
                self._tick(tick)
                tick += self._every_s
                continue
            if upcoming >= stop or self.shift.abandoned > self.give_up_at:
                break
            now, _, kind, subject = heappop(heap)
            handlers[kind](now, subject)
        for since in list(self._logged_in_at.values()):
            self.shift.logged_in_s += end - since
        for since in (*self.talking.values(), *self.wrapping.values()):
            self.shift.busy_s += max(0.0, end - since)
        return self.shift

    # --- the pacer's half second -----------------------------------------------------------------------

    def snapshot(self, now: float) -> Snapshot:
        """The floor as the pacer may see it."""
        leaving = self.leaving
        talking, wrapping = self.talking, self.wrapping
        if leaving:
            talking = {a: s for a, s in talking.items() if a not in leaving}
            wrapping = {a: s for a, s in wrapping.items() if a not in leaving}
        return Snapshot(
            now,
            len(self.idle),
            np.fromiter(talking.values(), np.float64, len(talking)) if talking else NO_TIMES,
            np.fromiter(wrapping.values(), np.float64, len(wrapping)) if wrapping else NO_TIMES,
            len(leaving),
            np.fromiter(self.ringing.values(), np.float64, len(self.ringing)) if self.ringing else NO_TIMES,
            np.fromiter(self.in_amd.values(), np.float64, len(self.in_amd)) if self.in_amd else NO_TIMES,
            len(self.waiting),
            self.shift.connected,
            self.shift.abandoned,
            len(self.ringing) + len(self.in_amd) + len(self.waiting) + len(self.talking),
        )

    def _tick(self, now: float) -> None:
        calls = self.pacer.decide(self.snapshot(now))
        for _ in range(calls):
            self._dial(now)
        while self._repeats and calls:
            calls = self.pacer.decide(self.snapshot(now))
            for _ in range(calls):
                self._dial(now)

    def _push(self, moment: float, kind: int, subject: int) -> None:
        self._serial += 1
        heappush(self._heap, (moment, self._serial, kind, subject))

    # --- calls -----------------------------------------------------------------------------------------

    def _dial(self, now: float) -> None:
        floor = self.floor
        self.shift.dials += 1
        call = self.shift.dials
        self.ringing[call] = now
        self._dial_of[call] = now
        fate, ring = next(self._fate), next(self._ring)
        p = at(floor.answer, now)
        self.fates[call] = None
        if fate < p:
            after = floor.ring_median_s * exp(floor.ring_sigma * ring)
            person, kind = True, _LIVE
        else:
            rest = (fate - p) / (1.0 - p)
            person = False
            if rest < floor.machine_share:
                after, kind = _MACHINE_MEDIAN_S * exp(0.3 * ring), _OTHER
                if floor.analysis is not None:
                    kind = _PICKUP
            elif rest < floor.machine_share + floor.busy_share:
                after, kind = 1.0 + 3.0 * (rest - floor.machine_share) / floor.busy_share, _OTHER
            else:
                after, kind = floor.ring_timeout_s, _OTHER
        if after >= floor.ring_timeout_s:
            after, kind = floor.ring_timeout_s, _OTHER
        if kind == _LIVE:
            self.fates[call] = now + after
            if floor.analysis is not None:
                kind = _PICKUP
        if kind == _PICKUP:
            self._pick_of[call] = 1.0 if person else 0.0
        else:
            self._patience[call] = floor.patience_s
        self._push(now + after, kind, call)
        if self.learns:
            self.pacer.observe(Dialed(now))

    def _other(self, now: float, call: int) -> None:
        picked = self.ringing.pop(call, None) is None
        self.in_amd.pop(call, None)
        self.fates.pop(call, None)
        if self.learns:
            self.pacer.observe(EndedWithoutPerson(now, now - self._dial_of[call], "", picked))
        del self._dial_of[call]

    def _picked_up(self, now: float, call: int) -> None:
        analysis = self.floor.analysis
        assert analysis is not None
        del self.ringing[call]
        self.in_amd[call] = now
        person = self._pick_of[call] == 1.0
        self._pick_of[call] = now
        draw = next(self._fate)
        judged_person = draw >= analysis.person_lost if person else draw < analysis.machine_passed
        thinking = min(analysis.longest_s, analysis.median_s * exp(analysis.sigma * next(self._amd)))
        ready = now + analysis.speech_s + thinking
        if judged_person:
            self.fates[call] = ready
            self._patience[call] = self.floor.patience_s - thinking
            if not person:
                self._false.add(call)
        else:
            self.fates[call] = None
        self._push(ready, _LIVE if judged_person else _OTHER, call)
        if self.learns:
            self.pacer.observe(PickedUp(now, now - self._dial_of[call]))

    def _live(self, now: float, call: int) -> None:
        self.ringing.pop(call, None)
        self.in_amd.pop(call, None)
        self.fates.pop(call, None)
        dialed = self._dial_of.pop(call)
        if self.learns:
            picked = self._pick_of.get(call)
            self.pacer.observe(LiveReady(now, now - dialed, now - picked if picked is not None else 0.0))
        self._pick_of.pop(call, None)
        patience = self._patience.pop(call)
        if self.idle:
            agent, _ = self.idle.popleft()
            self._connect(now, call, agent, 0.0)
        else:
            self.waiting[call] = now
            self._push(now + patience, _DEADLINE, call)

    def _deadline(self, now: float, call: int) -> None:
        if self.waiting.pop(call, None) is None:
            return
        shift = self.shift
        if call in self._false:
            self._false.discard(call)
            return
        shift.abandoned += 1
        shift.answer_times.append(now)
        shift.answer_lost.append(True)
        if self.learns:
            self.pacer.observe(Abandoned(now))

    def _connect(self, now: float, call: int, agent: int, waited: float) -> None:
        floor, shift = self.floor, self.shift
        if call in self._false:
            self._false.discard(call)
            talk = _FALSE_TALK_S
        else:
            shift.connected += 1
            shift.answer_times.append(now)
            shift.answer_lost.append(False)
            shift.waited_s += waited
            mean = at(floor.talk_s, now)
            talk = exp(log(mean) - 0.5 * floor.talk_sigma**2 + floor.talk_sigma * next(self._talk))
        self.talking[agent] = now
        wrap = exp(log(floor.wrap_s) - 0.5 * floor.wrap_sigma**2 + floor.wrap_sigma * next(self._wrap))
        self._wrap_length[agent] = wrap
        self.ends[agent] = now + talk + wrap
        self._push(now + talk, _TALK_END, agent)
        if self.learns:
            self.pacer.observe(Connected(now, waited))

    # --- agents ----------------------------------------------------------------------------------------

    def _busy(self, since: float, now: float) -> None:
        self.shift.busy_s += max(0.0, min(now, self._end) - min(since, self._end))

    def _talk_end(self, now: float, agent: int) -> None:
        since = self.talking.pop(agent)
        self._busy(since, now)
        self.wrapping[agent] = now
        self._push(now + self._wrap_length[agent], _WRAP_END, agent)
        if self.learns:
            self.pacer.observe(TalkEnded(now, now - since))

    def _wrap_end(self, now: float, agent: int) -> None:
        since = self.wrapping.pop(agent)
        self.ends.pop(agent, None)
        self._busy(since, now)
        if self.learns:
            self.pacer.observe(WrapUpEnded(now, now - since))
        if agent in self.leaving:
            self.leaving.discard(agent)
            self._log_out(now, agent)
            return
        self._free(now, agent)

    def _free(self, now: float, agent: int) -> None:
        if self.waiting:
            call = next(iter(self.waiting))
            self._connect(now, call, agent, now - self.waiting.pop(call))
        else:
            self.idle.append((agent, now))

    def _log_in(self, now: float) -> None:
        agent = self._next_agent
        self._next_agent += 1
        self._logged_in_at[agent] = now
        if self.learns:
            self.pacer.observe(AgentLoggedIn(now, str(agent)))
        self._free(now, agent)

    def _log_out(self, now: float, agent: int) -> None:
        self.shift.logged_in_s += min(now, self._end) - self._logged_in_at.pop(agent)
        if self.learns:
            self.pacer.observe(AgentLoggedOut(now, str(agent)))

    def _move(self, now: float, delta: int) -> None:
        if delta > 0:
            for _ in range(delta):
                self._log_in(now)
            return
        for _ in range(-delta):
            if self.idle:
                agent, _since = self.idle.popleft()
                self._log_out(now, agent)
                continue
            staying = [a for a in (*self.wrapping, *self.talking) if a not in self.leaving]
            if staying:
                self.leaving.add(staying[-1])


def simulate(floor: Floor, pacer: Pacer, seed: int, learns: bool = True, info: PacingInfo | None = None) -> Shift:
    """Run one shift."""
    return Simulation(floor, pacer, seed, learns, info).run()
