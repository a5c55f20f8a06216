"""`simulate --from-attempts`: a day of the record, read and shown beside its simulation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from dialerd.cli.outcome import Exit, Failure
from dialerd.cli.record import record_at
from dialerd.cli.screen import percent, table
from dialerd.cli.settings import settings_or_fail
from dialerd.core.campaign import CampaignSettings
from dialerd.core.windows import day_begins, day_of
from dialerd.sim.forecast.replay import Day, recorded_day
from dialerd.sim.forecast.result import Result
from dialerd.store.database import BadDatabaseUrl
from dialerd.store.day_attempts import dialed_between
from dialerd.store.record_health import DATABASE_ERRORS, reason_of


def read_day(
    asked: str, campaigns: Sequence[CampaignSettings], database: str | None, config: Path | None
) -> tuple[Day, str]:
    """(the day, its date). ``asked``: a date, ``today`` or ``yesterday``, in the first campaign's time zone."""
    zone_name = campaigns[0].time_zone
    chosen = _date(asked, zone_name)
    begins, ends = (day_begins(chosen.toordinal() + more, zone_name) for more in (0, 1))
    url = database if database is not None else settings_or_fail(config).sql.url.get_secret_value()
    try:
        rows = asyncio.run(_rows(url, begins, ends))
    except BadDatabaseUrl as error:
        raise Failure(f"--database: {error}", "such as sqlite:///dialerd.db", Exit.USAGE) from None
    except DATABASE_ERRORS as error:
        raise Failure(f"the record cannot be read: {reason_of(error)}", "Try `dialerd doctor`.") from None
    day = recorded_day(campaigns, rows)
    if day is None:
        dialed = sorted({row["campaign"] for row in rows})
        hint = f"that day dialed: {', '.join(dialed)}" if dialed else f"days are those of {zone_name}"
        raise Failure(f"no calls of these campaigns were recorded on {chosen}", hint)
    return day, str(chosen)


def _date(asked: str, zone_name: str) -> date:
    today = date.fromordinal(day_of(time.time(), zone_name))
    if asked in ("today", "yesterday"):
        return today - timedelta(days=asked == "yesterday")
    try:
        return date.fromisoformat(asked)
    except ValueError:
        hint = "a date such as 2026-03-01, `yesterday` or `today`"
        raise Failure(f"--from-attempts: {asked!r} is not a date", hint, Exit.USAGE) from None


async def _rows(url: str, since: float, until: float) -> list[Any]:
    async with record_at(url) as engine:
        return list(await dialed_between(engine, since, until))


def recorded_object(day: Day, when: str) -> dict[str, Any]:
    """The recorded figures for programs."""
    return {
        "date": when,
        "start": day.start,
        "end": day.end,
        "campaigns": {
            name: {
                "dials": known.counted.dials,
                "connected": known.counted.connected,
                "abandoned": known.counted.abandoned,
                "abandon_rate": known.counted.abandon_rate,
                "messages": known.counted.messages,
            }
            for name, known in day.by_campaign.items()
        },
        "queues": {
            queue: {"utilisation": crew.utilisation, "agent_hours": crew.logged_in_s / 3600.0}
            for queue, crew in day.agents.items()
        },
    }


def beside(day: Day, when: str, results: Sequence[Result]) -> RenderableType:
    """What was recorded, and what the simulation of it came to."""
    figures_of = ("calls", "connected", "abandoned", "rate", "occupancy")
    made = table("campaign", "", *figures_of, right=figures_of)
    for name, known in day.by_campaign.items():
        counted = known.counted
        queue = next(one.queue for one in results[0].campaigns if one.campaign == name)
        crew = day.agents.get(queue) if queue is not None else None
        made.add_row(
            f"[bold]{escape(name)}[/]", "recorded", f"{counted.dials:,}",
            f"{counted.connected if queue is not None else counted.messages:,}", str(counted.abandoned),
            f"{counted.abandon_rate * 100:.2f} %", percent(crew.utilisation) if crew is not None else "-",
        )  # fmt: skip
        for shown in results:
            figures = next(one for one in shown.campaigns if one.campaign == name)
            used = figures.utilisation
            made.add_row(
                "", f"simulated{f', {escape(shown.label)}' if shown.label else ''}", f"{figures.dials:,.0f}",
                f"{figures.connected:,.0f}", f"{figures.abandoned:.0f}", f"{figures.abandon.value * 100:.2f} %",
                percent(used.value) if used is not None else "-",
            )  # fmt: skip
    return Group(Text.from_markup(f"[bold]the calls of {when}[/]"), made)
