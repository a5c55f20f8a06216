"""Trunks: lines, calls per second, and whether the carrier takes calls at all.

The store's claim is the authority on lines and CPS; these figures keep the core from asking in vain and tell it when
to ask again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from dialerd.core.campaign import TrunkSettings
from dialerd.core.disposition import Disposition

BREAKER_FAILURES = 20
"""So many trunk-level failures in a row, with not one call that rang, open the breaker."""
LATE_S = 0.02
"""The most by which a missed moment for a call is made up for."""
_FIRST_HOLD_S = 10.0
_LONGEST_HOLD_S = 300.0

_TRUNK_LEVEL = frozenset(
    {Disposition.TRUNK_FAILURE, Disposition.CONGESTION, Disposition.REJECTED, Disposition.NOT_PLACED}
)


@dataclass(slots=True)
class TrunkRun:
    """A trunk at work. Times are epoch seconds."""

    settings: TrunkSettings
    live: int = 0
    next_token_at: float = 0.0
    dialed: deque[float] = field(default_factory=deque)
    """The moments of the latest calls, as many as count."""
    failures_in_a_row: int = 0
    hold_until: float = 0.0
    hold_s: float = _FIRST_HOLD_S

    def take(self, now: float) -> None:
        """A call is about to be claimed on this trunk. Calls are spaced evenly: no burst that a carrier could count
        as too many in one second. What a timer comes late is made up for, or a fast trunk would never reach its
        rate; :meth:`dial` keeps the limit all the same."""
        self.live += 1
        self.next_token_at = max(self.next_token_at, now - LATE_S) + 1.0 / self.settings.cps

    def release(self) -> None:
        """The line of one call is free again."""
        self.live -= 1

    def token_at(self, now: float) -> float:
        """The moment from which the CPS limit allows one more call: ``now``, or later."""
        return now if now >= self.next_token_at else self.next_token_at

    def dial(self, now: float) -> float:
        """The moment at which a granted call may go out: ``now``, and it is counted; or later, and it is to be asked
        again then. Claims are spaced when they are asked for, but their replies may come all at once."""
        cps = self.settings.cps
        calls = max(1, ceil(cps))
        while len(self.dialed) > calls:
            self.dialed.popleft()
        if len(self.dialed) == calls:
            at = self.dialed[0] + calls / cps
            # A clock that went back must not close the trunk for as long as it went.
            if self.dialed[0] <= now < at:
                return at
            self.dialed.popleft()
        self.dialed.append(now)
        return now

    def ended(self, disposition: Disposition, rang: bool, now: float) -> bool:
        """Learn from how a call ended; True when that opens the breaker."""
        if rang or disposition not in _TRUNK_LEVEL:
            self.failures_in_a_row, self.hold_s = 0, _FIRST_HOLD_S
            return False
        self.failures_in_a_row += 1
        if self.failures_in_a_row < BREAKER_FAILURES or now < self.hold_until:
            return False
        self.hold_until = now + self.hold_s
        self.hold_s = min(self.hold_s * 2, _LONGEST_HOLD_S)
        self.failures_in_a_row = BREAKER_FAILURES - 1
        return True
