"""The answer of a condition for one contact."""

from __future__ import annotations

import re
from functools import lru_cache

from dialerd.core.filtering.conditions import (
    AGES,
    AgentFact,
    All,
    AnyOf,
    CallFact,
    Comparison,
    Condition,
    Day,
    Empty,
    Field,
    How,
    Kind,
    Match,
    Membership,
    Not,
    Operator,
    Value,
    is_count,
)
from dialerd.core.filtering.facts import Facts, Moment, date_of, number_of, since_of, text_of, texts_of


def holds(condition: Condition, facts: Facts, moment: Moment) -> bool:
    """Whether the contact passes."""
    if isinstance(condition, All):
        return all(holds(part, facts, moment) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, facts, moment) for part in condition.parts)
    if isinstance(condition, Not):
        return not holds(condition.part, facts, moment)
    if isinstance(condition.field, AgentFact):
        return _holds_for_one(condition, texts_of(condition.field, facts))
    if isinstance(condition, Empty):
        return _is_empty(condition.field, facts)
    if isinstance(condition, Match):
        text = text_of(condition.field, facts)
        return text is not None and _found(condition, text)
    found = _value(condition.field, condition.kind, facts, moment)
    if found is None:
        return False
    if isinstance(condition, Membership):
        return any(_compare(found, Operator.EQUAL, _settled(value, moment)) for value in condition.values)
    return _compare(found, condition.operator, _settled(condition.value, moment))


def _holds_for_one(condition: Comparison | Membership | Match | Empty, texts: list[str]) -> bool:
    if isinstance(condition, Empty):
        return not texts
    if isinstance(condition, Match):
        return any(_found(condition, text) for text in texts)
    if isinstance(condition, Membership):
        return any(text in condition.values for text in texts)
    return any(_compare(text, condition.operator, str(condition.value)) for text in texts)


def like(pattern: str) -> re.Pattern[str]:
    """The pattern with `*` and `?` as a regular expression for the whole text."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


_like = lru_cache(maxsize=256)(like)


def _found(condition: Match, text: str) -> bool:
    if condition.how is How.STARTS:
        return text.startswith(condition.text)
    if condition.how is How.ENDS:
        return text.endswith(condition.text)
    if condition.how is How.CONTAINS:
        return condition.text in text
    return _like(condition.text).fullmatch(text) is not None


def _is_empty(field: Field, facts: Facts) -> bool:
    if isinstance(field, CallFact):
        return facts.of_call.get(field) in (None, "")
    if is_count(field):
        return False
    return (since_of(field, facts) if field in AGES else text_of(field, facts)) is None


def _value(field: Field, kind: Kind, facts: Facts, moment: Moment) -> str | float | None:
    if field is CallFact.TALK_TIME:
        return number_of(field, facts)
    if kind is Kind.SPAN:
        since = since_of(field, facts)
        return None if since is None else moment.now - since
    if kind is Kind.NUMBER:
        return number_of(field, facts)
    return date_of(field, facts) if kind is Kind.DATE else text_of(field, facts)


def _settled(value: Value, moment: Moment) -> str | float:
    return moment.day(value) if isinstance(value, Day) else value


def _compare(found: str | float, operator: Operator, value: str | float) -> bool:
    if isinstance(found, str):
        value = str(value)
        return _ordered(operator, (found > value) - (found < value))
    value = float(value)
    return _ordered(operator, (found > value) - (found < value))


def _ordered(operator: Operator, sign: int) -> bool:
    return {
        Operator.EQUAL: sign == 0,
        Operator.LESS: sign < 0,
        Operator.AT_MOST: sign <= 0,
        Operator.MORE: sign > 0,
        Operator.AT_LEAST: sign >= 0,
    }[operator]
