"""What an attempt carries of its campaign's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from dialerd.core.filtering.conditions import Filter, IdleAgents, columns_of, leaves
from dialerd.core.pre_call import RuleSet, Ruling


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


def queues_asked(rule_sets: tuple[RuleSet, ...]) -> frozenset[str]:
    """Queues whose idle agents a rule looks at; empty: the campaign's."""
    conditions = [
        rule.condition for rule_set in rule_sets for rule in rule_set.pre_call if rule.condition is not None
    ]
    fields = (leaf.field for condition in conditions for leaf in leaves(condition.condition))
    return frozenset(field.queue for field in fields if isinstance(field, IdleAgents))


def rules_stamp(
    rule_sets: tuple[RuleSet, ...], ruling: Ruling, columns: Mapping[str, str], idle: Callable[[str], int | None]
) -> dict[str, Any] | None:
    """For :attr:`~dialerd.core.attempt.AttemptRecord.rules`: a call that a later run of the daemon adopts is judged
    by the columns that are kept here, and `rules test` by the idle agents. None: the campaign has no rules."""
    if not rule_sets:
        return None
    # A site's own function may look at any column.
    asked = columns.keys() if asks_functions(rule_sets) else columns_asked(rule_sets)
    kept = {name: columns[name] for name in sorted(asked & columns.keys())}
    stamp: dict[str, Any] = {"pre_call": list(ruling.fired), "columns": kept}
    queues = queues_asked(rule_sets)
    if queues:
        stamp["idle_agents"] = {queue: idle(queue) for queue in sorted(queues)}
    if ruling.webhooks:
        stamp["webhooks"] = [list(one) for one in ruling.webhooks]
    return stamp
