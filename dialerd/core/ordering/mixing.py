"""Taking turns: which kind of contact of which list comes next.

Smooth weighted turns: everybody who has something earns its weight, the richest goes and pays for all. What has been
earned is kept, so that a ratio holds over any number of small fetches and over a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from dialerd.core.ordering.settings import ListShare, Mix
from dialerd.core.tallies import is_callback


class Stream(IntEnum):
    """Kinds of contacts that wait in one line each."""

    CALLBACK = 1
    """Promised; always first."""
    RETRIED = 2
    FRESH = 3


def stream_of(attempts: int, reason: str) -> Stream:
    """The line that a callable contact waits in."""
    if is_callback(reason):
        return Stream.CALLBACK
    return Stream.RETRIED if attempts else Stream.FRESH


Line = tuple[str, Stream]
"""A contact list and a kind of its contacts."""


@dataclass(slots=True)
class Turns:
    """What everybody has earned so far."""

    earned: dict[str, float] = field(default_factory=dict)

    def take(self, waiting: Mapping[Line, int], lists: Sequence[ListShare], mix: Mix, limit: int) -> list[Line]:
        """Whose turn it is, up to ``limit`` times; ``waiting``: how many there are in each line."""
        left = {line: count for line, count in waiting.items() if count > 0}
        turns: list[Line] = []
        while left and len(turns) < limit:
            if len(left) == 1:
                ((line, count),) = left.items()
                return turns + [line] * min(count, limit - len(turns))
            line = self._next(left, lists, mix)
            turns.append(line)
            left[line] -= 1
            if not left[line]:
                del left[line]
        return turns

    def _next(self, left: Mapping[Line, int], lists: Sequence[ListShare], mix: Mix) -> Line:
        promised = [one for one in lists if (one.name, Stream.CALLBACK) in left]
        if promised:
            return promised[0].name, Stream.CALLBACK
        shares = {one.name: one.share for one in lists if any(line[0] == one.name for line in left)}
        name = self._richest({f"list {name}": share for name, share in shares.items()})[5:]
        weights = {Stream.FRESH: mix.fresh, Stream.RETRIED: mix.retried}
        streams = {f"{int(s)} of {name}": weight for s, weight in weights.items() if (name, s) in left}
        return name, Stream(int(self._richest(streams)[0]))

    def _richest(self, weights: Mapping[str, int]) -> str:
        able = {name: weight for name, weight in weights.items() if weight > 0} or dict.fromkeys(weights, 1)
        if len(able) == 1:
            return next(iter(able))
        for name, weight in able.items():
            self.earned[name] = self.earned.get(name, 0.0) + weight
        winner = max(able, key=lambda name: self.earned[name])
        self.earned[winner] -= sum(able.values())
        return winner
