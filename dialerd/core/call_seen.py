"""What a site's own rule function is shown of a call, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dialerd.core.filtering.conditions import CallFact
from dialerd.core.filtering.facts import Facts


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A number about to be dialed (``over`` False), or a call that is over; a function gets it so that it
    cannot change it. What is not
    known, or not yet, is None."""

    over: bool
    now: float
    """Epoch seconds: a function asks no clock of its own."""
    campaign: str
    contact_list: str
    contact_key: str
    columns: Mapping[str, str]
    number: str
    """E.164."""
    number_type: str
    attempts: int
    """Of the contact; of a call that is over with this one."""
    tries: Mapping[str, int]
    """The contact's attempts by disposition."""
    hour: int
    """0 to 23, on the called party's clock."""
    weekday: str
    """``mon`` to ``sun``."""
    last_disposition: str | None = None
    disposition: str | None = None
    analysis: str | None = None
    treatment: str | None = None
    agent: str | None = None
    talk_time_s: float | None = None
    flow_result: str | None = None
    hung_up_by: str | None = None
    marked: str | None = None
    """``machine`` or ``person``, as the agent said before it was over."""


@dataclass(frozen=True, slots=True)
class Said:
    """A function's answer. ``changes``: fields of the rule that it states itself, over those of the YAML."""

    fires: bool = False
    failed: bool = False
    """It raised, said something that is no answer, or took too long."""
    changes: Mapping[str, Any] = field(default_factory=dict)


RuleFunction = Callable[[CallSeen], Said]
"""Never raises."""


def call_seen(facts: Facts, contact_key: str, number: str, now: float, *, over: bool) -> CallSeen:
    """What is shown; ``facts`` with hour and weekday."""
    told = facts.of_call
    hour, talk_time = told.get(CallFact.HOUR), told.get(CallFact.TALK_TIME)
    return CallSeen(
        over, now, _text(told.get(CallFact.CAMPAIGN)) or "", facts.contact_list, contact_key,
        facts.columns, number, facts.number_type or "", facts.attempts,
        {name: count for name, count in facts.tallies.items() if name.islower()},
        int(hour) if isinstance(hour, float) else 0, _text(told.get(CallFact.WEEKDAY)) or "", facts.last_disposition,
        _text(told.get(CallFact.DISPOSITION)), _text(told.get(CallFact.ANALYSIS)),
        _text(told.get(CallFact.TREATMENT)), _text(told.get(CallFact.AGENT)),
        talk_time if isinstance(talk_time, float) else None,
        _text(told.get(CallFact.FLOW_RESULT)), _text(told.get(CallFact.HUNG_UP_BY)) or None,
        _text(told.get(CallFact.MARKED)),
    )  # fmt: skip


def _text(known: str | float | None) -> str | None:
    return None if known is None else str(known)
