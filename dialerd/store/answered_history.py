"""Past answers in the order in which they were given, each with what the contact's attempt before had ended as."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.database import READING
from dialerd.store.schema import attempts

_A = attempts.c
_PAGE = 1000


async def past_answers(
    engine: AsyncEngine, since: float = 0.0, campaign: str | None = None
) -> AsyncIterator[tuple[Mapping[str, Any], str | None]]:
    """Every attempt answered since (epoch seconds) that call analysis has judged, oldest first, with the disposition
    of the same contact's attempt before it (None: there was none). Reads page by page; errors of the database are
    raised as they are."""
    before = attempts.alias("before")
    # The contact's attempt before this one, by the time of claim: what the core knew as `last_disposition`.
    previous = (
        select(before.c.disposition)
        .where(before.c.contact_id == _A.contact_id, before.c.claimed_at < _A.claimed_at)
        .order_by(before.c.claimed_at.desc())
        .limit(1)
        .correlate(attempts)
        .scalar_subquery()
        .label("previous")
    )
    chosen = and_(_A.answered_at >= since, _A.analysis.is_not(None))
    if campaign is not None:
        chosen = and_(chosen, _A.campaign == campaign)
    at, last_id = since, ""
    async with engine.execution_options(**READING).connect() as connection:
        while True:
            rest = (_A.answered_at > at) | ((_A.answered_at == at) & (_A.id > last_id))
            query = select(attempts, previous).where(chosen, rest).order_by(_A.answered_at, _A.id).limit(_PAGE)
            page = [dict(row) for row in (await connection.execute(query)).mappings()]
            for row in page:
                last = row.pop("previous")
                yield row, last
            if len(page) < _PAGE:
                return
            at, last_id = page[-1]["answered_at"], page[-1]["id"]
