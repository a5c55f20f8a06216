"""A flow as a graph for people: its nodes with a caption, its ways with what leads along them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dialerd.core.flow import nodes as n
from dialerd.core.flow.prompts import Media, Prompt

END = "end"
"""The shape of nodes at which the call ends, or leaves the flow."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node. ``shape``: ``ask``, ``branch``, ``end`` or ``step``."""

    name: str
    caption: str
    shape: str


@dataclass(frozen=True, slots=True)
class Way:
    """From one node to another; ``label``: what leads along it, empty: always."""

    start: str
    end: str
    label: str


def boxes(flow: n.Flow) -> list[Box]:
    """The nodes in their order."""
    return [Box(name, _caption(node), _shape(node)) for name, node in flow.nodes.items()]


def ways(flow: n.Flow) -> list[Way]:
    """The ways in the order of the nodes; several keys to one node are one way."""
    found: list[Way] = []
    for name, node in flow.nodes.items():
        labels: dict[str, list[str]] = {}
        for label, target in _labelled(node):
            labels.setdefault(target, []).append(label)
        found += [Way(name, target, ", ".join(label for label in said if label)) for target, said in labels.items()]
    return found


def mermaid(flow: n.Flow) -> str:
    """The graph in Mermaid's language."""
    lines = ["flowchart TD", f"  start_(({_quiet(flow.name)})) --> {flow.start}"]
    marks = {"ask": ("{{", "}}"), "branch": ("{", "}"), END: ("([", "])"), "step": ("[", "]")}
    for box in boxes(flow):
        before, after = marks[box.shape]
        lines.append(f'  {box.name}{before}"<b>{box.name}</b><br/>{_quiet(box.caption)}"{after}')
    for way in ways(flow):
        label = f'-- "{_quiet(way.label)}" ' if way.label else ""
        lines.append(f"  {way.start} {label}--> {way.end}")
    for key, target in flow.always.items():
        lines.append(f'  always_{"star" if key == "*" else "hash" if key == "#" else key}((key {_quiet(key)})) '
                     f"-.-> {target}")  # fmt: skip
    return "\n".join(lines) + "\n"


def _quiet(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")


def _shape(node: n.Node) -> str:
    if isinstance(node, n.Gather | n.Record):
        return "ask"
    if isinstance(node, n.Branch):
        return "branch"
    return END if isinstance(node, n.HangUp | n.ToQueue | n.ToNumber | n.ToFlow) else "step"


def said(prompt: Prompt) -> str:
    """A prompt in words: the names of its sounds, and its texts."""
    return " + ".join(
        part.uri.removeprefix("sound:") if isinstance(part, Media) else f"“{part.source}”" for part in prompt.parts
    )


def _caption(node: n.Node) -> str:
    match node:
        case n.Play():
            return f"plays {said(node.prompt)}"
        case n.Gather():
            column = f" -> {node.into}" if node.into else ""
            return f"asks {said(node.prompt)}{column}".replace("asks  ", "asks ")
        case n.Branch():
            return "chooses"
        case n.Record():
            return f"records up to {node.longest_s:g} s -> {node.into}"
        case n.SetColumns():
            return ", ".join(f"{column} = {text.source}" for column, text in node.values.items())
        case n.OptOut():
            return "never called again"
        case n.Callback():
            return "called again " + ("soon" if node.after_s is None else f"after {node.after_s / 60:g} min")
        case n.ToQueue():
            return f"agent of {node.queue}, up to {node.patience_s:g} s"
        case n.ToNumber():
            return f"dials {node.number.source}"
        case n.ToFlow():
            return f"goes on in {node.flow}"
        case n.HangUp():
            return (
                f"{said(node.prompt)}: hangs up ({node.result})" if node.prompt.parts else f"hangs up ({node.result})"
            )


def _labelled(node: n.Node) -> Iterator[tuple[str, str]]:
    match node:
        case n.Gather():
            yield from node.keys.items()
            if node.next is not None:
                digits = str(node.most) if node.least == node.most else f"{node.least} to {node.most}"
                yield f"{digits} digits", node.next
            if node.on_wrong is not None:
                yield "wrong", node.on_wrong
            if node.on_no_input is not None:
                yield "silence", node.on_no_input
        case n.Branch():
            for case in node.cases:
                parts = [str(case.condition) if case.condition is not None else "",
                         str(case.hours) if case.hours is not None else "",
                         f"{case.local_hours} there" if case.local_hours is not None else "",
                         f"agent of {case.idle_agents} idle" if case.idle_agents is not None else ""]  # fmt: skip
                yield " and ".join(part for part in parts if part), case.next
            yield "otherwise", node.otherwise
        case n.ToQueue() | n.ToNumber():
            yield "otherwise", node.otherwise
        case n.ToFlow() | n.HangUp():
            return
        case _:
            yield "", node.next
