"""Rounds: every campaign that something happened to is looked at, and calls are placed one by one, each for the
campaign whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialerd.core import ids
from dialerd.core.agent_split import agents_left_to_reserve
from dialerd.core.asked_gates import AskedOfCampaigns
from dialerd.core.caller_demand import callers_waiting
from dialerd.core.campaign import CampaignState, Mode
from dialerd.core.choosing import Chosen, choose
from dialerd.core.commands import RetireContacts
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.floor import CampaignRun, Floor, LiveAttempt
from dialerd.core.forecasting import Forecasting
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import Case, first_objection
from dialerd.core.guaranteed_lane import GuaranteedLane
from dialerd.core.pacing import agentless, progressive
from dialerd.core.placing import Placing
from dialerd.core.previewing import Previewing
from dialerd.core.prompt_book import PROMPT_REASON
from dialerd.core.running import Running
from dialerd.core.sharing import Sharer, Sharing, agent_groups, share_of

AGENT_KEPT_S = 5.0
"""So long an idle agent is kept for a campaign that has the better right to it and waits for a line of its own trunk:
without that, whoever needs two scarce things at once would never have both."""
SHARE_LOOK_S = 1.0
"""A campaign that has the agents of its share looks again after so long."""
_NO_LINE = frozenset({"trunk_max_lines", "trunk_cps"})


@dataclass(slots=True)
class _Turn:
    """A campaign in a round."""

    campaign: CampaignRun
    sharer: Sharer
    left: int | None = None
    """Calls that it may still place; None: not asked yet. Asked as late as can be, when others have placed theirs."""


@dataclass(slots=True)
class _Waiting:
    """Campaigns that would dial, had their trunk a line: name -> since when, epoch seconds."""

    since: dict[str, float] = field(default_factory=dict)

    def note(self, campaign: CampaignRun, reason: str | None, now: float) -> None:
        if reason in _NO_LINE and campaign.hopper and campaign.settings.mode.reserves:
            self.since.setdefault(campaign.settings.name, now)
        elif self.since:
            self.since.pop(campaign.settings.name, None)


class Rounds:
    """Places as many calls as pacing says, in the order in which they are due to campaigns."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        forecasting: Forecasting,
        running: Running,
        placing: Placing,
        previewing: Previewing,
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self._running = running
        self._placing = placing
        self._previewing = previewing
        self.sharing = Sharing()
        self._sharers: dict[str, tuple[object, int, Sharer]] = {}
        self._groups: dict[str, str] = {}
        self._groups_of = -1
        self._asked = AskedOfCampaigns()
        self._placed = False
        """A call was placed in this round."""
        self._waiting = _Waiting()
        self._lane = GuaranteedLane(floor, desk, forecasting, running.parking, placing, running.case_for)
        forecasting.is_before = self._is_before_for_agents

    # --- shares ----------------------------------------------------------------------------------------

    def sharer(self, campaign: CampaignRun) -> Sharer:
        """The campaign's share, and what it takes from others by a call."""
        floor, settings = self._floor, campaign.settings
        if self._groups_of != floor.memberships_changed:
            self._groups_of, self._groups = floor.memberships_changed, agent_groups(floor.agents.values())
        known = self._sharers.get(settings.name)
        if known is not None and known[0] is settings and known[1] == self._groups_of:
            return known[2]
        needs = [f"trunk:{settings.trunk}"]
        if settings.queue is not None:
            needs.append(f"agents:{self._groups.get(settings.queue, settings.queue)}")
        sharer = Sharer(settings.name, share_of(settings), tuple(needs))
        self._sharers[settings.name] = settings, self._groups_of, sharer
        return sharer

    def _is_before_for_agents(self, one: CampaignRun, other: CampaignRun) -> bool:
        theirs, mine = self.sharer(one), self.sharer(other)
        return self.sharing.is_before(theirs, mine, mine.needs[-1])

    def refused(self, attempt: LiveAttempt) -> None:
        """The store did not grant the claim: the call does not count."""
        campaign = self._floor.campaigns.get(attempt.record.campaign)
        if campaign is not None:
            self.sharing.refund(self.sharer(campaign))

    # --- rounds ----------------------------------------------------------------------------------------

    def pace_dirty(self, now: float) -> None:
        """Look at every campaign that something happened to."""
        floor = self._floor
        while floor.dirty:
            names, floor.dirty = self._forecasting.together(floor.dirty), set()
            # A set's order is not the same in every run.
            runs = [floor.campaigns[name] for name in sorted(names) if name in floor.campaigns]
            for run in runs if self._previewing.offers.open else ():
                self._previewing.keep(run, now)
            turns = [_Turn(run, self.sharer(run)) for run in runs if self._may_dial(run, now)]
            self._placed = False
            if len(turns) == 1:  # most often, and there is nobody to take turns with
                alone = [turns[0].sharer]
                while self._take(turns[0], alone, now):
                    pass
            else:
                self._take_turns(turns, now)
            for turn in turns:
                self._look_after(turn, now)

    def _take_turns(self, turns: list[_Turn], now: float) -> None:
        left = list(turns)
        while left:
            able = [turn.sharer for turn in left]
            index = self.sharing.next_of(able)
            if not self._take(left[index], able, now):
                del left[index]

    def _may_dial(self, campaign: CampaignRun, now: float) -> bool:
        """Nothing is against the campaign as a whole."""
        if campaign.state is not CampaignState.ON:
            self._waiting.note(campaign, None, now)
            self._running.wind_down(campaign)
            return False
        if now < campaign.hold_until:
            return False
        campaign.hold_reason = ""
        self._keep_hours(campaign, now)
        settings = campaign.settings
        if settings.mode is Mode.AGENTLESS and not agentless(settings.max_lines, len(campaign.live)):
            return False  # as the gates would say, at a tenth of the price: most looks at a busy campaign end here
        objection = first_objection(self._asked.of(settings).campaign, self._running.case_for(campaign, None, now))
        self._held(campaign, objection, now)
        return objection is None

    def _held(self, campaign: CampaignRun, objection: Hold | Refuse | None, now: float) -> None:
        self._waiting.note(campaign, objection.reason if objection is not None else None, now)
        if isinstance(objection, Hold) and objection.until is not None:
            self._floor.timers.set("pace", campaign.settings.name, objection.until)

    def _keep_hours(self, campaign: CampaignRun, now: float) -> None:
        """The schedule: be there when it opens or closes, and keep nobody in the hopper meanwhile."""
        openness, name = campaign.openness(now), campaign.settings.name
        if campaign.paused_by:
            self._running.return_contacts(campaign)
        if openness is None:
            return
        if openness.until is not None:
            self._floor.timers.set("schedule", name, openness.until)
        if not openness.open:
            self._running.return_contacts(campaign)
        if campaign.was_open not in (None, openness.open):
            self._floor.tell("info", "schedule_opened" if openness.open else "schedule_closed", campaign=name)
        campaign.was_open = openness.open

    def _take(self, turn: _Turn, able: list[Sharer], now: float) -> bool:
        """Place one call of the campaign; False when it places no more in this round."""
        campaign = turn.campaign
        mode = campaign.settings.mode
        if turn.left is None:
            turn.left = idle = self._wanted(campaign, now)
        else:
            # Others have placed calls meanwhile, and may have been promised an agent for them.
            idle = self._idle_for(campaign, now) if mode.reserves else 0
        if turn.left > 0 and mode.reserves:
            turn.left = min(turn.left, max(0, idle - self._kept_from(turn, now)))
            turn.left = self._within_share(campaign, turn.left, now)
        if turn.left <= 0 or not self._place_one(campaign, now):
            return False
        self.sharing.charge(turn.sharer, able)
        if mode.dials_ahead:
            self._forecasting.placed(campaign)
        turn.left -= 1
        return turn.left > 0

    def _wanted(self, campaign: CampaignRun, now: float) -> int:
        """Calls that pacing wants, at this moment."""
        settings = campaign.settings
        if settings.mode.dials_ahead:
            self._running.fill(campaign, self._forecasting.at_work(campaign), now)
            return self._forecasting.wanted(campaign, now)
        if settings.mode is Mode.AGENTLESS:
            wanted = agentless(settings.max_lines, len(campaign.live))
        else:
            wanted = self._idle_for(campaign, now)
        self._running.fill(campaign, wanted, now)
        return wanted

    def _idle_for(self, campaign: CampaignRun, now: float) -> int:
        queue = campaign.settings.queue
        # Whoever has called and waits comes before whoever might be called.
        idle = self._desk.idle_agents(queue) - callers_waiting(self._floor, queue)
        return progressive(max(0, idle - self._forecasting.promised(campaign, now))) if idle > 0 else 0

    def _within_share(self, campaign: CampaignRun, left: int, now: float) -> int:
        """No more agents than the share of those who reserve, where others dial ahead for the same ones."""
        allowed = agents_left_to_reserve(self._floor, campaign, self._is_before_for_agents) if left else None
        if allowed is None or allowed >= left:
            return left
        # Whose turn it is changes with calls of others, which are no news for this campaign.
        self._floor.timers.set("pace", campaign.settings.name, now + SHARE_LOOK_S)
        return allowed

    def _kept_from(self, turn: _Turn, now: float) -> int:
        """Idle agents that others have the better right to, who wait for a line of another trunk."""
        kept, queue = 0, turn.sharer.needs[-1]
        for name, since in self._waiting.since.items():
            other = self._floor.campaigns.get(name)
            if other is None or other is turn.campaign or other.settings.trunk == turn.campaign.settings.trunk:
                continue
            theirs = self.sharer(other)
            if queue in theirs.needs and self.sharing.is_before(theirs, turn.sharer, queue):
                until = since + AGENT_KEPT_S
                if now < until:
                    kept += 1
                    self._floor.timers.set("pace", turn.campaign.settings.name, until)
        return kept

    def _look_after(self, turn: _Turn, now: float) -> None:
        """What is to be done for a campaign when everybody has had their turns."""
        campaign = turn.campaign
        settings = campaign.settings
        for _ in range(self._lane.serve(campaign, now) if campaign.lane else 0):
            self.sharing.charge(turn.sharer, [turn.sharer])
        if campaign.to_park:
            self._running.parking.write(campaign)
        if settings.mode.dials_ahead:
            at_work = self._forecasting.at_work(campaign)
            if len(campaign.hopper) < at_work:
                self._running.fill(campaign, at_work, now)
            self._look_again(campaign, now)
        else:
            if turn.left:
                self._running.fill(campaign, turn.left, now)
            self._forecasting.look_after_flows(now)
            if settings.pacing.shadow is not None:
                self._forecasting.ask_shadow(campaign, now)
                self._look_again(campaign, now)
        if campaign.dry:
            self._running.complete_if_done(campaign)

    def _look_again(self, campaign: CampaignRun, now: float) -> None:
        at = self._forecasting.look_again_at(campaign, now)
        if at is not None:
            # A gate may have asked for an earlier look.
            known = self._floor.timers.at("pace", campaign.settings.name)
            self._floor.timers.set("pace", campaign.settings.name, at if known is None else min(at, known))

    # --- one call --------------------------------------------------------------------------------------

    def _place_one(self, campaign: CampaignRun, now: float) -> bool:
        floor, settings = self._floor, campaign.settings
        gates = self._asked.of(settings)
        # Those of lines were among the gates of the campaign, and nothing has been taken since.
        line_is_free = not self._placed
        while campaign.hopper:
            case = self._running.case_for(campaign, campaign.hopper[0], now)
            held = None if line_is_free else first_objection(gates.line, case)
            line_is_free = False
            if held is not None:
                self._held(campaign, held, now)
                return False
            contact = campaign.hopper.popleft()
            choice = first_objection(gates.contact, case) or choose(case, contact, gates.number)
            if not isinstance(choice, Chosen):
                self._not_now(campaign, contact, case, choice, now)
                continue
            attempt_id = floor.serials.new(ids.ATTEMPT)
            agent = None
            if settings.mode.reserves:
                agent = self._desk.reserve(settings.queue, attempt_id, now)
                if agent is None:
                    campaign.hopper.appendleft(contact)
                    return False
            self._placing.begin(campaign, contact, choice.index, attempt_id, agent, now)
            campaign.parked_of_fetch = -1
            self._placed = True
            return True
        return False

    def _not_now(
        self, campaign: CampaignRun, contact: Contact, case: Case, objection: Hold | Refuse, now: float
    ) -> None:
        campaign.refused[objection.reason] = campaign.refused.get(objection.reason, 0) + 1
        if isinstance(objection, Refuse):
            self._floor.do(RetireContacts((contact.id,), objection.reason))
            return
        held = self._lane.takes(campaign, contact, case, objection, now)
        if held is None:
            return
        self._running.inquiring.ask(campaign, (contact,), now)
        if held.reason.startswith(PROMPT_REASON):
            self._running.prompting.ask(campaign, contact, now)
        self._running.parking.hold(campaign, contact, held, now)
        if campaign.parked_of_fetch >= 0:
            campaign.parked_of_fetch += 1
