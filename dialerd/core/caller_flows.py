"""What a campaign's callers walk through: its own flow, or one that is made of its message and its queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialerd.core.campaign import CampaignSettings
from dialerd.core.flow.keyed_message import message_nodes
from dialerd.core.flow.nodes import Flow, Node, OptOut, ToQueue
from dialerd.core.inbound_settings import InboundKey, InboundTreatment
from dialerd.core.weekly_hours import is_within

INBOUND_FLOW = "inbound"
"""Name of the flow that is made of the message, its keys and the queue."""
CLOSED = "closed"
"""The treatment outside of hours."""
_KEYS_AFTER_S = 4.0
"""So long after the message a key still counts."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a caller gets."""

    treatment: str
    flow: str
    flows: Mapping[str, Flow]


def welcome(settings: CampaignSettings, known: bool, now: float) -> Welcome:
    """What a caller gets at ``now``; ``known``: the campaign has called them."""
    inbound = settings.inbound
    treatment = inbound.known if known else inbound.unknown
    if inbound.hours is not None and not is_within(inbound.hours.of, settings.time_zone, now):
        return Welcome(CLOSED, INBOUND_FLOW, {INBOUND_FLOW: message_flow(settings, queue_first=False, agents=False)})
    if treatment is InboundTreatment.FLOW and inbound.flow is not None and inbound.flow in inbound.flows:
        return Welcome(treatment.value, inbound.flow, inbound.flows)
    first = treatment is InboundTreatment.QUEUE and settings.queue is not None
    return Welcome(
        (treatment if first else InboundTreatment.MESSAGE).value,
        INBOUND_FLOW,
        {INBOUND_FLOW: message_flow(settings, queue_first=first, agents=True)},
    )


def message_flow(settings: CampaignSettings, *, queue_first: bool, agents: bool) -> Flow:
    """The message with its keys; ``queue_first``: an agent first, and the message when there is none; ``agents``: a
    key may lead to an agent at this hour."""
    inbound = settings.inbound
    message = inbound.message or settings.abandon_message
    ways = {InboundKey.OPT_OUT: "opt_out", InboundKey.CALLBACK: "callback"}
    nodes: dict[str, Node] = {}
    if settings.queue is not None and agents:
        ways[InboundKey.AGENT] = "agent"
        nodes["agent"] = ToQueue(settings.queue, "message", inbound.patience_s)
    keys = {key: ways[meaning] for key, meaning in inbound.keys.items() if meaning in ways}
    nodes |= message_nodes(message, keys, keys_after_s=_KEYS_AFTER_S, callback_after_s=inbound.callback_after_s)
    start = "agent" if queue_first and "agent" in nodes else "message"
    # The flow itself sets no limit to the wait for an agent.
    longest_s = 600.0 + inbound.patience_s
    return Flow(
        INBOUND_FLOW, start, nodes, always={k: n for k, n in keys.items() if n == "opt_out"}, longest_s=longest_s
    )


def opts_out(flow: Flow, key: str) -> bool:
    """The key means the opt-out wherever the caller is."""
    return isinstance(flow.nodes.get(flow.always.get(key, "")), OptOut)
