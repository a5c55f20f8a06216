"""One call's walk through a flow: what happened in, what to do out. Nothing here knows of Asterisk.

The walk's state is plain values, so that it survives in the ledger and a successor goes on at the same node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, Moment
from dialerd.core.flow import actions as a
from dialerd.core.flow.nodes import (
    Branch,
    Callback,
    Flow,
    Gather,
    HangUp,
    Node,
    OptOut,
    Play,
    Record,
    SetColumns,
    ToFlow,
    ToNumber,
    ToQueue,
)
from dialerd.core.flow.prompts import ColumnMissing, Prompt, Text, values_of
from dialerd.core.weekly_hours import WeeklyHours, is_within

MOST_NODES = 200
"""A walk of more nodes than this ends with the result ``too_long``: a flow that plays in circles, whatever was
checked, does not keep a line for ever."""
MOST_KEYS_AHEAD = 32


@dataclass(frozen=True, slots=True)
class Around:
    """What a branch may ask of the world at this moment."""

    moment: Moment
    facts: Facts
    """Of the contact; its columns are those of the walk."""
    zone: str
    """Time zone of the campaign."""
    called_zones: tuple[str, ...]
    """Time zones in which the called party may be; the campaign's where nobody knows."""
    idle_agents: Callable[[str], int]
    """Idle agents of a queue."""


@dataclass(slots=True)
class WalkState:
    """Where a call is. Plain values only."""

    flow: str
    node: str = ""
    playing: bool = False
    keys: str = ""
    """Pressed and not used yet."""
    tries: int = 0
    """Wrong or silent tries at the present gather."""
    visited: int = 0
    given: dict[str, str] = field(default_factory=dict)
    """The contact's columns that the flow looks at, as they were when the call was answered."""
    columns: dict[str, str] = field(default_factory=dict)
    """What the flow wrote."""
    path: list[list[Any]] = field(default_factory=list)
    """``[epoch seconds, flow, node, keys]`` for every node, in order."""
    recordings: list[str] = field(default_factory=list)
    """Names of what was recorded, in order."""
    result: str = ""
    failed: bool = False
    """It did not end as the flow was meant to."""
    opted_out: bool = False
    callback_after_s: float | None = None
    callback: bool = False
    dialing: bool = False
    """Another number is being dialed, or speaks with the caller."""
    over: bool = False


class Walk:
    """Leads one caller through a flow. Every method returns what is to be done, in order."""

    def __init__(self, flows: Mapping[str, Flow], state: WalkState) -> None:
        """Raises KeyError when the flow does not exist (any more)."""
        self._flows = flows
        self.state = state
        self._flow = flows[state.flow]

    @property
    def flow(self) -> Flow:
        """The flow in which the caller is."""
        return self._flow

    @property
    def node(self) -> Node:
        """Where the caller is."""
        return self._flow.nodes[self.state.node]

    def begin(self, around: Around) -> Sequence[a.Action]:
        """The call was answered."""
        return self._enter(self._flow.start, around)

    def resume(self, around: Around) -> Sequence[a.Action]:
        """A successor goes on: at the beginning of the node where the caller is, once more."""
        if self.state.over:
            return (a.End(self.state.result),)
        self.state.playing = False
        return self._enter(self.state.node or self._flow.start, around, again=True)

    # --- what happens -----------------------------------------------------------------------------------

    def played(self, around: Around) -> Sequence[a.Action]:
        """The prompt was heard to its end."""
        state, node = self.state, self.node
        if state.over or not state.playing:
            return ()
        state.playing = False
        match node:
            case Play():
                return self._enter(node.next, around)
            case Gather():
                if state.keys:
                    return self._with_keys(node, around)
                return (a.SetTimer(node.timeout_s),)
            case Record():
                return (a.StartRecording(node.longest_s, node.silence_s, node.beep),)
            case ToQueue():
                if node.after is not None:
                    return (a.LeaveQueue(), a.CancelTimer(), *self._enter(node.after, around))
                return self._say(node.prompt)
            case HangUp():
                return self._end(node.result)
        return ()

    def pressed(self, key: str, around: Around) -> Sequence[a.Action]:
        """The caller pressed a key."""
        state, node = self.state, self.node
        if state.over or len(state.keys) >= MOST_KEYS_AHEAD:
            return ()
        self._note(key)
        means_something_here = isinstance(node, Gather) and (key in node.keys or node.next is not None)
        if key in self._flow.always and not means_something_here and not isinstance(node, Record | ToNumber):
            state.keys = ""
            left = (a.LeaveQueue(),) if isinstance(node, ToQueue) else ()
            return (*left, *self._quiet(), *self._enter(self._flow.always[key], around))
        if isinstance(node, Record):
            return () if state.playing else (a.StopRecording(),)
        if isinstance(node, ToQueue | ToNumber | HangUp):
            return ()
        state.keys += key
        if not isinstance(node, Gather) or (state.playing and not node.interruptible):
            return ()
        return (*self._quiet(), *self._with_keys(node, around))

    def timed_out(self, around: Around) -> Sequence[a.Action]:
        """The timer that was asked for ran out."""
        state, node = self.state, self.node
        if state.over:
            return ()
        if isinstance(node, ToQueue):
            return (a.LeaveQueue(), *self._quiet(), *self._enter(node.otherwise, around))
        if state.playing or not isinstance(node, Gather):
            return ()
        return self._gathered(node, around) if state.keys else self._try_again(node, False, around)

    def recorded(self, name: str | None, around: Around) -> Sequence[a.Action]:
        """The recording is over and has this name; None: nothing could be recorded."""
        node = self.node
        if self.state.over or not isinstance(node, Record):
            return ()
        if name is None:
            return self._end("recording_failed", failed=True)
        self.state.columns[node.into] = name
        self.state.recordings.append(name)
        return self._enter(node.next, around)

    def joined(self, agent_found: bool) -> Sequence[a.Action]:
        """The queue has agents at work. Whoever has an agent at once hears nothing before."""
        node = self.node
        if not isinstance(node, ToQueue):
            return ()
        return (a.SetTimer(node.patience_s), *(() if agent_found else self._say(node.prompt)))

    def not_transferred(self, around: Around) -> Sequence[a.Action]:
        """No agent, or the other number did not answer."""
        node = self.node
        if self.state.over or not isinstance(node, ToQueue | ToNumber):
            return ()
        self.state.dialing = False
        return (*self._quiet(), a.CancelTimer(), *self._enter(node.otherwise, around))

    def transferred(self) -> Sequence[a.Action]:
        """The caller speaks with an agent or the other number: the flow is over."""
        self.state.over = True
        self.state.result = self.state.result or "transferred"
        return (*self._quiet(), a.CancelTimer())

    def prompt_failed(self) -> Sequence[a.Action]:
        """A prompt could not be played. A caller who hears nothing is not kept."""
        return self._end("prompt_failed", failed=True)

    def lasts_too_long(self) -> Sequence[a.Action]:
        """The flow's longest time is over."""
        return () if self.state.over else (*self._quiet(), *self._end("too_long"))

    # --- from node to node --------------------------------------------------------------------------------

    def _enter(self, name: str, around: Around, again: bool = False) -> Sequence[a.Action]:
        """Go to a node, and on through those that need no waiting."""
        done: list[a.Action] = []
        while True:
            state = self.state
            state.visited += 1
            if state.visited > MOST_NODES:
                return (*done, *self._end("too_long"))
            state.node, state.tries = name, 0
            if not again:
                state.path.append([round(around.moment.now, 3), self._flow.name, name, ""])
            again = False
            node = self._flow.nodes[name]
            match node:
                case Branch():
                    name = self._way_out(node, around)
                case SetColumns():
                    for column, text in node.values.items():
                        state.columns[column] = self._written(text)
                    name = node.next
                case OptOut():
                    if not state.opted_out:
                        state.opted_out = True
                        done.append(a.OptOutNumber())
                    name = node.next
                case Callback():
                    state.callback, state.callback_after_s = True, node.after_s
                    name = node.next
                case ToFlow():
                    self._flow = self._flows[node.flow]
                    state.flow, name = node.flow, self._flow.start
                case Play() if not node.prompt.parts:
                    name = node.next
                case _:
                    return (*done, *self._wait_at(node, around))

    def _wait_at(self, node: Node, around: Around) -> Sequence[a.Action]:
        match node:
            case Gather():
                if self.state.keys and node.interruptible:
                    return self._with_keys(node, around)
                return self._say(node.prompt) or (a.SetTimer(node.timeout_s),)
            case Record():
                return self._say(node.prompt) or (a.StartRecording(node.longest_s, node.silence_s, node.beep),)
            case ToQueue():
                return (a.JoinQueue(node.queue),)
            case ToNumber():
                self.state.dialing = True
                return (a.DialNumber(self._written(node.number), node.ring_timeout_s),)
            case HangUp():
                return self._say(node.prompt) or self._end(node.result)
            case Play():
                return self._say(node.prompt)
        raise AssertionError(f"nothing to wait for at {node}")

    def _say(self, prompt: Prompt) -> tuple[a.Action, ...]:
        if not prompt.parts:
            return ()
        self.state.playing = True
        return (a.Say(prompt),)

    def _quiet(self) -> tuple[a.Action, ...]:
        """End what is playing or timed, if anything."""
        playing, self.state.playing = self.state.playing, False
        return (a.StopSaying(),) if playing else (a.CancelTimer(),)

    def _end(self, result: str, failed: bool = False) -> tuple[a.Action, ...]:
        self.state.over, self.state.result, self.state.failed = True, result, failed
        return (a.CancelTimer(), a.End(result, failed))

    def _way_out(self, node: Branch, around: Around) -> str:
        facts = around.facts
        seen = Facts(
            facts.contact_list, {**self.state.given, **self.state.columns}, facts.attempts, facts.last_disposition,
            facts.last_attempt_at, facts.added_at, facts.number_type, facts.priority,
        )  # fmt: skip
        for case in node.cases:
            if case.condition is not None and not holds(case.condition.condition, seen, around.moment):
                continue
            if not (
                _are_now(case.hours, (around.zone,), around.moment.now)
                and _are_now(case.local_hours, around.called_zones, around.moment.now)
            ):
                continue
            if case.idle_agents is not None and around.idle_agents(case.idle_agents) <= 0:
                continue
            return case.next
        return node.otherwise

    def _written(self, text: Text) -> str:
        """A text for a column or a number; what is missing is left out."""
        try:
            return "".join(value for value, _ in values_of(text, {**self.state.given, **self.state.columns}))
        except ColumnMissing:
            return ""

    # --- keys ---------------------------------------------------------------------------------------------

    def _with_keys(self, node: Gather, around: Around) -> Sequence[a.Action]:
        """Use the keys that are there, or wait for more."""
        keys = self.state.keys
        finished = node.finish_on is not None and node.finish_on in keys
        if finished or len(keys) >= node.most or (keys in node.keys and node.most == 1):
            return self._gathered(node, around)
        return (a.SetTimer(node.between_s),)

    def _gathered(self, node: Gather, around: Around) -> Sequence[a.Action]:
        state, given = self.state, self.state.keys
        if node.finish_on is not None and node.finish_on in given:
            given, _, rest = given.partition(node.finish_on)
        else:
            given, rest = given[: node.most], given[node.most :]
        state.keys = rest
        if not given and node.finish_on not in node.keys:
            return self._try_again(node, False, around)
        named = node.keys.get(given or str(node.finish_on))
        right = len(given) >= node.least and (node.pattern is None or re.fullmatch(node.pattern, given) is not None)
        target = named if named is not None else node.next if right else None
        if target is None:
            state.keys = ""
            return self._try_again(node, True, around)
        if node.into is not None:
            state.columns[node.into] = given
        return (a.CancelTimer(), *self._enter(target, around))

    def _try_again(self, node: Gather, wrong: bool, around: Around) -> Sequence[a.Action]:
        state = self.state
        state.tries += 1
        if state.tries > node.retries:
            target = node.on_wrong if wrong else node.on_no_input
            if target is not None:
                return self._enter(target, around)
            return self._end("wrong_keys" if wrong else "no_input")
        prompt = node.prompt
        if wrong:
            prompt = Prompt((*node.wrong_prompt.parts, *node.prompt.parts))
        return self._say(prompt) or (a.SetTimer(node.timeout_s),)

    def _note(self, key: str) -> None:
        if self.state.path:
            self.state.path[-1][3] += key


def _are_now(hours: WeeklyHours | None, zones: Sequence[str], now: float) -> bool:
    """Whether it is within these hours in all of the zones; None is always."""
    return hours is None or all(is_within(hours.of, name, now) for name in zones)
