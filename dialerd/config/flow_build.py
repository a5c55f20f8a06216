"""From the models of `flows:` to the core's flows."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.config.flow_models import CaseModel, FlowModel, GatherModel, NodeModel
from dialerd.config.flow_scalars import SOON
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.flow import nodes as n
from dialerd.core.flow.prompts import Prompt


def flow_of(name: str, model: FlowModel) -> n.Flow:
    """The flow; each node of ``model`` does exactly one thing and has what it needs."""
    return n.Flow(
        name=name,
        start=model.start or next(iter(model.nodes)),
        nodes={key: _node(node) for key, node in model.nodes.items()},
        language=model.language or "",
        always=dict(model.always),
        longest_s=model.longest,
    )


def flows_from(name: str | None, flows: Mapping[str, n.Flow]) -> dict[str, n.Flow]:
    """The flow of this name and those that it may come to; nothing for None."""
    found: dict[str, n.Flow] = {}
    ahead = [name] if name is not None else []
    while ahead:
        one = ahead.pop()
        if one in found or one not in flows:
            continue
        found[one] = flows[one]
        ahead += [node.flow for node in flows[one].nodes.values() if isinstance(node, n.ToFlow)]
    return found


def _node(model: NodeModel) -> n.Node:
    following, otherwise = model.next or "", model.otherwise or ""
    if model.play is not None:
        return n.Play(model.play, following)
    if model.say is not None:
        return n.Play(model.say, following)
    if model.gather is not None:
        return _gather(model.gather, model)
    if model.branch is not None:
        return n.Branch(tuple(_case(case) for case in model.branch), otherwise)
    if model.record is not None:
        one = model.record
        return n.Record(one.prompt, following, one.into, one.longest, one.silence, one.beep)
    if model.set is not None:
        return n.SetColumns(dict(model.set), following)
    if model.opt_out is not None:
        return n.OptOut(following)
    if model.callback is not None:
        return n.Callback(following, None if model.callback == SOON else model.callback)
    if model.queue is not None:
        return n.ToQueue(model.queue, otherwise, model.patience, model.prompt or Prompt())
    if model.number is not None:
        return n.ToNumber(model.number, otherwise, model.ring_timeout)
    if model.flow is not None:
        return n.ToFlow(model.flow)
    if model.hang_up is not None:
        return n.HangUp(model.hang_up, model.prompt or Prompt())
    raise ValueError("a node that does nothing has not passed its checks")


def _gather(model: GatherModel, node: NodeModel) -> n.Gather:
    longest = max((len(keys) for keys in model.keys), default=1)
    return n.Gather(
        prompt=model.prompt,
        keys=dict(model.keys),
        least=model.digits or model.least or 1,
        most=model.digits or model.most or max(longest, model.least or 1),
        finish_on=model.finish_on or None,
        pattern=model.pattern,
        into=model.into,
        next=node.next,
        timeout_s=model.timeout,
        between_s=model.between,
        retries=model.retries,
        interruptible=model.interruptible,
        wrong_prompt=model.wrong,
        on_wrong=node.on_wrong,
        on_no_input=node.on_no_input,
    )


def _case(model: CaseModel) -> n.Case:
    condition = parse_filter(model.when) if model.when is not None else None
    return n.Case(model.next, condition, model.hours, model.local_hours, model.agents)
