"""Conditions over one contact, as a tree. Every condition is true or false; there is no third answer.

What is compared: a value is the text of a column without spaces around it. An empty or missing column, and one that
is no number (no date) where numbers (dates) are compared, makes a comparison false; its negation is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Builtin(StrEnum):
    """What dialerd itself knows of a contact. A column of the same name is written in backquotes."""

    ATTEMPTS = "attempts"
    """Attempts so far that were really dialed."""
    PRIORITY = "priority"
    """0 unless somebody gave the contact another one; larger is more urgent."""
    LAST_DISPOSITION = "last_disposition"
    LAST_ATTEMPT_AGE = "last_attempt_age"
    """Time since the last attempt ended; empty before the first one."""
    AGE = "age"
    """Time since the contact was imported or added."""
    NUMBER_TYPE = "number_type"
    """Type of the number that is dialed next."""
    LIST = "list"
    """Name of its contact list."""


class CallFact(StrEnum):
    """What is known besides when a rule about one call is asked; only rules can ask for it."""

    HOUR = "hour"
    """0 to 23, on the called party's clock."""
    WEEKDAY = "weekday"
    """``mon`` to ``sun``, on the called party's calendar."""
    CAMPAIGN = "campaign"
    DISPOSITION = "disposition"
    """How this call ended. From here on: known when the call is over."""
    ANALYSIS = "analysis"
    TREATMENT = "treatment"
    AGENT = "agent"
    AGENT_NAME = "agent_name"
    """The queue member's name."""
    TALK_TIME = "talk_time"
    """How long caller and agent were connected; empty when they were not."""
    FLOW_RESULT = "flow_result"
    TRIES = "tries"
    """The contact's attempts that ended with this disposition, this one included."""
    HUNG_UP_BY = "hung_up_by"
    MARKED = "marked"
    """What the agent said that it was, before it was over: ``machine`` or ``person``."""


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BEFORE_CALL = frozenset({CallFact.HOUR, CallFact.WEEKDAY, CallFact.CAMPAIGN})
AGES = frozenset({Builtin.AGE, Builtin.LAST_ATTEMPT_AGE})
SPANS: frozenset[Builtin | CallFact] = AGES | {CallFact.TALK_TIME}
NUMBERS: frozenset[Builtin | CallFact] = frozenset(
    {Builtin.ATTEMPTS, Builtin.PRIORITY, CallFact.HOUR, CallFact.TRIES}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the contact list, by its name in the file's first line."""

    name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the contact's attempts ended with a disposition: ``tries_busy``. Only rules can ask for it."""

    disposition: str

    def __str__(self) -> str:
        return f"tries_{self.disposition}"


IDLE = "idle_agents"


@dataclass(frozen=True, slots=True)
class IdleAgents:
    """How many agents of a queue could take a call now; ``queue`` empty: the campaign's. Only rules can ask for
    it."""

    queue: str = ""

    def __str__(self) -> str:
        return f"{IDLE}_{self.queue}" if self.queue else IDLE


class AgentFact(StrEnum):
    """Texts of which there may be several: a condition holds if it does for one of them. Only rules can ask."""

    IDLE_AGENT = "idle_agent"
    """Extensions and names of those agents of the campaign's queue who could take a call now."""
    IDLE_SKILL = "idle_skill"
    """Their skills."""
    AGENT_SKILL = "agent_skill"
    """Skills of the agent who had the call; known when it is over."""


IDLE_WITH = "idle_skill_"


@dataclass(frozen=True, slots=True)
class SkilledIdle:
    """How many agents of the campaign's queue with this skill could take a call now. Only rules can ask for it."""

    skill: str

    def __str__(self) -> str:
        return f"{IDLE_WITH}{self.skill}"


Field = Column | Builtin | CallFact | Tally | IdleAgents | AgentFact | SkilledIdle


class Kind(StrEnum):
    """How two values are compared."""

    TEXT = "text"
    """By code points; A-Z count as a-z."""
    NUMBER = "number"
    DATE = "date"
    """By day; what stands behind `YYYY-MM-DD` is not looked at."""
    SPAN = "span"
    """Seconds; ages only."""


class Operator(StrEnum):
    """Comparisons; `!=` is the negation of `=`."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class How(StrEnum):
    """Where a text must be found."""

    STARTS = "starts with"
    ENDS = "ends with"
    CONTAINS = "contains"
    LIKE = "like"
    """The whole text; `*` stands for any characters, `?` for one."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date: ``iso``, or without it today (in the campaign's time zone) and so many days more."""

    iso: str | None = None
    days: int = 0


Value = str | float | Day


@dataclass(frozen=True, slots=True)
class Comparison:
    """The field's value against another one. ``value``: text in small letters A-Z, a number, a day, seconds."""

    field: Field
    kind: Kind
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    """The field's value is one of these."""

    field: Field
    kind: Kind
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The field's text is like this one (small letters A-Z)."""

    field: Field
    how: How
    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    """The field has no value."""

    field: Field


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Comparison | Membership | Match | Empty | All | AnyOf | Not


class Filter:
    """An expression with its condition. Filters of the same text are equal."""

    __slots__ = ("condition", "text")

    def __init__(self, text: str, condition: Condition) -> None:
        self.text = text
        self.condition = condition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def leaves(condition: Condition) -> Iterator[Comparison | Membership | Match | Empty]:
    """Its comparisons, from left to right."""
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def is_count(field: Field) -> bool:
    """A number that is always known."""
    return isinstance(field, Tally | IdleAgents | SkilledIdle) or field in NUMBERS


def columns_of(condition: Condition) -> tuple[str, ...]:
    """Names of the columns it looks at, each once, from left to right."""
    fields = (leaf.field for leaf in leaves(condition))
    return tuple(dict.fromkeys(field.name for field in fields if isinstance(field, Column)))


def changes_with_time(condition: Condition) -> bool:
    """Its answer for a contact may change although nothing about the contact does."""
    for leaf in leaves(condition):
        if isinstance(leaf, Comparison) and (leaf.kind is Kind.SPAN or _moves(leaf.value)):
            return True
        if isinstance(leaf, Membership) and any(_moves(value) for value in leaf.values):
            return True
    return False


def _moves(value: Value) -> bool:
    return isinstance(value, Day) and value.iso is None
