"""The people and machines at the far end, drawn at random, and what they experienced."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, log
from random import Random


@dataclass(slots=True)
class Callee:
    """Who is at the other end of one call, and what happened to them. Times are world seconds."""

    number: str
    kind: str
    """``person`` or ``machine``, or a key of :data:`ENDINGS`."""
    ring_s: float
    """From dialing to the answer or the refusal."""
    speech_after_s: float | None
    """From the answer to the first sound; None: says nothing."""
    greeting_s: float
    patience_s: float
    """How long a person stays on a line on which nobody speaks."""
    talk_s: float
    hangs_up_first: bool
    """The callee ends the conversation, not the agent."""
    amd_status: str
    amd_cause: str
    amd_s: float
    # --- what they experienced -------------------------------------------------------------------------
    dialed_at: float = 0.0
    answered_at: float | None = None
    speech_at: float | None = None
    greeting_end_at: float | None = None
    connected_at: float | None = None
    spoke_with: list[str] = field(default_factory=list)
    """Agents; more than one where the first one's line dropped while the daemon was away."""
    message_at: float | None = None
    ended_at: float | None = None
    ended_by: str = ""
    blind_s: float = 0.0
    """For how long facts about this call were on their way to the daemon, at most, or it was not there to act."""
    out_of_sight: bool = False
    """The daemon, or its connection, was gone for some time during the call."""
    answer_told: bool = False
    """The daemon was told of the answer."""

    def silence_s(self, clock_from_greeting_end: bool) -> float | None:
        """How long a person waited for an agent or a message, from the start of the legal clock to that or to the
        end of the call; None where the clock never began."""
        if clock_from_greeting_end:
            start = self.greeting_end_at
        else:
            start = self.speech_at if self.speech_at is not None else self.answered_at
        if start is None:
            return None
        heard = [at for at in (self.connected_at, self.message_at, self.ended_at) if at is not None]
        return max(0.0, min(heard) - start) if heard else None


_KINDS = (
    ("person", 0.34), ("machine", 0.20), ("no_answer", 0.16), ("busy", 0.12), ("rejected", 0.06),
    ("congestion", 0.05), ("invalid", 0.04), ("no_progress", 0.03),
)  # fmt: skip

_NAMES = tuple(name for name, _ in _KINDS)
_BOUNDS = list(accumulate(share for _, share in _KINDS))

ENDINGS: dict[str, tuple[int, int]] = {
    "busy": (17, 486),
    "rejected": (21, 403),
    "congestion": (34, 503),
    "invalid": (1, 404),
    "no_answer": (19, 480),
    "no_progress": (19, 480),
}
"""Q.850 cause and SIP status as a real Asterisk was seen to report them."""


def lognormal(rng: Random, median: float, sigma: float) -> float:
    """A draw from the lognormal distribution with this median."""
    return exp(rng.gauss(log(median), sigma))


def draw(rng: Random, number: str, talk_s: float) -> Callee:
    """Somebody at ``number``; ``talk_s`` is the median length of a conversation."""
    kind = _NAMES[bisect(_BOUNDS, rng.random() * _BOUNDS[-1], 0, len(_NAMES) - 1)]
    answers = kind in ("person", "machine")
    ring_s = min(lognormal(rng, 8.0 if answers else 2.0, 0.6), 60.0)
    speech_after_s: float | None = min(lognormal(rng, 0.6, 0.5), 3.0)
    if kind == "machine":
        status, cause, amd_s = "MACHINE", "LONGGREETING-1750-1750", rng.uniform(1.8, 4.5)
        if rng.random() < 0.25:
            status, cause, amd_s = "NOTSURE", "TOOLONG-5000-0", 5.0
        greeting_s, patience_s = rng.uniform(5.0, 12.0), rng.uniform(15.0, 40.0)
    else:
        greeting_s = min(lognormal(rng, 0.8, 0.5), 4.0)
        if rng.random() < 0.03:
            speech_after_s = None
        patience_s = rng.uniform(0.2, 1.0) if rng.random() < 0.04 else 2.5 + lognormal(rng, 3.0, 0.6)
        if speech_after_s is None:
            status, cause, amd_s = "NOTSURE", "TOOLONG-5000-0", 5.0
        elif rng.random() < 0.06:
            status, cause, amd_s = "MACHINE", "MAXWORDS-3-2", speech_after_s + rng.uniform(0.5, 1.8)
        else:
            status, cause, amd_s = "HUMAN", "HUMAN-1000-1000", speech_after_s + greeting_s + 1.0
        if amd_s > 5.0:
            status, cause, amd_s = "NOTSURE", "TOOLONG-5000-0", 5.0
    return Callee(
        number, kind, ring_s, speech_after_s, greeting_s, patience_s,
        min(lognormal(rng, talk_s, 0.8), 900.0), rng.random() < 0.7, status, cause, amd_s,
    )  # fmt: skip
