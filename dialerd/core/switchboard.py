"""Whom news of a channel concerns: the person called, the agent's line, a ring of the agent, or an inbound call."""

from __future__ import annotations

from dialerd.core import events as e
from dialerd.core.answering import Answering
from dialerd.core.attempt import AttemptState
from dialerd.core.call_recording import CallRecording
from dialerd.core.closing import Closing
from dialerd.core.commands import ProbeChannel
from dialerd.core.desk import Desk
from dialerd.core.floor import AgentRun, Floor
from dialerd.core.flowing import Flowing
from dialerd.core.inbound import Inbound
from dialerd.core.joining import Joining
from dialerd.core.placing import Placing


class Switchboard:
    """Takes news of channels to the room that looks after the call."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        placing: Placing,
        closing: Closing,
        answering: Answering,
        joining: Joining,
        flowing: Flowing,
        recording: CallRecording,
        inbound: Inbound,
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._placing = placing
        self._closing = closing
        self._answering = answering
        self._joining = joining
        self._flowing = flowing
        self._recording = recording
        self._inbound = inbound

    def probed(self, event: e.ChannelProbed, now: float) -> None:
        """What a channel was found to be."""
        attempt = self._floor.attempts.get(event.channel_id)
        if attempt is None:
            self._agent_probed(event, now)
            return
        finding = self._placing.probed(attempt, event, now)
        if finding == "gone":
            self._closing.ended(attempt, None, None, "", now)
        elif finding == "up":
            self._answering.answered(attempt, now, out_of_sight=True)

    def _agent_probed(self, event: e.ChannelProbed, now: float) -> None:
        agent = self._agent_on(event.channel_id)
        if agent is None:
            return
        if event.channel_id == agent.line:
            self._desk.line_probed(agent, event, now)
        elif event.state is None and event.channel_id == agent.inbound:
            self._inbound.over(agent, now)
        elif event.state is None:
            self._agent_channel_ended(agent, event.channel_id, now)

    def answered(self, event: e.ChannelAnswered, now: float) -> None:
        """Somebody picked up: a person called, or an agent."""
        attempt = self._floor.attempts.get(event.channel_id)
        if attempt is not None:
            self._answering.answered(attempt, now)
            return
        agent = self._agent_on(event.channel_id)
        if agent is None:
            return
        if agent.line == event.channel_id:
            self._desk.line_answered(agent)
            return
        ringing = self._floor.attempts.get(agent.attempt or "")
        if ringing is not None and ringing.agent_channel == event.channel_id:
            self._joining.picked_up(ringing, now)

    def bridge_entered(self, event: e.BridgeEntered, now: float) -> None:
        """The channel is in its bridge."""
        attempt = self._floor.attempts.get(event.channel_id)
        if attempt is not None:
            # A bridge made for one call has the same name for each phone that is rung: what is told late of an
            # earlier ring is no conversation with whoever is rung now.
            rung = attempt.own_bridge is None or attempt.agent_up
            if attempt.record.bridge_id == event.bridge_id and rung:
                self._flowing.bridged(attempt)
                self._joining.bridged(attempt, now)
                self._recording.connected(attempt, now)
            return
        agent = self._agent_on(event.channel_id)
        if agent is not None and agent.line == event.channel_id:
            self._desk.line_ready(agent, now)

    def bridge_failed(self, event: e.BridgeFailed, now: float) -> None:
        """The channel did not get into its bridge."""
        attempt = self._floor.attempts.get(event.channel_id)
        if attempt is not None:
            self._joining.bridge_failed(attempt, event.reason, now)
            return
        agent = self._agent_on(event.channel_id)
        if agent is None:
            return
        if event.channel_id == agent.inbound:
            self._inbound.not_entered(agent, now)
        elif event.channel_id == agent.line:
            self._desk.line_not_entered(agent, now)

    def channel_ended(self, event: e.ChannelEnded, now: float) -> None:
        """The channel is gone."""
        attempt = self._floor.attempts.get(event.channel_id)
        if attempt is not None:
            self._closing.ended(attempt, event.cause, event.sip_status, event.cause_text, now)
            return
        agent = self._agent_on(event.channel_id)
        if agent is None:
            return
        if agent.line == event.channel_id:
            self._desk.line_ended(agent, now)
        elif agent.inbound == event.channel_id:
            self._inbound.over(agent, now)
        else:
            self._agent_channel_ended(agent, event.channel_id, now)

    def _agent_channel_ended(self, agent: AgentRun, channel: str, now: float) -> None:
        ringing = self._floor.attempts.get(agent.attempt or "")
        if ringing is not None:
            self._joining.ring_ended(ringing, channel, now)
        else:
            self._floor.agent_channels.pop(channel, None)

    def agent_vanished(self, attempt_id: str, now: float) -> None:
        """An attempt's reserved agent is not to be had any more."""
        attempt = self._floor.attempts.get(attempt_id)
        if attempt is None:
            return
        if attempt.state in (AttemptState.ANSWERED, AttemptState.ANALYSING, AttemptState.WAITING_AGENT):
            self._joining.agent_vanished(attempt, now)
        else:
            self._placing.agent_vanished(attempt, now)

    def agent_line_lost(self, attempt_id: str, now: float) -> None:
        """The line of an attempt's agent dropped in mid-call."""
        attempt = self._floor.attempts.get(attempt_id)
        if attempt is not None:
            self._joining.agent_gone(attempt, now)

    def probe(self, subject: str, now: float) -> None:
        """Nothing was heard of a call for long: ask what became of its channels."""
        attempt = self._floor.attempts.get(subject)
        if attempt is not None:
            self._floor.do(ProbeChannel(subject))
            if attempt.agent_channel is not None:
                self._floor.do(ProbeChannel(attempt.agent_channel))
            self._floor.timers.set("probe", subject, now + 5.0)

    def _agent_on(self, channel_id: str) -> AgentRun | None:
        return self._floor.agents.get(self._floor.agent_channels.get(channel_id, ""))
