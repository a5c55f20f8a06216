"""Asks providers about numbers before they are claimed, and takes answers to the contacts that wait for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dialerd.core.commands import AskProvider
from dialerd.core.contact import Contact
from dialerd.core.dnc_events import ProviderAnswered, ProviderFailed, ProviderForgotten
from dialerd.core.floor import CampaignRun, Floor


class Inquiring:
    """Questions out, answers in."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def ask(self, campaign: CampaignRun, contacts: Iterable[Contact], now: float) -> None:
        """Have every number of these contacts asked about that is not known; nothing where no list has a provider."""
        for name in campaign.settings.dnc_providers:
            numbers = [number.e164 for contact in contacts for number in contact.numbers]
            wanted = self._floor.inquiries.to_ask(name, numbers, now)
            if wanted:
                self._floor.do(AskProvider(name, wanted))

    def answered(self, event: ProviderAnswered, now: float) -> None:
        """Contacts that waited for it go back into the hopper."""
        floor = self._floor
        floor.inquiries.answered(event.dnc_list, event.verdicts, event.until)
        for name, campaign in floor.campaigns.items():
            if event.dnc_list not in campaign.settings.dnc_providers:
                continue
            for contact_id, parked in list(campaign.parked.items()):
                if any(number.e164 in event.verdicts for number in parked.contact.numbers):
                    campaign.parked[contact_id] = replace(parked, until=now)
            if campaign.parked:
                floor.timers.set("parked", name, now)
            floor.dirty.add(name)

    def failed(self, event: ProviderFailed, now: float) -> None:
        """Campaigns that need the list hold until it makes sense to ask again."""
        floor = self._floor
        floor.inquiries.failed(event.dnc_list, event.numbers, event.reason, event.retry_at)
        for name, campaign in floor.campaigns.items():
            if event.dnc_list in campaign.settings.dnc_providers:
                floor.dirty.add(name)

    def forgotten(self, event: ProviderForgotten, now: float) -> None:
        """What was said no longer holds: the provider is asked again before the next call."""
        self._floor.inquiries.forget(event.dnc_list, event.number)
        for name, campaign in self._floor.campaigns.items():
            if event.dnc_list in campaign.settings.dnc_providers:
                self._floor.dirty.add(name)
