"""A message with keys that opt out or ask for a call back: the nodes that such flows have in common."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.flow.nodes import Callback, Gather, HangUp, Node, OptOut
from dialerd.core.flow.prompts import Prompt


def message_nodes(
    message: Prompt, keys: Mapping[str, str], *, keys_after_s: float, callback_after_s: float
) -> dict[str, Node]:
    """From ``message`` to ``end``. ``keys``: key -> node, of which ``opt_out`` and ``callback`` are among these;
    they count until so many seconds after the message. Who is to be called back is so after ``callback_after_s``."""
    return {
        "message": Gather(message, keys, timeout_s=keys_after_s, retries=0, on_no_input="end", on_wrong="end"),
        "opt_out": OptOut("opted_out"),
        "opted_out": HangUp("opted_out"),
        "callback": Callback("called_back", callback_after_s),
        "called_back": HangUp("callback"),
        "end": HangUp("message"),
    }
