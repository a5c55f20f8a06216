"""How agents of one queue are split between campaigns that dial ahead and campaigns that reserve.

A forecast counts on every agent who comes free; a campaign that reserves can only take one who is idle. Without a
split the first would promise all agents to its calls, and the second would starve; or the second would take whoever
is idle at the moment, and the first, which counts on those who are left, would dial less and less.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from math import floor as floor_of

from dialerd.core.agent import AgentState
from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState
from dialerd.core.floor import CampaignRun, Floor, LiveAttempt
from dialerd.core.queue_picture import QueuePicture
from dialerd.core.sharing import share_of

_BUSY = frozenset({AgentState.RESERVED, AgentState.ON_CALL, AgentState.WRAP_UP})
IsBefore = Callable[[CampaignRun, CampaignRun], bool]
"""The first of two campaigns has the better right to an agent, by the calls that both have placed."""


def agents_of_others(floor: Floor, campaign: CampaignRun, picture: QueuePicture, is_before: IsBefore) -> int:
    """How many agents of the picture to leave alone: the share of those who reserve and have somebody to call, less
    the agents whom they have already. A part of an agent is one agent at times: when it is their turn."""
    settings = campaign.settings
    shares, reserving, held, on_call, turn = share_of(settings), 0.0, 0, 0, False
    for other in floor.campaigns.values():
        theirs = other.settings
        if theirs.queue != settings.queue or other.state is not CampaignState.ON or other is campaign:
            continue
        if theirs.mode.dials_ahead:
            shares += share_of(theirs) if other.hopper else 0.0
        elif theirs.mode.reserves:
            if other.hopper:
                reserving += share_of(theirs)
                turn = turn or is_before(other, campaign)
            calls = _calls_with_agents(floor, other)
            held += len(calls)
            on_call += sum(call.state in (AttemptState.CONNECTED, AttemptState.WAITING_AGENT) for call in calls)
    if not reserving:
        return 0
    agents = picture.at_work + held - on_call
    return max(0, _whole(agents * reserving / (shares + reserving), turn) - held)


def agents_left_to_reserve(floor: Floor, campaign: CampaignRun, is_before: IsBefore) -> int | None:
    """How many agents more a campaign that reserves may take now: the share of those who reserve, less the agents
    whom they have. None: nobody dials ahead for the same agents and can, so that nothing need be left."""
    queue = campaign.settings.queue
    same: list[CampaignRun] = []
    rivals: list[CampaignRun] = []
    for other in floor.campaigns.values():
        if other.settings.queue == queue and other.state is CampaignState.ON:
            same.append(other)
            if other.settings.mode.dials_ahead and _can_dial(floor, other):
                rivals.append(other)
    if not rivals:
        return None
    ahead = sum(share_of(other.settings) for other in rivals)
    turn = any(is_before(campaign, other) for other in rivals)
    reserving, held = 0.0, 0
    for other in same:
        if not other.settings.mode.reserves:
            continue
        if other.hopper:
            reserving += share_of(other.settings)
        held += len(_calls_with_agents(floor, other))
    return max(0, _whole(_at_work(floor, queue or "") * reserving / (ahead + reserving), turn) - held)


def _calls_with_agents(floor: Floor, campaign: CampaignRun) -> list[LiveAttempt]:
    live = (floor.attempts.get(attempt_id) for attempt_id in campaign.live)
    return [attempt for attempt in live if attempt is not None and attempt.record.agent is not None]


def _whole(agents: float, turn: bool) -> int:
    """A part of an agent is one agent at times: when it is their turn."""
    return ceil(agents - 1e-9) if turn else floor_of(agents + 1e-9)


def _can_dial(floor: Floor, campaign: CampaignRun) -> bool:
    """Nothing but its own forecast keeps it from dialing. What it cannot use goes to others."""
    settings, trunk = campaign.settings, floor.trunks.get(campaign.settings.trunk)
    return bool(
        campaign.hopper
        and not campaign.paused_by
        and len(campaign.live) < settings.max_lines
        and trunk is not None
        and trunk.live < trunk.settings.max_lines
    )


def _at_work(floor: Floor, queue: str) -> int:
    """Agents of the queue who are idle or on calls of ours, and take calls again afterwards."""
    available = floor.available.get(queue, ())
    return sum(
        agent.agent in available if agent.state is AgentState.AVAILABLE else agent.state in _BUSY
        for agent in floor.agents.values()
        if queue in agent.memberships
    )


def leave(picture: QueuePicture, agents: int) -> None:
    """Take so many agents out of the picture: idle ones first, then those who have been busy for longest."""
    idle = min(agents, picture.idle)
    picture.idle -= idle
    for since in (picture.wrapping_since, picture.talking_since):
        count = min(agents - idle, len(since))
        since.sort()
        del since[:count]
        agents -= count
