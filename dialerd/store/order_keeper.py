"""Keeps the books of all campaigns complete and up to date, in steps short enough for other writers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.campaign import CampaignSettings
from dialerd.core.filtering.conditions import changes_with_time
from dialerd.core.ordering.settings import REFRESH_S, DialOrder
from dialerd.ports import Clock
from dialerd.store.database import READING
from dialerd.store.order_book import Wanted, known_book, open_book, wanted_by
from dialerd.store.order_counts import OrderCounts, order_counts
from dialerd.store.order_look import is_short, look_first
from dialerd.store.order_sweep import drop_book, sweep
from dialerd.store.parked_counts import ParkedCount, parked_counts
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.schema import order_books

_log = structlog.get_logger(__name__)

STEP = 5000
"""Contacts in one step: it holds SQLite's write lock for some tens of milliseconds."""
BREATH_S = 0.01
"""Between two steps, so that others who write get their turn."""
IDLE_S = 2.0
"""Between two looks when there is nothing to do."""
COUNT_EVERY_S = 30.0
PARKED_EVERY_S = 10.0
COUNT_SHARE = 100
"""Counting takes at most this fraction of the time."""


class OrderKeeper:
    """Life: :meth:`run` as a task for as long as the daemon lives. While the database is away it waits."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, campaigns: Callable[[], Iterable[CampaignSettings]],
        counted: Callable[[Mapping[str, OrderCounts]], None] | None = None,
        *, idle_s: float = IDLE_S,
        parked_counted: Callable[[Mapping[str, Sequence[ParkedCount]]], None] | None = None,
    ) -> None:  # fmt: skip
        """``campaigns``: those of the plan in force; ``counted``: is told the figures of all campaigns whenever they
        were counted."""
        self._engine = engine
        self._clock = clock
        self._campaigns = campaigns
        self._idle_s = idle_s
        self._parked_counted = parked_counted
        self._counted = counted
        self._looked: dict[str, str] = {}
        self._count_at: dict[str, float] = {}
        self.counts: dict[str, OrderCounts] = {}
        """Campaign -> its figures, as they were counted last."""
        self._parked_at: dict[str, float] = {}
        self.parked: dict[str, list[ParkedCount]] = {}
        """Campaign -> what its parked contacts wait for, as it was counted last."""

    async def run(self) -> None:
        """Keep the books until cancelled."""
        told = ""
        while True:
            try:
                await self.work()
                told = ""
            except DATABASE_ERRORS as error:
                # Its loss is told by the record, which needs it more.
                if reason_of(error) != told:
                    told = reason_of(error)
                    _log.info("order_waits_for_database", reason=told)
            await asyncio.sleep(self._idle_s)

    async def work(self) -> None:
        """Do all that is to be done now."""
        campaigns = list(self._campaigns())
        await self._drop_others({c.name for c in campaigns if not c.order.plain})
        ordered = [wanted_by(c) for c in campaigns if not c.order.plain]
        for wanted in ordered:
            await self._look(wanted)
        for wanted in ordered:
            await self._keep(wanted)
        await self._until_done(lambda connection: sweep(connection, STEP))
        counted = [await self._count(wanted_by(campaign)) for campaign in campaigns]
        parked = [await self._count_parked(campaign) for campaign in campaigns]
        names = {campaign.name for campaign in campaigns}
        self.parked = {name: counts for name, counts in self.parked.items() if name in names}
        if self._parked_counted is not None and any(parked):
            self._parked_counted(self.parked)
        gone = self.counts.keys() - names
        self.counts = {name: counts for name, counts in self.counts.items() if name in names}
        if self._counted is not None and (gone or any(counted)):
            self._counted(self.counts)

    async def _until_done(self, step: Callable[[AsyncConnection], Awaitable[bool]]) -> None:
        while True:
            async with self._engine.begin() as connection:
                done = await step(connection)
            if done:
                return
            await asyncio.sleep(BREATH_S)

    async def _look(self, wanted: Wanted) -> None:
        """Once for each new order of a long list: it is called in its order long before the book is complete."""
        if self._looked.get(wanted.campaign) == wanted.digest():
            return
        async with self._engine.execution_options(**READING).connect() as connection:
            complete = await known_book(connection, wanted, self._clock.now()) is not None
        if not complete and not await is_short(self._engine, wanted):
            await look_first(self._engine, wanted, self._clock.now(), whole=True)
        self._looked[wanted.campaign] = wanted.digest()

    async def _keep(self, wanted: Wanted) -> None:
        async def step(connection: AsyncConnection) -> bool:
            now = self._clock.now()
            book = await open_book(connection, wanted, now)
            if book.ready and _moves(wanted.order) and now - book.refreshed_at >= REFRESH_S:
                await book.refresh()
            # Everything is looked at, although the first of them is not done.
            taken = await book.keep_up(STEP)
            return await book.build(STEP) and taken == 0

        await self._until_done(step)

    async def _drop_others(self, names: set[str]) -> None:
        others = select(order_books.c.id).where(
            order_books.c.campaign.is_not(None), order_books.c.campaign.not_in(names)
        )
        async with self._engine.execution_options(**READING).connect() as connection:
            ids = list((await connection.execute(others)).scalars())
        for book_id in ids:
            async with self._engine.begin() as connection:
                await drop_book(connection, book_id)

    async def _count(self, wanted: Wanted) -> bool:
        """Figures for operators; the longer it takes to count, the rarer it is done. False: not yet again."""
        now = self._clock.now()
        if now < self._count_at.get(wanted.campaign, 0.0):
            return False
        began = time.perf_counter()
        counts = await order_counts(self._engine, wanted, now)
        took_s = time.perf_counter() - began
        self.counts[wanted.campaign] = counts
        self._count_at[wanted.campaign] = now + max(COUNT_EVERY_S, COUNT_SHARE * took_s)
        return True

    async def _count_parked(self, settings: CampaignSettings) -> bool:
        """What parked contacts wait for; as rare as it is slow. False: not yet again."""
        now, campaign = self._clock.now(), settings.name
        if now < self._parked_at.get(campaign, 0.0):
            return False
        began = time.perf_counter()
        self.parked[campaign] = await parked_counts(self._engine, settings.contact_lists, now, settings.callable_time)
        self._parked_at[campaign] = now + max(PARKED_EVERY_S, COUNT_SHARE * (time.perf_counter() - began))
        return True


def _moves(order: DialOrder) -> bool:
    return order.filter is not None and changes_with_time(order.filter.condition)
