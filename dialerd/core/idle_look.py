"""Who is idle now, as the rules of a campaign ask for it."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.agent import AgentState
from dialerd.core.floor import AgentRun, Floor
from dialerd.core.skills import IdleAgent, skills_of


@dataclass(frozen=True, slots=True)
class IdleNow:
    """Implements :class:`~dialerd.core.skills.Idle` for one contact of one campaign. Whoever is reserved for this
    very contact counts as idle: a rule says the same before and after the reservation."""

    floor: Floor
    queue: str | None
    """The campaign's."""
    contact_id: int | None
    attempt_id: str = ""
    """The attempt that begins, where it is not on the floor yet."""

    def count(self, queue: str) -> int | None:
        """How many agents could take a call; None: there is no queue."""
        wanted = queue or self.queue
        return None if wanted is None else len(self._names(wanted))

    def who(self) -> list[IdleAgent]:
        """The agents of the campaign's queue, by extension."""
        names = self._names(self.queue) if self.queue is not None else ()
        return [self._shown(self.floor.agents[name]) for name in sorted(names)]

    def _names(self, queue: str) -> list[str]:
        floor = self.floor
        names = list(floor.available.get(queue, ()))
        for agent in floor.agents.values():
            if agent.state is AgentState.RESERVED and agent.attempt is not None and queue in agent.memberships:
                live = floor.attempts.get(agent.attempt)
                mine = live is not None and live.contact is not None and live.contact.id == self.contact_id
                if mine or agent.attempt == self.attempt_id:
                    names.append(agent.agent)
        return names

    def _shown(self, agent: AgentRun) -> IdleAgent:
        return IdleAgent(agent.agent, agent.name, agent_skills(self.floor, agent.agent))


def agent_skills(floor: Floor, agent: str | None) -> tuple[str, ...]:
    """Names of an agent's skills, sorted; of one who is not known those that are stated by extension."""
    if agent is None or not floor.plan.skills:
        return ()
    run = floor.agents.get(agent)
    penalties = {queue: seat.penalty for queue, seat in run.memberships.items()} if run is not None else {}
    return skills_of(floor.plan.skills.values(), agent, penalties)
