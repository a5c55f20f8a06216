"""How often call analysis is wrong, by what people said of calls: shares with their confidence intervals.

Two mistakes, and where each can be seen. A person taken for a machine (false positive) is hung up on, so nobody hears
it: it shows in the sample of machine verdicts that are given to agents all the same, or that somebody listened to. A
machine taken for a person (false negative) reaches an agent, who marks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialerd.core.wilson import interval

SAMPLED = "sample"
"""What the analysis rule of a machine verdict begins with that was given to an agent to be marked."""


class Mark(StrEnum):
    """What somebody who heard a call said it was."""

    MACHINE = "machine"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class MarkedCall:
    """What somebody said that a call was. Times: epoch seconds."""

    attempt: str
    campaign: str
    number: str
    answered_at: float | None
    analysis: str | None
    """What call analysis took it for."""
    mark: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Share:
    """``found`` of ``of``, with Wilson's interval at 95 %; fractions, None while ``of`` is 0."""

    found: int
    of: int
    share: float | None
    low: float | None
    high: float | None


def share_of(found: int, of: int) -> Share:
    """The share and its interval. ``found`` is from 0 to ``of``."""
    if of <= 0:
        return Share(found, of, None, None, None)
    return Share(found, of, found / of, *interval(found, of))


@dataclass(frozen=True, slots=True)
class MarkCounts:
    """What the record counts of answers that AMD judged, for one campaign and trunk."""

    campaign: str
    trunk: str
    machine_verdicts: int
    """Taken for a machine, sampled ones among them."""
    reviewed: int
    """... of which somebody said what they were ..."""
    reviewed_persons: int
    """... and that were persons."""
    connected: int
    """Not taken for a machine, and given to an agent ..."""
    marked: int
    """... who said what they were ..."""
    marked_machines: int
    """... and that were machines."""


@dataclass(frozen=True, slots=True)
class AmdTruth:
    """The mistakes of call analysis for one campaign and trunk."""

    counts: MarkCounts
    false_positive: Share
    """Persons among the machine verdicts that were reviewed."""
    false_negative: Share
    """Machines among the calls that agents marked: right where they mark persons as well."""
    false_negative_at_least: Share
    """Machines among all calls that agents got: unmarked ones count as persons."""


def amd_truth(counts: MarkCounts) -> AmdTruth:
    """The shares of what was counted."""
    return AmdTruth(
        counts, share_of(counts.reviewed_persons, counts.reviewed), share_of(counts.marked_machines, counts.marked),
        share_of(counts.marked_machines, counts.connected),
    )  # fmt: skip


def is_sampled(attempt_id: str, share: float) -> bool:
    """Whether an attempt is in a sample of this size (a fraction): by its id, spread evenly."""
    digits = attempt_id.rpartition("-")[2]
    spread = int(digits or "0", 16) * 0x9E3779B97F4A7C15 % (1 << 64)
    return spread < share * (1 << 64)
