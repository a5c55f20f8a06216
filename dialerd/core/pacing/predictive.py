"""Calls ahead of agents becoming free: forecast of supply and demand by age, under an abandon budget.

Every decision asks of one more call: if it is answered, by how much does the expected number of abandoned people
grow? Calls are placed while that loss is at most what the budget allows for now (``theta``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialerd.core.pacing.amd_delay import AmdDelay
from dialerd.core.pacing.answer_probability import AnswerProbability
from dialerd.core.pacing.answer_time import AnswerTimes
from dialerd.core.pacing.budget import FLOOR_THETA, Budget
from dialerd.core.pacing.contract import (
    Abandoned,
    Dialed,
    EndedWithoutPerson,
    Fact,
    LiveReady,
    PacingInfo,
    PickedUp,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
    room,
)
from dialerd.core.pacing.demand import Demand
from dialerd.core.pacing.durations import Durations
from dialerd.core.pacing.poisson_binomial import Characteristic, shortage
from dialerd.core.pacing.supply import Supply

Array = NDArray[np.float64]

_REBUILD_S = 15.0
_REBUILD_EARLY_S = 2.0
_DEMAND_REBUILD_S = 3.0
_EXACT_TERMS = 40
"""Busy agents and calls out up to which the distribution is computed instead of approximated."""
_RAISE = 1.5
"""Standard errors by which p is raised at a cold start."""
_STATE_VERSION = 1


class Predictive:
    """The recommended pacer."""

    def __init__(self, expected_talk_s: float = 120.0, expected_wrap_s: float = 20.0) -> None:
        """First guesses of the means, good for the first few minutes only."""
        self._talk = Durations(expected_talk_s, 0.8)
        self._wrap = Durations(expected_wrap_s, 0.6)
        self._amd = AmdDelay()
        self._budget = Budget()
        self._setup(PacingInfo())

    # --- rules and facts -------------------------------------------------------------------------------

    def _setup(self, info: PacingInfo) -> None:
        self._info = info
        self._times = AnswerTimes(info.ring_timeout_s)
        self._probability = AnswerProbability(self._times)
        self._offsets: Array = np.arange(1.0, max(3.0, info.ring_timeout_s), 2.0)
        self._columns = len(self._offsets)
        self._demand = Demand(self._offsets, self._times)
        self._patience_s = -1.0
        self._budget.start(info)
        self._built_at: float | None = None
        self._demand_built_at: float | None = None
        self._last: tuple[Any, ...] | None = None

    def start(self, info: PacingInfo) -> None:
        """Take the rules; what was learned is kept."""
        learned = self.state()
        self._setup(info)
        self.restore(learned)

    def observe(self, fact: Fact) -> None:
        """Learn from what happened."""
        match fact:
            case Dialed():
                self._probability.dialed(fact.at)
            case EndedWithoutPerson():
                if fact.picked_up:
                    self._amd.not_live()
                else:
                    self._times.ended(fact.after_dial_s)
            case PickedUp():
                self._answered(fact.at, fact.after_dial_s)
            case LiveReady():
                if self._info.amd:
                    self._amd.live(fact.analysis_s)
                else:
                    self._answered(fact.at, fact.after_dial_s)
            case TalkEnded():
                self._talk.observe(fact.duration_s)
            case WrapUpEnded():
                self._wrap.observe(fact.duration_s)
            case Abandoned():
                self._budget.lost()
            case _:
                pass

    def _answered(self, at: float, after_dial_s: float) -> None:
        self._probability.answered(at)
        self._times.answered(after_dial_s)

    # --- decision --------------------------------------------------------------------------------------

    def decide(self, snapshot: Snapshot) -> int:
        """Calls whose marginal loss the budget bears."""
        self._refresh(snapshot)
        info, now = self._info, snapshot.now
        allowed = room(info, snapshot)
        future = self._future_answers(snapshot)
        allowance = self._budget.allowance(snapshot, future)
        columns = self._columns
        supply = self._supply.total(now, snapshot.talking_since, snapshot.wrapping_since)
        demand = self._demand.total(now, snapshot.ringing_since, len(snapshot.in_amd_since))
        if snapshot.arriving:
            demand = demand + self._demand.arriving_total(snapshot.arriving)
        idle_without_call = max(0, min(allowed, snapshot.idle - snapshot.outstanding - snapshot.arriving_soon))
        if allowed == 0:
            calls = 0
            why = "nobody at work" if snapshot.at_work == 0 else "held by lines, contacts or calls per agent"
        elif allowance.answers < info.progressive_until_answers:
            calls = idle_without_call
            why = f"progressive until {info.progressive_until_answers} people answered ({allowance.answers:g} so far)"
        elif allowance.exhausted:
            calls = idle_without_call
            why = "progressive, the abandon budget is used up for now"
        else:
            terms = len(snapshot.talking_since) + len(snapshot.wrapping_since) + snapshot.outstanding
            terms += len(snapshot.arriving)
            losses = (
                self._exact_losses(snapshot)
                if terms <= _EXACT_TERMS
                else self._normal_losses(snapshot, supply, demand)
            )
            theta = allowance.theta
            accepted: list[float] = []
            for loss in losses:
                if loss > theta or len(accepted) == allowed:
                    break
                accepted.append(loss)
            calls = len(accepted)
            if calls:
                self._budget.accepted(accepted, self._demand.p_live, allowance)
            why = ""
            if calls == allowed:
                why = "held by lines, contacts or calls per agent"
            elif allowance.theta <= FLOOR_THETA:
                why = "the abandon budget allows hardly more than progressive"
        self._last = (calls, snapshot, supply[:columns], -demand[:columns], allowance, why)
        return calls

    def _normal_losses(self, snapshot: Snapshot, supply: Array, demand: Array) -> Iterator[float]:
        """Marginal loss of one more call, and of each further one."""
        columns = self._columns
        new, when = self._demand.new_call, self._demand.when
        moments = supply + demand
        moments[:columns] += snapshot.idle - snapshot.waiting
        # What is not known of the talk times moves all agents together, what is not known of p all calls.
        moments[columns : 2 * columns] += (supply[:columns] * self._supply_error) ** 2
        batch, placed = max(4, snapshot.at_work // 16), 0
        while True:
            ahead = np.arange(placed, placed + batch, dtype=float)[:, None]
            with_new = moments + ahead * new
            together = (demand[:columns] + ahead * new[:columns]) * self._demand_error
            short = shortage(
                with_new[:, :columns],
                with_new[:, columns : 2 * columns] + together * together,
                with_new[:, 2 * columns :],
            )
            # Whoever takes an agent at k may be missed by somebody at any later moment.
            yield from np.maximum.accumulate(short[:, ::-1], axis=1)[:, ::-1].dot(when).tolist()
            placed += batch
            batch *= 2

    def _exact_losses(self, snapshot: Snapshot) -> Iterator[float]:
        """The same for few agents and calls."""
        now = snapshot.now
        supply = self._supply.each(now, snapshot.talking_since, snapshot.wrapping_since)
        demand = self._demand.each(now, snapshot.ringing_since, len(snapshot.in_amd_since))
        if snapshot.arriving:
            demand = np.concatenate([demand, self._demand.arriving_each(snapshot.arriving)])
        free = Characteristic(snapshot.idle - snapshot.waiting, supply, demand)
        new, when = -self._demand.new_call[: self._columns], self._demand.when
        unknown = (supply.sum(axis=0) * self._supply_error) ** 2
        expected = demand.sum(axis=0)
        while True:
            short = free.shortage(unknown + (expected * self._demand_error) ** 2)
            yield float(np.maximum.accumulate(short[::-1])[::-1].dot(when))
            free.add_call(new)
            expected = expected + new

    def _future_answers(self, snapshot: Snapshot) -> float:
        left_s = max(0.0, self._info.window_ends_at - snapshot.now)
        return 0.85 * snapshot.at_work * left_s / max(5.0, self._mean_cycle_s)

    def _refresh(self, snapshot: Snapshot) -> None:
        now = snapshot.now
        built = self._demand_built_at
        if built is None or now - built >= _DEMAND_REBUILD_S or now < built:
            self._probability.advance(now)
            self._times.refresh(now - snapshot.ringing_since)
            p, error = self._probability.estimate()
            self._demand_error = error / p
            p = min(0.98, p + _RAISE * error * self._caution(snapshot))
            if self._info.amd:
                self._demand.build(p, self._amd.live_share, self._amd.mean_s)
            else:
                self._demand.build(p)
            self._demand_built_at = now
        else:
            self._probability.advance(now)
        built = self._built_at
        every = min(_REBUILD_S, _REBUILD_EARLY_S + 0.05 * self._talk.seen)
        if built is None or now - built >= every or now < built:
            self._talk.fit(np.maximum(now - snapshot.talking_since, 0.0))
            self._wrap.fit(np.maximum(now - snapshot.wrapping_since, 0.0))
            patience = self._info.patience_s
            if self._info.amd:
                patience = max(0.0, patience - self._amd.mean_s)
            if abs(patience - self._patience_s) > 0.1:
                self._patience_s = patience
                self._supply = Supply(self._offsets + patience)
            self._supply.build(self._talk, self._wrap)
            self._supply_error = 1.0 / np.sqrt(self._talk.seen + 10.0)
            self._mean_cycle_s = self._talk.mean() + self._wrap.mean()
            self._built_at = now

    def _caution(self, snapshot: Snapshot) -> float:
        return max(0.0, 1.0 - (snapshot.connected + snapshot.abandoned) / 250.0)

    # --- words -----------------------------------------------------------------------------------------

    def explain(self) -> str:
        """Agents, answers and budget behind the last decision."""
        if self._last is None:
            return "0 calls: no decision yet"
        calls, snapshot, supply, demand, allowance, why = self._last
        column = min(self._columns - 1, 4)
        text = (
            f"{calls} calls: {snapshot.idle} agents idle, {supply[column]:.1f} more free by "
            f"{self._offsets[column]:.0f} s, {snapshot.outstanding} calls out expected to give "
            f"{demand[column] + snapshot.waiting:.1f} answers, "
            f"budget {max(0.0, allowance.whole_window - allowance.used):.0f} left of {allowance.whole_window:.0f}"
        )
        if snapshot.arriving:
            text += f", {sum(chance for chance, _ in snapshot.arriving):.1f} callers of flows among them"
        return f"{text}; {why}" if why else text

    # --- persistence -----------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain values, for ``restore`` in another process or on another day."""
        return {
            "version": _STATE_VERSION,
            "talk": self._talk.state(),
            "wrap": self._wrap.state(),
            "answer_times": self._times.state(),
            "probability": self._probability.state(),
            "amd": self._amd.state(),
            "budget": self._budget.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave. Raises ValueError for a state of another version."""
        if state.get("version") != _STATE_VERSION:
            raise ValueError(f"predictive: unknown state version {state.get('version')!r}")
        self._talk.restore(state["talk"])
        self._wrap.restore(state["wrap"])
        self._times.restore(state["answer_times"])
        self._probability.restore(state["probability"])
        self._amd.restore(state["amd"])
        self._budget.restore(state["budget"])
