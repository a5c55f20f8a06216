"""Campaigns at work: lifecycle and hopper."""

from __future__ import annotations

from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState, Plan
from dialerd.core.commands import FetchContacts, ReturnContacts, SaveCampaignState, WakeContacts
from dialerd.core.completing import is_complete, somebody_came
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.events import CampaignFound, ContactsFetched
from dialerd.core.findings import CONTACT_LIST, QUEUE, in_words
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.forecasting import Forecasting
from dialerd.core.gates import Case
from dialerd.core.inquiring import Inquiring
from dialerd.core.lines import TrunkRun
from dialerd.core.parking import MOST_AT_ONCE, Parking, line_up
from dialerd.core.prompting import Prompting
from dialerd.core.time_gate import REASONS

HOPPER_FLOOR = 20
"""Least number of contacts to ask for at a time."""
POLL_S = 5.0
"""How often an empty list is asked again when nothing says that it changed."""
FETCH_TIMEOUT_S = 30.0

_FINAL = frozenset({CampaignState.OFF, CampaignState.COMPLETE})
_WANTED_ON = frozenset({CampaignState.ON, CampaignState.SUSPENDED, CampaignState.INVALID})


class Running:
    """Starts, stops and feeds campaigns."""

    def __init__(self, floor: Floor, desk: Desk, forecasting: Forecasting) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self.parking = Parking(floor)
        self.inquiring = Inquiring(floor)
        self.prompting = Prompting(floor)
        self._fetches = 0

    # --- lifecycle -------------------------------------------------------------------------------------

    def plan_changed(self, plan: Plan, now: float) -> None:
        """A new configuration: live calls keep the settings they began with."""
        floor = self._floor
        floor.plan = plan
        for name, trunk in plan.trunks.items():
            if name in floor.trunks:
                floor.trunks[name].settings = trunk
            else:
                floor.trunks[name] = TrunkRun(trunk)
                # Attempts of an earlier run may have been adopted before the configuration came.
                floor.trunks[name].live = sum(
                    attempt.record.trunk == name and attempt.state is not AttemptState.ENDED
                    for attempt in floor.attempts.values()
                )
        for name, settings in plan.campaigns.items():
            campaign = floor.campaigns.get(name)
            if campaign is None:
                floor.campaigns[name] = CampaignRun(settings)
                self._restore(floor.campaigns[name])
                continue
            if (campaign.settings.contact_list, campaign.settings.order) != (settings.contact_list, settings.order):
                self.return_contacts(campaign)
            if campaign.settings.callable_time != settings.callable_time:
                floor.do(WakeContacts(settings.contact_lists, REASONS))
            campaign.settings = settings
            campaign.dry = False
        for name, campaign in floor.campaigns.items():
            if name not in plan.campaigns and campaign.state in _WANTED_ON:
                self.stop(campaign, "removed from the configuration")
        self.queues_seen()
        self._forecasting.plan_changed(now)
        self._desk.open_lines(now)
        floor.dirty.update(floor.campaigns)

    def _restore(self, campaign: CampaignRun) -> None:
        before = self._floor.recovered_states.get(campaign.settings.name)
        if before in _WANTED_ON or before is CampaignState.STOPPING:
            self._floor.move_campaign(campaign, CampaignState.ON)
            if before is CampaignState.STOPPING:
                self.stop(campaign, "")
            elif before is CampaignState.SUSPENDED:
                self._change(campaign, CampaignState.SUSPENDED, "suspended before the restart: see the notices")
            else:
                self._judge(campaign)
        elif before is CampaignState.COMPLETE:
            campaign.state = CampaignState.COMPLETE

    def restore_all(self) -> None:
        """The states of the earlier run are known now."""
        for campaign in self._floor.campaigns.values():
            if campaign.state is CampaignState.OFF:
                self._restore(campaign)

    def start(self, campaign: CampaignRun) -> None:
        """Somebody wants it on."""
        if campaign.settings.name not in self._floor.plan.campaigns:
            return
        if campaign.state in (CampaignState.ON, CampaignState.INVALID):
            return
        campaign.dry = False
        campaign.hold_until, campaign.hold_reason = 0.0, ""
        against = in_words(self._floor.findings.of(campaign.settings.name))
        if against:
            self._change(campaign, CampaignState.INVALID, against)
        else:
            self._change(campaign, CampaignState.ON, "")

    def stop(self, campaign: CampaignRun, reason: str) -> None:
        """No new calls; live ones finish."""
        if campaign.state in _WANTED_ON:
            self._change(campaign, CampaignState.STOPPING, reason)
        elif campaign.state is CampaignState.COMPLETE:
            self._change(campaign, CampaignState.OFF, reason)

    def _change(self, campaign: CampaignRun, state: CampaignState, reason: str) -> None:
        floor = self._floor
        floor.move_campaign(campaign, state, reason)
        floor.do(SaveCampaignState(campaign.settings.name, state, reason))
        level = "error" if state is CampaignState.INVALID else "info"
        floor.tell(level, f"campaign_{state}", campaign=campaign.settings.name, reason=reason)

    # --- can it work in the world as it is? --------------------------------------------------------------

    def found(self, event: CampaignFound) -> None:
        """Somebody looked; the campaign may have to leave off, or may go on."""
        self._floor.findings.take(event.campaign, event.about, event.reason)
        campaign = self._floor.campaigns.get(event.campaign)
        if campaign is not None:
            self._judge(campaign)

    def queues_seen(self) -> None:
        """Asterisk's queues are known, or the campaigns have changed."""
        known = self._floor.queues_known
        if known is None:
            return
        for name, settings in self._floor.plan.campaigns.items():
            missing = sorted(settings.queues - known)
            verb = "does" if len(missing) == 1 else "do"
            reason = f"queue {' and '.join(missing)} {verb} not exist in Asterisk" if missing else None
            self.found(CampaignFound(name, QUEUE, reason))

    def _judge(self, campaign: CampaignRun) -> None:
        against = in_words(self._floor.findings.of(campaign.settings.name))
        if campaign.state is CampaignState.INVALID and not against:
            campaign.dry = False
            self._change(campaign, CampaignState.ON, "")
        elif (campaign.state is CampaignState.ON and against) or (
            campaign.state is CampaignState.INVALID and campaign.reason != against
        ):
            self._change(campaign, CampaignState.INVALID, against)

    # --- hopper ----------------------------------------------------------------------------------------

    def fetched(self, event: ContactsFetched, now: float) -> None:
        """Contacts came for the hopper. Contacts of an answer that comes twice may have been called meanwhile."""
        floor = self._floor
        if event.serial and event.serial not in floor.fetches:
            return
        floor.fetches.discard(event.serial)
        campaign = floor.campaigns.get(event.campaign)
        if campaign is None:
            floor.do(ReturnContacts(tuple(c.id for c in event.contacts)))
            return
        floor.timers.cancel("fetch", event.campaign)
        campaign.fetching = False
        floor.dirty.add(event.campaign)
        if not all(campaign.settings.dials(contact.contact_list) for contact in event.contacts):
            # The campaign was given another list while the fetch was on its way.
            floor.do(ReturnContacts(tuple(c.id for c in event.contacts)))
            return
        known = {c.id for c in campaign.hopper} | set(campaign.parked) | {c.id for _, c in campaign.lane}
        line_up(campaign.hopper, [c for c in event.contacts if c.id not in known])
        self.inquiring.ask(campaign, event.contacts, now)
        self.prompting.fetched(campaign, event.contacts)
        self.prompting.prepare(campaign, (self.case_for(campaign, one, now) for one in event.contacts))
        campaign.next_contact_at = event.next_at
        campaign.record_in_attempt = event.in_attempt
        campaign.dry = not event.contacts
        if event.contacts:
            somebody_came(floor)
        campaign.parked_of_fetch = 0
        if campaign.dry:
            wake = now + POLL_S
            if event.next_at is not None:
                wake = event.next_at if event.in_attempt == 0 else min(event.next_at, wake)
            floor.timers.set("fetch_again", event.campaign, max(wake, now + 0.05))

    def fetch_again(self, campaign: CampaignRun) -> None:
        """Something may have become callable."""
        campaign.dry = False
        self._floor.dirty.add(campaign.settings.name)

    def list_changed(self, contact_list: str) -> None:
        """The record of this list changed."""
        somebody_came(self._floor)
        for name, campaign in self._floor.campaigns.items():
            if campaign.settings.dials(contact_list):
                if self._floor.findings.against(name, CONTACT_LIST):
                    # What can change is there.
                    self.found(CampaignFound(name, CONTACT_LIST, None))
                if campaign.dry:
                    self.fetch_again(campaign)
                if campaign.state is CampaignState.COMPLETE:
                    # New contacts, or ones set free again: a finished campaign stays finished until started.
                    self._floor.tell("info", "complete_campaign_has_contacts", campaign=campaign.settings.name)

    def fetch_timed_out(self, campaign: CampaignRun) -> None:
        """The record never answered."""
        campaign.fetching = False
        self._floor.dirty.add(campaign.settings.name)

    def return_contacts(self, campaign: CampaignRun) -> None:
        """Give back who is in the hopper or parked here."""
        back = (*(c.id for c in campaign.hopper), *campaign.parked, *(c.id for _, c in campaign.lane))
        campaign.hopper.clear()
        campaign.lane.clear()
        campaign.parked.clear()
        if back:
            self._floor.do(ReturnContacts(back))

    def fill(self, campaign: CampaignRun, wanted: int, now: float) -> None:
        """Fetch contacts, where the hopper has too few for ``wanted`` calls and those after them."""
        if campaign.fetching or campaign.dry or self._floor.conditions.record is not None:
            return
        # Where all that was fetched was parked, more comes at a time: nothing else is done meanwhile.
        parked = min(2 * campaign.parked_of_fetch, MOST_AT_ONCE)
        limit = max(HOPPER_FLOOR, 3 * max(wanted, len(campaign.live)), parked)
        # Half of it must bridge the time that a fetch takes: the record may be writing outcomes just then.
        if len(campaign.hopper) >= max(wanted, limit // 2):
            return
        settings = campaign.settings
        campaign.fetching = True
        self._floor.timers.set("fetch", settings.name, now + FETCH_TIMEOUT_S)
        self._floor.do(
            FetchContacts(
                settings.name, settings.contact_list, limit, self.new_fetch(), settings.order,
                hours=settings.callable_time,
            )
        )  # fmt: skip

    def new_fetch(self) -> int:
        """The serial number of a fetch that is about to be made."""
        self._fetches += 1
        self._floor.fetches.add(self._fetches)
        return self._fetches

    # --- gates and the end ------------------------------------------------------------------------------

    def case_for(self, campaign: CampaignRun, contact: Contact | None, now: float, index: int | None = None) -> Case:
        """The case that the gates judge; without a contact, the campaign's alone. ``index``: which of the contact's
        numbers; None: the one whose turn it is."""
        number, place = None, 0
        if contact is not None and contact.numbers:
            place = (contact.number_index if index is None else index) % len(contact.numbers)
            number = contact.numbers[place]
        reserves = campaign.settings.mode.reserves
        return Case(now, self._floor, campaign, contact, number, place, reserves, previews=reserves)

    def complete_if_done(self, campaign: CampaignRun) -> None:
        """Complete when no contact can ever be called again."""
        if is_complete(self._floor, campaign):
            self._change(campaign, CampaignState.COMPLETE, "")

    def wind_down(self, campaign: CampaignRun) -> None:
        """Not on: nobody is kept, and what is stopping ends with its last call."""
        self.return_contacts(campaign)
        if campaign.state is CampaignState.STOPPING and not campaign.live and not campaign.closing:
            self._change(campaign, CampaignState.OFF, campaign.reason)
        name = campaign.settings.name
        busy = campaign.fetching or campaign.live or campaign.closing
        if name not in self._floor.plan.campaigns and campaign.state in _FINAL and not busy:
            del self._floor.campaigns[name]
            self._floor.findings.forget(name)
