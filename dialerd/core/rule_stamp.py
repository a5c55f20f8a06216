"""What an attempt carries of its campaign's rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dialerd.core.filtering.conditions import (
    AgentFact,
    CallFact,
    Field,
    Filter,
    IdleAgents,
    SkilledIdle,
    columns_of,
    leaves,
)
from dialerd.core.pre_call import RuleSet, Ruling
from dialerd.core.skills import AFTER, BEFORE, Idle, noted


@lru_cache(maxsize=1000)
def _columns(condition: Filter) -> tuple[str, ...]:
    return columns_of(condition.condition)


def columns_asked(rule_sets: tuple[RuleSet, ...]) -> frozenset[str]:
    """Every column that a rule looks at."""
    conditions = [rule.condition for rule_set in rule_sets for rule in rule_set.pre_call]
    conditions += [rule.condition for rule_set in rule_sets for rule in rule_set.wrap_up]
    written = [name for rule_set in rule_sets for rule in rule_set.wrap_up for name in rule.columns.values()]
    looked_at = [name for condition in conditions if condition is not None for name in _columns(condition)]
    return frozenset([*looked_at, *written])


def asks_functions(rule_sets: tuple[RuleSet, ...]) -> bool:
    """A rule after the call asks a site's own function."""
    return any(rule.function is not None for rule_set in rule_sets for rule in rule_set.wrap_up)


def idle_stamp(rule_sets: tuple[RuleSet, ...], idle: Idle, *, after: bool = False) -> dict[str, Any]:
    """What the rules before the call, or ``after`` it, look at of the agents who are idle: their number by queue
    (empty: the campaign's), and who they are."""
    fields = _fields_asked(rule_sets, after)
    queues = sorted({field.queue for field in fields if isinstance(field, IdleAgents)})
    counts, who = AFTER if after else BEFORE
    stamp: dict[str, Any] = {counts: {queue: idle.count(queue) for queue in queues}} if queues else {}
    if any(isinstance(field, AgentFact | SkilledIdle) and field is not AgentFact.AGENT_SKILL for field in fields):
        stamp[who] = noted(idle)
    return stamp


def asks_agent(rule_sets: tuple[RuleSet, ...]) -> bool:
    """A rule after the call asks for the name or the skills of the agent who had it."""
    written = {source for rule_set in rule_sets for rule in rule_set.wrap_up for source in rule.columns.values()}
    asked = {CallFact.AGENT_NAME, AgentFact.AGENT_SKILL}
    return CallFact.AGENT_NAME in written or any(field in asked for field in _fields_asked(rule_sets, True))


def _fields_asked(rule_sets: tuple[RuleSet, ...], after: bool) -> list[Field]:
    conditions = [
        rule.condition
        for rule_set in rule_sets
        for rule in (rule_set.wrap_up if after else rule_set.pre_call)
        if rule.condition is not None
    ]
    return [field for condition in conditions for field in _fields(condition)]


@lru_cache(maxsize=1000)
def _fields(condition: Filter) -> tuple[Field, ...]:
    return tuple(leaf.field for leaf in leaves(condition.condition))


def rules_stamp(
    rule_sets: tuple[RuleSet, ...], ruling: Ruling, columns: Mapping[str, str], idle: Idle
) -> dict[str, Any] | None:
    """For :attr:`~dialerd.core.attempt.AttemptRecord.rules`: a call that a later run of the daemon adopts is judged
    by the columns that are kept here, and `rules test` by the idle agents. None: the campaign has no rules."""
    if not rule_sets:
        return None
    # A site's own function may look at any column.
    asked = columns.keys() if asks_functions(rule_sets) else columns_asked(rule_sets)
    kept = {name: columns[name] for name in sorted(asked & columns.keys())}
    stamp: dict[str, Any] = {"pre_call": list(ruling.fired), "columns": kept, **idle_stamp(rule_sets, idle)}
    if ruling.webhooks:
        stamp["webhooks"] = [list(one) for one in ruling.webhooks]
    return stamp
