"""Dial orders: who keeps them, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.control.daemon import Row
from dialerd.core.campaign import CampaignSettings, Plan
from dialerd.ports import Clock
from dialerd.store.order_book import wanted_by
from dialerd.store.order_counts import OrderCounts, next_contacts, order_counts
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.parked_counts import ParkedCount


def counts_row(campaign: CampaignSettings, counts: OrderCounts) -> dict[str, Any]:
    """The figures of a campaign, with what they are figures of."""
    filter_text = str(campaign.order.filter) if campaign.order.filter is not None else None
    lists = list(campaign.contact_lists)
    return {"campaign": campaign.name, "lists": lists, "filter": filter_text, **asdict(counts)}


class OrderRoom:
    """Implements :class:`dialerd.control.daemon.Orders`; ``keeper`` is to be run as a task."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, plan: Callable[[], Plan],
        counted: Callable[[Mapping[str, Mapping[str, int]]], None],
        parked: Callable[[Mapping[str, Mapping[str, int]]], None],
    ) -> None:  # fmt: skip
        """``plan``: the one in force; ``counted``: is told the figures whenever they were counted, and
        ``parked`` how many contacts are parked for which reason."""
        self._engine = engine
        self._clock = clock
        self._plan = plan
        self.keeper = OrderKeeper(
            engine, clock, lambda: plan().campaigns.values(), self._told, parked_counted=self._told_parked
        )
        self._tell = counted
        self._tell_parked = parked

    def _told(self, counts: Mapping[str, OrderCounts]) -> None:
        self._tell({campaign: asdict(of_campaign) for campaign, of_campaign in counts.items()})

    def _told_parked(self, counts: Mapping[str, Sequence[ParkedCount]]) -> None:
        self._tell_parked({name: {one.reason: one.contacts for one in found} for name, found in counts.items()})

    def parked(self, campaign: str) -> list[Row]:
        """What the campaign's parked contacts wait for, as it was counted last."""
        return [asdict(one) for one in self.keeper.parked.get(campaign, ())]

    async def next_contacts(self, campaign: str, limit: int) -> list[Row]:
        """The contacts that would be fetched now, in order. KeyError: no such campaign."""
        wanted = wanted_by(self._plan().campaigns[campaign])
        with from_database():
            return [asdict(one) for one in await next_contacts(self._engine, wanted, limit, self._clock.now())]

    async def counts(self, campaign: str) -> Row:
        """How many contacts the campaign's filter lets through, and how they stand. KeyError: no such campaign."""
        settings = self._plan().campaigns[campaign]
        with from_database():
            return counts_row(settings, await order_counts(self._engine, wanted_by(settings), self._clock.now()))
