"""The dialplan's word for an agent who says what a call was."""

from __future__ import annotations

from dialerd.asterisk.ami_wire import Message
from dialerd.core.amd_truth import Mark
from dialerd.core.mark_events import CallMarked

MARK_EVENT = "DialerdMark"
"""``UserEvent(DialerdMark,Mark: machine,Agent: 8001)``."""


def mark_in(message: Message) -> CallMarked | None:
    """The mark in an AMI event; None: it is another one, or one that says nothing."""
    if message.get("Event") != "UserEvent" or message.get("UserEvent") != MARK_EVENT:
        return None
    agent, mark = message.get("Agent", ""), message.get("Mark", "").lower()
    if not agent or mark not in set(Mark):
        return None
    return CallMarked(Mark(mark), f"{agent} by dialplan", agent=agent)
