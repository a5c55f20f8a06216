"""Agents' phones: free or busy, quick or slow to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(slots=True)
class Phone:
    """One agent's phone and what app_queue is told of it."""

    agent: str
    held: str | None = None
    """Channel id of what rings or is up on it."""
    announced: str = "UNAVAILABLE"
    """Device state ``Stasis:agent-<agent>``, for nailed-up lines."""


class Phones:
    """All phones. ``changed`` is called with the agent when something of a phone changes."""

    def __init__(self, rng: Random, auto_answer_fails: float) -> None:
        self._rng = rng
        self._auto_answer_fails = auto_answer_fails
        self._phones: dict[str, Phone] = {}
        self.changed: Callable[[str], None] = lambda agent: None

    def of(self, agent: str) -> Phone:
        """The agent's phone."""
        if agent not in self._phones:
            self._phones[agent] = Phone(agent)
        return self._phones[agent]

    def ring(self, agent: str, channel_id: str) -> float | None:
        """A call comes to the phone: after how many seconds it is answered, or None when the phone is busy."""
        phone = self.of(agent)
        if phone.held is not None:
            return None
        phone.held = channel_id
        self.changed(agent)
        if self._rng.random() < self._auto_answer_fails:
            return 1_000.0
        return self._rng.uniform(0.15, 0.7)

    def free(self, agent: str, channel_id: str) -> None:
        """The channel is gone."""
        phone = self.of(agent)
        if phone.held == channel_id:
            phone.held = None
            self.changed(agent)

    def announced(self, agent: str, device_state: str) -> None:
        """dialerd told app_queue the state of a nailed-up agent."""
        phone = self.of(agent)
        if phone.announced != device_state:
            phone.announced = device_state
            self.changed(agent)
