"""One queue's shift, event by event. The same seed gives the same callees and conversations in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from dialerd.core.pacing.contract import (
    NO_TIMES,
    Abandoned,
    AgentLoggedIn,
    AgentLoggedOut,
    Connected,
    Dialed,
    EndedWithoutPerson,
    Fact,
    LiveReady,
    PickedUp,
    Snapshot,
    TalkEnded,
    Times,
    WindowCount,
    WrapUpEnded,
)
from dialerd.sim.forecast.floors import HOUR, Floor
from dialerd.sim.forecast.lane import LIVE, OTHER, PICKUP, Lane
from dialerd.sim.forecast.split import agents_to_reserve, promised, turn_of
from dialerd.sim.forecast.timeline import SAMPLE_S, LaneTimeline, Timeline

TICK_S = 0.5
_DRAIN_S = 120.0
_TALK_END, _WRAP_END, _DEADLINE, _MOVE, _MIDNIGHT = range(3, 8)
"""As the daemon guesses how many calls of others will be answered."""


class QueueShift:
    """One queue: its agents, and all campaigns that dial for them."""

    def __init__(self, floor: Floor, lanes: Sequence[Lane], every_s: float = TICK_S, sampled: bool = False) -> None:
        """``floor``: agents, their moves and the length of the shift; what concerns callees is each lane's own.
        Pacers are asked every ``every_s`` seconds."""
        self.floor = floor
        self.lanes = list(lanes)
        self._every_s = every_s
        self.timeline = Timeline(lanes={lane.floor.name: LaneTimeline() for lane in lanes}) if sampled else None
        self._heap: list[tuple[float, int, int, int]] = []
        self._serial = self._happened = 0
        self.idle: deque[tuple[int, float]] = deque()
        self.talking: dict[int, float] = {}
        self.wrapping: dict[int, float] = {}
        self.leaving: set[int] = set()
        self.ringing: dict[int, float] = {}
        self.in_amd: dict[int, float] = {}
        self.waiting: dict[int, float] = {}
        """Call -> moment it began to wait, in order. In these three: calls without an agent of their own."""
        self.ends: dict[int, float] = {}
        """Agent -> end of the present conversation (for clairvoyant pacers)."""
        self.fates: dict[int, float | None] = {}
        """Ringing call -> moment it will want an agent, or None (for clairvoyant pacers)."""
        self._mixed = len({lane.reserves for lane in self.lanes}) > 1
        self._lane_of: dict[int, Lane] = {}
        self._reserved: dict[int, int] = {}
        """Call -> the agent set aside for it."""
        self._serving: dict[int, Lane] = {}
        """Agent -> whose call it is, talk and wrap-up."""
        self._dial_of: dict[int, float] = {}
        self._pick_of: dict[int, float] = {}
        self._person: dict[int, bool] = {}
        self._patience: dict[int, float] = {}
        self._false: set[int] = set()
        self._wrap_length: dict[int, float] = {}
        self._calls = self._agents = 0
        self._logged_in_at: dict[int, float] = {}
        self._end = floor.hours * HOUR
        self._tick_at = self._sample_at = 0.0
        self.give_up_at = float("inf")
        """Abandons at which the rest of the shift is of no interest (tuning)."""
        self._handlers = {
            OTHER: self._other,
            PICKUP: self._picked_up,
            LIVE: self._live,
            _TALK_END: self._talk_end,
            _WRAP_END: self._wrap_end,
            _DEADLINE: self._deadline,
            _MOVE: self._move,
            _MIDNIGHT: self._midnight,
        }
        for _ in range(floor.agents):
            self._log_in(0.0)
        for moment, delta in floor.moves:
            self._push(moment, _MOVE, delta)

    def windows(self, first_ends_at: float) -> None:
        """Compliance windows: the first ends at this second of the shift, each further one a day later."""
        for number in range(int(max(0.0, self._end - first_ends_at) // 86_400.0) + 1):
            self._push(first_ends_at + number * 86_400.0, _MIDNIGHT, 0)

    def run(self) -> None:
        """The whole shift; calls in progress at its end are followed to theirs, nothing new is placed."""
        while self._tick_at < self._end:
            self.step()
        self.finish()

    def step(self) -> None:
        """Up to the next time that pacers are asked, and asking them."""
        self._until(self._tick_at)
        now = self._tick_at
        self._tick(now)
        if self.timeline is not None and now >= self._sample_at:
            self._sample(self.timeline)
            self._sample_at += SAMPLE_S
        self._tick_at += self._every_s

    def finish(self) -> None:
        """What is in progress ends; agents go home."""
        end = self._end
        self._until(end + _DRAIN_S)
        logged_in = [end - since for since in self._logged_in_at.values()]
        for lane in self.lanes:
            for one in logged_in:
                lane.shift.logged_in_s += one
            lane.shift.line_s += end * lane.lines
        for agent, since in (*self.talking.items(), *self.wrapping.items()):
            self._serving[agent].shift.busy_s += max(0.0, end - since)
        for agent, since in self.talking.items():
            self._serving[agent].shift.talk_s += max(0.0, end - since)

    def _until(self, moment: float) -> None:
        heap, handlers = self._heap, self._handlers
        while heap and heap[0][0] < moment:
            if self._abandoned > self.give_up_at:
                self._tick_at = self._end
                return
            now, _, kind, subject = heappop(heap)
            self._happened += 1
            handlers[kind](now, subject)

    @property
    def _abandoned(self) -> int:
        return sum(lane.shift.abandoned for lane in self.lanes)

    # --- the pacers' moment ----------------------------------------------------------------------------

    def snapshot(self, now: float, lane: Lane) -> Snapshot:
        """The floor as the pacer may see it."""
        leaving = self.leaving
        talking, wrapping = self.talking, self.wrapping
        if leaving:
            talking = {a: s for a, s in talking.items() if a not in leaving}
            wrapping = {a: s for a, s in wrapping.items() if a not in leaving}
        shift, before = lane.shift, lane.before
        connected, abandoned = shift.connected, shift.abandoned
        idle = len(self.idle)
        if self._mixed:
            to_reserve = self._to_reserve(lane, len(leaving))
            idle = min(idle - promised(self.lanes), to_reserve) if lane.reserves else idle - to_reserve
            if idle < 0 and not lane.reserves:
                # Of those who come free some are for the others: the ones who have been busy for longest.
                talking = dict(list(talking.items())[-idle:])
            idle = max(0, idle)
        return Snapshot(
            now,
            idle,
            _times(talking),
            _times(wrapping),
            len(leaving),
            NO_TIMES if lane.reserves else _times(self.ringing),
            NO_TIMES if lane.reserves else _times(self.in_amd),
            0 if lane.reserves else len(self.waiting),
            connected - before[0],
            abandoned - before[1],
            lane.lines,
            lane.trunk.dialable(now) if lane.trunk is not None else None,
            (WindowCount(connected, abandoned),) if before != (0, 0) else (),
        )

    def _to_reserve(self, lane: Lane, leaving: int) -> int:
        at_work = len(self.idle) + len(self.talking) + len(self.wrapping) + len(self._reserved) - leaving
        held = len(self._reserved) + sum(self._serving[agent].reserves for agent in self.talking)
        return agents_to_reserve(lane, self.lanes, at_work, held)

    def _tick(self, now: float) -> None:
        lanes = self.lanes
        if len(lanes) > 1:
            lanes = sorted(lanes, key=turn_of)
        for lane in lanes:
            if now < lane.ask_at:
                continue
            if lane.every_s:
                # Nothing has happened since: the picture is only a little older.
                if lane.asked_at_event == self._happened and now < lane.ask_at + lane.every_s:
                    continue
                lane.ask_at = now + lane.every_s
            lane.asked_at_event = self._happened
            if lane.reserves and not self.idle:
                continue
            repeats = getattr(lane.pacer, "repeats", False)
            while calls := lane.pacer.decide(self.snapshot(now, lane)):
                for _ in range(calls):
                    self._dial(now, lane)
                if not repeats:
                    break

    def _sample(self, timeline: Timeline) -> None:
        timeline.talking.append(len(self.talking))
        timeline.wrapping.append(len(self.wrapping))
        timeline.idle.append(len(self.idle) + len(self._reserved))
        for lane in self.lanes:
            reserved = sum(self._lane_of[call] is lane for call in self._reserved)
            out, told = lane.ringing + lane.picked_up + reserved, timeline.lanes[lane.floor.name]
            told.sample(out, lane.shift.connected, lane.shift.abandoned, lane.pacer.explain())

    def _push(self, moment: float, kind: int, subject: int) -> None:
        self._serial += 1
        heappush(self._heap, (moment, self._serial, kind, subject))

    # --- calls -----------------------------------------------------------------------------------------

    def _dial(self, now: float, lane: Lane) -> None:
        self._calls += 1
        call = self._calls
        lane.take_line(now)
        self._lane_of[call] = lane
        self._dial_of[call] = now
        after, kind, person = lane.fate(now)
        if lane.reserves:
            self._reserved[call] = self.idle.popleft()[0]
        else:
            lane.ringing += 1
            self.ringing[call] = now
            self.fates[call] = now + after if person and kind != OTHER else None
        if kind == LIVE:
            self._patience[call] = lane.floor.patience_s
            if not person:
                self._false.add(call)
        self._person[call] = person
        self._push(now + after, kind, call)
        lane.observe(Dialed(now))

    def _forget(self, call: int) -> Lane:
        """The call rings or is analysed no more."""
        lane = self._lane_of[call]
        if call not in self._reserved:
            if self.ringing.pop(call, None) is not None:
                lane.ringing -= 1
            if self.in_amd.pop(call, None) is not None:
                lane.picked_up -= 1
            self.fates.pop(call, None)
        return lane

    def _over(self, now: float, call: int) -> None:
        """The call is over without a conversation."""
        lane = self._lane_of.pop(call)
        lane.free_line(now)
        self._person.pop(call, None)
        agent = self._reserved.pop(call, None)
        if agent is not None:
            self._free_or_leave(now, agent)

    def _other(self, now: float, call: int) -> None:
        lane = self._forget(call)
        picked = self._pick_of.pop(call, None) is not None
        lane.observe(EndedWithoutPerson(now, now - self._dial_of.pop(call), "", picked))
        self._over(now, call)

    def _picked_up(self, now: float, call: int) -> None:
        lane, person = self._lane_of[call], self._person[call]
        if call not in self._reserved:
            del self.ringing[call]
            lane.ringing -= 1
            self.in_amd[call] = now
            lane.picked_up += 1
        self._pick_of[call] = now
        after, judged_person, patience = lane.analysed(person)
        ready = now + after
        if judged_person:
            self._patience[call] = patience
            if not person:
                self._false.add(call)
        if call in self.fates:
            self.fates[call] = ready if judged_person else None
        self._push(ready, LIVE if judged_person else OTHER, call)
        lane.observe(PickedUp(now, now - self._dial_of[call]))

    def _live(self, now: float, call: int) -> None:
        lane = self._forget(call)
        dialed, picked = self._dial_of.pop(call), self._pick_of.pop(call, None)
        if lane.learns:
            # Answer times are those of the pick-up: the analysis is told beside them.
            waits = now - picked if picked is not None else 0.0
            lane.observe(LiveReady(now, now - dialed, waits))
        patience = self._patience.pop(call)
        own = self._reserved.pop(call, None)
        if own is not None:
            self._connect(now, call, own, 0.0)
        elif self.idle:
            agent, _ = self.idle.popleft()
            self._connect(now, call, agent, 0.0)
        else:
            self.waiting[call] = now
            lane.picked_up += 1
            self._push(now + patience, _DEADLINE, call)

    def _deadline(self, now: float, call: int) -> None:
        if self.waiting.pop(call, None) is None:
            return
        lane = self._lane_of[call]
        lane.picked_up -= 1
        self._over(now, call)
        if call in self._false:
            self._false.discard(call)
            if not lane.counts_machines:
                return
        lane.shift.abandoned += 1
        lane.shift.answer_times.append(now)
        lane.shift.answer_lost.append(True)
        lane.observe(Abandoned(now))

    def _connect(self, now: float, call: int, agent: int, waited: float) -> None:
        lane = self._lane_of[call]
        shift = lane.shift
        machine = call in self._false
        if machine:
            self._false.discard(call)
            shift.machines += 1
            talk = lane.floor.machine_talk_s
        else:
            talk = lane.talk_s(now)
        if not machine or lane.counts_machines:
            shift.connected += 1
            shift.answer_times.append(now)
            shift.answer_lost.append(False)
            shift.waited_s += waited
        self.talking[agent] = now
        wrap = lane.wrap_s()
        self._wrap_length[agent] = wrap
        self._serving[agent] = lane
        self.ends[agent] = now + talk + wrap
        self._push(now + talk, _TALK_END, agent)
        self._lane_of.pop(call)
        self._person.pop(call, None)
        lane.observe(Connected(now, waited))

    # --- agents ----------------------------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        for lane in self.lanes:
            lane.observe(fact)

    def _within(self, since: float, now: float) -> float:
        return max(0.0, min(now, self._end) - min(since, self._end))

    def _talk_end(self, now: float, agent: int) -> None:
        since, lane = self.talking.pop(agent), self._serving[agent]
        lane.shift.busy_s += self._within(since, now)
        lane.shift.talk_s += self._within(since, now)
        lane.free_line(now)
        self.wrapping[agent] = now
        self._push(now + self._wrap_length[agent], _WRAP_END, agent)
        self._tell(TalkEnded(now, now - since))

    def _wrap_end(self, now: float, agent: int) -> None:
        since = self.wrapping.pop(agent)
        self.ends.pop(agent, None)
        self._serving.pop(agent).shift.busy_s += self._within(since, now)
        if self._wrap_length[agent] > 0.0:
            self._tell(WrapUpEnded(now, now - since))
        self._free_or_leave(now, agent)

    def _free_or_leave(self, now: float, agent: int) -> None:
        if agent in self.leaving:
            self.leaving.discard(agent)
            self._log_out(now, agent)
        elif self.waiting:
            call = next(iter(self.waiting))
            self._lane_of[call].picked_up -= 1
            self._connect(now, call, agent, now - self.waiting.pop(call))
        else:
            self.idle.append((agent, now))

    def _log_in(self, now: float) -> None:
        agent = self._agents
        self._agents += 1
        self._logged_in_at[agent] = now
        self._tell(AgentLoggedIn(now, str(agent)))
        self._free_or_leave(now, agent)

    def _log_out(self, now: float, agent: int) -> None:
        since = self._logged_in_at.pop(agent)
        for lane in self.lanes:
            lane.shift.logged_in_s += min(now, self._end) - since
        self._tell(AgentLoggedOut(now, str(agent)))

    def _move(self, now: float, delta: int) -> None:
        if delta > 0:
            for _ in range(delta):
                self._log_in(now)
            return
        for _ in range(-delta):
            if self.idle:
                agent, _since = self.idle.popleft()
                self._log_out(now, agent)
                continue
            set_aside = self._reserved.values()
            staying = [a for a in (*set_aside, *self.wrapping, *self.talking) if a not in self.leaving]
            if staying:
                self.leaving.add(staying[-1])

    def _midnight(self, now: float, _subject: int) -> None:
        for lane in self.lanes:
            lane.new_window(now, now + 86_400.0)


def _times(since: dict[int, float]) -> Times:
    return np.fromiter(since.values(), np.float64, len(since)) if since else NO_TIMES
