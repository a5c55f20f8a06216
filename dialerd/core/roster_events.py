"""Who is a member of which queue. Part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class MemberSeen:
    """The present state of one queue member. Said again whenever something of it changes."""

    queue: str
    agent: str
    """The member's extension: ``8001`` of ``Local/8001@dialerd-agent/n`` or of ``PJSIP/8001``."""
    interface: str
    name: str
    nailed: bool
    """The member's interface is that of a nailed-up line."""
    penalty: int
    paused: bool
    pause_reason: str
    in_call: bool
    """app_queue sees the member's device in use or ringing."""
    reachable: bool = True
    """False when the device state is unavailable or invalid."""


@value(frozen=True, slots=True)
class MemberGone:
    """The member left the queue."""

    queue: str
    agent: str


@value(frozen=True, slots=True)
class RosterLost:
    """The AMI connection is gone: nobody knows who is available, so nobody is."""

    reason: str


@value(frozen=True, slots=True)
class RosterSynced:
    """The roster is complete; members not in ``members`` (queue, agent) are no longer logged in. ``queues`` are
    all queues that exist."""

    members: frozenset[tuple[str, str]]
    queues: frozenset[str]
