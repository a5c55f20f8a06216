"""People who are expected to answer calls that were placed ahead of the agents whom they will want."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.pacer_run import PacerRun
from dialerd.core.queue_picture import BEFORE_ANSWER

_PRIOR_CALLS, _PRIOR_ANSWERS = 10, 3
_WANTS_ONE = frozenset({AttemptState.ANSWERED, AttemptState.ANALYSING, AttemptState.WAITING_AGENT})


def answer_share(campaign: CampaignRun) -> float:
    """Share of the campaign's calls that are answered, with a first guess."""
    return min(1.0, (campaign.answered + _PRIOR_ANSWERS) / (campaign.placed + _PRIOR_CALLS))


def answering_soon(floor: Floor, runs: Mapping[str, PacerRun], queue: str) -> float:
    """Of all calls placed ahead for the queue's agents, and of those that are granted and not placed yet."""
    expected = 0.0
    for other in floor.campaigns.values():
        if not other.settings.mode.dials_ahead or other.settings.queue != queue:
            continue
        share = answer_share(other)
        run = runs.get(other.settings.name)
        if run is not None and other.state is CampaignState.ON:
            expected += share * run.allotment
        for attempt_id in other.live:
            attempt = floor.attempts.get(attempt_id)
            if attempt is None or attempt.record.agent is not None or attempt.record.cancelled:
                continue
            if attempt.state in BEFORE_ANSWER:
                expected += share
            elif attempt.state in _WANTS_ONE:
                expected += 1.0
    return expected
