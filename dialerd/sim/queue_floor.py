"""The queue and the people in it, as the roster port shows them: they come, pause, leave, and take inbound calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.sim.mishaps import Mishaps
from dialerd.sim.phones import Phones
from dialerd.sim.schedule import Lane, Schedule

_INBOUND_PATIENCE_S = 8.0


@dataclass(slots=True)
class Member:
    """One member of the queue."""

    agent: str
    interface: str
    name: str
    penalty: int
    paused: bool = False
    reason: str = ""


class QueueFloor:
    """The roster port, app_queue, and the habits of its members."""

    def __init__(
        self,
        rng: Random,
        schedule: Schedule,
        mishaps: Mishaps,
        phones: Phones,
        queue: str,
        nailed: bool,
        deliver: Callable[[e.Event, int], None],
    ) -> None:
        self._rng = rng
        self._schedule = schedule
        self._mishaps = mishaps
        self._phones = phones
        self._queue = queue
        self._nailed = nailed
        self._deliver = deliver
        self._lane = Lane(schedule)
        self._calls = 0
        self._sessions = 0
        self.session: int | None = None
        self.members: dict[str, Member] = {}
        self.offer: Callable[[str, str, float], None] = lambda channel, agent, patience: None
        """Offers an inbound call on a nailed-up line: channel id, agent, the caller's patience in seconds."""
        self.drop_line: Callable[[str], None] = lambda agent: None
        self.working = True
        """False once the shift is over: nobody does anything of their own any more."""
        phones.changed = self._device_changed

    # --- the port and its connection ---------------------------------------------------------------------

    def submit(self, command: c.RosterCommand) -> None:
        """Pause or unpause a member."""
        if self.session is not None:
            self._schedule.after(0.001, self._pause_asked, command)

    def connect(self) -> None:
        """AMI answers: the whole roster, then changes."""
        self._sessions += 1
        self.session = self._sessions
        for member in self.members.values():
            self._say(member)
        known = frozenset((self._queue, agent) for agent in self.members)
        self._post(e.RosterSynced(known, frozenset({self._queue, "other"})))

    def disconnect(self) -> None:
        """AMI is gone."""
        self.session = None

    def _post(self, event: e.Event) -> None:
        if self.session is None:
            return
        for delay in self._mishaps.fate(event)[:1]:
            self._lane.send(delay, self._deliver, event, self.session)

    def _say(self, member: Member) -> None:
        phone = self._phones.of(member.agent)
        in_use = phone.announced == "INUSE" if self._nailed else phone.held is not None
        self._post(
            e.MemberSeen(
                queue=self._queue,
                agent=member.agent,
                interface=member.interface,
                name=member.name,
                nailed=self._nailed,
                penalty=member.penalty,
                paused=member.paused,
                pause_reason=member.reason,
                in_call=in_use,
            )
        )

    def _device_changed(self, agent: str) -> None:
        member = self.members.get(agent)
        if member is not None:
            self._say(member)

    def _pause_asked(self, command: c.PauseMember) -> None:
        member = self.members.get(command.agent)
        if member is None or (member.paused and not member.reason.startswith(c.OUR_PAUSES)):
            return  # a person's pause stands
        self._set(member, command.paused, command.reason)
        if command.paused and command.reason == "dialerd:not-responding":
            self._schedule.after(self._rng.uniform(10.0, 40.0), self.unpause, command.agent)
        elif command.paused and self.working and self._rng.random() < 0.2:
            self._schedule.after(self._rng.uniform(1.0, 12.0), self._end_wrap_up, command.agent)

    def _set(self, member: Member, paused: bool, reason: str) -> None:
        if (member.paused, member.reason) != (paused, reason):
            member.paused, member.reason = paused, reason
            self._say(member)

    # --- people ------------------------------------------------------------------------------------------

    def log_in(self, agent: str) -> None:
        """The agent becomes a member."""
        if agent not in self.members:
            interface = f"Local/{agent}@dialerd-agent/n" if self._nailed else f"PJSIP/{agent}"
            self.members[agent] = Member(agent, interface, f"Agent {agent}", self._rng.choice((0, 0, 0, 1)))
            self._say(self.members[agent])

    def log_out(self, agent: str) -> None:
        """The agent leaves the queue."""
        if self.members.pop(agent, None) is not None:
            self._post(e.MemberGone(self._queue, agent))

    def pause(self, agent: str) -> None:
        """The agent takes a break."""
        if agent in self.members:
            self._set(self.members[agent], True, "break")

    def unpause(self, agent: str) -> None:
        """The agent is back, or the supervisor unpauses them."""
        if agent in self.members:
            self._set(self.members[agent], False, "")

    def _end_wrap_up(self, agent: str) -> None:
        member = self.members.get(agent)
        if member is not None and member.reason == "dialerd:wrap-up":
            self._set(member, False, "")

    def restless(self, agent: str) -> None:
        """One of the things that agents do, and the next one later."""
        if not self.working:
            return
        pick, wait_s = self._rng.random(), self._rng.uniform(5.0, 60.0)
        if pick < 0.4:
            self.pause(agent)
            self._schedule.after(wait_s, self.unpause, agent)
        elif pick < 0.65:
            self.log_out(agent)
            self._schedule.after(wait_s, self.log_in, agent)
        elif pick < 0.8:
            self.drop_line(agent)
        else:
            self.unpause(agent)
        self._schedule.after(wait_s + self._rng.uniform(30.0, 240.0), self.restless, agent)

    def inbound(self, per_hour: float) -> None:
        """A caller of the queue's own is offered to a member who looks free to app_queue; and the next one."""
        if not self.working:
            return
        self._schedule.after(self._rng.expovariate(per_hour / 3600.0), self.inbound, per_hour)
        free = [
            agent for agent, member in sorted(self.members.items()) if not member.paused and self._looks_free(agent)
        ]
        if not free:
            return
        agent = self._rng.choice(free)
        self._calls += 1
        channel_id = f"1763000000.{self._calls}"
        if self._nailed:
            self.offer(channel_id, agent, _INBOUND_PATIENCE_S)
        elif self._phones.ring(agent, channel_id) is not None:
            self._schedule.after(self._rng.uniform(2.0, 60.0), self._phones.free, agent, channel_id)

    def _looks_free(self, agent: str) -> bool:
        phone = self._phones.of(agent)
        return phone.announced == "NOT_INUSE" if self._nailed else phone.held is None
