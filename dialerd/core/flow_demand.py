"""Agents that flows need: callers who are expected to be led to a queue, as demand on its agents.

A campaign without agents of its own is held back as long as more callers are expected to ask for an agent than agents
are expected to be free by then. For campaigns that dial for the same agents those callers are load, as inbound calls
are. Nobody at work: callers take the node's other way at once, so nothing is held back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dialerd.core.agent import AgentState
from dialerd.core.attempt import AttemptRecord, AttemptState
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.floor import AgentRun, CampaignRun, Floor, LiveAttempt
from dialerd.core.flow.reach import Place, queues_ahead, queues_of_walk
from dialerd.core.gate_verdicts import Hold
from dialerd.core.pacing.durations import Durations
from dialerd.core.pacing.supply import Supply
from dialerd.core.pacing.transfers import ANSWERED, DIALED, Expectation, TransferShares
from dialerd.core.queue_picture import BEFORE_ANSWER, QueuePicture, queue_picture

LEARNT_WITH = "transfers"
LOOK_S = 0.5
"""A picture older than this is made anew."""
HELD_S = 1.0
"""A campaign that is held back looks again after so long."""
REBUILD_S = 15.0
_HORIZONS_S = np.arange(5.0, 125.0, 10.0)
_TYPICAL_TALK_S, _TYPICAL_WRAP_S = 120.0, 20.0
_LEAST_S = 2.0
_ANALYSED = frozenset({AttemptState.ANSWERED, AttemptState.ANALYSING})


@dataclass(frozen=True, slots=True)
class QueueNeed:
    """One queue that a campaign's flow leads to, at one moment."""

    queue: str
    share: float
    """Of the calls that are answered, 0 to 1: how many are expected to ask for an agent of it."""
    after_s: float
    """From dialing until they do, on average."""
    callers: float
    """Of all calls in progress, whoever dials for these agents: how many are expected to want one by then."""
    per_call: float
    """What one more call adds to that."""
    free: float
    """Agents expected to be free by then."""
    at_work: int

    @property
    def suffices(self) -> bool:
        """One more call may be placed. Where nobody is expected at all one may be, however busy the agents are: most
        callers never ask for one."""
        return self.at_work == 0 or self.callers == 0.0 or self.callers + self.per_call <= self.free

    def explain(self) -> str:
        """In words."""
        if self.at_work == 0:
            return f"{self.queue}: nobody at work, callers take the other way"
        return (
            f"{self.queue}: {self.callers:.1f} callers expected to want an agent within {self.after_s:.0f} s, "
            f"{self.free:.1f} agents free by then"
        )


@dataclass(slots=True)
class _Run:
    """One campaign whose flows lead to queues."""

    settings: CampaignSettings
    shares: TransferShares = field(default_factory=TransferShares)
    ahead: Mapping[Place, frozenset[str]] = field(default_factory=dict)
    queues: frozenset[str] = frozenset()
    """Those that everybody who answers may be led to; none in a campaign that has agents of its own."""
    looked_at: float = -1.0
    live_then: int = 0
    needs: tuple[QueueNeed, ...] = ()
    saved_at: float = 0.0


@dataclass(slots=True)
class _QueueTimes:
    """How long agents of a queue are busy, and what follows from it."""

    talk: Durations = field(default_factory=lambda: Durations(_TYPICAL_TALK_S, 0.8))
    wrap: Durations = field(default_factory=lambda: Durations(_TYPICAL_WRAP_S, 0.6))
    supply: Supply = field(default_factory=lambda: Supply(_HORIZONS_S))
    built_at: float | None = None

    def free_by(self, picture: QueuePicture, horizon_s: float, now: float) -> float:
        """Agents expected to be free some seconds ahead, the idle ones included."""
        talking, wrapping = np.array(picture.talking_since), np.array(picture.wrapping_since)
        if self.built_at is None or not self.built_at <= now < self.built_at + REBUILD_S:
            self.talk.fit(np.maximum(now - talking, 0.0))
            self.wrap.fit(np.maximum(now - wrapping, 0.0))
            self.supply.build(self.talk, self.wrap)
            self.built_at = now
        column = int(np.abs(_HORIZONS_S - horizon_s).argmin())
        return picture.idle + float(self.supply.total(now, talking, wrapping)[column])


class FlowDemand:
    """Learns what becomes of callers in flows, and says what that means for agents."""

    def __init__(self, floor: Floor, answering_soon: Callable[[str], float]) -> None:
        """``answering_soon``: of a queue, people expected to answer calls that campaigns placed ahead for it."""
        self._floor = floor
        self._answering_soon = answering_soon
        self._runs: dict[str, _Run] = {}
        self._times: dict[str, _QueueTimes] = {}
        self._learned: set[str] = set()
        """Live attempts of which it is known already that they asked for an agent."""
        floor.flow_hold = self.hold

    # --- start, reload, what was learned -------------------------------------------------------------------

    def plan_changed(self, saved: Mapping[str, Mapping[str, Any]]) -> None:
        """Campaigns came, went or have other flows. ``saved``: campaign -> what an earlier run knew."""
        campaigns = self._floor.plan.campaigns
        for name, settings in campaigns.items():
            run = self._runs.get(name)
            if run is not None and run.settings is settings:
                continue
            ahead = queues_ahead(settings.flows)
            if not any(ahead.values()):
                self._runs.pop(name, None)
                continue
            if run is None:
                run = self._runs[name] = _Run(settings)
                self._restore(run, saved.get(name))
            everybody = queues_of_walk(settings.flows, settings.flow) if settings.mode is Mode.AGENTLESS else None
            run.settings, run.ahead, run.queues = settings, ahead, everybody or frozenset()
            run.looked_at = -1.0
        for name in [name for name in self._runs if name not in campaigns]:
            del self._runs[name]

    def recovered(self, saved: Mapping[str, Mapping[str, Any]]) -> None:
        """What an earlier run learned is there now."""
        for name, run in self._runs.items():
            self._restore(run, saved.get(name))

    def _restore(self, run: _Run, saved: Mapping[str, Any] | None) -> None:
        state = (saved or {}).get(LEARNT_WITH)
        if state is None:
            return
        try:
            run.shares.restore(state["shares"])
            for queue, (talk, wrap) in state["queues"].items():
                times = self._times.setdefault(queue, _QueueTimes())
                times.talk.restore(talk)
                times.wrap.restore(wrap)
                times.built_at = None
        except (KeyError, TypeError, ValueError, IndexError) as error:
            run.shares = TransferShares()
            name = run.settings.name
            self._floor.tell("info", "pacing_cold", campaign=name, reason=f"what was learned cannot be used: {error}")

    def state(self, name: str) -> dict[str, Any] | None:
        """What was learned of a campaign, as plain values; None: its flows lead to no queue."""
        run = self._runs.get(name)
        if run is None:
            return None
        queues = sorted(frozenset[str]().union(*run.ahead.values()) & self._times.keys())
        times = {queue: self._times[queue] for queue in queues}
        return {
            "shares": run.shares.state(),
            "queues": {queue: [of.talk.state(), of.wrap.state()] for queue, of in times.items()},
        }

    def due(self, now: float, every_s: float) -> list[str]:
        """Campaigns that learned something, whose knowledge is to be kept now; each is named once in that time."""
        found = [name for name, run in self._runs.items() if run.shares.calls and now - run.saved_at >= every_s]
        for name in found:
            self._runs[name].saved_at = now
        return found

    # --- facts ---------------------------------------------------------------------------------------------

    def asked(self, attempt: LiveAttempt, queue: str, now: float) -> None:
        """A caller asks for an agent of the queue; the first time counts."""
        run = self._runs.get(attempt.record.campaign)
        if run is None or attempt.id in self._learned or attempt.walk is None:
            return
        self._learned.add(attempt.id)
        run.shares.learn(_stages(attempt.record, attempt.walk.state.path), queue, now)

    def closed(self, record: AttemptRecord, now: float) -> None:
        """The call is over."""
        run = self._runs.get(record.campaign)
        if record.id in self._learned:
            self._learned.discard(record.id)
        elif run is not None and record.dialed_at is not None:
            run.shares.learn(_stages(record, (record.flow or {}).get("path", ())), None, now)

    def agent_moved(self, agent: AgentRun, old: AgentState, busy_s: float, inbound: bool) -> None:
        """An agent's state changed after so many seconds. ``inbound``: the conversation was app_queue's own."""
        for queue in agent.memberships:
            times = self._times.get(queue)
            if times is None:
                continue
            if old is AgentState.ON_CALL:
                times.talk.observe(busy_s)
            elif old is AgentState.WRAP_UP and not inbound:
                times.wrap.observe(busy_s)

    # --- demand ----------------------------------------------------------------------------------------------

    def arrivals(self, queues: Collection[str], now: float) -> list[Expectation]:
        """For every call in progress that may be led to one of the queues: the chance, and in how many seconds from
        now. Those who wait there already are not among them."""
        return [one for attempt in self._walking() for one in self._of(attempt, queues, now)]

    def _walking(self) -> Iterator[LiveAttempt]:
        if not self._runs:
            return
        for attempt in self._floor.attempts.values():
            if attempt.record.campaign in self._runs and not attempt.record.cancelled and not attempt.hang_up_sent:
                yield attempt

    def _of(self, attempt: LiveAttempt, queues: Collection[str], now: float) -> Iterator[Expectation]:
        run, record, state = self._runs[attempt.record.campaign], attempt.record, attempt.state
        if attempt.walk is not None and state is AttemptState.TREATING:
            walk = attempt.walk.state
            ahead = run.ahead.get((walk.flow, walk.node), frozenset()) if not walk.over else frozenset()
            stage, began = f"{walk.flow}/{walk.node}", walk.path[-1][0] if walk.path else now
        elif state in BEFORE_ANSWER:
            ahead, stage = run.queues, DIALED
            began = record.dialed_at if record.dialed_at is not None else now
        elif state in _ANALYSED:
            ahead, stage = run.queues, ANSWERED
            began = record.answered_at if record.answered_at is not None else now
        else:
            return
        for queue in ahead:
            if queue in queues:
                expected = run.shares.expected(stage, queue)
                yield Expectation(expected.share, max(_LEAST_S, expected.after_s - (now - began)))

    # --- holding back ----------------------------------------------------------------------------------------

    def hold(self, campaign: CampaignRun, now: float) -> Hold | None:
        """Why no further call is placed for want of agents; None: nothing is against it."""
        for need in self.needs(campaign, now):
            if not need.suffices:
                return Hold(f"flow_needs_agents: {need.explain()}", now + HELD_S)
        return None

    def needs(self, campaign: CampaignRun, now: float) -> tuple[QueueNeed, ...]:
        """Every queue that everybody who answers may be led to; calls placed since the last look are counted in."""
        run = self._runs.get(campaign.settings.name)
        if run is None or not run.queues:
            return ()
        if not run.looked_at <= now < run.looked_at + LOOK_S:
            run.looked_at, run.live_then = now, len(campaign.live)
            run.needs = tuple(self._need(run, queue, now) for queue in sorted(run.queues))
        more = max(0, len(campaign.live) - run.live_then)
        if not more:
            return run.needs
        return tuple(replace(one, callers=one.callers + more * one.per_call) for one in run.needs)

    def _need(self, run: _Run, queue: str, now: float) -> QueueNeed:
        picture = queue_picture(self._floor, queue, now)
        dialed, answered = run.shares.expected(DIALED, queue), run.shares.expected(ANSWERED, queue)
        times = self._times.setdefault(queue, _QueueTimes())
        callers = (
            sum(one.share for one in self.arrivals((queue,), now)) + picture.waiting + self._answering_soon(queue)
        )
        free = times.free_by(picture, dialed.after_s, now)
        return QueueNeed(queue, answered.share, dialed.after_s, callers, dialed.share, free, picture.at_work)


def _stages(record: AttemptRecord, path: Collection[Any]) -> list[tuple[str, float]]:
    stages = [(DIALED, record.dialed_at), (ANSWERED, record.answered_at)]
    stages += [(f"{flow}/{node}", at) for at, flow, node, *_ in path]
    return [(stage, at) for stage, at in stages if at is not None]
