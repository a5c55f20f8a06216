"""Agents that a campaign which dials ahead leaves to campaigns that reserve theirs, on one queue.

A forecast counts on every agent who comes free; a campaign that reserves can only take one who is idle. Without a
split the first would promise all agents to its calls, and the second would starve.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor as whole

from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState, Mode
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.queue_picture import QueuePicture
from dialerd.core.sharing import share_of

IsBefore = Callable[[CampaignRun, CampaignRun], bool]
"""The first of two campaigns has the better right to an agent, by the calls that both have placed."""


def agents_of_others(floor: Floor, campaign: CampaignRun, picture: QueuePicture, is_before: IsBefore) -> int:
    """How many agents of the picture to leave alone: the share of those who reserve and have somebody to call, less
    the agents whom they have already. A share of less than one agent is one agent at times: when it is their turn."""
    settings = campaign.settings
    shares, reserving, held, on_call, turn = share_of(settings), 0.0, 0, 0, False
    for other in floor.campaigns.values():
        theirs = other.settings
        if theirs.queue != settings.queue or other.state is not CampaignState.ON or other is campaign:
            continue
        if theirs.mode.dials_ahead:
            shares += share_of(theirs) if other.hopper else 0.0
        elif theirs.mode is Mode.PROGRESSIVE:
            if other.hopper:
                reserving += share_of(theirs)
                turn = turn or is_before(other, campaign)
            for attempt_id in other.live:
                attempt = floor.attempts.get(attempt_id)
                if attempt is not None and attempt.record.agent is not None:
                    held += 1
                    on_call += attempt.state in (AttemptState.CONNECTED, AttemptState.WAITING_AGENT)
    if not reserving:
        return 0
    agents = picture.at_work + held - on_call
    return max(0, max(int(turn), whole(agents * reserving / (shares + reserving))) - held)


def leave(picture: QueuePicture, agents: int) -> None:
    """Take so many agents out of the picture: idle ones first, then those who have been busy for longest."""
    idle = min(agents, picture.idle)
    picture.idle -= idle
    for since in (picture.wrapping_since, picture.talking_since):
        count = min(agents - idle, len(since))
        since.sort()
        del since[:count]
        agents -= count
