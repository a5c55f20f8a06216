"""The abandoned-call message as a flow: what keys do while it plays, and an agent who comes free meanwhile."""

from __future__ import annotations

from dialerd.core.campaign import AbandonKey, CampaignSettings
from dialerd.core.flow.keyed_message import message_nodes
from dialerd.core.flow.nodes import Flow, Gather, Node, ToQueue
from dialerd.core.flow.prompts import Prompt

ABANDONED_FLOW = "abandoned"
"""Name of the flow that is made of the abandoned-call message and its keys; no flow of a site is called so."""
_KEYS_AFTER_S = 3.0
"""So long after the abandoned-call message a key still counts."""
_CALLBACK_AFTER_S = 3600.0
_HOPING_S = 120.0
"""Longer than any such message."""


def abandoned_flow(settings: CampaignSettings) -> Flow:
    """The abandoned-call message as a flow, with the keys that this campaign offers while it plays and just after."""
    message = settings.abandon_message
    queue = settings.queue if settings.abandon_connect else None
    ways = {AbandonKey.OPT_OUT: "opt_out", AbandonKey.CALLBACK: "callback"}
    keys = {key: ways[meaning] for key, meaning in settings.abandon_keys.items()}
    hoping: dict[str, Node] = {}
    if queue is not None:
        # With an agent as soon as one is free: they hear the message in the queue. Keys mean the same there.
        hoping["hoping"] = ToQueue(queue, "message", _HOPING_S, message, after="heard")
        hoping["heard"] = Gather(
            Prompt(), keys, timeout_s=_KEYS_AFTER_S, retries=0, on_no_input="end", on_wrong="end"
        )
    return Flow(
        ABANDONED_FLOW,
        "hoping" if queue is not None else "message",
        {
            **hoping,
            **message_nodes(message, keys, keys_after_s=_KEYS_AFTER_S, callback_after_s=_CALLBACK_AFTER_S),
        },
        always=keys if queue is not None else {},
    )
