"""The shift of a campaign without agents: as many calls as there are lines, and a message to who answers."""

from __future__ import annotations

from heapq import heappop, heappush

from dialerd.core.pacing.agentless import agentless
from dialerd.sim.forecast.floors import HOUR
from dialerd.sim.forecast.lane import LIVE, OTHER, PICKUP, Lane
from dialerd.sim.forecast.timeline import SAMPLE_S, LaneTimeline, Timeline

_DRAIN_S = 120.0
_MESSAGE_ENDS = 3


class MessageShift:
    """Steps like :class:`~dialerd.sim.forecast.simulation.QueueShift`."""

    def __init__(
        self, lane: Lane, message_s: float, to_machines: bool, every_s: float, sampled: bool = False
    ) -> None:
        """``to_machines``: machines hear the message too."""
        self.lanes = [lane]
        self.timeline = Timeline(lanes={lane.floor.name: LaneTimeline()}) if sampled else None
        self._lane, self._message_s, self._to_machines, self._every_s = lane, message_s, to_machines, every_s
        self._heap: list[tuple[float, int, int, bool]] = []
        self._serial = 0
        self._tick_at = self._sample_at = 0.0

    def step(self) -> None:
        """Up to the next round of calls, and placing them."""
        now, lane = self._tick_at, self._lane
        self._until(now)
        wanted = agentless(lane.max_lines if lane.max_lines is not None else lane.lines, lane.lines)
        if lane.trunk is not None:
            wanted = min(wanted, lane.trunk.dialable(now))
        for _ in range(wanted):
            lane.take_line(now)
            after, kind, person = lane.fate(now)
            self._push(now + after, kind, person)
        if self.timeline is not None and now >= self._sample_at:
            told = self.timeline.lanes[lane.floor.name]
            told.sample(lane.lines, lane.shift.connected, 0, "")
            self._sample_at += SAMPLE_S
        self._tick_at += self._every_s

    def finish(self) -> None:
        """What is in progress ends."""
        end = self._lane.floor.hours * HOUR
        self._until(end + _DRAIN_S)
        self._lane.shift.line_s += end * self._lane.lines

    def _push(self, moment: float, kind: int, person: bool) -> None:
        self._serial += 1
        heappush(self._heap, (moment, self._serial, kind, person))

    def _until(self, moment: float) -> None:
        lane, heap = self._lane, self._heap
        shift = lane.shift
        while heap and heap[0][0] < moment:
            now, _, kind, person = heappop(heap)
            if kind == PICKUP:
                after, judged_person, _ = lane.analysed(person)
                self._push(now + after, LIVE if judged_person or self._to_machines else OTHER, judged_person)
            elif kind == LIVE:
                shift.messages += 1
                if person:
                    shift.connected += 1
                    shift.answer_times.append(now)
                    shift.answer_lost.append(False)
                self._push(now + self._message_s, _MESSAGE_ENDS, person)
            else:
                lane.free_line(now)
