"""Totals of campaigns for reports, from the finished attempts."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.abandon import CampaignFigures
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.treatment import MAY_BE_PERSON
from dialerd.store.database import READING
from dialerd.store.schema import attempts

_DIALED = attempts.c.disposition.not_in([disposition.value for disposition in NEVER_DIALED])
_ANSWERED = attempts.c.answered_at.is_not(None)
_PERSON = and_(
    _ANSWERED, or_(attempts.c.analysis.in_([analysis.value for analysis in MAY_BE_PERSON]), attempts.c.abandoned)
)
_REACHED = or_(attempts.c.connected_at.is_not(None), attempts.c.disposition == Disposition.ANSWERED_MESSAGE.value)
_LIVE = and_(_PERSON, _REACHED, attempts.c.abandoned.is_(False))
_DELAY = attempts.c.connected_at - attempts.c.answered_at


async def campaign_figures(
    engine: AsyncEngine, since: float, until: float | None, campaign: str | None
) -> list[CampaignFigures]:
    """Figures of every campaign (or one) with attempts recorded in ``[since, until)``, epoch seconds, by name.
    Errors of the database are raised as they are."""
    span = [attempts.c.recorded_at >= since]
    if until is not None:
        span.append(attempts.c.recorded_at < until)
    if campaign is not None:
        span.append(attempts.c.campaign == campaign)
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    async with engine.execution_options(**READING).connect() as connection:
        by_disposition = select(attempts.c.campaign, attempts.c.disposition, func.count()).where(*span)
        rows = await connection.execute(by_disposition.group_by(attempts.c.campaign, attempts.c.disposition))
        for name, disposition, count in rows:
            counts[name][disposition or "none"] = count
        totals = select(
            attempts.c.campaign,
            func.count().filter(_DIALED),
            func.count().filter(_ANSWERED),
            func.count().filter(_PERSON),
            func.count().filter(attempts.c.abandoned),
            func.count().filter(_LIVE),
            func.count().filter(attempts.c.connected_at.is_not(None)),
        )
        figures = []
        rows = await connection.execute(totals.where(*span).group_by(attempts.c.campaign))
        for name, dials, answered, persons, abandoned, live, connected in rows.all():
            of_campaign = [*span, attempts.c.campaign == name]
            median = await _delay_at(connection, of_campaign, connected, 0.5)
            p95 = await _delay_at(connection, of_campaign, connected, 0.95)
            figures.append(
                CampaignFigures(
                    name, dict(sorted(counts[name].items())), dials, answered, persons, abandoned, live, median, p95
                )
            )
    return sorted(figures, key=lambda one: one.campaign)


async def _delay_at(
    connection: AsyncConnection, where: list[ColumnElement[bool]], count: int, quantile: float
) -> float | None:
    """A quantile of the seconds from answer to agent; None: no call reached one."""
    if count == 0:
        return None
    query = select(_DELAY).where(*where, attempts.c.connected_at.is_not(None)).order_by(_DELAY)
    place = min(count - 1, round(quantile * (count - 1)))
    return float((await connection.execute(query.offset(place).limit(1))).scalar_one())
