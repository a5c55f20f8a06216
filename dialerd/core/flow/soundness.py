"""What is wrong with a flow before anybody is called: nodes nobody reaches, ways without an end, circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialerd.core.flow.nodes import KEYS, Flow, Gather, HangUp, Record, ToFlow, ToNumber, ToQueue, successors


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake. ``node``: where; empty: the flow as a whole."""

    flow: str
    node: str
    what: str
    hint: str
    target: str = ""
    """The name that leads nowhere, where that is the mistake."""


def flaws(flows: Mapping[str, Flow]) -> list[Flaw]:
    """Every mistake of every flow, in the order of the flows and their nodes."""
    found: list[Flaw] = []
    for flow in flows.values():
        unknown = list(_unknown_targets(flow, flows))
        found += unknown
        if not unknown:
            found += [*_unreachable(flow), *_without_end(flow, flows), *_circles(flow, flows), *_keys(flow)]
    return found


def _unknown_targets(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Flaw]:
    names = ", ".join(f"`{name}`" for name in flow.nodes)
    if flow.start not in flow.nodes:
        yield Flaw(flow.name, "", f"begins at `{flow.start}`, which does not exist", f"one of {names}", flow.start)
    for key, target in flow.always.items():
        if target not in flow.nodes:
            what = f"key {key} leads to `{target}`, which does not exist"
            yield Flaw(flow.name, "", what, f"one of {names}", target)
    for name, node in flow.nodes.items():
        for target in dict.fromkeys(successors(node)):
            if target not in flow.nodes:
                what = f"leads to `{target}`, which does not exist"
                yield Flaw(flow.name, name, what, f"one of {names}", target)
        if isinstance(node, ToFlow) and node.flow not in flows:
            yield Flaw(flow.name, name, f"there is no flow `{node.flow}`", "name one of `flows:`", node.flow)


def _reached(flow: Flow) -> set[str]:
    reached, ahead = set[str](), [flow.start, *flow.always.values()]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += successors(flow.nodes[name])
    return reached


def _unreachable(flow: Flow) -> Iterator[Flaw]:
    reached = _reached(flow)
    for name in flow.nodes:
        if name not in reached:
            yield Flaw(flow.name, name, "no way leads here", "remove it, or name it as the `next` of another node")


def _without_end(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Flaw]:
    """Nodes from which no way leads to an end of the call, looking into other flows as well."""
    ending: set[tuple[str, str]] = set()
    grown = True
    while grown:
        grown = False
        for other in flows.values():
            for name, node in other.nodes.items():
                if (other.name, name) in ending:
                    continue
                ends = isinstance(node, HangUp | ToQueue | ToNumber)
                if isinstance(node, ToFlow) and node.flow in flows:
                    ends = (node.flow, flows[node.flow].start) in ending
                if isinstance(node, Gather) and (node.on_wrong is None or node.on_no_input is None):
                    ends = True
                if ends or any((other.name, target) in ending for target in successors(node)):
                    ending.add((other.name, name))
                    grown = True
    for name in flow.nodes:
        if (flow.name, name) not in ending:
            yield Flaw(flow.name, name, "the call can never end from here", "lead to a node with `hang_up`")


def _circles(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Flaw]:
    """Circles in which the caller is never asked anything: they would play until the call's longest time."""
    for name in flow.nodes:
        ahead, seen = _without_asking(flow.name, name, flows), set[tuple[str, str]]()
        while ahead:
            place = ahead.pop()
            if place == (flow.name, name):
                yield Flaw(flow.name, name, "goes round in a circle without asking for a key", "lead out of it")
                break
            if place not in seen:
                seen.add(place)
                ahead += _without_asking(*place, flows)


def _without_asking(flow_name: str, name: str, flows: Mapping[str, Flow]) -> list[tuple[str, str]]:
    flow = flows.get(flow_name)
    node = flow.nodes.get(name) if flow is not None else None
    if node is None or isinstance(node, Gather | Record):
        return []
    if isinstance(node, ToFlow):
        return [(node.flow, flows[node.flow].start)] if node.flow in flows else []
    return [(flow_name, target) for target in successors(node)]


def _keys(flow: Flow) -> Iterator[Flaw]:
    for key in flow.always:
        if key not in KEYS:
            yield Flaw(flow.name, "", f"`{key}` is no key of a phone", "0 to 9, * or #")
    for name, node in flow.nodes.items():
        if not isinstance(node, Gather):
            continue
        for keys in node.keys:
            if not keys or not set(keys) <= KEYS:
                yield Flaw(flow.name, name, f"`{keys}` are no keys of a phone", "0 to 9, * or #")
            elif len(keys) > node.most:
                yield Flaw(flow.name, name, f"`{keys}` is longer than the {node.most} keys it takes", "raise `most`")
        if not node.keys and node.next is None:
            yield Flaw(flow.name, name, "asks for keys, and none leads anywhere", "state `keys` or `next`")
