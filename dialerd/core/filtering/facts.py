"""What can be asked of one contact at one moment, and how its texts are read.

The stores' SQL reads texts by the same rules; a property test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.core.filtering.conditions import (
    AgentFact,
    Builtin,
    CallFact,
    Column,
    Day,
    Field,
    IdleAgents,
    SkilledIdle,
    Tally,
)
from dialerd.core.skills import Idle

LONGEST_NUMBER = 15
"""Characters: more digits than these are not exact in a double."""
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]*")
_DATE = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class Facts:
    """A contact's columns and standing. Times in epoch seconds; None: never, or not known."""

    contact_list: str
    columns: Mapping[str, str]
    attempts: int = 0
    last_disposition: str | None = None
    last_attempt_at: float | None = None
    added_at: float | None = None
    number_type: str | None = None
    priority: int = 0
    of_call: Mapping[CallFact, str | float | None] = field(default_factory=dict)
    """What rules may ask besides; spans in seconds."""
    tallies: Mapping[str, int] = field(default_factory=dict)
    """The contact's attempts by disposition."""
    idle: Idle | None = None
    """Who could take a call."""
    agent_skills: tuple[str, ...] = ()
    """Of the agent who had the call."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a filter is asked. ``today``: ISO date in the campaign's time zone; ``now``: epoch seconds."""

    now: float
    today: str

    def day(self, day: Day) -> str:
        """The ISO date that is meant."""
        if day.iso is not None:
            return day.iso
        return (datetime.fromisoformat(self.today) + timedelta(days=day.days)).date().isoformat()


def moment_at(now: float, zone: str) -> Moment:
    """The moment ``now`` (epoch seconds) in a time zone (IANA name)."""
    return Moment(now, datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone)).date().isoformat())


def small(text: str) -> str:
    """A-Z as a-z; other letters stay: databases differ in what they take for a capital letter."""
    return text.translate(_SMALL)


def text_of(field: Field, facts: Facts) -> str | None:
    """The field's text in small letters A-Z and without spaces around it; None when empty."""
    raw: str | None
    if isinstance(field, Column):
        raw = facts.columns.get(field.name)
    elif field is Builtin.LAST_DISPOSITION:
        raw = facts.last_disposition
    elif field is Builtin.NUMBER_TYPE:
        raw = facts.number_type
    elif field is Builtin.LIST:
        raw = facts.contact_list
    elif isinstance(field, CallFact):
        known = facts.of_call.get(field)
        raw = None if known is None else str(known)
    else:
        raise AssertionError(f"{field} has no text")
    return small(raw.strip(" ")) or None if raw is not None else None


def texts_of(field: AgentFact, facts: Facts) -> list[str]:
    """All the field's texts, as :func:`text_of` would write each."""
    if field is AgentFact.AGENT_SKILL:
        found = list(facts.agent_skills)
    else:
        idle = facts.idle.who() if facts.idle is not None else ()
        by_name = field is AgentFact.IDLE_AGENT
        found = [text for one in idle for text in ((one.agent, one.name) if by_name else one.skills)]
    return [text for one in found if (text := small(one.strip(" ")))]


def number_of(field: Field, facts: Facts) -> float | None:
    """The field as a number: digits with at most one point, and a minus in front; None when it is none."""
    if field is Builtin.ATTEMPTS:
        return float(facts.attempts)
    if field is Builtin.PRIORITY:
        return float(facts.priority)
    if isinstance(field, Tally):
        return float(facts.tallies.get(field.disposition, 0))
    if isinstance(field, IdleAgents):
        count = facts.idle.count(field.queue) if facts.idle is not None else None
        return None if count is None else float(count)
    if isinstance(field, SkilledIdle):
        return float(sum(field.skill in one.skills for one in facts.idle.who())) if facts.idle is not None else None
    if isinstance(field, CallFact):
        known = facts.of_call.get(field)
        return known if isinstance(known, float) else None
    text = text_of(field, facts)
    if text is None or len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text) if any(c.isdigit() for c in text) else None


def date_of(field: Field, facts: Facts) -> str | None:
    """The day in the field, ``YYYY-MM-DD``; None when it does not begin with one."""
    text = text_of(field, facts)
    return text[:10] if text is not None and _DATE.match(text) else None


def since_of(field: Field, facts: Facts) -> float | None:
    """From when the field's age counts, epoch seconds."""
    return facts.added_at if field is Builtin.AGE else facts.last_attempt_at
