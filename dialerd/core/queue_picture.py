"""Agents and calls of one queue at one moment, as pacing looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dialerd.core.agent import AgentState
from dialerd.core.attempt import NOT_DIALED_YET, AttemptState
from dialerd.core.caller_demand import callers_waiting
from dialerd.core.desk import WRAP_UP_PAUSE
from dialerd.core.floor import AgentRun, Floor, LiveAttempt, Membership

_S = AttemptState
BEFORE_ANSWER = NOT_DIALED_YET | {_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING}
_IN_ANALYSIS = frozenset({_S.ANSWERED, _S.ANALYSING})


@dataclass(slots=True)
class QueuePicture:
    """All times are epoch seconds at which the state began."""

    idle: int = 0
    talking_since: list[float] = field(default_factory=list)
    """In a conversation, with inbound callers of the queue too, or about to be."""
    wrapping_since: list[float] = field(default_factory=list)
    leaving: int = 0
    """On a call or in wrap-up, and not to be had afterwards."""
    ringing_since: list[float] = field(default_factory=list)
    """Dialed ahead for any campaign that shares agents with the queue, and not answered yet."""
    in_amd_since: list[float] = field(default_factory=list)
    waiting: int = 0
    """People who answered, or who have called, and have no agent yet."""
    arriving: tuple[tuple[float, float], ...] = ()
    """Callers whom flows may lead to these agents: (chance, in how many seconds from now)."""

    def one_is_spoken_for(self, now: float) -> None:
        """The next agent to come free is for a call of the guaranteed-agent lane: as if it had begun at ``now``."""
        if self.idle:
            self.idle -= 1
            self.talking_since.append(now)
        elif self.wrapping_since:
            self.wrapping_since.remove(min(self.wrapping_since))
            self.talking_since.append(now)

    @property
    def at_work(self) -> int:
        """Agents who take this call or a later one."""
        return self.idle + len(self.talking_since) + len(self.wrapping_since)

    @property
    def outstanding(self) -> int:
        """Calls that may still want an agent."""
        return len(self.ringing_since) + len(self.in_amd_since) + self.waiting


def somebody_at_work(floor: Floor, queue: str) -> bool:
    """There is an agent who takes this call or a later one."""
    return any(True for _ in _at_work(floor, queue, False))


def queue_picture(floor: Floor, queue: str, now: float, *, as_if_ahead: bool = False) -> QueuePicture:
    """The picture at ``now``. ``as_if_ahead``: agents who are reserved for a call that nobody answered yet count as
    idle, and that call as ringing: what another mode would see."""
    picture, queues = QueuePicture(), {queue}
    for agent, kind in _at_work(floor, queue, as_if_ahead, picture):
        queues.update(agent.memberships)
        if kind is AgentState.AVAILABLE:
            picture.idle += 1
        elif kind is AgentState.WRAP_UP:
            picture.wrapping_since.append(agent.since)
        else:
            picture.talking_since.append(agent.since)
    _demand(picture, _calls(floor, queues, as_if_ahead), now)
    picture.waiting += sum(callers_waiting(floor, one) for one in queues)
    return picture


def _at_work(
    floor: Floor, queue: str, as_if_ahead: bool, picture: QueuePicture | None = None
) -> Iterator[tuple[AgentRun, AgentState]]:
    available = floor.available.get(queue, ())
    for agent in floor.agents.values():
        membership = agent.memberships.get(queue)
        if membership is None:
            continue
        state = agent.state
        if state is AgentState.AVAILABLE:
            if agent.agent in available:
                yield agent, state
        elif state is AgentState.ON_CALL or state is AgentState.WRAP_UP:
            if not _is_leaving(agent, membership):
                yield agent, state
            elif picture is not None:
                picture.leaving += 1
        elif state is AgentState.RESERVED:
            attempt = floor.attempts.get(agent.attempt or "")
            if attempt is None:
                continue
            if attempt.settings.mode.dials_ahead or attempt.state is _S.WAITING_AGENT:
                yield agent, AgentState.ON_CALL
            elif as_if_ahead:
                yield agent, AgentState.AVAILABLE


def _is_leaving(agent: AgentRun, membership: Membership) -> bool:
    """Whoever is busy with us stays busy in app_queue's eyes too: only what lasts beyond the call counts."""
    if membership.paused and membership.pause_reason != WRAP_UP_PAUSE:
        return True
    return agent.missed or (agent.nailed and not agent.line_up)


def _calls(floor: Floor, queues: set[str], as_if_ahead: bool) -> Iterator[LiveAttempt]:
    for attempt in floor.attempts.values():
        if attempt.queue in queues and not attempt.record.cancelled:
            free = attempt.record.agent is None
            if free if attempt.settings.mode.dials_ahead else (as_if_ahead or free):
                yield attempt


def _demand(picture: QueuePicture, attempts: Iterable[LiveAttempt], now: float) -> None:
    for attempt in attempts:
        record, state = attempt.record, attempt.state
        if state in BEFORE_ANSWER:
            began = record.dialed_at if record.dialed_at is not None else record.claimed_at
            picture.ringing_since.append(began if began is not None else now)
        elif state in _IN_ANALYSIS:
            picture.in_amd_since.append(record.answered_at if record.answered_at is not None else now)
        elif state is _S.WAITING_AGENT and record.agent is None:
            picture.waiting += 1
