"""A person who answered, and the agent who is to speak with them: waiting, ringing, bridging."""

from __future__ import annotations

from dialerd.core import ids, legal_clock
from dialerd.core.agent import AgentState
from dialerd.core.attempt import ATTEMPT_LIFECYCLE, AttemptState
from dialerd.core.campaign import Connection
from dialerd.core.commands import CreateBridge, DialAgent, EnterBridge, MoveReservation, SaveAttempt, StopPlayback
from dialerd.core.desk import Desk
from dialerd.core.floor import AgentRun, Floor, LiveAttempt
from dialerd.core.forecasting import Forecasting
from dialerd.core.placing import CONNECTED_WATCH_S, Placing
from dialerd.core.treatment import PERSON_VALUES, CallAnalysis, Treatment

BRIDGE_GRACE_S = 0.5
"""A bridge that was asked for before the clock ran out may still come."""
LEAST_WAIT_S = 0.25
"""So long an agent is waited for, even when the clock has run out during the analysis."""
AUTO_ANSWER_S = 2.0
"""A phone that was asked to answer by itself and has not done so after this time is not attended."""

_S = AttemptState


class Joining:
    """Brings people and agents together, and apart."""

    def __init__(self, floor: Floor, desk: Desk, placing: Placing, forecasting: Forecasting) -> None:
        self._floor = floor
        self._forecasting = forecasting
        self._desk = desk
        self._placing = placing

    def wait(self, attempt: LiveAttempt, now: float) -> None:
        """The analysis says agent: from now on the person waits for one."""
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.WAITING_AGENT)
        self._forecasting.wants_agent(attempt, now)
        start = legal_clock.clock_start(attempt)
        # An agent who is there now is better than a message, however late AMD was; the count stays honest.
        deadline = (start if start is not None else now) + attempt.settings.abandon_threshold_s
        floor.timers.set("legal", record.id, max(deadline, now + LEAST_WAIT_S))
        self.offer(attempt, now)

    def join_queue(self, attempt: LiveAttempt, queue: str, now: float) -> None:
        """A flow leads the caller to an agent. The flow's own patience decides how long; what was promised by law was
        kept when the flow began."""
        self._floor.move_attempt(attempt, _S.WAITING_AGENT)
        attempt.record.queue = queue
        self._forecasting.flows.asked(attempt, queue, now)
        self._forecasting.wants_agent(attempt, now)
        self.offer(attempt, now)

    def leave_queue(self, attempt: LiveAttempt, now: float) -> None:
        """The caller waits for no agent any more."""
        if attempt.state is _S.WAITING_AGENT:
            self.give_back(attempt, now)
            self._floor.move_attempt(attempt, _S.TREATING)
            attempt.record.queue = None

    def offer(self, attempt: LiveAttempt, now: float) -> None:
        """Give the waiting person the reserved agent, or the best idle one; without one, keep waiting."""
        agent = self._agent_for(attempt, now)
        if agent is None:
            self._floor.waiting.setdefault(attempt.queue or "", []).append(attempt.id)
        elif attempt.settings.connection is Connection.NAILED and agent.line is not None and agent.line_up:
            attempt.record.bridge_id = ids.sibling(agent.line, ids.BRIDGE)
            self._enter(attempt)
        elif attempt.agent_channel is None:
            self.ring(attempt, now)
        elif attempt.agent_up:
            self._enter(attempt)

    def serve_waiting(self, now: float) -> None:
        """Agents came free: people who wait are first."""
        floor = self._floor
        while floor.woken:
            queue = min(floor.woken)
            floor.woken.discard(queue)
            # Those whom an agent can still reach in time come before those who hear the abandoned-call message.
            for attempt_id in sorted(floor.waiting.pop(queue, ()), key=self._is_late):
                attempt = floor.attempts.get(attempt_id)
                if attempt is not None and attempt.state is _S.WAITING_AGENT and attempt.record.agent is None:
                    self.offer(attempt, now)

    def _is_late(self, attempt_id: str) -> bool:
        attempt = self._floor.attempts.get(attempt_id)
        return attempt is not None and attempt.record.abandoned

    def _agent_for(self, attempt: LiveAttempt, now: float) -> AgentRun | None:
        """The agent who is reserved for the attempt; reserves one where there is none."""
        floor, record = self._floor, attempt.record
        agent = floor.agents.get(record.agent or "")
        if agent is not None and agent.attempt == record.id and agent.state is AgentState.RESERVED:
            return agent
        old = record.agent
        # In the ledger, the agent of an earlier run is still reserved for this call.
        record.agent = self._desk.reserve(attempt.queue, record.id, now, prefer=old)
        if record.agent != old:
            floor.do(MoveReservation(record, old))
        return floor.agents[record.agent] if record.agent is not None else None

    def _enter(self, attempt: LiveAttempt) -> None:
        assert attempt.record.bridge_id is not None
        attempt.entering = True
        if attempt.playback is not None:
            # While a prompt plays, Asterisk does nothing else with the channel.
            self._floor.do(StopPlayback(attempt.id, attempt.playback))
        self._floor.do(EnterBridge(attempt.id, attempt.record.bridge_id))

    def ring(self, attempt: LiveAttempt, now: float) -> None:
        """Ring the member's phone, into a bridge made for this call."""
        floor = self._floor
        agent = self._agent_for(attempt, now)
        if agent is None or attempt.agent_channel is not None:
            return
        if attempt.own_bridge is None:
            attempt.own_bridge = ids.sibling(attempt.id, ids.BRIDGE)
            floor.do(CreateBridge(attempt.own_bridge))
        attempt.record.bridge_id = attempt.own_bridge
        attempt.agent_channel = floor.serials.new(ids.AGENT_CHANNEL)
        attempt.agent_up, attempt.agent_rung_at = False, now
        floor.agent_channels[attempt.agent_channel] = agent.agent
        floor.do(
            DialAgent(
                attempt.agent_channel,
                attempt.settings.agent_dial.format(agent=agent.agent),
                attempt.record.number,
                attempt.settings.agent_ring_timeout_s,
                True,
                {},
            )
        )

    def picked_up(self, attempt: LiveAttempt, now: float) -> None:
        """The rung member picked up: into the bridge, where the person follows when the analysis is over."""
        if attempt.own_bridge is None or attempt.agent_channel is None:
            return
        if attempt.state in (_S.ANALYSING, _S.WAITING_AGENT):
            attempt.agent_up = True
            self._floor.do(EnterBridge(attempt.agent_channel, attempt.own_bridge))
            if attempt.state is _S.WAITING_AGENT:
                self._enter(attempt)

    def ring_ended(self, attempt: LiveAttempt, channel: str, now: float) -> None:
        """The rung member did not answer, or hung up."""
        self._floor.agent_channels.pop(channel, None)
        if attempt.agent_channel != channel:
            return
        attempt.agent_channel, attempt.agent_up, attempt.entering = None, False, False
        if attempt.state is _S.CONNECTED:
            self.agent_gone(attempt, now)
        elif attempt.state in (_S.ANALYSING, _S.WAITING_AGENT):
            old, attempt.record.agent = attempt.record.agent, None
            self._desk.release(old, attempt.id, now, missed=True)
            self._floor.do(MoveReservation(attempt.record, old))
            if attempt.state is _S.WAITING_AGENT:
                self.offer(attempt, now)
            else:
                self.ring(attempt, now)

    def _part(self, attempt: LiveAttempt) -> None:
        """Person and agent do not belong together any more. A person who is on the way into a nailed-up agent's
        bridge, or in it without our having heard so, is taken out: the agent's next call must not find them there."""
        on_the_way = attempt.entering and attempt.own_bridge is None
        self._desk.let_go(attempt)
        if on_the_way:
            # Nobody else is in this bridge: to be in it is not to be connected.
            attempt.own_bridge, attempt.record.bridge_id = ids.sibling(attempt.id, ids.BRIDGE), None
            self._floor.do(CreateBridge(attempt.own_bridge))
            self._floor.do(EnterBridge(attempt.id, attempt.own_bridge))

    def give_back(self, attempt: LiveAttempt, now: float) -> None:
        """This person will not speak with the agent who was reserved."""
        old, attempt.record.agent = attempt.record.agent, None
        rang_s = now - attempt.agent_rung_at if attempt.agent_rung_at is not None else 0.0
        unattended = attempt.agent_channel is not None and not attempt.agent_up and rang_s >= AUTO_ANSWER_S
        self._part(attempt)
        if old is not None:
            self._desk.release(old, attempt.id, now, missed=unattended)
            self._floor.do(MoveReservation(attempt.record, old))

    def agent_gone(self, attempt: LiveAttempt, now: float) -> None:
        """The agent's side of the conversation ended: so does the call."""
        if attempt.state is _S.CONNECTED:
            attempt.record.hung_up_by = "agent"
            attempt.hang_up_sent = True
            self._placing.hang_up(attempt, now)
        elif attempt.state is _S.WAITING_AGENT:
            self.offer(attempt, now)

    def agent_vanished(self, attempt: LiveAttempt, now: float) -> None:
        """The reserved agent left while the person waits: another one, or the clock decides."""
        self._part(attempt)
        if attempt.state is _S.WAITING_AGENT:
            self.offer(attempt, now)
        elif self._agent_for(attempt, now) is not None and attempt.agent_rung_at is not None:
            self.ring(attempt, now)

    def bridged(self, attempt: LiveAttempt, now: float) -> None:
        """The person is in the agent's bridge: connected."""
        floor, record = self._floor, attempt.record
        if attempt.state is not _S.WAITING_AGENT:
            return
        floor.move_attempt(attempt, _S.CONNECTED)
        record.connected_at = now
        floor.timers.cancel("legal", record.id)
        floor.timers.set("probe", record.id, now + CONNECTED_WATCH_S)
        if attempt.walk is None and legal_clock.is_over(attempt, now) and record.analysis in PERSON_VALUES:
            record.abandoned = True
            floor.tell("warning", "connected_late", attempt=record.id, campaign=record.campaign)
        self._forecasting.connected(attempt, now)
        if record.agent is not None:
            self._desk.in_call(record.agent, record.id, now)
        floor.do(SaveAttempt(record))

    def found_connected(self, attempt: LiveAttempt, now: float) -> None:
        """An earlier run, or we before Asterisk was out of sight, put the person through; that it worked was not
        heard. They were put through in time, or the clock would have run out."""
        floor, record = self._floor, attempt.record
        record.answered_at = record.answered_at if record.answered_at is not None else now
        record.analysis = record.analysis or CallAnalysis.UNSURE.value
        record.treatment = record.treatment or Treatment.AGENT.value
        for state in (_S.ANSWERED, _S.WAITING_AGENT, _S.CONNECTED):
            if state in ATTEMPT_LIFECYCLE.moves[attempt.state]:
                floor.move_attempt(attempt, state)
        record.connected_at = now
        for timer in ("ring", "deadline", "amd", "legal"):
            floor.timers.cancel(timer, record.id)
        floor.timers.set("probe", record.id, now + CONNECTED_WATCH_S)
        if record.agent is not None:
            self._desk.in_call(record.agent, record.id, now)
        floor.do(SaveAttempt(record))

    def bridge_failed(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        """The person could not be put through: another agent while there is time."""
        if attempt.state is not _S.WAITING_AGENT:
            return
        self._floor.tell("warning", "bridge_failed", attempt=attempt.id, reason=reason)
        attempt.entering = False
        agent = self._floor.agents.get(attempt.record.agent or "")
        if agent is not None and agent.line is not None and agent.nailed:
            # The call, the line or its bridge is gone; what is still there is found out by asking.
            self._desk.mistrust_line(agent, now)
