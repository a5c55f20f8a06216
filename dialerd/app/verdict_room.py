"""How good call analysis is by what people said: tables for the API, and an estimate that metrics keep telling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.control.daemon import Row
from dialerd.core.amd_report import AmdReport, amd_report
from dialerd.core.amd_truth import Share
from dialerd.ports import Clock
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.review_list import ReviewFilter, reviews
from dialerd.store.verdict_counts import reviewed_machines, verdict_counts

EVERY_S = 60.0
"""How often the metrics are counted again."""
REACH_S = 30 * 86_400.0
"""How far back the estimate of the metrics goes."""


class VerdictRoom:
    """Implements :class:`dialerd.control.daemon.Verdicts`; :meth:`run` keeps the metrics fresh."""

    def __init__(self, engine: AsyncEngine, clock: Clock, counted: Callable[[Mapping[str, Share]], None]) -> None:
        """``counted``: is told each campaign's share of persons among reviewed machine verdicts."""
        self._engine = engine
        self._clock = clock
        self._counted = counted

    async def report(self, since: float, until: float | None, campaign: str | None, trunk: str | None) -> AmdReport:
        """Verdicts against marks, of answers in the span."""
        with from_database():
            return amd_report(await verdict_counts(self._engine, since, until, campaign, trunk))

    async def reviews(
        self, campaign: str | None, trunk: str | None, marked: bool | None, since: float | None, until: float | None,
        limit: int, offset: int,
    ) -> list[Row]:  # fmt: skip
        """Machine verdicts that were kept to be listened to."""
        with from_database():
            return await reviews(self._engine, ReviewFilter(campaign, trunk, marked, since, until), limit, offset)

    async def run(self) -> None:
        """Count for the metrics until cancelled; while the database is away, the last figures stand."""
        while True:
            with suppress(*DATABASE_ERRORS):  # the record's health is told elsewhere
                await self.work()
            await asyncio.sleep(EVERY_S)

    async def work(self) -> None:
        """Count once for the metrics."""
        self._counted(await reviewed_machines(self._engine, self._clock.now() - REACH_S))
