"""Totals of campaigns over a span of time, counted by the database."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.abandon import CampaignFigures
from dialerd.core.disposition import NEVER_DIALED
from dialerd.core.treatment import MAY_BE_PERSON
from dialerd.store.attempt_conditions import REACHED
from dialerd.store.database import READING
from dialerd.store.schema import attempts

_A = attempts.c
_IS_PERSON = or_(
    _A.abandoned,
    and_(_A.answered_at.is_not(None), _A.analysis.in_([analysis.value for analysis in MAY_BE_PERSON])),
)
_DELAY = _A.connected_at - _A.answered_at
_REACHED_AGENT = and_(_A.connected_at.is_not(None), _A.answered_at.is_not(None))


async def campaign_figures(
    engine: AsyncEngine, since: float, until: float | None = None, campaign: str | None = None
) -> list[CampaignFigures]:
    """Figures of every campaign (or one) with attempts recorded at ``since <= t < until``, epoch seconds, by name.
    Errors of the database are raised as they are."""
    span = [_A.recorded_at >= since]
    if until is not None:
        span.append(_A.recorded_at < until)
    if campaign is not None:
        span.append(_A.campaign == campaign)
    query = (
        select(
            _A.campaign, _A.disposition, func.count(), func.count(_A.answered_at),
            func.count().filter(_IS_PERSON), func.count().filter(_A.abandoned), func.count().filter(REACHED),
            func.count().filter(_REACHED_AGENT),
        ).where(*span).group_by(_A.campaign, _A.disposition).order_by(_A.campaign, _A.disposition)
    )  # fmt: skip
    async with engine.execution_options(**READING).connect() as connection:
        by_campaign: dict[str, list[Any]] = defaultdict(list)
        for row in await connection.execute(query):
            by_campaign[row[0]].append(row)
        return [await _figures(connection, name, rows, span) for name, rows in by_campaign.items()]


async def _figures(
    connection: AsyncConnection, campaign: str, rows: list[Any], span: list[ColumnElement[bool]]
) -> CampaignFigures:
    dispositions = {row[1] or "none": int(row[2]) for row in rows}
    never_dialed = sum(dispositions.get(disposition.value, 0) for disposition in NEVER_DIALED)
    connected = sum(row[7] for row in rows)
    here = [*span, _A.campaign == campaign, _REACHED_AGENT]
    return CampaignFigures(
        campaign=campaign,
        dispositions=dispositions,
        dials=sum(dispositions.values()) - never_dialed,
        answered=sum(row[3] for row in rows),
        persons=sum(row[4] for row in rows),
        abandoned=sum(row[5] for row in rows),
        live=sum(row[6] for row in rows),
        answer_to_agent_median_s=await _ranked(connection, here, connected, 0.5),
        answer_to_agent_p95_s=await _ranked(connection, here, connected, 0.95),
    )


async def _ranked(
    connection: AsyncConnection, here: list[ColumnElement[bool]], count: int, share: float
) -> float | None:
    """The delay at this share of all, by nearest rank."""
    if count == 0:
        return None
    query = select(_DELAY).where(*here).order_by(_DELAY).offset(math.ceil(share * count) - 1).limit(1)
    delay = (await connection.execute(query)).scalar()
    return float(delay) if delay is not None else None
