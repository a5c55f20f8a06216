"""What call analysis said and what people said afterwards, set against each other: by profile, rule and cause.

A verdict is counted as it was given, also where the call went to an agent to be checked (``sample:…``): then it was
`machine`. It was wrong where somebody marked the call otherwise: a person behind `machine`, `fax` or `sit`, a machine
behind anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from dialerd.core.amd_truth import SAMPLED, Share, share_of
from dialerd.core.treatment import CallAnalysis

Key = TypeVar("Key", bound=Hashable)
NO_PERSON = frozenset({CallAnalysis.MACHINE.value, CallAnalysis.FAX.value, CallAnalysis.SIT.value})
"""Verdicts by which nobody is there."""


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """So many answers of one kind, and how many of them were marked as what."""

    campaign: str
    trunk: str
    profile: str
    """Profile of the call analysis; empty for calls of which that was not kept."""
    verdict: str
    rule: str
    cause: str
    """First word of AMDCAUSE; empty: ``AMD()`` said nothing."""
    calls: int
    marked_persons: int
    marked_machines: int


def counted(
    campaign: str, trunk: str, profile: str, analysis: str, rule: str, cause: str, calls: int, persons: int,
    machines: int,
) -> VerdictCount:  # fmt: skip
    """From what the record has: ``rule`` with its prefix, ``cause`` with its figures."""
    kind, _, behind = rule.partition(":")
    sampled = kind == SAMPLED
    verdict = CallAnalysis.MACHINE.value if sampled else analysis
    return VerdictCount(
        campaign, trunk, profile, verdict, behind if sampled else rule, cause.partition("-")[0], calls, persons,
        machines,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confusion:
    """One line of a table: a kind of verdict against what people said."""

    name: str
    """Of the profile, rule or cause; ``profile/rule`` in the table by both."""
    verdict: str
    calls: int
    marked_persons: int
    marked_machines: int
    wrong: Share
    """Of the marked ones those that were something else; fractions with Wilson's interval at 95 %."""


@dataclass(frozen=True, slots=True)
class FalsePositive:
    """Persons among the machine verdicts that were reviewed, of one campaign and trunk, or (trunk None) of all."""

    campaign: str
    trunk: str | None
    machine_verdicts: int
    persons: Share


@dataclass(frozen=True, slots=True)
class AmdReport:
    """All tables."""

    calls: int
    marked: int
    by_profile: tuple[Confusion, ...]
    by_rule: tuple[Confusion, ...]
    by_cause: tuple[Confusion, ...]
    false_positive: tuple[FalsePositive, ...]


def amd_report(counts: Iterable[VerdictCount]) -> AmdReport:
    """The tables of what was counted; lines in the order of their names."""
    all_of = tuple(counts)
    return AmdReport(
        sum(one.calls for one in all_of),
        sum(one.marked_persons + one.marked_machines for one in all_of),
        _table(all_of, lambda one: one.profile),
        _table(all_of, lambda one: f"{one.profile}/{one.rule}"),
        _table([one for one in all_of if one.cause], lambda one: one.cause),
        tuple(_false_positives(all_of)),
    )


def _table(counts: Iterable[VerdictCount], name: Callable[[VerdictCount], str]) -> tuple[Confusion, ...]:
    lines = []
    for (of, verdict), group in sorted(_grouped(counts, lambda one: (name(one), one.verdict)).items()):
        persons = sum(one.marked_persons for one in group)
        machines = sum(one.marked_machines for one in group)
        wrong = persons if verdict in NO_PERSON else machines
        calls = sum(one.calls for one in group)
        lines.append(Confusion(of, verdict, calls, persons, machines, share_of(wrong, persons + machines)))
    return tuple(lines)


def _false_positives(counts: Iterable[VerdictCount]) -> Iterable[FalsePositive]:
    said = [one for one in counts if one.verdict == CallAnalysis.MACHINE.value]
    for campaign, of_campaign in sorted(_grouped(said, lambda one: one.campaign).items()):
        yield _false_positive(campaign, None, of_campaign)
        by_trunk = _grouped(of_campaign, lambda one: one.trunk)
        for trunk, of_trunk in sorted(by_trunk.items()):
            yield _false_positive(campaign, trunk, of_trunk)


def _false_positive(campaign: str, trunk: str | None, counts: list[VerdictCount]) -> FalsePositive:
    persons = sum(one.marked_persons for one in counts)
    reviewed = persons + sum(one.marked_machines for one in counts)
    return FalsePositive(campaign, trunk, sum(one.calls for one in counts), share_of(persons, reviewed))


def _grouped(counts: Iterable[VerdictCount], key: Callable[[VerdictCount], Key]) -> dict[Key, list[VerdictCount]]:
    found: dict[Key, list[VerdictCount]] = {}
    for one in counts:
        found.setdefault(key(one), []).append(one)
    return found
