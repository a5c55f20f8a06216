"""A floor: who works when, who answers and after what time, how long people talk."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import erf, sqrt

Curve = tuple[tuple[float, float], ...]
"""(second of the shift, value) points, linear between them, flat outside."""

HOUR = 3600.0


def at(curve: Curve, t: float) -> float:
    """Value of a curve."""
    if len(curve) == 1:
        return curve[0][1]
    index = bisect_right(curve, (t, float("inf")))
    if index == 0:
        return curve[0][1]
    if index == len(curve):
        return curve[-1][1]
    (t0, v0), (t1, v1) = curve[index - 1], curve[index]
    return v0 + (v1 - v0) * (t - t0) / (t1 - t0)


def quantile(ordered: tuple[float, ...], z: float) -> float:
    """The value of recorded ones (ascending, not empty) that stands where ``z`` stands in a standard normal."""
    share = 0.5 * (1.0 + erf(z / sqrt(2.0)))
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Analysis:
    """AMD: the verdict comes ``speech_s`` + a lognormal time after pick-up; the legal clock starts at speech."""

    speech_s: float = 0.4
    median_s: float = 0.9
    sigma: float = 0.35
    longest_s: float = 1.9
    person_lost: float = 0.03
    """Share of persons judged to be machines (never reach the queue)."""
    machine_passed: float = 0.05
    """Share of machines judged to be persons: they reach an agent, who hangs up after a few seconds."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Times of real calls (seconds, ascending), drawn from in place of the laws of :class:`Floor`; empty: the law."""

    answer_s: tuple[float, ...] = ()
    """From dial to pick-up by a person."""
    machine_s: tuple[float, ...] = ()
    """From dial to pick-up by a machine."""
    failed_s: tuple[float, ...] = ()
    """From dial to the end of a call that nobody answered, ring-outs included."""
    talk_s: tuple[float, ...] = ()
    analysis_s: tuple[float, ...] = ()
    """From pick-up to the verdict."""


@dataclass(frozen=True, slots=True)
class Floor:
    """One shift. Durations in seconds; means, not medians, for talk and wrap-up."""

    name: str
    agents: int
    answer: Curve
    talk_s: Curve
    wrap_s: float
    hours: float = 8.0
    moves: tuple[tuple[float, int], ...] = ()
    """(second, agents who log in (+) or ask to leave (-))."""
    analysis: Analysis | None = None
    talk_sigma: float = 0.8
    wrap_sigma: float = 0.5
    ring_median_s: float = 8.0
    ring_sigma: float = 0.5
    ring_timeout_s: float = 30.0
    patience_s: float = 2.0
    machine_share: float = 0.35
    """Of calls without a person: answered by a machine (median 16 s), recognised at once where there is no AMD."""
    busy_share: float = 0.20
    """Of calls without a person: busy or invalid, known after 1 to 4 s. The rest ring out."""
    machines_to_agents: bool = False
    """Without AMD machines are not recognised: agents get them, and hang up."""
    machine_talk_s: float = 5.0
    """Until an agent hangs up on a machine."""
    recorded: Recorded = Recorded()
