"""Inbound calls of the queue on an agent's nailed-up line."""

from __future__ import annotations

from dialerd.core import ids
from dialerd.core.agent import AgentState
from dialerd.core.commands import EnterBridge, HangUp
from dialerd.core.desk import Desk
from dialerd.core.events import InboundOffered
from dialerd.core.floor import AgentRun, Floor


class Inbound:
    """Lets app_queue's calls in, one at a time and never into an outbound call."""

    def __init__(self, floor: Floor, desk: Desk) -> None:
        self._floor = floor
        self._desk = desk

    def offered(self, event: InboundOffered, now: float) -> None:
        """app_queue offers the agent a call; an agent who is not free is busy."""
        agent = self._floor.agents.get(event.agent)
        if agent is not None and agent.inbound == event.channel_id:
            return
        if agent is None or agent.state is not AgentState.AVAILABLE or agent.line is None:
            self._floor.do(HangUp(event.channel_id, "busy"))
            return
        self._floor.move_agent(agent, AgentState.RESERVED, now)
        self._floor.do(EnterBridge(event.channel_id, ids.sibling(agent.line, ids.BRIDGE)))
        self.taken(agent, event.channel_id, now)

    def taken(self, agent: AgentRun, channel: str, now: float) -> None:
        """The agent speaks with a caller of the queue's own."""
        agent.inbound, agent.talk_began = channel, now
        self._floor.agent_channels[channel] = agent.agent
        if agent.state not in (AgentState.RESERVED, AgentState.ON_CALL):
            self._floor.move_agent(agent, AgentState.LOGGED_OUT, now)
        self._floor.move_agent(agent, AgentState.ON_CALL, now)
        self._desk.settle(agent)

    def not_entered(self, agent: AgentRun, now: float) -> None:
        """The call could not be put into the line's bridge."""
        if agent.inbound is not None:
            self._floor.do(HangUp(agent.inbound))
            self.over(agent, now)

    def over(self, agent: AgentRun, now: float) -> None:
        """The call has ended; app_queue keeps its own wrap-up time."""
        self._floor.agent_channels.pop(agent.inbound or "", None)
        agent.inbound, agent.talk_began = None, None
        if agent.state is AgentState.ON_CALL and agent.attempt is None:
            self._floor.move_agent(agent, AgentState.WRAP_UP, now)
            self._desk.finish_wrap_up(agent, now, unpause=False)
