"""Retry rules across campaigns: who hands contacts over to whom, and the parts of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialerd.config.document import Document
from dialerd.config.models import CampaignModel
from dialerd.config.problems import Path, did_you_mean, quoted
from dialerd.core.campaign import CampaignSettings, Plan


def day_parts(stated: list[str]) -> tuple[int, ...]:
    """Times of day in seconds since midnight, in order."""
    split = (text.split(":") for text in stated)
    return tuple(sorted(int(hours) * 3600 + int(minutes) * 60 for hours, minutes in split))


def handing_over(plan: Plan) -> Plan:
    """The plan with the lists of those who take contacts over."""

    def completed(campaign: CampaignSettings) -> CampaignSettings:
        rules = {
            disposition: replace(rule, hand_over_list=plan.campaigns[rule.hand_over_to].contact_list)
            if rule.hand_over_to is not None
            else rule
            for disposition, rule in campaign.retry.items()
        }
        return replace(campaign, retry=rules)

    return replace(plan, campaigns={name: completed(campaign) for name, campaign in plan.campaigns.items()})


def check_hand_overs(document: Document, campaigns: Mapping[str, CampaignModel]) -> None:
    """Tell of contacts that are handed over to nobody, to their own list, or round in a circle."""
    told: set[Path] = set()
    for name, campaign in campaigns.items():
        for disposition, rule in campaign.retry.items():
            own: Path = ("campaigns", name, "retry", disposition.value)
            base = own if document.has(own) else ("defaults", "retry", disposition.value)
            wrong = _wrong(campaigns, name, rule.then == "hand_over", rule.hand_over_to)
            if wrong is not None and base not in told:
                told.add(base)
                key = "hand_over_to" if document.has((*base, "hand_over_to")) else "then"
                document.problem(document.mark((*base, key)), (*base, key), *wrong)


def _wrong(
    campaigns: Mapping[str, CampaignModel], name: str, hands_over: bool, to: str | None
) -> tuple[str, str, str] | None:
    """Message, what is expected, hint."""
    if not hands_over:
        return None if to is None else ("contacts are not handed over", "", "add `then: hand_over`")
    if to is None:
        return "to which campaign is not stated", "`hand_over_to:` with the name of a campaign", ""
    if to not in campaigns:
        return f"there is no campaign {quoted(to)}", "a name under `campaigns`", did_you_mean(to, list(campaigns))
    if campaigns[to].contact_list == campaigns[name].contact_list:
        return (
            f"campaign {quoted(to)} dials the same contact list",
            "a campaign with a list of its own",
            "give it another `contact_list:`; it may be empty at first",
        )
    if name in _reached_from(campaigns, to):
        return f"campaign {quoted(to)} hands contacts over to this one: they would go round for ever", "", ""
    return None


def _reached_from(campaigns: Mapping[str, CampaignModel], start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        campaign = campaigns.get(left.pop())
        for rule in campaign.retry.values() if campaign is not None else ():
            if rule.then == "hand_over" and rule.hand_over_to is not None and rule.hand_over_to not in found:
                found.add(rule.hand_over_to)
                left.append(rule.hand_over_to)
    return found
