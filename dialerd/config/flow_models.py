"""The shape of `flows:` in `campaigns.yaml`: what a person hears, and what follows from the keys they press.

Each node does one thing, which its first setting names; what else belongs to it is checked by
:mod:`dialerd.config.flow_checks`, since it depends on that thing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.flow_scalars import (
    CallbackTime,
    Destination,
    FinishKey,
    HoursOfWeek,
    Key,
    KeyPattern,
    Written,
)
from dialerd.config.order_settings import Expression
from dialerd.config.prompt_scalars import LANGUAGE, Prompts, Saying
from dialerd.config.scalars import Duration, Switch, Whole
from dialerd.config.scalars import Text as TextScalar
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.core.flow.prompts import Prompt, Text
from dialerd.core.weekly_hours import WeeklyHours

QUEUE_NAME = TextScalar("the name of a queue in Asterisk", r"[^\s,;|&\[\]]+", 80, loose=True)
_COLUMN = TextScalar("the name of a column", most=100, loose=True)
_WORD = TextScalar("a word for reports, such as `confirmed`", r"[a-z][a-z0-9_]{0,39}", 40)
_NODE = Annotated[str, SNAKE_NAME]
_PROMPT = Annotated[Prompt, Prompts()]


class GatherModel(Section):
    """Plays a prompt and waits for keys."""

    prompt: _PROMPT = Field(
        default_factory=Prompt, description="The question: a sound, `say: text`, or a list of them."
    )
    keys: dict[Annotated[str, Key(16)], _NODE] = Field(
        default_factory=dict, description="What is pressed, and the node that follows."
    )
    digits: Annotated[int, Whole(1, 32)] | None = Field(
        default=None, description="So many keys, neither more nor less."
    )
    least: Annotated[int, Whole(1, 32)] | None = Field(default=None, description="At least so many keys; usually 1.")
    most: Annotated[int, Whole(1, 32)] | None = Field(
        default=None, description="With so many keys it is complete. Usually as many as the longest of `keys`."
    )
    finish_on: Annotated[str, FinishKey()] = Field(
        default="#", description="The key that says: this was all. `none`: there is no such key."
    )
    pattern: Annotated[str, KeyPattern()] | None = Field(
        default=None, description="A regular expression for the whole input, such as `[0-3][0-9][01][0-9]`."
    )
    into: Annotated[str, _COLUMN] | None = Field(
        default=None, description="The contact's column that takes what was pressed."
    )
    timeout: Annotated[float, Duration(0.5, 120)] = Field(
        default=written("5s"), description="How long to wait for the first key after the prompt."
    )
    between: Annotated[float, Duration(0.5, 30)] = Field(
        default=written("3s"), description="How long to wait for the next key."
    )
    retries: Annotated[int, Whole(0, 10)] = Field(
        default=2, description="How often the question is asked again after wrong keys, or none."
    )
    wrong: _PROMPT = Field(default_factory=Prompt, description="What is heard after wrong keys, before the question.")
    interruptible: Annotated[bool, Switch()] = Field(
        default=written("true"), description="A key ends the prompt; `false`: it is heard to its end."
    )


class CaseModel(Section):
    """A way out of a branch. What it states must all hold."""

    when: Annotated[str, Expression()] | None = Field(
        default=None, description='A condition on the contact: `region = "GB"`; columns written by the flow count.'
    )
    hours: Annotated[WeeklyHours, HoursOfWeek()] | None = Field(
        default=None, description="It is within these hours, in the campaign's time zone: `mon-fri 9-17`."
    )
    local_hours: Annotated[WeeklyHours, HoursOfWeek()] | None = Field(
        default=None, description="It is within these hours where the called party is, in every zone that may be."
    )
    agents: Annotated[str, QUEUE_NAME] | None = Field(default=None, description="An agent of this queue is idle.")
    next: _NODE = Field(description="The node that follows.")


class RecordModel(Section):
    """Records what the caller says."""

    prompt: _PROMPT = Field(
        default_factory=Prompt, description="What is heard before: a sound, `say: text`, or a list of them."
    )
    into: Annotated[str, _COLUMN] = Field(description="The contact's column that takes the recording's name.")
    longest: Annotated[float, Duration(1, 3600)] = Field(
        default=written("1m"), description="The recording ends after this time at the latest."
    )
    silence: Annotated[float, Duration(0, 60)] = Field(
        default=written("3s"), description="So much silence ends it; 0: silence does not."
    )
    beep: Annotated[bool, Switch()] = Field(default=written("true"), description="A beep when it begins.")


class NodeModel(Section):
    """A node of a flow: it does one thing."""

    play: _PROMPT | None = Field(default=None, description="Plays a sound, or a list of them. Then `next`.")
    say: Annotated[Prompt, Saying()] | None = Field(
        default=None,
        description="Says a text, rendered before the call; or one for each of several languages. Then `next`.",
    )
    gather: GatherModel | None = Field(default=None, description="Asks for keys.")
    branch: list[CaseModel] | None = Field(
        default=None, min_length=1, max_length=50, description="The first case that holds says where to go."
    )
    record: RecordModel | None = Field(default=None, description="Records what the caller says. Then `next`.")
    set: dict[Annotated[str, _COLUMN], Annotated[Text, Written()]] | None = Field(
        default=None, description="Writes texts into columns of the contact. Then `next`."
    )
    opt_out: Annotated[bool, Switch()] | None = Field(
        default=None, description="`true`: puts the number on the campaign's `opt_out_list`, at once. Then `next`."
    )
    callback: Annotated[float, CallbackTime()] | None = Field(
        default=None, description="The contact is called again after this time; `soon`: as soon as possible."
    )
    queue: Annotated[str, QUEUE_NAME] | None = Field(
        default=None, description="An agent of this queue takes the call; nobody in time: `otherwise`."
    )
    number: Annotated[Text, Destination()] | None = Field(
        default=None, description="Dials a number and connects both; not answered: `otherwise`."
    )
    flow: _NODE | None = Field(default=None, description="Goes on at the start of another flow.")
    hang_up: Annotated[str, _WORD] | None = Field(
        default=None, description="Ends the call. The word is the flow's result in reports."
    )
    next: _NODE | None = Field(default=None, description="The node that follows.")
    otherwise: _NODE | None = Field(
        default=None, description="`branch`, `queue`, `number`: the node that follows when nothing else does."
    )
    on_wrong: _NODE | None = Field(
        default=None, description="`gather`: after too many wrong keys. Not stated: the call ends."
    )
    on_no_input: _NODE | None = Field(
        default=None, description="`gather`: after too many silences. Not stated: the call ends."
    )
    prompt: _PROMPT | None = Field(
        default=None, description="`queue`: heard while waiting, again and again. `hang_up`: heard before."
    )
    patience: Annotated[float, Duration(1, 3600)] = Field(
        default=written("1m"), description="`queue`: how long the caller waits for an agent."
    )
    ring_timeout: Annotated[float, Duration(5, 120)] = Field(
        default=written("30s"), description="`number`: how long it rings."
    )


class FlowModel(Section):
    """What a person hears who answers, node by node."""

    start: _NODE | None = Field(default=None, description="Where it begins. Not stated: at the first node.")
    language: Annotated[str, LANGUAGE] | None = Field(
        default=None, description="Language of sounds and texts. Not stated: that of the campaign."
    )
    longest: Annotated[float, Duration(10, 7200)] = Field(
        default=written("10m"),
        description="After this time the call ends, wherever it is; a conversation is not cut off.",
    )
    always: dict[Annotated[str, Key()], _NODE] = Field(
        default_factory=dict, description="Keys that lead to a node wherever the caller is."
    )
    nodes: dict[_NODE, NodeModel] = Field(description="The nodes by name.")
