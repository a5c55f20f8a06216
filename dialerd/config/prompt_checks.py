"""Columns that a flow both writes and says: what can be said of them, since nothing can be rendered beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialerd.config.document import Document
from dialerd.config.flow_build import flows_from
from dialerd.config.problems import Path, quoted
from dialerd.core.flow.nodes import Flow, Gather, HangUp, Node, Play, Record, ToQueue, columns_written, prompts_of
from dialerd.core.flow.prompts import Form, Prompt, Slot, Text


def check_said(document: Document, flows: Mapping[str, Flow]) -> None:
    """Tell texts that need more of such a column than its digits."""
    for flow in flows.values():
        written = _written_around(flow.name, flows)
        for name, node in flow.nodes.items():
            slots = {slot for prompt in prompts_of(node) for text in prompt.texts for slot in text.slots}
            for slot in sorted(slots, key=lambda slot: slot.column):
                if slot.column in written and slot.form is not Form.DIGITS:
                    path: Path = ("flows", flow.name, "nodes", name)
                    document.problem(
                        document.mark(path, of_key=True), path,
                        f"{quoted(slot.column)} is written by the flow itself, and texts are spoken before the call",
                        f"`{{{slot.column}:digits}}`", "it can be said digit by digit, or left out",
                    )  # fmt: skip


def with_later(flows: Mapping[str, Flow]) -> dict[str, Flow]:
    """The flows, with those slots marked whose columns a call writes itself."""
    return {name: _marked(flow, _written_around(name, flows)) for name, flow in flows.items()}


def _written_around(name: str, flows: Mapping[str, Flow]) -> frozenset[str]:
    """Columns that this flow, those that it leads to and those that lead to it write."""
    around = {*flows_from(name, flows), *(other for other in flows if name in flows_from(other, flows))}
    return frozenset[str]().union(*(columns_written(flows[one]) for one in around))


def _marked(flow: Flow, written: frozenset[str]) -> Flow:
    if not written:
        return flow
    return replace(flow, nodes={name: _node(node, written) for name, node in flow.nodes.items()})


def _node(node: Node, written: frozenset[str]) -> Node:
    if isinstance(node, Gather):
        return replace(node, prompt=_prompt(node.prompt, written), wrong_prompt=_prompt(node.wrong_prompt, written))
    if isinstance(node, Play | Record | ToQueue | HangUp):
        return replace(node, prompt=_prompt(node.prompt, written))
    return node


def _prompt(prompt: Prompt, written: frozenset[str]) -> Prompt:
    return Prompt(tuple(_text(part, written) if isinstance(part, Text) else part for part in prompt.parts))


def _text(text: Text, written: frozenset[str]) -> Text:
    parts = tuple(
        replace(part, later=True) if isinstance(part, Slot) and part.column in written else part
        for part in text.parts
    )
    return Text(parts, text.language, tuple(_text(other, written) for other in text.others))
