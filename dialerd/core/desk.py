"""Agents: who is logged in, who is idle, who is reserved for which call.

Logging in and pausing are decided in Asterisk's queues and followed here; dialerd adds reservation, call and wrap-up.
"""

from __future__ import annotations

from collections.abc import Callable

from dialerd.core import ids
from dialerd.core.agent import AgentState
from dialerd.core.commands import (
    OUR_PAUSES,
    AnnounceAgent,
    CreateBridge,
    DestroyBridge,
    DialAgent,
    EnterBridge,
    HangUp,
    PauseMember,
    ProbeChannel,
    SaveAgentLine,
)
from dialerd.core.events import ChannelProbed, MemberGone, MemberSeen, RosterSynced
from dialerd.core.floor import AgentRun, Floor, LiveAttempt, Membership

WRAP_UP_PAUSE = OUR_PAUSES + "wrap-up"
NOT_RESPONDING_PAUSE = OUR_PAUSES + "not-responding"

LINE_RING_S = 30.0
"""So long an agent's phone may ring for its nailed-up line."""
LINE_WATCH_S = 60.0
"""How often a nailed-up line, and what is on it, is asked for by its id."""
LINE_LOOK_S = 2.0
"""So long after a line was hung up its end should have been told."""
_FIRST_REDIAL_S = 2.0
_LONGEST_REDIAL_S = 60.0
_ANNOUNCED = {
    AgentState.LOGGED_OUT: "UNAVAILABLE",
    AgentState.NOT_RESPONDING: "UNAVAILABLE",
    AgentState.RESERVED: "INUSE",
    AgentState.ON_CALL: "INUSE",
    AgentState.WRAP_UP: "INUSE",
}
"""What app_queue is told of a nailed-up agent; in all other states the device is not in use."""
_RESTING = frozenset({AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.AVAILABLE, AgentState.NOT_RESPONDING})


class Desk:
    """Follows the roster, keeps nailed-up lines open, reserves agents."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.on_vanished: Callable[[str, float], None] = lambda attempt, now: None
        """Called with the attempt whose reserved agent is not to be had any more."""
        self.on_line_lost: Callable[[str, float], None] = lambda attempt, now: None
        """Called with the attempt whose agent's line dropped in mid-call."""

    # --- the roster ------------------------------------------------------------------------------------

    def member_seen(self, event: MemberSeen, now: float) -> None:
        """A member is there, or something of it changed."""
        floor = self._floor
        agent = floor.agents.get(event.agent)
        if agent is None:
            agent = floor.agents[event.agent] = AgentRun(event.agent, since=now)
        agent.interface, agent.name, agent.nailed = event.interface, event.name, event.nailed
        if event.queue not in agent.memberships:
            floor.memberships_changed += 1
        agent.memberships[event.queue] = Membership(event.penalty, event.paused, event.pause_reason)
        # A nailed-up member's device state is the one we announce ourselves: it says nothing new.
        agent.in_call_elsewhere = event.in_call and not event.nailed
        agent.reachable = event.reachable or event.nailed
        if not event.paused:
            agent.missed = False
        elif event.pause_reason == NOT_RESPONDING_PAUSE:
            # News of the member from before our pause may have come in between, or another run has paused it.
            agent.missed = True
        if agent.state is AgentState.WRAP_UP:
            if event.paused and event.pause_reason == WRAP_UP_PAUSE:
                agent.pause_seen = True
            elif not event.paused and agent.pause_seen:
                self.finish_wrap_up(agent, now, unpause=False)
        elif event.paused and event.pause_reason == WRAP_UP_PAUSE and agent.state in _RESTING:
            # Left behind by an earlier run that ended during the wrap-up.
            floor.do(PauseMember(agent.agent, agent.interface, False, ""))
        if agent.nailed and agent.line is None and floor.timers.at("agent_line", agent.agent) is None:
            # After a line has dropped, our own announcement of that comes back as news of the member.
            self._open_line(agent, now)
        self.refresh(agent, now)

    def member_gone(self, event: MemberGone, now: float) -> None:
        """A member left one queue."""
        agent = self._floor.agents.get(event.agent)
        if agent is not None and agent.memberships.pop(event.queue, None) is not None:
            self._floor.memberships_changed += 1
            self._floor.available.get(event.queue, set()).discard(agent.agent)
            if not agent.memberships:
                agent.missed = False
                # Who logs in again gets the line at once.
                self._floor.timers.cancel("agent_line", agent.agent)
            self.refresh(agent, now)
            if not agent.memberships and agent.state is AgentState.LOGGED_OUT:
                self._drop_line(agent)

    def synced(self, event: RosterSynced, now: float) -> None:
        """The whole roster was read: whoever is not in it is gone."""
        self._floor.queues_known = event.queues
        for agent in list(self._floor.agents.values()):
            for queue in list(agent.memberships):
                if (queue, agent.agent) not in event.members:
                    self.member_gone(MemberGone(queue, agent.agent), now)
            if not agent.memberships and agent.state is AgentState.LOGGED_OUT:
                self._drop_line(agent)
        for name in list(self._floor.recovered_lines):
            if name not in self._floor.agents:
                self._floor.do(HangUp(self._floor.recovered_lines.pop(name)))
                self._floor.do(SaveAgentLine(name, None))
        self._floor.condition(roster=None)

    # --- availability ------------------------------------------------------------------------------------

    def resting_state(self, agent: AgentRun) -> AgentState:
        """What the agent's state is when no call of ours concerns it."""
        if not agent.memberships:
            return AgentState.LOGGED_OUT
        if agent.missed or not agent.reachable or (agent.nailed and not agent.line_up):
            return AgentState.NOT_RESPONDING
        if agent.in_call_elsewhere:
            return AgentState.PAUSED
        for membership in agent.memberships.values():
            if not membership.paused or membership.pause_reason == WRAP_UP_PAUSE:
                return AgentState.AVAILABLE
        return AgentState.PAUSED

    def refresh(self, agent: AgentRun, now: float) -> None:
        """Make the agent's state follow the facts."""
        floor = self._floor
        resting = self.resting_state(agent)
        if agent.state in _RESTING:
            floor.move_agent(agent, resting, now)
        elif agent.state is AgentState.RESERVED:
            attempt = floor.attempts.get(agent.attempt or "")
            # In ring mode the member's device is busy because we ring it.
            ringing = attempt is not None and attempt.agent_channel is not None and agent.in_call_elsewhere
            queue = attempt.queue if attempt is not None else None
            if not (self.can_serve(agent, queue) or ringing) and agent.attempt is not None:
                vanished, agent.attempt = agent.attempt, None
                left_for = resting if resting is not AgentState.AVAILABLE else AgentState.PAUSED
                floor.move_agent(agent, left_for, now)
                self.on_vanished(vanished, now)
                floor.move_agent(agent, resting, now)
        self.settle(agent)

    def settle(self, agent: AgentRun) -> None:
        """The agent's state changed: let pacing and app_queue know."""
        self._keep_sets(agent)
        self._announce(agent)

    def can_serve(self, agent: AgentRun, queue: str | None) -> bool:
        """The agent is fit to take a call of this queue, apart from being reserved."""
        membership = agent.memberships.get(queue or "")
        return (
            membership is not None
            and not (membership.paused and membership.pause_reason != WRAP_UP_PAUSE)
            and self.resting_state(agent) is AgentState.AVAILABLE
        )

    def _keep_sets(self, agent: AgentRun) -> None:
        floor = self._floor
        for queue, membership in agent.memberships.items():
            idle = floor.available[queue]
            if agent.state is AgentState.AVAILABLE and not membership.paused:
                if agent.agent not in idle:
                    idle.add(agent.agent)
                    floor.wake_queue(queue)
            else:
                idle.discard(agent.agent)

    # --- reservation ---------------------------------------------------------------------------------------

    def idle_agents(self, queue: str | None) -> int:
        """How many agents of the queue can take a call now."""
        return len(self._floor.available.get(queue or "", ()))

    def reserve(self, queue: str | None, attempt: str, now: float, prefer: str | None = None) -> str | None:
        """Reserve ``prefer`` if idle, else the best idle agent of the queue: lowest penalty, then longest idle.
        None: nobody."""
        idle = self._floor.available.get(queue or "")
        if not idle:
            return None
        agents = self._floor.agents
        best = min(idle, key=lambda a: (agents[a].memberships[queue or ""].penalty, agents[a].idle_since, a))
        if prefer in idle:
            best = prefer
        agent = agents[best]
        agent.attempt = attempt
        self._floor.move_agent(agent, AgentState.RESERVED, now)
        self.settle(agent)
        return best

    def release(self, name: str | None, attempt: str, now: float, missed: bool = False) -> None:
        """The attempt does not need its reserved agent any more. ``missed``: the agent's phone did not answer."""
        agent = self._floor.agents.get(name or "")
        if agent is None or agent.attempt != attempt or agent.state is not AgentState.RESERVED:
            return
        agent.attempt = None
        idle_since = agent.idle_since
        if missed:
            agent.missed = True
            self._floor.do(PauseMember(agent.agent, agent.interface, True, NOT_RESPONDING_PAUSE))
            self._floor.tell("warning", "agent_not_responding", agent=agent.agent)
        self._floor.move_agent(agent, self.resting_state(agent), now)
        # Waiting for a call that nobody answered is being idle: the agent keeps its turn.
        agent.idle_since = idle_since
        self.settle(agent)

    def let_go(self, attempt: LiveAttempt) -> None:
        """End the ring of a member for this attempt, and the bridge that was made for it."""
        attempt.entering = False
        if attempt.agent_channel is not None:
            self._floor.agent_channels.pop(attempt.agent_channel, None)
            self._floor.do(HangUp(attempt.agent_channel))
            attempt.agent_channel, attempt.agent_up = None, False
        if attempt.own_bridge is not None:
            self._floor.do(DestroyBridge(attempt.own_bridge))
            attempt.own_bridge = attempt.record.bridge_id = None

    def in_call(self, name: str, attempt: str, now: float) -> None:
        """The agent and the called person hear each other."""
        agent = self._floor.agents.get(name)
        if agent is None:
            agent = self._floor.agents[name] = AgentRun(name, since=now)
        if agent.state is AgentState.ON_CALL and agent.attempt != attempt:
            self._floor.violated("agent_in_one_call", f"{name}: {agent.attempt} and {attempt}")
        agent.attempt, agent.talk_began = attempt, now
        agent.calls += 1
        if agent.state not in (AgentState.RESERVED, AgentState.ON_CALL):
            self._floor.move_agent(agent, AgentState.LOGGED_OUT, now)
        self._floor.move_agent(agent, AgentState.ON_CALL, now)
        self.settle(agent)

    def call_over(self, name: str | None, attempt: str, wrap_up_s: float, now: float) -> None:
        """The agent's call has ended: wrap-up begins, or the reservation ends if there was no conversation."""
        agent = self._floor.agents.get(name or "")
        if agent is None or agent.attempt != attempt:
            return
        if agent.state is not AgentState.ON_CALL:
            self.release(name, attempt, now)
            return
        agent.last_call, agent.attempt, agent.talk_began, agent.pause_seen = attempt, None, None, False
        self._floor.move_agent(agent, AgentState.WRAP_UP, now)
        if wrap_up_s > 0 and agent.memberships:
            self._floor.do(PauseMember(agent.agent, agent.interface, True, WRAP_UP_PAUSE))
            self._floor.timers.set("wrap_up", agent.agent, now + wrap_up_s)
        else:
            self.finish_wrap_up(agent, now, unpause=False)
        self._announce(agent)

    def finish_wrap_up(self, agent: AgentRun, now: float, unpause: bool = True) -> None:
        """The wrap-up is over: by time-out, or because somebody unpaused the member."""
        if agent.state is not AgentState.WRAP_UP:
            return
        self._floor.timers.cancel("wrap_up", agent.agent)
        if unpause and not all(
            m.paused and not m.pause_reason.startswith(OUR_PAUSES) for m in agent.memberships.values()
        ):
            self._floor.do(PauseMember(agent.agent, agent.interface, False, ""))
            for membership in agent.memberships.values():
                if membership.pause_reason == WRAP_UP_PAUSE:
                    membership.paused, membership.pause_reason = False, ""
        self._floor.move_agent(agent, self.resting_state(agent), now)
        if not agent.memberships:
            self._drop_line(agent)
        self.settle(agent)

    # --- nailed-up lines ---------------------------------------------------------------------------------

    def _settings_for_line(self, agent: AgentRun) -> str | None:
        for campaign in self._floor.campaigns.values():
            if not campaign.settings.queues.isdisjoint(agent.memberships):
                return campaign.settings.agent_dial
        return None

    def open_lines(self, now: float) -> None:
        """Open the line of every nailed-up member that has none (after a reload, or when Asterisk is back)."""
        for agent in self._floor.agents.values():
            if agent.nailed and agent.line is None and agent.memberships:
                self._open_line(agent, now)

    def _open_line(self, agent: AgentRun, now: float) -> None:
        floor = self._floor
        known = floor.recovered_lines.pop(agent.agent, None)
        if known is not None:
            self.adopt_line(agent, known, now)
            return
        template = self._settings_for_line(agent)
        if template is None or floor.conditions.telephony is not None or floor.conditions.shutting_down:
            return
        agent.line = floor.serials.new(ids.AGENT_CHANNEL)
        agent.line_up = False
        floor.agent_channels[agent.line] = agent.agent
        floor.do(SaveAgentLine(agent.agent, agent.line))
        caller = f"dialerd <{agent.agent}>"
        floor.do(DialAgent(agent.line, template.format(agent=agent.agent), caller, LINE_RING_S, True, {}))
        floor.timers.set("line_watch", agent.agent, now + LINE_RING_S + 2.0)

    def adopt_line(self, agent: AgentRun, line: str, now: float) -> None:
        """A line of an earlier run; whether it is still there is seen at reconciliation."""
        agent.line, agent.line_up, agent.nailed = line, False, True
        self._floor.agent_channels[line] = agent.agent
        self._floor.timers.set("line_watch", agent.agent, now + LINE_WATCH_S)

    def watch_line(self, name: str, now: float) -> None:
        """Nothing need have happened on a line for hours: ask whether it, and the call on it, are still there."""
        agent = self._floor.agents.get(name)
        if agent is None or agent.line is None:
            return
        self._floor.do(ProbeChannel(agent.line))
        if agent.inbound is not None:
            self._floor.do(ProbeChannel(agent.inbound))
        self._floor.timers.set("line_watch", name, now + LINE_WATCH_S)

    def mistrust_line(self, agent: AgentRun, now: float) -> None:
        """Something could not be put through on this line: no calls on it until it was asked for."""
        agent.line_up = False
        self.refresh(agent, now)
        self.watch_line(agent.agent, now)

    def line_probed(self, agent: AgentRun, event: ChannelProbed, now: float) -> None:
        """What the line's channel was found to be."""
        if event.state is None:
            self.line_ended(agent, now)
        elif event.state == "Up" and not agent.line_up:
            self.line_answered(agent)

    def line_answered(self, agent: AgentRun) -> None:
        """The agent's phone took the line: put it into its bridge."""
        assert agent.line is not None
        bridge = ids.sibling(agent.line, ids.BRIDGE)
        self._floor.do(CreateBridge(bridge))
        self._floor.do(EnterBridge(agent.line, bridge))

    def line_ready(self, agent: AgentRun, now: float) -> None:
        """The line waits in its bridge."""
        if not agent.line_up:
            agent.line_up, agent.line_failures = True, 0
            self._floor.tell("info", "agent_line_up", agent=agent.agent)
        self.refresh(agent, now)

    def line_ended(self, agent: AgentRun, now: float) -> None:
        """The line is gone: end what was on it, and dial it again while the member stays logged in."""
        floor = self._floor
        assert agent.line is not None
        was_up = agent.line_up
        floor.agent_channels.pop(agent.line, None)
        floor.do(DestroyBridge(ids.sibling(agent.line, ids.BRIDGE)))
        floor.do(SaveAgentLine(agent.agent, None))
        agent.line, agent.line_up = None, False
        if agent.inbound is not None:
            floor.do(HangUp(agent.inbound))
        if agent.state is AgentState.ON_CALL and agent.attempt is not None:
            self.on_line_lost(agent.attempt, now)
        if agent.memberships:
            wait_s = min(_FIRST_REDIAL_S * 2**agent.line_failures, _LONGEST_REDIAL_S)
            agent.line_failures = min(agent.line_failures + 1, 10)
            level = "info" if was_up else "warning"
            floor.tell(level, "agent_line_down", agent=agent.agent, redial_in_s=f"{wait_s:.0f}")
            floor.timers.set("agent_line", agent.agent, now + wait_s)
        self.refresh(agent, now)

    def redial(self, name: str, now: float) -> None:
        """The pause after a dropped line is over."""
        agent = self._floor.agents.get(name)
        if agent is not None and agent.nailed and agent.line is None and agent.memberships:
            self._open_line(agent, now)

    def _drop_line(self, agent: AgentRun) -> None:
        if agent.line is not None:
            self._floor.do(HangUp(agent.line))

    def line_not_entered(self, agent: AgentRun, now: float) -> None:
        """The line could not be put into its bridge: hang it up, and have it dialed again."""
        self._drop_line(agent)
        self._floor.timers.set("line_watch", agent.agent, now + LINE_LOOK_S)

    def _announce(self, agent: AgentRun) -> None:
        if not agent.nailed:
            return
        state = _ANNOUNCED.get(agent.state, "NOT_INUSE")
        if state != agent.announced:
            agent.announced = state
            self._floor.do(AnnounceAgent(agent.agent, state))
