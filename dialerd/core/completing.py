"""When a campaign is complete: nobody can be called again, by it or by one that hands contacts over to it."""

from __future__ import annotations

from dialerd.core.campaign import CampaignSettings, CampaignState
from dialerd.core.floor import CampaignRun, Floor


def has_nobody(campaign: CampaignRun) -> bool:
    """As far as it knows, none of its contacts is in its hands or can be called again."""
    in_hand = campaign.hopper or campaign.parked or campaign.lane or campaign.live or campaign.closing
    return (
        campaign.dry
        and not in_hand
        and not campaign.fetching
        and campaign.next_contact_at is None
        and campaign.record_in_attempt == 0
    )


def feeders_of(floor: Floor, campaign: CampaignRun) -> list[CampaignRun]:
    """Campaigns at work from which a contact may come to this one, through whichever others: by retry rules and by
    rules when a call is over. They may feed one another in a circle."""
    found: dict[str, CampaignRun] = {}
    left = [campaign]
    while left:
        fed = left.pop()
        for name, other in floor.campaigns.items():
            if other is campaign or name in found or other.state is not CampaignState.ON:
                continue
            if _hands_over(other.settings, fed.settings):
                found[name] = other
                left.append(other)
    return list(found.values())


def _hands_over(giver: CampaignSettings, taker: CampaignSettings) -> bool:
    if any(rule.hand_over_to == taker.name for rule in giver.retry.values()):
        return True
    lists = frozenset(taker.contact_lists)
    return any(lists & {rule.move_to, rule.append_to} for rule_set in giver.rule_sets for rule in rule_set.wrap_up)


def is_complete(floor: Floor, campaign: CampaignRun) -> bool:
    """Nobody can be called again. Where others feed it, they have nobody either, and the lists of all that are fed
    were looked at once more since: the last of their contacts may have come meanwhile."""
    if not has_nobody(campaign):
        return False
    feeders = feeders_of(floor, campaign)
    if not all(has_nobody(feeder) for feeder in feeders):
        return False
    if feeders and not campaign.last_look:
        campaign.last_look = True
        campaign.dry = False
        floor.dirty.add(campaign.settings.name)
        return False
    circle = [feeder for feeder in feeders if not feeder.last_look and feeders_of(floor, feeder)]
    floor.dirty.update(feeder.settings.name for feeder in circle)
    return not circle


def somebody_came(floor: Floor) -> None:
    """Into whichever list: what was seen at a last look no longer holds."""
    for campaign in floor.campaigns.values():
        campaign.last_look = False
