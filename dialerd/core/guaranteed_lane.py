"""The guaranteed-agent lane: contacts that may only be called with an agent reserved, in a campaign that dials ahead.

Ofcom (statement of 2010): a number whose call was abandoned is not called again for 72 hours, and one that was taken
for a machine not for 24 hours, unless an agent is guaranteed. Such a contact need not wait until the rule has run
out: it is dialed as in a progressive campaign, one call for one reserved agent, beside the calls placed ahead.

So are contacts of which a rule wants that an agent reads first (action ``preview``), whatever the setting says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dialerd.core import ids
from dialerd.core.caller_demand import callers_waiting
from dialerd.core.choosing import Chosen, choose
from dialerd.core.commands import RetireContacts
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.forecasting import Forecasting
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import CAMPAIGN_GATES, CONTACT_GATES, Case, first_objection
from dialerd.core.parking import Parking
from dialerd.core.placing import Placing
from dialerd.core.pre_call import may_want_previews
from dialerd.core.pre_call_gate import ruling_for
from dialerd.core.prompt_book import PROMPT_REASON

PATIENCE_S = 20.0
"""A contact that has waited so long in the lane gets the next idle agent, whatever was placed ahead meanwhile."""
MOST_WAITING = 20
"""Contacts in one campaign's lane; what comes beyond waits elsewhere for :data:`LATER_S`."""
LATER_S = 300.0

NO_LANE = "no_guaranteed_agent_lane"

CaseFor = Callable[[CampaignRun, Contact, float], Case]


class GuaranteedLane:
    """Takes contacts into the lane, and dials them when an agent is there."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        forecasting: Forecasting,
        parking: Parking,
        placing: Placing,
        case_for: CaseFor,
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self._parking = parking
        self._placing = placing
        self._case_for = case_for

    def takes(self, campaign: CampaignRun, contact: Contact, case: Case, held: Hold, now: float) -> Hold | None:
        """Whether a contact that is held may be called with a reserved agent. Then it waits in the lane, and None
        is returned; else until when it is to be parked."""
        settings = campaign.settings
        if not settings.mode.dials_ahead:
            return held
        if not settings.guaranteed_agent_lane and not may_want_previews(settings.rule_sets):
            return held
        if first_objection(CONTACT_GATES, case) is not None:
            return held  # no agent helps against these
        choice = self._choice(replace(case, guaranteed=True, previews=True), contact)
        if not isinstance(choice, Chosen):
            if isinstance(choice, Hold) and choice.reason.startswith(PROMPT_REASON):
                return choice
            return held
        if len(campaign.lane) >= MOST_WAITING:
            return Hold("guaranteed_agent_lane_full", now + LATER_S)
        campaign.lane.append((now, contact))
        return None

    def _choice(self, case: Case, contact: Contact) -> Chosen | Hold | Refuse:
        """The number to dial with a reserved agent. Without the setting only one of which a rule wants that an agent
        reads first."""
        choice = choose(case, contact)
        if not isinstance(choice, Chosen) or case.campaign.settings.guaranteed_agent_lane:
            return choice
        if ruling_for(case.floor, case.campaign.settings, contact, choice.index, case.now).preview:
            return choice
        return Hold(NO_LANE, case.now + LATER_S)

    def serve(self, campaign: CampaignRun, now: float) -> int:
        """Dial for every agent that can be spared; returns how many calls were begun."""
        floor, queue, begun = self._floor, campaign.settings.queue, 0
        while campaign.lane and self._may_reserve(campaign, now):
            contact = campaign.lane[0][1]
            case = replace(self._case_for(campaign, contact, now), guaranteed=True, previews=True)
            if first_objection(CAMPAIGN_GATES, case) is not None:
                break
            choice = first_objection(CONTACT_GATES, case) or self._choice(case, contact)
            if isinstance(choice, Chosen):
                attempt_id = floor.serials.new(ids.ATTEMPT)
                agent = self._desk.reserve(queue, attempt_id, now)
                if agent is None:
                    break
                campaign.lane.popleft()
                self._placing.begin(campaign, contact, choice.index, attempt_id, agent, now)
                begun += 1
                continue
            campaign.lane.popleft()
            campaign.refused[choice.reason] = campaign.refused.get(choice.reason, 0) + 1
            if isinstance(choice, Refuse):
                floor.do(RetireContacts((contact.id,), choice.reason))
            else:
                self._parking.hold(campaign, contact, choice, now)
        return begun

    def _may_reserve(self, campaign: CampaignRun, now: float) -> bool:
        queue = campaign.settings.queue
        idle = self._desk.idle_agents(queue) - callers_waiting(self._floor, queue)
        if idle > self._forecasting.promised(campaign, now):
            return True
        # Where agents are never idle for long, everybody would be promised for ever: the oldest one's turn comes,
        # one at a time. Pacing has left out one agent meanwhile.
        waited_s = now - campaign.lane[0][0]
        return idle > 0 and waited_s >= PATIENCE_S and not self._in_lane(campaign)

    def _in_lane(self, campaign: CampaignRun) -> bool:
        """A call of the lane has its agent reserved and is not answered yet."""
        attempts = (self._floor.attempts.get(attempt_id) for attempt_id in campaign.live)
        return any(a is not None and a.record.lane and a.record.connected_at is None for a in attempts)
