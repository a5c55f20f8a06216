"""The nodes of a flow. Each does one thing and names the node that comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialerd.core.filtering.conditions import Filter, columns_of
from dialerd.core.flow.prompts import Prompt, Text
from dialerd.core.weekly_hours import WeeklyHours

KEYS = frozenset("0123456789*#")
DIALED_KEY = "key"
"""The column in which a flow finds the keys of the last gather."""


@dataclass(frozen=True, slots=True)
class Play:
    """Plays a prompt. Keys pressed meanwhile are kept for the next gather."""

    prompt: Prompt
    next: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Plays a prompt and waits for keys.

    Keys count from the prompt's first moment on, and end it, unless ``interruptible`` is False. It is over with
    ``most`` keys, with the key ``finish_on``, or when after the last key ``between_s`` seconds went by; nothing at
    all within ``timeout_s`` seconds after the prompt is no input. Wrong keys (neither in ``keys`` nor as ``pattern``
    wants), or none, play ``wrong_prompt`` (or nothing) and the prompt again, ``retries`` times in all.
    """

    prompt: Prompt
    keys: Mapping[str, str] = field(default_factory=dict)
    """What was pressed -> the node that comes next."""
    least: int = 1
    most: int = 1
    finish_on: str | None = "#"
    pattern: str | None = None
    """A regular expression for the whole input, where ``keys`` does not name it."""
    into: str | None = None
    """The column that takes what was pressed."""
    next: str | None = None
    """The node after an input that ``keys`` does not name; None: only those in ``keys`` are right."""
    timeout_s: float = 5.0
    between_s: float = 3.0
    retries: int = 2
    interruptible: bool = True
    wrong_prompt: Prompt = field(default_factory=Prompt)
    on_wrong: str | None = None
    """The node after too many wrong inputs; None: the call ends with the result ``wrong_keys``."""
    on_no_input: str | None = None
    """The node after too many silences; None: the call ends with the result ``no_input``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way out of a branch; every condition that is stated must hold."""

    next: str
    condition: Filter | None = None
    hours: WeeklyHours | None = None
    """It is within these hours, in the campaign's time zone: those of the people who would speak with the caller."""
    local_hours: WeeklyHours | None = None
    """It is within these hours where the called party is, in every time zone in which that may be."""
    idle_agents: str | None = None
    """An agent of this queue is idle."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The first case that holds says where to go."""

    cases: tuple[Case, ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Record:
    """Records what the caller says, until ``silence_s`` of silence, a key, or ``longest_s``. ``into``: the column
    that takes the recording's name."""

    prompt: Prompt
    next: str
    into: str
    longest_s: float = 60.0
    silence_s: float = 3.0
    beep: bool = True


@dataclass(frozen=True, slots=True)
class SetColumns:
    """Writes texts, in which other columns may stand, into columns of the contact."""

    values: Mapping[str, Text]
    next: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """Puts the number on the campaign's opt-out list, at once."""

    next: str


@dataclass(frozen=True, slots=True)
class Callback:
    """Asks for a call in ``after_s`` seconds, or as soon as possible (None)."""

    next: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class ToQueue:
    """An agent of the queue takes the call; if none does within ``patience_s``, or nobody is at work, ``otherwise``.
    ``prompt`` is heard while waiting, again and again."""

    queue: str
    otherwise: str
    patience_s: float = 60.0
    prompt: Prompt = field(default_factory=Prompt)
    after: str | None = None
    """The prompt is heard once, and then it is this node's turn; None: again and again."""


@dataclass(frozen=True, slots=True)
class ToNumber:
    """Dials another number (E.164) and connects both; not answered within ``ring_timeout_s``: ``otherwise``."""

    number: Text
    otherwise: str
    ring_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ToFlow:
    """Goes on in another flow, at its start."""

    flow: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Ends the call. ``result``: a word for reports, such as ``confirmed``."""

    result: str
    prompt: Prompt = field(default_factory=Prompt)
    """Heard before."""


Node = Play | Gather | Branch | Record | SetColumns | OptOut | Callback | ToQueue | ToNumber | ToFlow | HangUp


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: its nodes by name, and where it begins. ``always``: keys that lead to a node wherever the caller is,
    unless a gather there has its own meaning for them."""

    name: str
    start: str
    nodes: Mapping[str, Node]
    language: str = ""
    """Of its sounds and texts; empty: that of the campaign."""
    always: Mapping[str, str] = field(default_factory=dict)
    longest_s: float = 600.0
    """After so many seconds the call ends, wherever it is."""


def successors(node: Node) -> Iterator[str]:
    """Nodes of the same flow that may come next, by name; each may come more than once."""
    if isinstance(node, Gather):
        yield from node.keys.values()
        yield from (name for name in (node.next, node.on_wrong, node.on_no_input) if name is not None)
    elif isinstance(node, Branch):
        yield from (case.next for case in node.cases)
        yield node.otherwise
    elif isinstance(node, ToQueue | ToNumber):
        yield node.otherwise
        if isinstance(node, ToQueue) and node.after is not None:
            yield node.after
    elif not isinstance(node, ToFlow | HangUp):
        yield node.next


def prompts_of(node: Node) -> tuple[Prompt, ...]:
    """Every prompt of a node."""
    if isinstance(node, Gather):
        return (node.prompt, node.wrong_prompt)
    return (node.prompt,) if isinstance(node, Play | Record | ToQueue | HangUp) else ()


def texts_of(flow: Flow) -> tuple[Text, ...]:
    """Every text of the flow that is turned into speech, each once, in the order of the nodes."""
    texts = (text for node in flow.nodes.values() for prompt in prompts_of(node) for text in prompt.texts)
    return tuple(dict.fromkeys(texts))


def sounds_of(flow: Flow) -> frozenset[str]:
    """Media URIs of every sound of the flow."""
    return frozenset(uri for node in flow.nodes.values() for prompt in prompts_of(node) for uri in prompt.sounds)


def columns_written(flow: Flow) -> frozenset[str]:
    """Columns of the contact that the flow writes."""
    written = set[str]()
    for node in flow.nodes.values():
        if isinstance(node, Gather | Record) and node.into is not None:
            written.add(node.into)
        elif isinstance(node, SetColumns):
            written.update(node.values)
    return frozenset(written)


def columns_used(flow: Flow, *, needed: bool = False) -> frozenset[str]:
    """Columns of the contact that the flow says, branches on, dials or writes into others. ``needed``: without those
    that it only says, and has other words for."""
    slots = (slot for text in texts_of(flow) for slot in text.slots)
    used = {slot.column for slot in slots if not needed or slot.fallback is None}
    for node in flow.nodes.values():
        if isinstance(node, Branch):
            for case in node.cases:
                used.update(columns_of(case.condition.condition) if case.condition is not None else ())
        elif isinstance(node, SetColumns):
            used.update(slot.column for text in node.values.values() for slot in text.slots)
        elif isinstance(node, ToNumber):
            used.update(slot.column for slot in node.number.slots)
    return frozenset(used)


def columns_given(flows: Mapping[str, Flow], columns: Mapping[str, str]) -> dict[str, str]:
    """Of a contact's columns those that these flows look at: what a walk through them is given."""
    used = frozenset[str]().union(*(columns_used(flow) for flow in flows.values()))
    return {name: value for name, value in columns.items() if name in used}


def queues_of(flow: Flow) -> frozenset[str]:
    """Queues that the flow leads to."""
    return frozenset(node.queue for node in flow.nodes.values() if isinstance(node, ToQueue))
