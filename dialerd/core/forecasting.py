"""Pacing at work: feeds each campaign's pacer with facts, shows it the floor, and keeps to what it says.

Campaigns that share agents have one forecast: calls of all of them are demand on the same agents, and they decide one
after the other, by priority and weight. Their abandon budgets stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from dialerd.core import legal_clock
from dialerd.core.agent import AgentState
from dialerd.core.agent_split import IsBefore, agents_of_others, leave
from dialerd.core.attempt import AttemptRecord, AttemptState
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import SavePacing
from dialerd.core.events import Recovered
from dialerd.core.expected_answers import answer_share, answering_soon
from dialerd.core.floor import AgentRun, CampaignRun, Floor, LiveAttempt
from dialerd.core.flow_demand import FlowDemand
from dialerd.core.pacer_run import LEARNT_WITH, Decision, Level, LivePredictive, PacerRun
from dialerd.core.pacing import contract as fact
from dialerd.core.pacing.transfers import expected_soon
from dialerd.core.pacing_history import PacingSample
from dialerd.core.queue_picture import QueuePicture, queue_picture, somebody_at_work
from dialerd.core.windows import Windows

TICK_S = 0.5
"""A campaign with somebody at work is looked at so often at least."""
LEAST_GAP_S = 0.1
"""Between two decisions: a better picture than this old gains nothing."""
SAVE_EVERY_S = 15.0
SHADOW_TOLD_EVERY_S = 60.0


@dataclass(slots=True)
class _Followed:
    """A call that was dialed in this run, as far as pacers were told of it."""

    dialed_at: float
    picked_up: bool = False
    live: bool = False
    lost: bool = False


class Forecasting:
    """Owns the pacers."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        floor.on_agent_moved = self.agent_moved
        self.runs: dict[str, PacerRun] = {}
        self._windows: dict[str, Windows] = {}
        self._followed: dict[str, _Followed] = {}
        self._inbound: set[str] = set()
        """Agents in a conversation with a caller of the queue's own."""
        self._saved: dict[str, Mapping[str, Any]] = {}
        self._recovered = False
        self.is_before: IsBefore = lambda one, other: False
        self.flows = FlowDemand(floor, self._answering_soon)

    # --- start, reload, end ----------------------------------------------------------------------------

    def recovered(self, event: Recovered, now: float) -> None:
        """What the record counts and what an earlier run learned."""
        self._recovered = True
        self._saved = dict(event.pacing)
        for name, days in event.days.items():
            self._windows_of(name).restore(days)
        for run in self.runs.values():
            self._warm_up(run, now)
        self.flows.recovered(self._saved)

    def plan_changed(self, now: float) -> None:
        """Campaigns came, went, or have other settings."""
        self.flows.plan_changed(self._saved)
        for name, settings in self._floor.plan.campaigns.items():
            self._windows_of(name).in_zone(settings.time_zone)
            run = self.runs.get(name)
            if run is None:
                run = self.runs[name] = PacerRun(settings, self._windows[name])
                if self._recovered:
                    self._warm_up(run, now)
            elif run.settings is not settings:
                knew = run.learner is not None
                run.changed(settings)
                if not knew and self._recovered:
                    self._warm_up(run, now)
        for name in [name for name in self.runs if name not in self._floor.plan.campaigns]:
            self._save(name, self.runs.pop(name), now)

    def _windows_of(self, name: str) -> Windows:
        windows = self._windows.get(name)
        if windows is None:
            settings = self._floor.plan.campaigns.get(name)
            windows = self._windows[name] = Windows(settings.time_zone if settings is not None else "UTC")
        return windows

    def _warm_up(self, run: PacerRun, now: float) -> None:
        name = run.settings.name
        live, abandoned = run.windows.of_today(now)
        run.warm_up(self._saved.get(name), live + abandoned, any(run.windows.rolling(now)), now)
        if run.learner is not None:
            start = "pacing_cold" if run.cold else "pacing_warm"
            self._floor.tell("info", start, campaign=name, reason=run.cold)

    def look_after_flows(self, now: float) -> None:
        """Keep what was learned of flows, now and then."""
        for name in self.flows.due(now, SAVE_EVERY_S):
            if name in self.runs:
                self._save(name, self.runs[name], now)

    def save_all(self, now: float) -> None:
        """The daemon ends: hand on all that was learned."""
        for name, run in self.runs.items():
            self._save(name, run, now)

    def _save(self, name: str, run: PacerRun, now: float) -> None:
        learner, of_flows = run.learner, self.flows.state(name)
        if not self._recovered or (learner is None and of_flows is None):
            return
        run.saved_at = now
        state = learner.state() if learner is not None else None
        self._saved[name] = {"with": LEARNT_WITH, "at": now, "state": state, "transfers": of_flows}
        self._floor.do(SavePacing(name, self._saved[name]))

    # --- facts about calls -----------------------------------------------------------------------------

    def dialed(self, attempt: LiveAttempt, now: float) -> None:
        """The call goes out."""
        run = self.runs.get(attempt.record.campaign)
        if run is not None and run.pacers:
            self._followed[attempt.id] = _Followed(now)
            run.placed_calls += 1
            run.observe(fact.Dialed(now))

    def answered(self, attempt: LiveAttempt, now: float) -> None:
        """Somebody or something picked up; without an analysis :meth:`wants_agent` follows at once."""
        run, followed = self._of(attempt)
        if run is not None and followed is not None and attempt.analysis.amd is not None:
            followed.picked_up = True
            run.observe(fact.PickedUp(now, now - followed.dialed_at))

    def wants_agent(self, attempt: LiveAttempt, now: float) -> None:
        """The analysis is over: a person, or what may be one, waits."""
        run, followed = self._of(attempt)
        if run is not None and followed is not None and not followed.live:
            followed.live = True
            answered_at = attempt.record.answered_at if attempt.record.answered_at is not None else now
            run.observe(fact.LiveReady(now, answered_at - followed.dialed_at, now - answered_at))

    def connected(self, attempt: LiveAttempt, now: float) -> None:
        """Person and agent hear each other."""
        run, followed = self._of(attempt)
        if run is not None and followed is not None:
            if attempt.record.abandoned:
                self._lost(run, followed, now)
            start = legal_clock.clock_start(attempt)
            waited_s = max(0.0, now - start) if start is not None else 0.0
            run.observe(fact.Connected(now, waited_s, attempt.record.agent or ""))

    def abandoned(self, attempt: LiveAttempt, now: float) -> None:
        """The clock ran out on a waiting person."""
        run, followed = self._of(attempt)
        if run is not None and followed is not None:
            self._lost(run, followed, now)

    def closed(self, record: AttemptRecord, now: float) -> None:
        """The attempt has its disposition: into the windows, and whatever pacers have not been told yet."""
        if record.abandoned or record.reached:
            answered_at = record.answered_at if record.answered_at is not None else now
            self._windows_of(record.campaign).count(answered_at, record.abandoned)
        self.flows.closed(record, now)
        run, followed = self.runs.get(record.campaign), self._followed.pop(record.id, None)
        if run is None or followed is None:
            return
        if record.abandoned:
            self._lost(run, followed, now)
        if not followed.live:
            ended_at = record.ended_at if record.ended_at is not None else now
            rang_s = max(0.0, ended_at - followed.dialed_at)
            run.observe(fact.EndedWithoutPerson(now, rang_s, record.disposition or "", followed.picked_up))

    def _of(self, attempt: LiveAttempt) -> tuple[PacerRun | None, _Followed | None]:
        return self.runs.get(attempt.record.campaign), self._followed.get(attempt.id)

    @staticmethod
    def _lost(run: PacerRun, followed: _Followed, now: float) -> None:
        if not followed.lost:
            followed.lost = True
            run.observe(fact.Abandoned(now))

    # --- facts about agents ----------------------------------------------------------------------------

    def agent_moved(self, agent: AgentRun, old: AgentState, since: float, now: float) -> None:
        """An agent's state changed; ``since``: when the old one began."""
        learning = [run for run in self.runs.values() if run.pacers]
        runs = [run for run in learning if run.settings.queue in agent.memberships]
        told: list[fact.Fact] = []
        self.flows.agent_moved(agent, old, max(0.0, now - since), agent.agent in self._inbound)
        if old is AgentState.LOGGED_OUT:
            told.append(fact.AgentLoggedIn(now, agent.agent))
        if agent.state is AgentState.ON_CALL and agent.inbound is not None:
            self._inbound.add(agent.agent)
        if old is AgentState.ON_CALL:
            told.append(fact.TalkEnded(now, max(0.0, now - since)))
        elif old is AgentState.WRAP_UP:
            # app_queue keeps the wrap-up after its own calls: we see none of it.
            if agent.agent not in self._inbound:
                told.append(fact.WrapUpEnded(now, max(0.0, now - since)))
            self._inbound.discard(agent.agent)
        if agent.state is AgentState.LOGGED_OUT:
            runs = learning
            told.append(fact.AgentLoggedOut(now, agent.agent))
        for run in runs:
            self._floor.dirty.add(run.settings.name)
            for one in told:
                run.observe(one)

    # --- decisions -------------------------------------------------------------------------------------

    def together(self, names: set[str]) -> set[str]:
        """These campaigns, and all that dial ahead for the same agents: they decide in one round."""
        campaigns = self._floor.campaigns
        queues: set[str | None] = set()
        for name in names:
            known = campaigns.get(name)
            if known is not None and known.settings.mode.dials_ahead:
                queues.add(known.settings.queue)
        if not queues:
            return names
        return names | {
            name
            for name, campaign in campaigns.items()
            if campaign.settings.queue in queues
            and campaign.settings.mode.dials_ahead
            and campaign.state is CampaignState.ON
        }

    def wanted(self, campaign: CampaignRun, now: float) -> int:
        """Calls to place now."""
        run, queue = self.runs.get(campaign.settings.name), campaign.settings.queue
        if run is None or queue is None or not self._recovered:
            return 0
        last = run.decision
        if last is not None and last.at <= now < last.at + LEAST_GAP_S:
            run.asked_again = True
            if run.allotment and not somebody_at_work(self._floor, queue):
                run.allotment = 0
            return run.allotment
        if not campaign.hopper:
            # A decision about calls that cannot be placed would only mislead the budget.
            run.allotment = 0
            return 0
        self._decide(run, campaign, queue, now)
        return run.allotment

    def at_work(self, campaign: CampaignRun) -> int:
        """Agents at work, as of the last decision; 1 before the first one."""
        run = self.runs.get(campaign.settings.name)
        return max(1, run.level.at_work) if run is not None else 1

    def placed(self, campaign: CampaignRun) -> None:
        """One of the wanted calls is on its way."""
        run = self.runs[campaign.settings.name]
        run.allotment = max(0, run.allotment - 1)

    def look_again_at(self, campaign: CampaignRun, now: float) -> float | None:
        """When the campaign is to be looked at whatever happens; None: only when something does."""
        run = self.runs.get(campaign.settings.name)
        if run is None or not run.pacers:
            return None
        last = run.decision or run.shadow_decision
        if last is None or (run.level.at_work == 0 and not run.asked_again):
            return None
        return max(last.at + (LEAST_GAP_S if run.asked_again else TICK_S), now + 0.01)

    def _decide(self, run: PacerRun, campaign: CampaignRun, queue: str, now: float) -> None:
        run.under_rules(now)
        run.allotment, run.asked_again = 0, False
        picture = queue_picture(self._floor, queue, now)
        picture.arriving = self._arriving(queue, now)
        leave(picture, agents_of_others(self._floor, campaign, picture, self.is_before))
        if any(other.lane and other.settings.queue == queue for other in self._floor.campaigns.values()):
            picture.one_is_spoken_for(now)
        # What was granted to others a moment ago and is not dialed yet.
        for other in self.runs.values():
            if other.settings.queue == queue:
                picture.ringing_since.extend([now] * other.allotment)
        snapshot = self._snapshot(run, campaign, picture, now)
        assert run.deciding is not None
        run.allotment = run.deciding.decide(snapshot)
        # What was held by CPS or contacts alone goes on as soon as may be.
        run.asked_again = 0 < run.allotment == snapshot.dialable
        run.decision = Decision(now, run.allotment, run.deciding.explain())
        run.level = self._level(run, campaign, picture)
        if run.history.due(now):
            run.history.add(self._sample(run, snapshot))
        self._shadow(run, snapshot, now)
        if now - run.saved_at >= SAVE_EVERY_S:
            self._save(run.settings.name, run, now)

    def _arriving(self, queue: str, now: float) -> tuple[tuple[float, float], ...]:
        return tuple((one.share, one.after_s) for one in self.flows.arrivals((queue,), now))

    @staticmethod
    def _sample(run: PacerRun, snapshot: fact.Snapshot) -> PacingSample:
        level, cap = run.level, run.settings.pacing.abandon_cap
        windows = [(snapshot.connected, snapshot.abandoned)]
        windows += [(window.connected, window.abandoned) for window in snapshot.other_windows]
        left = min(cap * (live + abandoned) - abandoned for live, abandoned in windows)
        return PacingSample(
            at=snapshot.now,
            level=round(level.calls_per_agent, 3),
            agents_idle=level.idle,
            calls_out=level.outstanding,
            expected_answers=round(level.expected_answers, 2),
            budget_left=round(left, 2),
        )

    def ask_shadow(self, campaign: CampaignRun, now: float) -> None:
        """A campaign that reserves its agents: what would another pacer do?"""
        run, queue = self.runs.get(campaign.settings.name), campaign.settings.queue
        if run is None or run.shadow is None or queue is None or not self._recovered:
            return
        if run.shadow_decision is not None and run.shadow_decision.at <= now < run.shadow_decision.at + TICK_S:
            return
        run.under_rules(now)
        picture = queue_picture(self._floor, queue, now, as_if_ahead=True)
        picture.arriving = self._arriving(queue, now)
        run.level = self._level(run, campaign, picture)
        self._shadow(run, self._snapshot(run, campaign, picture, now), now)
        if now - run.saved_at >= SAVE_EVERY_S:
            self._save(run.settings.name, run, now)

    def _shadow(self, run: PacerRun, snapshot: fact.Snapshot, now: float) -> None:
        shadow = run.shadow
        if shadow is None:
            return
        calls = shadow.ask(snapshot) if isinstance(shadow, LivePredictive) else shadow.decide(snapshot)
        run.shadow_decision = Decision(now, calls, shadow.explain())
        run.shadow_calls += calls
        if now - run.shadow_told_at >= SHADOW_TOLD_EVERY_S:
            if run.shadow_told_at:
                self._floor.tell(
                    "info", "pacing_shadow", campaign=run.settings.name, mode=str(run.settings.pacing.shadow),
                    would_place=str(run.shadow_calls), placed=str(run.placed_calls),
                    explanation=run.shadow_decision.explanation,
                )  # fmt: skip
            run.shadow_told_at, run.shadow_calls, run.placed_calls = now, 0, 0

    def _dialable(self, campaign: CampaignRun) -> int:
        """Calls that could be placed until the next decision: what is granted beyond would only wait."""
        settings, calls = campaign.settings, len(campaign.hopper)
        trunk = self._floor.trunks.get(settings.trunk)
        if trunk is not None:
            at_once = max(1, ceil(trunk.settings.cps * LEAST_GAP_S))
            calls = min(calls, trunk.settings.max_lines - trunk.live, at_once)
        return max(0, calls)

    def _snapshot(self, run: PacerRun, campaign: CampaignRun, picture: QueuePicture, now: float) -> fact.Snapshot:
        (live, abandoned), rolling = self.counts(run, now)
        return fact.Snapshot(
            now=now,
            idle=picture.idle,
            talking_since=fact.times(picture.talking_since),
            wrapping_since=fact.times(picture.wrapping_since),
            leaving=picture.leaving,
            ringing_since=fact.times(picture.ringing_since),
            in_amd_since=fact.times(picture.in_amd_since),
            waiting=picture.waiting,
            arriving=picture.arriving,
            connected=live,
            abandoned=abandoned,
            lines_in_use=len(campaign.live),
            dialable=self._dialable(campaign),
            other_windows=(fact.WindowCount(*rolling),),
        )

    def counts(self, run: PacerRun, now: float) -> tuple[tuple[int, int], tuple[int, int]]:
        """((live, abandoned) of today, the same of the rolling 30 days), calls in progress included."""
        windows = run.windows
        live, abandoned = windows.of_today(now)
        rolling_live, rolling_abandoned = windows.rolling(now)
        campaign = self._floor.campaigns.get(run.settings.name)
        for attempt_id in campaign.live if campaign is not None else ():
            attempt = self._floor.attempts.get(attempt_id)
            if attempt is not None and attempt.record.abandoned:
                abandoned, rolling_abandoned = abandoned + 1, rolling_abandoned + 1
            elif attempt is not None and attempt.state is AttemptState.CONNECTED:
                live, rolling_live = live + 1, rolling_live + 1
        return (live, abandoned), (rolling_live, rolling_abandoned)

    def _level(self, run: PacerRun, campaign: CampaignRun, picture: QueuePicture) -> Level:
        asked = run.deciding if isinstance(run.deciding, LivePredictive) else None
        ahead = asked.forecast() if asked is not None else None
        if ahead is None:
            out = len(picture.ringing_since) + len(picture.in_amd_since)
            ahead = float(picture.idle), picture.waiting + out * answer_share(campaign)
        return Level(
            picture.at_work, picture.idle, picture.outstanding, len(picture.talking_since), ahead[0], ahead[1]
        )

    def promised(self, campaign: CampaignRun, now: float) -> int:
        """Idle agents whom a campaign that reserves must leave to others: to people expected to answer calls placed
        ahead, and to callers whom a flow leads to them in a moment."""
        queue = campaign.settings.queue or ""
        return ceil(self._answering_soon(queue) - 1e-9) + expected_soon(self._arriving(queue, now))

    def _answering_soon(self, queue: str) -> float:
        return answering_soon(self._floor, self.runs, queue)
