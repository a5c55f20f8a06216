"""Whose turn it is where campaigns share agents, lines or calls per second.

Shares are counted in calls placed. A campaign's share is its weight times four for each step of priority: at equal
weights the higher of two neighbouring priorities gets four calls of five, the lower one the fifth. So nobody starves:
a campaign of priority 1 beside one of priority 5 still gets one call of 257.

Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996), for every shared thing apart: each campaign has a mark
that moves on by 1/share with every call, and the one whose mark is farthest behind is next. Two campaigns that always
have somebody to call differ, over any span, by at most one call each, measured in their shares.

A campaign may need two things at once, a line of a trunk and an agent of a queue, and share each with others. Then
rights can cross: it is first at one and not at the other. Whoever was passed over more often than can be with one
shared thing goes first, so that nobody starves there either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dialerd.core.campaign import CampaignSettings
from dialerd.core.floor import AgentRun

PRIORITY_STEP = 4
"""What one step of priority is worth in weights."""
CREDIT_CALLS = 10
"""So many calls a campaign that could not dial for a while may make up for; what is more is forfeited."""
USUAL_PRIORITY = 3


def share_of(settings: CampaignSettings) -> float:
    """What the campaign's calls are divided by; only the ratio of two shares means something."""
    return settings.weight * float(PRIORITY_STEP) ** (settings.priority - USUAL_PRIORITY)


@dataclass(frozen=True, slots=True)
class Sharer:
    """A campaign with its share, and what it needs for a call."""

    name: str
    share: float
    needs: tuple[str, ...]
    """``trunk:carrier``, ``agents:sales``."""


class Sharing:
    """The marks of all campaigns at all shared things."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], float] = {}
        self._clocks: dict[str, float] = {}
        self._passed: dict[str, int] = {}
        """How often others were served before the campaign, since its last call, at what it could have used."""

    def mark(self, sharer: Sharer, need: str) -> float:
        """Where the campaign stands at one shared thing; the least is the most entitled."""
        clock = self._clocks.get(need, 0.0)
        known = self._marks.get((sharer.name, need))
        return clock if known is None else max(known, clock - CREDIT_CALLS / sharer.share)

    def charge(self, sharer: Sharer, among: Iterable[Sharer] = ()) -> None:
        """The campaign has placed a call, where all these could have."""
        for other in among:
            if other.name != sharer.name and not set(other.needs).isdisjoint(sharer.needs):
                self._passed[other.name] = self._passed.get(other.name, 0) + 1
        self._passed.pop(sharer.name, None)
        for need in sharer.needs:
            mark = self.mark(sharer, need)
            self._clocks[need] = max(self._clocks.get(need, 0.0), mark)
            self._marks[sharer.name, need] = mark + 1.0 / sharer.share

    def refund(self, sharer: Sharer) -> None:
        """The call was not to be had after all."""
        for need in sharer.needs:
            self._marks[sharer.name, need] = self.mark(sharer, need) - 1.0 / sharer.share

    def is_before(self, one: Sharer, other: Sharer, need: str) -> bool:
        """``one`` has the better right to a thing that both need."""
        return self._rank(one, need) < self._rank(other, need)

    def _rank(self, sharer: Sharer, need: str) -> tuple[float, float, str]:
        return self.mark(sharer, need), -sharer.share, sharer.name

    def next_of(self, sharers: Sequence[Sharer]) -> int:
        """Index of the one who is next: it is first at everything that it needs. Where rights cross, so that nobody
        is, the one who was passed over for too long, else the one with the best places together."""
        if len(sharers) == 1:
            return 0
        shares = sum(sharer.share for sharer in sharers)
        overdue = [
            (self._passed.get(sharer.name, 0) - len(sharers) - shares / sharer.share, index)
            for index, sharer in enumerate(sharers)
        ]
        longest, late = max(overdue)
        if longest > 0:
            return late
        lines: dict[str, list[tuple[float, float, str]]] = {}
        for sharer in sharers:
            for need in sharer.needs:
                lines.setdefault(need, []).append(self._rank(sharer, need))
        for line in lines.values():
            line.sort()
        places = [sum(lines[need].index(self._rank(one, need)) for need in one.needs) for one in sharers]
        return min(range(len(sharers)), key=lambda index: (places[index], sharers[index].name))


def agent_groups(agents: Iterable[AgentRun]) -> dict[str, str]:
    """Queue -> name of the group of queues that are connected by agents who are members of several."""
    group: dict[str, str] = {}

    def find(queue: str) -> str:
        while group.setdefault(queue, queue) != queue:
            queue = group[queue]
        return queue

    for agent in agents:
        if len(agent.memberships) == 1:
            for queue in agent.memberships:
                group.setdefault(queue, queue)
            continue
        first: str | None = None
        for queue in agent.memberships:
            root = find(queue)
            if first is None:
                first = root
            elif root != first:
                low, high = sorted((first, root))
                group[high] = first = low
    return {queue: find(queue) for queue in list(group)}
