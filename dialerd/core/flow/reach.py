"""Which queues a caller may still be led to, from each node of each flow."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.flow.nodes import Flow, ToFlow, ToQueue, successors

Place = tuple[str, str]
"""Flow, node."""


def queues_ahead(flows: Mapping[str, Flow]) -> Mapping[Place, frozenset[str]]:
    """For every node of every flow the queues at it and behind it, whatever keys are pressed."""
    ways: dict[Place, set[Place]] = {}
    ahead: dict[Place, set[str]] = {}
    for flow_name, flow in flows.items():
        always = {(flow_name, name) for name in flow.always.values()}
        for node_name, node in flow.nodes.items():
            place = flow_name, node_name
            ways[place] = {(flow_name, name) for name in successors(node)} | always
            if isinstance(node, ToFlow) and node.flow in flows:
                ways[place] = {(node.flow, flows[node.flow].start)}
            ahead[place] = {node.queue} if isinstance(node, ToQueue) else set()
    changed = True
    while changed:
        changed = False
        for place, queues in ahead.items():
            before = len(queues)
            queues.update(*(ahead[way] for way in ways[place] if way in ahead))
            changed = changed or len(queues) > before
    return {place: frozenset(queues) for place, queues in ahead.items()}


def queues_of_walk(flows: Mapping[str, Flow], name: str | None) -> frozenset[str]:
    """The queues that a caller may be led to who begins in this flow; none where there is no such flow."""
    flow = flows.get(name or "")
    return queues_ahead(flows)[flow.name, flow.start] if flow is not None else frozenset()
