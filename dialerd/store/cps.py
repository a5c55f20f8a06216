"""Calls per second of a trunk as a sliding window: exact over any stretch of time, and it banks nothing.

A token bucket that holds a second's worth lets twice the rate through in one second after a pause. This one does
not: at most ``calls`` claims fall into any ``window_s`` seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CpsWindow:
    """At most ``calls`` in any ``window_s`` seconds."""

    calls: int
    window_s: float


def window_for(cps: float) -> CpsWindow:
    """The window for a rate: whole rates mean so many in a second; 2.5 means 3 in 1.2 s; 0.2 means 1 in 5 s.

    Raises :class:`ValueError` for a rate that is not above zero.
    """
    if not cps > 0:
        raise ValueError(f"calls per second must be above zero, not {cps}")
    calls = max(1, math.ceil(cps))
    return CpsWindow(calls, calls / cps)
