"""The abandon ledger: statements for the API and the metrics, from the record's counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.control.daemon import Row
from dialerd.core.abandon_ledger import NOT_STATED
from dialerd.core.abandon_statement import Span, Statement, span, statement, usual_spans
from dialerd.core.campaign import Plan
from dialerd.core.compliance import UNBOUND
from dialerd.core.windows import day_of
from dialerd.ports import Clock
from dialerd.store.abandon_counts import abandon_counts, calls_between, campaigns_between
from dialerd.store.record_health import DATABASE_ERRORS

EVERY_S = 60.0
"""How often the metrics are counted again."""
_OTHERS_ZONE = "UTC"
"""Of campaigns that are no longer in the configuration."""

Told = Mapping[tuple[str, str, str], tuple[float, float | None]]
"""(campaign, window, formula) -> (rate, limit); rates of nothing are left out."""


class LedgerRoom:
    """Implements :class:`dialerd.control.daemon.Ledger`; :meth:`run` keeps the metrics fresh."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, plan: Callable[[], Plan], counted: Callable[[Told], None]
    ) -> None:
        """``plan``: the one in force; ``counted``: is told the rates whenever they were counted."""
        self._engine = engine
        self._clock = clock
        self._plan = plan
        self._counted = counted

    async def statements(self, campaign: str | None, day: date | None, days: int | None) -> list[Row]:
        """The ledger of one campaign, or of all that are configured or were called, on a day (today if None) in each
        one's zone; ``days``: one window of so many days that ends with it, in place of the usual ones."""
        with from_database():
            names = [campaign] if campaign is not None else await self._names(day, days)
            return [_row(each) for name in names for each in await self._of(name, day, days)]

    async def calls(self, campaign: str, day: date | None, days: int | None, of: str, limit: int) -> list[Row]:
        """The calls that a count of the (first) window is made of."""
        where = self._spans(campaign, day, days)[0]
        with from_database():
            return list(await calls_between(self._engine, campaign, where.begin, where.end, of, limit))

    async def run(self) -> None:
        """Count for the metrics until cancelled; while the database is away, the last figures stand."""
        while True:
            with suppress(*DATABASE_ERRORS):  # the record's health is told elsewhere
                await self.work()
            await asyncio.sleep(EVERY_S)

    async def work(self) -> None:
        """Count once for the metrics."""
        told: dict[tuple[str, str, str], tuple[float, float | None]] = {}
        for name in list(self._plan().campaigns):
            for each in await self._of(name, None, None):
                for finding in each.findings:
                    if finding.rate.rate is not None:
                        key = (name, each.span.window, finding.rate.formula.value)
                        told[key] = (finding.rate.rate, finding.limit)
        self._counted(told)

    async def _of(self, campaign: str, day: date | None, days: int | None) -> list[Statement]:
        settings = self._plan().campaigns.get(campaign)
        profile, estimates = (settings.profile, settings.estimates) if settings else (UNBOUND, NOT_STATED)
        found = []
        for where in self._spans(campaign, day, days):
            counts = await abandon_counts(self._engine, campaign, where.begin, where.end)
            found.append(statement(campaign, where, counts, profile, estimates))
        return found

    def _spans(self, campaign: str | None, day: date | None, days: int | None) -> tuple[Span, ...]:
        settings = self._plan().campaigns.get(campaign or "")
        zone = settings.time_zone if settings is not None else _OTHERS_ZONE
        last = day.toordinal() if day is not None else day_of(self._clock.now(), zone)
        if days is not None:
            return (span("days", last - days + 1, last, zone),)
        return usual_spans(last, zone)

    async def _names(self, day: date | None, days: int | None) -> list[str]:
        spans = self._spans(None, day, days)
        # Zones differ by less than a day and a half.
        begin, end = min(s.begin for s in spans) - 129_600, max(s.end for s in spans) + 129_600
        called = await campaigns_between(self._engine, begin, end)
        return sorted({*self._plan().campaigns, *called})


def _row(found: Statement) -> dict[str, Any]:
    where = found.span
    return {
        "campaign": found.campaign,
        "window": where.window,
        "first_day": date.fromordinal(where.first_day).isoformat(),
        "last_day": date.fromordinal(where.last_day).isoformat(),
        "begin": where.begin,
        "end": where.end,
        "profile": found.profile,
        "safe_harbour": found.safe_harbour,
        "counts": asdict(found.counts),
        "false_machines": asdict(found.false_machines),
        "machine_share": asdict(found.machine_share),
        "rates": [{**asdict(finding.rate), "limit": finding.limit, "met": finding.met} for finding in found.findings],
    }
