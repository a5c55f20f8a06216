"""Abandon rates by every formula, from counts that the record gives: laws and vendors divide by different things.

Symbols, per campaign and window: ``A`` abandoned to a person; ``L`` live calls that reached an agent in time
(agentless: the message); ``F`` machine verdicts that were really persons, an estimate; ``m`` the share of calls that
reached an agent and were machines. A rate never goes without its formula's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Formula(StrEnum):
    """The name of a formula."""

    US_RATIO = "us_ratio"
    OFCOM_WITH_AMD = "ofcom_with_amd"
    OFCOM_WITHOUT_AMD = "ofcom_without_amd"
    PER_DIAL = "abandons_per_dial"
    PER_CONTACT = "abandons_per_contact"
    PER_QUEUED = "abandons_per_queued"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the record counts for one campaign in one window."""

    abandoned: int = 0
    reached: int = 0
    """Connected to an agent in time (agentless: heard the message)."""
    dials: int = 0
    """Attempts that reached the network."""
    persons: int = 0
    """Answered by what may be a person."""
    queued: int = 0
    """Answered, and meant for an agent: connected, abandoned, or hung up while waiting."""
    machine_verdicts: int = 0
    """Answers that call analysis took for a machine."""
    analysed: int = 0
    """Answers that AMD judged: more than none, and the formula with AMD applies."""
    marked_reached: int = 0
    """Reached calls of which somebody said what they were ..."""
    marked_machines: int = 0
    """... and those that were machines."""
    reviewed: int = 0
    """Machine verdicts that somebody listened to ..."""
    reviewed_persons: int = 0
    """... and those that were persons."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Shares to be used where nobody has marked any call; None: not stated, which counts as 0, not measured."""

    false_machine_share: float | None = None
    """Share of machine verdicts that are really persons."""
    machine_share: float | None = None
    """m."""


NOT_STATED = Estimates()


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated figure and where it comes from: ``marks``, ``stated`` or ``not measured``."""

    value: float
    basis: str


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate with all that it was made of. ``rate`` is a fraction, None while the denominator is 0."""

    formula: Formula
    expression: str
    source: str
    numerator: float
    denominator: float
    rate: float | None
    applies: bool
    """False: the formula is for campaigns with AMD and this is one without, or the other way round."""

    def met(self, limit: float | None) -> bool | None:
        """Whether the rate is within a limit (a fraction); None: there is no limit, or nothing to measure."""
        return None if limit is None or self.rate is None else self.rate <= limit


def false_machines(counts: Counts, estimates: Estimates) -> Estimate:
    """F: by the share that reviewers found among the machine verdicts they listened to, else by the stated share."""
    if counts.reviewed:
        return Estimate(counts.machine_verdicts * counts.reviewed_persons / counts.reviewed, "marks")
    if estimates.false_machine_share is not None:
        return Estimate(counts.machine_verdicts * estimates.false_machine_share, "stated")
    return Estimate(0.0, "not measured")


def machine_share(counts: Counts, estimates: Estimates) -> Estimate:
    """m: by the marks of agents, else as stated."""
    if counts.marked_reached:
        return Estimate(counts.marked_machines / counts.marked_reached, "marks")
    if estimates.machine_share is not None:
        return Estimate(estimates.machine_share, "stated")
    return Estimate(0.0, "not measured")


_Parts = Callable[[float, float, float, float, Counts], tuple[float, float]]
"""(A, L, F, m, counts) -> (numerator, denominator)."""

_FORMULAS: Mapping[Formula, tuple[str, str, _Parts]] = {
    Formula.US_RATIO: (
        "A / (A + L)", "16 CFR 310.4(b)(4); 47 CFR 64.1200(a)(7)", lambda a, live, f, m, c: (a, a + live),
    ),
    Formula.OFCOM_WITH_AMD: (
        "(A + F) / (A + F + L)", "Ofcom, statement of 2010", lambda a, live, f, m, c: (a + f, a + f + live),
    ),
    Formula.OFCOM_WITHOUT_AMD: (
        "A(1 - m) / (A(1 - m) + L)", "Ofcom, statement of 2010",
        lambda a, live, f, m, c: (a * (1 - m), a * (1 - m) + live),
    ),
    Formula.PER_DIAL: ("A / dials", "vendors", lambda a, live, f, m, c: (a, c.dials)),
    Formula.PER_CONTACT: ("A / contacts", "vendors", lambda a, live, f, m, c: (a, c.persons)),
    Formula.PER_QUEUED: ("A / calls that reached the queue", "vendors", lambda a, live, f, m, c: (a, c.queued)),
}  # fmt: skip

FORMULA_NAMES = tuple(str(formula) for formula in Formula)
REGULATORS = (Formula.US_RATIO, Formula.OFCOM_WITH_AMD, Formula.OFCOM_WITHOUT_AMD)
"""The formulas of laws; the others are what vendors report."""


def rates(counts: Counts, estimates: Estimates = NOT_STATED) -> dict[Formula, Rate]:
    """Every rate, each by its formula's name. A call that an agent marked as a machine was no live call, and is taken
    out of L."""
    abandoned, live = float(counts.abandoned), float(counts.reached - counts.marked_machines)
    f, m = false_machines(counts, estimates).value, machine_share(counts, estimates).value
    with_amd = counts.analysed > 0
    found = {}
    for formula, (expression, source, parts) in _FORMULAS.items():
        above, below = parts(abandoned, live, f, m, counts)
        applies = formula not in (Formula.OFCOM_WITH_AMD, Formula.OFCOM_WITHOUT_AMD) or (
            (formula is Formula.OFCOM_WITH_AMD) is with_amd
        )
        found[formula] = Rate(formula, expression, source, above, below, above / below if below else None, applies)
    return found
