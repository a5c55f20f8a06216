"""What runs campaigns without anybody at the keyboard, as the YAML states it: sequences and campaign rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialerd.core.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Sequence:
    """Campaigns one after another."""

    name: str
    campaigns: tuple[str, ...]
    loop: bool = False
    """After the last one the first begins anew."""


class Measure(StrEnum):
    """What a rule looks at. Shares are fractions."""

    PROGRESS = "progress"
    """Share of the contacts that will not be called again."""
    AGENTS = "agents"
    """Agents in the queue who are logged in and not paused."""
    IDLE_AGENTS = "idle_agents"
    ABANDON_RATE = "abandon_rate"
    """A/(A+L) of today."""
    CONNECT_RATE = "connect_rate"
    """People reached per call placed, of the last quarter of an hour."""

    @property
    def is_share(self) -> bool:
        """A share, written in percent; else a number."""
        return self not in (Measure.AGENTS, Measure.IDLE_AGENTS)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A measure above, or below, a value; neither includes the value itself."""

    measure: Measure
    above: bool
    value: float

    def holds(self, figure: float) -> bool:
        """The figure is beyond the threshold."""
        return figure > self.value if self.above else figure < self.value

    def excludes(self, other: Threshold) -> bool:
        """No figure is beyond both."""
        if self.measure is not other.measure or self.above == other.above:
            return False
        low, high = (other, self) if self.above else (self, other)
        return low.value <= high.value

    def __str__(self) -> str:
        value = f"{self.value * 100:g}%" if self.measure.is_share else f"{self.value:g}"
        return f"{self.measure} {'above' if self.above else 'below'} {value}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when all of it holds, for as long as ``for_s`` seconds."""

    thresholds: tuple[Threshold, ...] = ()
    schedule: Schedule | None = None
    inside: bool = True
    """Inside the schedule, or outside of it."""
    for_s: float = 0.0

    def excludes(self, other: Condition) -> bool:
        """The two can never hold at once."""
        if self.schedule is not None and self.schedule == other.schedule and self.inside != other.inside:
            return True
        return any(mine.excludes(theirs) for mine in self.thresholds for theirs in other.thresholds)

    def __str__(self) -> str:
        parts = [str(threshold) for threshold in self.thresholds]
        if self.schedule is not None:
            parts.append(f"{'inside' if self.inside else 'outside'} schedule {self.schedule.name}")
        return " and ".join(parts)


class Order(StrEnum):
    """What a rule has a campaign do."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    """On, and held: no new calls until the rule lets it go, or somebody starts it."""


@dataclass(frozen=True, slots=True)
class CampaignRule:
    """When ``when`` has held, ``target`` is ordered and set otherwise; when ``until`` has held, that is undone."""

    name: str
    campaign: str
    """Whose figures are looked at."""
    target: str
    when: Condition
    until: Condition | None = None
    """None: it is not undone, and acts again when ``when`` holds anew; for rules that start or stop."""
    order: Order | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    """Fields of :class:`~dialerd.core.campaign.CampaignSettings` with their values: ``mode``, ``max_lines`` …"""
