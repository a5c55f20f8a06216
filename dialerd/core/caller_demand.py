"""Callers who wait for agents: demand that no campaign made, and that comes before its calls."""

from __future__ import annotations

from dialerd.core.caller import CallerState
from dialerd.core.floor import Floor


def callers_waiting(floor: Floor, queue: str | None) -> int:
    """How many callers wait in this queue of Asterisk's. Those that it has from elsewhere nobody tells us of."""
    if not floor.callers:
        return 0
    return sum(
        caller.state is CallerState.QUEUED and caller.record.queue == queue for caller in floor.callers.values()
    )
