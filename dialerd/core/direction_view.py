"""What an operator may see of sequences and campaign rules."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.directing import Directing
from dialerd.core.sequencing import SequenceState, Sequencing


@dataclass(frozen=True, slots=True)
class SequenceView:
    """One sequence."""

    name: str
    state: str
    campaigns: tuple[str, ...]
    loop: bool
    current: str | None
    """The campaign whose turn it is; None: the sequence is complete."""
    waiting_for: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One campaign rule. Times are epoch seconds."""

    name: str
    campaign: str
    target: str
    active: bool
    when: str
    until: str | None
    does: str
    changed_at: float | None
    """Its last edge; None: it never acted."""
    holds_since: float | None
    """Since when the condition of its next edge has held."""


def sequence_views(sequencing: Sequencing) -> tuple[SequenceView, ...]:
    """All sequences, by name."""
    return tuple(
        SequenceView(
            name, run.state.value, run.settings.campaigns, run.settings.loop,
            None if run.state is SequenceState.COMPLETE else run.current, sequencing.waiting_for(run),
        )
        for name, run in sorted(sequencing.runs.items())
    )  # fmt: skip


def rule_views(directing: Directing) -> tuple[RuleView, ...]:
    """All campaign rules, by name."""
    found = []
    for name, run in sorted(directing.runs.items()):
        rule = run.rule
        does = [rule.order.value] if rule.order is not None else []
        does += [f"{key} {value}" for key, value in rule.settings.items()]
        found.append(
            RuleView(
                name, rule.campaign, rule.target, run.active, str(rule.when),
                str(rule.until) if rule.until is not None else None, ", ".join(does),
                run.changed_at or None, run.holds_since,
            )
        )  # fmt: skip
    return tuple(found)
