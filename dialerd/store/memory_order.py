"""A campaign's dial order in memory: what :mod:`dialerd.store.order_book` does, by looking at everybody each time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialerd.core.filtering.conditions import changes_with_time
from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, moment_at
from dialerd.core.ordering.keys import Rank, rank
from dialerd.core.ordering.mixing import Line, Stream, Turns, stream_of
from dialerd.core.ordering.settings import DialOrder


@dataclass(frozen=True, slots=True)
class Place:
    """A contact that is ready to be called; ``due``: since when, epoch seconds, 0 if it did not wait."""

    contact_id: int
    facts: Facts
    reason: str
    due: float


class MemoryOrder:
    """The order of one campaign, with the turns taken and the keys that stay."""

    def __init__(self, order: DialOrder) -> None:
        self.order = order
        self._turns = Turns()
        self._kept: dict[int, Rank] = {}

    @property
    def changes_with_time(self) -> bool:
        """The filter's answers change although nothing about a contact does."""
        chosen = self.order.filter
        return chosen is not None and changes_with_time(chosen.condition)

    def passes(self, facts: Facts, now: float) -> bool:
        """The filter's answer."""
        chosen = self.order.filter
        return chosen is None or holds(chosen.condition, facts, moment_at(now, self.order.time_zone))

    def take(self, ready: Iterable[Place], contact_list: str, limit: int, now: float) -> list[int]:
        """Ids of the next contacts; ``contact_list``: the campaign's, where the order names no others."""
        lines: dict[Line, list[tuple[Rank, float, int]]] = {}
        for place in ready:
            if not self.passes(place.facts, now):
                continue
            stream = stream_of(place.facts.attempts, place.reason)
            due = 0.0 if stream is Stream.FRESH else place.due
            line = lines.setdefault((place.facts.contact_list, stream), [])
            line.append((self._rank(place), due, place.contact_id))
        waiting = {line: len(places) for line, places in lines.items()}
        turns = self._turns.take(waiting, self.order.shares(contact_list), self.order.mix, limit)
        places = {line: iter(sorted(found)) for line, found in lines.items()}
        return [next(places[line])[-1] for line in turns]

    def _rank(self, place: Place) -> Rank:
        found = rank(self.order.sort, place.facts)
        return self._kept.setdefault(place.contact_id, found) if self.order.static else found
