"""Contacts changed while campaigns call them: hot ones go to the front, withdrawn ones are not called."""

from __future__ import annotations

from dialerd.core.campaign import CampaignState
from dialerd.core.commands import FetchContacts, ReturnContacts
from dialerd.core.events import ContactsChanged, ContactsEdited, ContactsFetched
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.placing import Placing
from dialerd.core.running import Running


class ListEdits:
    """What the hopper and live attempts make of changes to a list."""

    def __init__(self, floor: Floor, running: Running, placing: Placing) -> None:
        self._floor = floor
        self._running = running
        self._placing = placing
        self._hot: set[int] = set()

    def changed(self, event: ContactsChanged) -> None:
        """The record of a list changed. Hot contacts are fetched by their ids, whatever the hopper holds, by the most
        urgent campaign that is on and has no filter."""
        if event.any_of_them:
            for campaign in self._floor.campaigns.values():
                held = [contact.id for contact in campaign.held() if contact.contact_list == event.contact_list]
                self._let_go(campaign, held)
        self._running.list_changed(event.contact_list)
        if not event.hot or self._floor.conditions.record is not None:
            return
        # Who filters is not given contacts past its filter: there they come in their turn.
        at_work = [
            campaign.settings
            for campaign in self._floor.campaigns.values()
            if event.contact_list in campaign.settings.contact_lists
            and campaign.state is CampaignState.ON
            and campaign.settings.order.filter is None
        ]
        if at_work:
            first = min(at_work, key=lambda settings: (-settings.priority, settings.name))
            serial = self._running.new_fetch()
            self._hot.add(serial)
            hours = first.callable_time
            self._floor.do(
                FetchContacts(first.name, event.contact_list, len(event.hot), serial, only=event.hot, hours=hours)
            )

    def fetched(self, event: ContactsFetched, now: float) -> None:
        """Contacts came: hot ones stand before all others."""
        if event.serial not in self._hot:
            self._running.fetched(event, now)
            return
        self._hot.discard(event.serial)
        floor = self._floor
        floor.fetches.discard(event.serial)
        campaign = floor.campaigns.get(event.campaign)
        mine = campaign is not None and all(c.contact_list in campaign.settings.contact_lists for c in event.contacts)
        if campaign is None or not mine:
            floor.do(ReturnContacts(tuple(c.id for c in event.contacts)))
            return
        self._running.prompting.fetched(campaign, event.contacts)
        campaign.hopper.extendleft(reversed(event.contacts))
        campaign.record_in_attempt = event.in_attempt
        campaign.next_contact_at = event.next_at
        floor.dirty.add(event.campaign)

    def edited(self, event: ContactsEdited, now: float) -> None:
        """Contacts are no longer what the hopper holds: it lets go of them, to fetch them again as they are now, if
        they can be called at all. ``cancel``: calls that nobody has answered yet end."""
        ids = frozenset(event.contact_ids)
        floor = self._floor
        for name, campaign in floor.campaigns.items():
            if event.contact_list not in campaign.settings.contact_lists:
                continue
            self._let_go(campaign, [contact.id for contact in campaign.held() if contact.id in ids])
            floor.dirty.add(name)
        if event.cancel:
            for attempt in list(floor.attempts.values()):
                record = attempt.record
                if record.contact_id in ids and (not event.numbers or record.number in event.numbers):
                    self._placing.cancel(attempt, event.reason, now)
        self._running.list_changed(event.contact_list)

    def _let_go(self, campaign: CampaignRun, held: list[int]) -> None:
        """Back to the record, to be fetched again as they are now."""
        if held:
            campaign.let_go(frozenset(held))
            # Of a contact that is uncallable by now the record makes nothing.
            self._floor.do(ReturnContacts(tuple(held)))
            campaign.dry = False
            self._floor.dirty.add(campaign.settings.name)
