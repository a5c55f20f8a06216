"""What a pacer is told, what it is asked, and what it answers.

Any pacer can be compared with any other because all of them live by this contract alone: values in, a number
out, no clock, no randomness. All times are seconds on one clock of the caller's choice (epoch seconds in the
daemon, seconds since the start of the shift in a simulation); all durations are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dialerd.core.pacing.transfers import expected_soon
from dialerd.core.value import value

Times = NDArray[np.float64]
"""One-dimensional array of moments (seconds), one element per agent or call; order does not matter."""

NO_TIMES: Times = np.empty(0, dtype=np.float64)


@value(frozen=True, slots=True)
class PacingInfo:
    """What stays the same while a pacer runs; ``start`` may be called again when it changes."""

    now: float = 0.0
    abandon_cap: float = 0.03
    """Share of people who answer that may be abandoned over the compliance window, as a fraction. Never exceeded."""
    abandon_target: float | None = None
    """Share aimed at. None: as near to the cap as the budget may safely go."""
    patience_s: float = 2.0
    """An answered person is abandoned when not connected within this time, counted from the legal clock's start."""
    ring_timeout_s: float = 30.0
    window_ends_at: float = 8 * 3600.0
    """End of the compliance window, or of the shift if that is sooner: nobody answers after it."""
    amd: bool = False
    """Answered calls are analysed before an agent is wanted; the analysis counts against the patience."""
    max_lines: int | None = None
    max_calls_per_agent: float = 15.0
    """(calls in progress + agents talking) / agents at work may not exceed this."""
    progressive_until_answers: int = 0
    """Number of people who must have answered in this window before calls are placed ahead of agents."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.abandon_cap < 1.0:
            raise ValueError(f"abandon_cap is a fraction in [0, 1): {self.abandon_cap}")
        if self.abandon_target is not None and not 0.0 <= self.abandon_target <= self.abandon_cap:
            raise ValueError(f"abandon_target must lie between 0 and the cap: {self.abandon_target}")
        if not 1.0 <= self.max_calls_per_agent <= 15.0:
            raise ValueError(f"max_calls_per_agent must lie between 1 and 15: {self.max_calls_per_agent}")
        if self.patience_s < 0.0 or self.ring_timeout_s <= 0.0:
            raise ValueError("patience_s must not be negative, ring_timeout_s must be positive")


@value(frozen=True, slots=True)
class Dialed:
    """A call was placed."""

    at: float


@value(frozen=True, slots=True)
class PickedUp:
    """AMD mode: somebody or something answered; which, is not known yet."""

    at: float
    after_dial_s: float


@value(frozen=True, slots=True)
class LiveReady:
    """A call that wants an agent now. ``analysis_s``: time between pick-up and this moment (AMD mode)."""

    at: float
    after_dial_s: float
    analysis_s: float = 0.0


@value(frozen=True, slots=True)
class EndedWithoutPerson:
    """Busy, no answer, invalid, machine. ``picked_up``: it had been announced by ``PickedUp``."""

    at: float
    after_dial_s: float
    outcome: str = ""
    picked_up: bool = False


@value(frozen=True, slots=True)
class Connected:
    """A person met an agent."""

    at: float
    waited_s: float
    agent: str = ""


@value(frozen=True, slots=True)
class Abandoned:
    """A person was not connected in time."""

    at: float


@value(frozen=True, slots=True)
class TalkEnded:
    """A conversation ended."""

    at: float
    duration_s: float


@value(frozen=True, slots=True)
class WrapUpEnded:
    """An agent finished the work after a conversation."""

    at: float
    duration_s: float


@value(frozen=True, slots=True)
class AgentLoggedIn:
    """An agent began to take calls."""

    at: float
    agent: str = ""


@value(frozen=True, slots=True)
class AgentLoggedOut:
    """An agent takes no more calls."""

    at: float
    agent: str = ""


Fact = (
    Dialed
    | PickedUp
    | LiveReady
    | EndedWithoutPerson
    | Connected
    | Abandoned
    | TalkEnded
    | WrapUpEnded
    | AgentLoggedIn
    | AgentLoggedOut
)


@value(frozen=True, slots=True)
class WindowCount:
    """People who answered in one compliance window: those who met an agent, and those who did not."""

    connected: float
    abandoned: float


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The floor at one moment.

    Agents who will leave after their present call are in ``leaving`` and in none of the arrays; paused and
    logged-out agents are nowhere. ``connected`` and ``abandoned`` count the compliance window by the campaign's own
    formula, so they may be fractions; ``other_windows`` hold further windows that bind at the same time
    (a rolling 30 days beside the calendar day).
    """

    now: float
    idle: int = 0
    talking_since: Times = field(default_factory=lambda: NO_TIMES)
    wrapping_since: Times = field(default_factory=lambda: NO_TIMES)
    leaving: int = 0
    ringing_since: Times = field(default_factory=lambda: NO_TIMES)
    """Dial times of calls not yet answered."""
    in_amd_since: Times = field(default_factory=lambda: NO_TIMES)
    """Pick-up times of calls under analysis."""
    waiting: int = 0
    """People who wait for an agent now."""
    connected: float = 0.0
    abandoned: float = 0.0
    lines_in_use: int = 0
    dialable: int | None = None
    """Calls that could be placed now as far as contacts, CPS and trunks go; None: no limit known."""
    other_windows: tuple[WindowCount, ...] = ()
    arriving: tuple[tuple[float, float], ...] = ()
    """Callers of other kinds (in a flow) who may want one: (chance, in how many seconds on average). Load on the same
    agents that no decision of this pacer changes."""

    @property
    def outstanding(self) -> int:
        """Calls that may still want an agent."""
        return len(self.ringing_since) + len(self.in_amd_since) + self.waiting

    @property
    def arriving_soon(self) -> int:
        """Of those in ``arriving``, how many are expected within a few seconds."""
        return expected_soon(self.arriving)

    @property
    def at_work(self) -> int:
        """Agents who take this call or a later one."""
        return self.idle + len(self.talking_since) + len(self.wrapping_since)


class Pacer(Protocol):
    """Decides how many calls to place now."""

    def start(self, info: PacingInfo) -> None:
        """Take the rules. What was learned before (or restored) is kept."""

    def observe(self, fact: Fact) -> None:
        """Take note of something that happened; facts come in order of time."""

    def decide(self, snapshot: Snapshot) -> int:
        """Number of calls to place now, never negative; the caller places them all or reports fewer ``Dialed``."""

    def explain(self) -> str:
        """One plain sentence about the last decision."""


def times(values: Iterable[float]) -> Times:
    """An array for a snapshot out of any moments (seconds)."""
    return np.fromiter(values, dtype=np.float64)


def room(info: PacingInfo, snapshot: Snapshot) -> int:
    """Calls that lines, calls per agent and the supply of contacts still allow; 0 when nobody is at work."""
    at_work = snapshot.at_work
    if at_work == 0:
        return 0
    per_agent = int(info.max_calls_per_agent * at_work + 1e-9) - len(snapshot.talking_since) - snapshot.outstanding
    if info.max_lines is not None:
        per_agent = min(per_agent, info.max_lines - snapshot.lines_in_use)
    if snapshot.dialable is not None:
        per_agent = min(per_agent, snapshot.dialable)
    return max(0, per_agent)
