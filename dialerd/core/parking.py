"""Contacts that left the hopper and cannot be called now: parked for a moment here, for longer in the record."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from dialerd.core.calling_groups import group_of
from dialerd.core.campaign import Plan
from dialerd.core.commands import ParkContacts
from dialerd.core.contact import Contact
from dialerd.core.floor import CampaignRun, Floor, Parked
from dialerd.core.gate_verdicts import Hold
from dialerd.core.tallies import is_promised
from dialerd.core.time_gate import OUTSIDE_HOURS

LOOK_AGAIN_S = 5.0
"""When a contact is tried again whose hold has no end that is known."""
SHORT_S = 60.0
"""Up to here a contact stays in memory; beyond, the record keeps it, and nothing is spent on it."""
MOST_KEPT = 1000
"""Contacts of one campaign that are parked in memory at most; so does a list whose hours begin in less than
:data:`SHORT_S` not come here as a whole."""
MOST_AT_ONCE = 1000
"""Most contacts in one fetch while whole fetches are parked."""


def line_up(hopper: deque[Contact], contacts: Sequence[Contact]) -> None:
    """Put contacts behind those in the hopper; who is to be called back stands before all who are not."""
    promised = [contact for contact in contacts if is_promised(contact.tries)]
    if promised:
        place = next((i for i, contact in enumerate(hopper) if not is_promised(contact.tries)), len(hopper))
        hopper.rotate(-place)
        hopper.extendleft(reversed(promised))
        hopper.rotate(place)
    hopper.extend(contact for contact in contacts if not is_promised(contact.tries))


class Parking:
    """Parks contacts and lets them go again."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._judged: Plan | None = None
        self._agree: dict[str, bool] = {}
        """Contact list -> the campaigns of that plan agree on where its numbers are."""

    def hold(self, campaign: CampaignRun, contact: Contact, hold: Hold, now: float) -> None:
        """Park one contact until its hold ends."""
        until = hold.until if hold.until is not None and hold.until > now else now + LOOK_AGAIN_S
        if until > now + SHORT_S or len(campaign.parked) >= MOST_KEPT:
            group = self._group(campaign, contact, now) if hold.reason == OUTSIDE_HOURS else ""
            campaign.to_park.setdefault((until, hold.reason, group), []).append(contact.id)
        else:
            self.keep(campaign, contact, until, hold.reason)

    def _group(self, campaign: CampaignRun, contact: Contact, now: float) -> str:
        """Where campaigns that dial the same list differ in where its numbers are, nobody waits in a group: what is
        closed to one may be open to another, and they would hand contacts to and fro."""
        times, name = campaign.settings.callable_time, contact.contact_list
        if self._judged is not self._floor.plan:
            self._judged, self._agree = self._floor.plan, {}
        if name not in self._agree:
            others = (one for one in self._floor.plan.campaigns.values() if name in one.contact_lists)
            words = {one.callable_time.places for one in others if one.callable_time.sets}
            self._agree[name] = len(words) == 1
        return group_of(times, contact, now) if self._agree[name] else ""

    def keep(self, campaign: CampaignRun, contact: Contact, until: float, reason: str) -> None:
        """Park one contact in memory."""
        campaign.parked[contact.id] = Parked(until, contact, reason)
        known = self._floor.timers.at("parked", campaign.settings.name)
        if known is None or until < known:
            self._floor.timers.set("parked", campaign.settings.name, until)

    def write(self, campaign: CampaignRun) -> None:
        """Hand what was parked for long to the record: one command for all that wait for the same moment."""
        if campaign.to_park:
            for (until, reason, group), contact_ids in campaign.to_park.items():
                self._floor.do(ParkContacts(tuple(contact_ids), until, reason, group))
            campaign.to_park.clear()

    def due(self, campaign: CampaignRun, now: float) -> None:
        """Contacts whose moment has come go back into the hopper."""
        due = [key for key, parked in campaign.parked.items() if parked.until <= now]
        line_up(campaign.hopper, [campaign.parked.pop(key).contact for key in due])
        if campaign.parked:
            soonest = min(parked.until for parked in campaign.parked.values())
            self._floor.timers.set("parked", campaign.settings.name, soonest)
        self._floor.dirty.add(campaign.settings.name)
