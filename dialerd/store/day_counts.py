"""Abandoned and live calls of the last 30 days by day, counted by the database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.windows import DayCount, last_days
from dialerd.store.attempt_conditions import REACHED
from dialerd.store.database import READING
from dialerd.store.schema import attempts

_A = attempts.c
OTHERS = "UTC"
"""The zone of campaigns that are not in the plan."""


async def day_counts(engine: AsyncEngine, zones: Mapping[str, str], now: float) -> dict[str, tuple[DayCount, ...]]:
    """Campaign -> its days with calls to people, the oldest first. ``zones``: campaign -> IANA name; ``now``: epoch
    seconds. Errors of the database are raised as they are."""
    found: dict[str, tuple[DayCount, ...]] = {}
    async with engine.execution_options(**READING).connect() as connection:
        for zone in sorted({*zones.values(), OTHERS}):
            here = {name for name, of_campaign in zones.items() if of_campaign == zone}
            others = zones.keys() if zone == OTHERS else None
            for name, days in (await _counts(connection, zone, now)).items():
                if name in here or (others is not None and name not in others):
                    found[name] = tuple(days)
    return found


async def _counts(connection: AsyncConnection, zone: str, now: float) -> dict[str, list[DayCount]]:
    days = last_days(now, zone)
    # A few calls have no moment of answer: lost ones that were taken over from the dialplan.
    at = func.coalesce(_A.answered_at, _A.ended_at, _A.recorded_at)
    day = case(*((at < end, literal(ordinal)) for ordinal, _, end in days)).label("day")
    query = (
        select(_A.campaign, day, func.count().filter(REACHED), func.count().filter(_A.abandoned))
        .where(at >= days[0][1], at < days[-1][2], or_(_A.abandoned, REACHED))
        .group_by(_A.campaign, day)
        .order_by(_A.campaign, day)
    )
    found: dict[str, list[DayCount]] = {}
    for campaign, ordinal, live, abandoned in await connection.execute(query):
        found.setdefault(campaign, []).append(DayCount(int(ordinal), int(live), int(abandoned)))
    return found
