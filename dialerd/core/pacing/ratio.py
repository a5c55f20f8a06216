"""Power dialing: a fixed number of calls per idle agent, under the abandon guard."""

from __future__ import annotations

from math import floor

from dialerd.core.pacing.budget import tightest_left
from dialerd.core.pacing.contract import Fact, PacingInfo, Snapshot, room

_SURE_ANSWERS = 20.0
_FULL_AT = 4.0
"""Abandons left from which the whole ratio is used; below it the ratio shrinks, to 1 when one or none is left."""


class Ratio:
    """calls = ratio x idle - calls in progress; fewer while the guard holds it back."""

    def __init__(self, ratio: float, guarded: bool = True) -> None:
        """``ratio``: calls per idle agent, 1.0 to 15.0. ``guarded=False`` is for benchmarks only."""
        if not 1.0 <= ratio <= 15.0:
            raise ValueError(f"ratio must lie between 1 and 15: {ratio}")
        self._ratio = ratio
        self._guarded = guarded
        self._info = PacingInfo()
        self._reason = "0 calls: no decision yet"

    def start(self, info: PacingInfo) -> None:
        """Take the rules."""
        self._info = info

    def observe(self, fact: Fact) -> None:
        """Nothing to learn: the counts that matter are in the snapshot."""

    def decide(self, snapshot: Snapshot) -> int:
        """Calls that are missing from ratio x idle."""
        info = self._info
        ratio, why = self._ratio, ""
        if self._guarded:
            answers = snapshot.connected + snapshot.abandoned
            # Early on not even one abandon is covered, so a shift begins with one call per agent.
            future = 2.0 * _SURE_ANSWERS if info.window_ends_at - snapshot.now > 600.0 else 0.0
            left = tightest_left(info, snapshot, future, _SURE_ANSWERS)
            if answers < info.progressive_until_answers:
                ratio = 1.0
                why = f"; progressive until {info.progressive_until_answers} people answered ({answers:g} so far)"
            elif left < _FULL_AT:
                ratio = 1.0 + (ratio - 1.0) * max(0.0, left - 1.0) / (_FULL_AT - 1.0)
                why = f"; ratio {self._ratio:.2f} lowered, the abandon budget has {max(0.0, left):.1f} left"
        wanted = floor(ratio * max(0, snapshot.idle - snapshot.arriving_soon) + 1e-9) - snapshot.outstanding
        allowed = room(info, snapshot)
        calls = max(0, min(wanted, allowed))
        if wanted > allowed:
            why += "; held by lines, contacts or calls per agent"
        self._reason = (
            f"{calls} calls: ratio {ratio:.2f} x {snapshot.idle} idle agents, "
            f"{snapshot.outstanding} calls in progress{why}"
        )
        return calls

    def explain(self) -> str:
        """The figures of the last decision."""
        return self._reason
