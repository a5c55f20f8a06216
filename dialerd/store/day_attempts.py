"""The calls of a stretch of time with what a simulation of them needs. Only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.database import READING
from dialerd.store.schema import attempts

_A = attempts.c
_LONGEST_CALL_S = 86_400.0


async def dialed_between(engine: AsyncEngine, since: float, until: float) -> list[Mapping[str, Any]]:
    """Attempts dialed from ``since`` to before ``until`` (epoch seconds) and finished, in that order. Errors of the
    database are raised as they are."""
    chosen = and_(
        # The index is on the time of recording, which follows the dial.
        _A.recorded_at >= since,
        _A.recorded_at < until + _LONGEST_CALL_S,
        _A.dialed_at >= since,
        _A.dialed_at < until,
    )
    query = select(
        _A.campaign, _A.mode, _A.agent, _A.ring_timeout_s, _A.dialed_at, _A.answered_at, _A.analysed_at,
        _A.connected_at, _A.message_at, _A.ended_at, _A.analysis, _A.disposition, _A.abandoned,
    ).where(chosen).order_by(_A.dialed_at)  # fmt: skip
    async with engine.execution_options(**READING).connect() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]
