"""Queue members: what AMI says about them, as the core's events. Pure."""

from __future__ import annotations

import re

from dialerd.asterisk.ami_wire import Message
from dialerd.core.commands import OUR_PAUSES
from dialerd.core.events import MemberGone, MemberSeen

NAILED_CONTEXT = "dialerd-agent"

_LOCAL = re.compile(r"Local/(?P<extension>[^@/]+)@(?P<context>[^/]+)", re.IGNORECASE)
_DEVICE = re.compile(r"(?:PJSIP|SIP|IAX2|SCCP)/(?P<extension>[^@/]+)", re.IGNORECASE)

# Device states as app_queue's events number them (include/asterisk/devicestate.h).
_IN_CALL = frozenset({"2", "3", "6", "7", "8"})  # INUSE, BUSY, RINGING, RINGINUSE, ONHOLD
_UNREACHABLE = frozenset({"4", "5"})  # INVALID, UNAVAILABLE

MEMBER_EVENTS = frozenset(
    {
        "QueueMember",
        "QueueMemberAdded",
        "QueueMemberStatus",
        "QueueMemberPause",
        "QueueMemberPenalty",
        "QueueMemberRinginuse",
    }
)
"""All of these tell the member's whole state."""


def agent_of(interface: str) -> tuple[str, bool]:
    """The agent (extension) that a member's interface belongs to, and whether it is a nailed-up line.

    ``Local/8001@dialerd-agent/n`` -> 8001, nailed; ``PJSIP/8010`` -> 8010; anything unknown stands for itself.
    """
    if found := _LOCAL.match(interface):
        return found["extension"], found["context"] == NAILED_CONTEXT
    if found := _DEVICE.match(interface):
        return found["extension"], False
    return interface, False


def member_seen(message: Message) -> MemberSeen | None:
    """The member's state in one of :data:`MEMBER_EVENTS`; None when the message has no queue or interface.

    The rows of ``QueueStatus`` call the interface ``Location`` and the name ``Name``.
    """
    queue = message.get("Queue", "")
    interface = message.get("Interface") or message.get("Location", "")
    if not queue or not interface:
        return None
    agent, nailed = agent_of(interface)
    penalty = message.get("Penalty", "0")
    status = message.get("Status", "0")
    paused = message.get("Paused") == "1"
    return MemberSeen(
        queue=queue,
        agent=agent,
        interface=interface,
        name=message.get("MemberName") or message.get("Name") or interface,
        nailed=nailed,
        penalty=int(penalty) if penalty.isdecimal() else 0,
        paused=paused,
        pause_reason=message.get("PausedReason", "") if paused else "",
        in_call=status in _IN_CALL,
        reachable=status not in _UNREACHABLE,
    )


class Roster:
    """The members as last seen; says what is new."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], MemberSeen] = {}
        self._listed: set[tuple[str, str]] | None = None
        self._queues: set[str] = set()
        self._listed_queues: set[str] = set()

    @property
    def members(self) -> frozenset[tuple[str, str]]:
        """(queue, agent) of all members."""
        return frozenset((seen.queue, seen.agent) for seen in self._members.values())

    @property
    def queues(self) -> frozenset[str]:
        """All queues that exist, those without members too."""
        return frozenset(self._queues)

    def paused_by_people(self, interface: str) -> tuple[frozenset[str], frozenset[str]]:
        """The member's queues: those in which a person has paused it, and the others."""
        theirs: set[str] = set()
        others: set[str] = set()
        for (queue, name), seen in self._members.items():
            if name == interface:
                by_person = seen.paused and not seen.pause_reason.startswith(OUR_PAUSES)
                (theirs if by_person else others).add(queue)
        return frozenset(theirs), frozenset(others)

    def forget(self) -> None:
        """Nothing is known any more."""
        self._members.clear()
        self._listed = None

    def begin_list(self) -> None:
        """A full list was asked for."""
        self._listed = set()
        self._listed_queues = set()

    def take(self, message: Message) -> MemberSeen | MemberGone | None:
        """The news in one event or list row; None when there is none.

        Rows of a list and events between them count in the order in which they come: the last word is right.
        """
        kind = message.get("Event", "")
        if kind == "QueueParams" and self._listed is not None:
            self._listed_queues.add(message.get("Queue", ""))
            return None
        if kind == "QueueMemberRemoved":
            queue, interface = message.get("Queue", ""), message.get("Interface") or message.get("Location", "")
            if self._listed is not None:
                self._listed.discard((queue, interface))
            return self._gone((queue, interface))
        if kind not in MEMBER_EVENTS or (seen := member_seen(message)) is None:
            return None
        key = (seen.queue, seen.interface)
        if self._listed is not None:
            self._listed.add(key)
        if self._members.get(key) == seen:
            return None
        self._members[key] = seen
        return seen

    def end_list(self) -> tuple[list[MemberGone], bool]:
        """The list is complete: members that are in it no more, and whether the set of queues has changed."""
        if self._listed is None:
            return [], False
        gone = [event for key in self._members.keys() - self._listed if (event := self._gone(key)) is not None]
        changed = self._queues != self._listed_queues
        self._queues = self._listed_queues
        self._listed = None
        return gone, changed

    def _gone(self, key: tuple[str, str]) -> MemberGone | None:
        seen = self._members.pop(key, None)
        if seen is None or (seen.queue, seen.agent) in self.members:
            return None  # the agent is a member by another interface, too
        return MemberGone(seen.queue, seen.agent)
