"""How often a socket is looked at. No socket, no clock."""

from __future__ import annotations

LOOKS_PER_S = 250.0
"""So many looks a second cost next to nothing. Beyond, a look waits for its turn and finds more, so that both sides
wake, think and write once for several messages instead of once for each; nothing waits longer than 4 ms."""
LOOKS_AT_ONCE = 50.0
"""Looks that need not wait although they come close together: the events of a few calls."""


class ReadPace:
    """A bucket of ``at_once`` looks into which ``per_s`` come every second. One with looks left delays nothing."""

    __slots__ = ("_at", "_at_once", "_left", "_per_s")

    def __init__(self, per_s: float = LOOKS_PER_S, at_once: float = LOOKS_AT_ONCE) -> None:
        self._per_s = per_s
        self._at_once = self._left = at_once
        self._at: float | None = None

    def looked(self, now: float) -> float:
        """One look is over, at ``now`` (seconds of a clock that does not go back). Returns the seconds until the next
        may be; 0: as soon as something comes."""
        gained = 0.0 if self._at is None else (now - self._at) * self._per_s
        self._at = now
        self._left = min(self._left + gained, self._at_once) - 1.0
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / self._per_s
