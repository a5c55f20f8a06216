"""The abandon budget: how much loss the next call may risk, so that the whole window ends just under the cap.

A percentage so far is a poor guide: early it jumps, late it lags. The budget counts abandons instead: those the whole
window will allow, those used, and those already certain to be allowed by the people still to come in the near
future. Its output, ``theta``, is the highest expected number of abandons that one answered call may cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from dialerd.core.pacing.contract import PacingInfo, Snapshot

SAFETY = 0.975
"""Share of the cap that is aimed at."""
FLOOR_THETA = 0.003
"""What is still risked when the certain allowance is used up."""
_RUNNING_SLACK = 7.0 / 6.0
"""The running total may stand above the cap by a sixth of it where bad luck comes early: at 3.5 % of a cap of 3 %."""
_SURE_ANSWERS = 60.0
_LAST_ANSWERS = 200.0
"""Answers still to come below which one or two abandons are kept back."""
_TRUST = 8.0
_MEMORY = 400.0
"""Abandons after which the evidence on the forecast's calibration is halved: floors change from day to day."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The budget at one moment. All but ``theta`` and ``want`` are numbers of abandons."""

    theta: float
    """Highest acceptable marginal loss of a call, in abandons per answered call."""
    want: float
    """Mean marginal loss aimed at."""
    left: float
    """What the cap allows beyond those used, counting only answers that are as good as certain."""
    whole_window: float
    """What the cap will allow in the whole window."""
    used: float
    answers: float
    """People who answered in the window so far."""
    throttled: bool
    """``theta`` is below what the budget as a whole would allow, because little is left for now."""
    exhausted: bool
    """Nothing may be risked now: one call per idle agent."""


def certain_left(
    cap: float, connected: float, abandoned: float, future_answers: float, sure_answers: float = _SURE_ANSWERS
) -> float:
    """Abandons that the cap still allows if only ``sure_answers`` come (at the end: half of those expected)."""
    answers = connected + abandoned
    # Early on, one bad half minute is a large share; at the end, not all who are expected will come.
    sure = min(sure_answers, 5.0 + answers / 10.0, 0.5 * future_answers)
    return cap * (answers + sure) - abandoned


def running_room(cap: float, answers: float, abandoned: float) -> float:
    """People who can still be lost at once before the running total stands above what is borne of it."""
    return _RUNNING_SLACK * cap * answers - abandoned


def bad_half_minute(at_work: int) -> float:
    """How many people a half minute may cost in which much goes wrong at once: conversations that last, and more
    answers than expected. Seen in simulated shifts: 6 with 40 agents, 9 with 50."""
    return 0.2 * at_work


def tightest_left(info: PacingInfo, snapshot: Snapshot, future_answers: float, sure_answers: float) -> float:
    """The least allowance over all windows that bind."""
    left = certain_left(info.abandon_cap, snapshot.connected, snapshot.abandoned, future_answers, sure_answers)
    for window in snapshot.other_windows:
        other = certain_left(info.abandon_cap, window.connected, window.abandoned, future_answers, sure_answers)
        left = min(left, other)
    return left


class Budget:
    """Turns counts into ``theta``, and learns how far the forecast of losses is off."""

    def __init__(self) -> None:
        self._log_base = 0.0
        self._predicted = 0.0
        self._abandoned_seen = 0.0
        self._info = PacingInfo()

    def start(self, info: PacingInfo) -> None:
        """Take the rules."""
        self._info = info

    def allowance(self, snapshot: Snapshot, future_answers: float) -> Allowance:
        """The budget now. ``future_answers``: people expected to answer until the window ends."""
        info = self._info
        answers = snapshot.connected + snapshot.abandoned
        used = snapshot.abandoned
        cap = info.abandon_cap
        aim = SAFETY * cap if info.abandon_target is None else min(info.abandon_target, SAFETY * cap)
        whole = cap * (answers + future_answers)
        total = answers + future_answers
        gain = min(0.35, max(0.06, 6.0 / max(whole, 1e-6)))
        # How many people a bad half minute may cost: more agents, more calls out at once.
        tight = min(4.0, max(3.0, 2.0 + 0.04 * snapshot.at_work))
        # Held back for a bad half minute, to the end: what rings then can no longer be made good.
        reserve = min(tight, 0.12 * whole) * min(1.0, answers / 150.0)
        surplus = aim * answers - used - reserve
        level = 0.4 + 0.6 * min(1.0, answers / max(1.0, min(1000.0, 0.25 * total)))
        most = 1.6 * min(1.0, answers / max(1.0, min(1500.0, 0.4 * total)))
        want = 0.9 * level * aim * exp(min(most, max(-3.0, gain * surplus)))
        theta = want * exp(self._log_base)
        left = tightest_left(info, snapshot, future_answers, _SURE_ANSWERS)
        # How much is missing for a bad half minute, by what the cap allows and by what the running total bears.
        missing = max(tight - left, bad_half_minute(snapshot.at_work) - running_room(cap, answers, used))
        if left < 1.5:
            theta = min(theta, FLOOR_THETA)
        elif missing > 0.0:
            theta = min(theta, max(FLOOR_THETA, theta * exp(-0.4 * missing)))
        if cap == 0.0:
            theta = 0.0
        last = future_answers <= _LAST_ANSWERS
        exhausted = left < (max(1.0, 0.5 * tight) if last else 0.0)
        return Allowance(theta, want, left, whole, used, answers, missing > 0.0, exhausted)

    def accepted(self, losses: Sequence[float], p_live: float, allowance: Allowance) -> None:
        """Calls were placed, whose marginal losses were forecast as these and which want an agent with ``p_live``."""
        if allowance.want <= 0.0 or allowance.throttled:
            # Calls placed under the guard are cheap because of the guard: no reason to raise the base.
            self._predicted += p_live * sum(losses)
            return
        # The opening of a shift places many calls without any loss: that says nothing about the base.
        pace = 0.01 * min(1.0, allowance.answers / 300.0) ** 2
        base, predicted, seen, want = self._log_base, self._predicted, self._abandoned_seen + _TRUST, allowance.want
        for loss in losses:
            predicted += p_live * loss
            base += pace * (1.0 - seen / (predicted + _TRUST) * loss / want)
            if base > 1.6:
                base = 1.6
            elif base < -0.3:
                base = -0.3
        self._log_base, self._predicted = base, predicted

    def lost(self) -> None:
        """A person was abandoned."""
        self._abandoned_seen += 1.0
        if self._abandoned_seen > _MEMORY:
            self._abandoned_seen *= 0.5
            self._predicted *= 0.5

    @property
    def calibration(self) -> float:
        """Abandons seen over abandons forecast, leaning towards 1."""
        return (self._abandoned_seen + _TRUST) / (self._predicted + _TRUST)

    def state(self) -> dict[str, Any]:
        """Plain values that ``restore`` takes."""
        return {"log_base": self._log_base, "predicted": self._predicted, "abandoned": self._abandoned_seen}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave."""
        self._log_base = float(state["log_base"])
        self._predicted = float(state["predicted"])
        self._abandoned_seen = float(state["abandoned"])
