"""How lanes share the floor's agents: as the daemon does it (:mod:`dialerd.core.agent_split`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from dialerd.core.sharing import PRIORITY_STEP, USUAL_PRIORITY
from dialerd.sim.forecast.lane import Lane

_PRIOR_CALLS, _PRIOR_ANSWERS = 10, 3


def share_of(lane: Lane) -> float:
    """What the lane's calls are divided by."""
    return lane.weight * float(PRIORITY_STEP) ** (lane.priority - USUAL_PRIORITY)


def turn_of(lane: Lane) -> tuple[float, float, str]:
    """The least is asked first."""
    return lane.shift.dials / share_of(lane), -share_of(lane), lane.floor.name


def promised(lanes: Sequence[Lane]) -> int:
    """Idle agents whom lanes that reserve must leave to calls placed ahead."""
    expected = 0.0
    for other in lanes:
        if not other.reserves:
            shift = other.shift
            share = (shift.connected + shift.abandoned + _PRIOR_ANSWERS) / (shift.dials + _PRIOR_CALLS)
            expected += min(1.0, share) * other.ringing + other.picked_up
    return ceil(expected - 1e-9)


def agents_to_reserve(lane: Lane, lanes: Sequence[Lane], at_work: int, held: int) -> int:
    """How many agents more those who reserve may have, of so many ``at_work`` of whom they have ``held``; seen from a
    lane of either kind, with a part of an agent as a whole one when it is their turn."""
    ahead = sum(share_of(other) for other in lanes if not other.reserves)
    reserving = sum(share_of(other) for other in lanes if other.reserves)
    others = [other for other in lanes if other.reserves != lane.reserves]
    turn = any((turn_of(lane) < turn_of(other)) == lane.reserves for other in others)
    share = at_work * reserving / (ahead + reserving)
    return max(0, (ceil(share - 1e-9) if turn else int(share + 1e-9)) - held)
