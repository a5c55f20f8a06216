"""What agents can do, as the plan says, and who of them is idle, as conditions of rules ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MOST_NOTED = 200
"""Of more idle agents than this an attempt keeps only the first, by extension."""


@dataclass(frozen=True, slots=True)
class Skill:
    """Who has a skill: these agents (extensions), and the members of these queues, where ``max_penalty`` is stated
    only those with at most that penalty."""

    name: str
    agents: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    max_penalty: int | None = None

    def had_by(self, agent: str, penalties: Mapping[str, int]) -> bool:
        """Whether an agent has it; ``penalties``: queue -> the agent's penalty there."""
        if agent in self.agents:
            return True
        most = self.max_penalty
        return any(q in penalties and (most is None or penalties[q] <= most) for q in self.queues)


def skills_of(skills: Iterable[Skill], agent: str, penalties: Mapping[str, int]) -> tuple[str, ...]:
    """Names of an agent's skills, sorted."""
    return tuple(sorted(skill.name for skill in skills if skill.had_by(agent, penalties)))


@dataclass(frozen=True, slots=True)
class IdleAgent:
    """An agent of the campaign's queue who could take a call. ``name``: the queue member's."""

    agent: str
    name: str
    skills: tuple[str, ...] = ()


class Idle(Protocol):
    """Who is idle at the moment in question."""

    def count(self, queue: str) -> int | None:
        """How many agents of a queue, of the campaign's where the name is empty; None: that is not known."""

    def who(self) -> Sequence[IdleAgent]:
        """The agents of the campaign's queue."""


@dataclass(frozen=True, slots=True)
class IdleThen:
    """As an attempt has kept it."""

    counts: Mapping[str, int | None]
    agents: Mapping[str, Sequence[str]]
    """Agent -> name, then skills."""

    def count(self, queue: str) -> int | None:
        """As :class:`Idle`."""
        return self.counts.get(queue)

    def who(self) -> Sequence[IdleAgent]:
        """As :class:`Idle`."""
        return [IdleAgent(agent, kept[0], tuple(kept[1:])) for agent, kept in self.agents.items() if kept]


def noted(idle: Idle) -> dict[str, list[str]]:
    """For :attr:`IdleThen.agents`."""
    ordered = sorted(idle.who(), key=lambda one: one.agent)
    return {one.agent: [one.name, *one.skills] for one in ordered[:MOST_NOTED]}


def idle_then(stamp: Mapping[str, Any], *, after: bool = False) -> IdleThen:
    """What the attempt's rules have kept of the moment before the call, or ``after`` it."""
    counts, who = AFTER if after else BEFORE
    return IdleThen(stamp.get(counts, {}), stamp.get(who, {}))


BEFORE = ("idle_agents", "idle_who")
AFTER = ("idle_agents_after", "idle_who_after")
"""Keys in an attempt's ``rules``: how many by queue, and who."""
