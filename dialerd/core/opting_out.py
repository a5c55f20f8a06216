"""Do-not-call lists while campaigns run: what the claim refused, and opt-outs that must stop calls at once."""

from __future__ import annotations

from collections.abc import Callable

from dialerd.core.campaign import CampaignSettings
from dialerd.core.choosing import choose
from dialerd.core.commands import RetireContacts
from dialerd.core.contact import Contact
from dialerd.core.dnc import DNC_REASON, DncKind
from dialerd.core.dnc_events import DncLifted, DncStandingChanged, OptedOut
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import Case, number_not_barred
from dialerd.core.placing import Placing

CaseFor = Callable[[CampaignRun, Contact | None, float], Case]


class OptingOut:
    """Takes news of the lists to live calls, hoppers and gates."""

    def __init__(self, floor: Floor, placing: Placing, case_for: CaseFor) -> None:
        self._floor = floor
        self._placing = placing
        self._case_for = case_for

    def standing_changed(self, event: DncStandingChanged, now: float) -> None:
        """Lists came to be ready, or are being loaded."""
        self._floor.dnc = event.standing
        self._floor.dirty.update(self._floor.campaigns)

    def opted_out(self, event: OptedOut, now: float) -> None:
        """An entry was added: nothing that it concerns is dialed, and what rings is ended. People who are being
        spoken with are left alone: the opt-out may be what they have just asked for."""
        floor, reason, until = self._floor, f"{DNC_REASON}{event.dnc_list}", event.entry.expires_at
        verdict = Refuse(reason) if until is None else Hold(reason, until)
        for attempt in list(floor.attempts.values()):
            record = attempt.record
            asks = event.dnc_list in self._lists_of(record.campaign, attempt.settings)
            if asks and event.entry.concerns(record.number, record.contact_key):
                if record.campaign in floor.campaigns:
                    floor.campaigns[record.campaign].bar(record.number, verdict)
                self._placing.cancel(attempt, reason, now)
        for campaign in floor.campaigns.values():
            if event.dnc_list in campaign.settings.dnc:
                self._bar(campaign, event, verdict, now)

    def _lists_of(self, name: str, begun_with: CampaignSettings) -> tuple[str, ...]:
        """A reload does not touch live calls, save that they heed the lists of both settings."""
        campaign = self._floor.campaigns.get(name)
        return begun_with.dnc + (campaign.settings.dnc if campaign is not None else ())

    def _bar(self, campaign: CampaignRun, event: OptedOut, verdict: Refuse | Hold, now: float) -> None:
        if event.entry.kind is DncKind.NUMBER:
            # A contact with this number may be on its way here, and the claim's copy of the list behind the record.
            campaign.bar(event.entry.value, verdict)
        for contact in campaign.held():
            concerned = [n.e164 for n in contact.numbers if event.entry.concerns(n.e164, contact.key)]
            for number in concerned:
                campaign.bar(number, verdict)
            if concerned and isinstance(self._choice(campaign, contact, now), Refuse):
                self._drop(campaign, contact, verdict.reason)
        self._floor.dirty.add(campaign.settings.name)

    def _choice(self, campaign: CampaignRun, contact: Contact, now: float) -> object:
        return choose(self._case_for(campaign, contact, now), contact, (number_not_barred,))

    def _drop(self, campaign: CampaignRun, contact: Contact, reason: str) -> None:
        campaign.let_go((contact.id,))
        campaign.refused[reason] = campaign.refused.get(reason, 0) + 1
        self._floor.do(RetireContacts((contact.id,), reason))

    def lifted(self, event: DncLifted, now: float) -> None:
        """Something was taken off a list: what is remembered of it may no longer hold; the claim knows."""
        reason = f"{DNC_REASON}{event.dnc_list}"
        for campaign in self._floor.campaigns.values():
            for number in [n for n, verdict in campaign.barred.items() if verdict.reason == reason]:
                del campaign.barred[number]
