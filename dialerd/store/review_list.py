"""Answers taken for machines whose sound was kept, with what people said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.recording import REVIEW
from dialerd.store.asked_for import asked_for, within
from dialerd.store.database import READING
from dialerd.store.schema import attempts, call_marks, recordings

_A, _M, _R = attempts.c, call_marks.c, recordings.c


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which ones; None asks for nothing. ``since``/``until``: epoch seconds of the verdict, half open."""

    campaign: str | None = None
    trunk: str | None = None
    marked: bool | None = None
    since: float | None = None
    until: float | None = None


async def reviews(engine: AsyncEngine, chosen: ReviewFilter, limit: int, offset: int = 0) -> list[Mapping[str, Any]]:
    """Those that can be listened to, or soon, latest first: ``attempt_id``, ``campaign``, ``trunk``, ``number``,
    ``answered_at``, ``profile``, ``rule``, ``amd_cause``, ``state``, ``duration_s``, ``remove_at``, ``mark``,
    ``marked_by``, ``marked_at``. Errors of the database are raised as they are."""
    query = (
        select(
            _R.attempt_id, _R.campaign, _A.trunk, _R.number, _A.answered_at, _A.analysis_profile.label("profile"),
            _A.analysis_rule.label("rule"), func.coalesce(_A.amd_cause, "").label("amd_cause"), _R.state,
            _R.duration_s, _R.remove_at, _M.mark, _M.marked_by, _M.marked_at,
        )
        .select_from(
            recordings.join(attempts, _A.id == _R.attempt_id).outerjoin(
                call_marks, _M.attempt_id == _R.attempt_id
            )
        )
        .where(_R.kind == REVIEW, _R.state.in_(("waiting", "kept")))
    )  # fmt: skip
    query = query.where(
        *asked_for(recordings, chosen, ("campaign",)), *asked_for(attempts, chosen, ("trunk",)),
        *within(_R.ended_at, chosen.since, chosen.until),
    )  # fmt: skip
    if chosen.marked is not None:
        query = query.where(_M.mark.is_not(None) if chosen.marked else _M.mark.is_(None))
    query = query.order_by(_R.ended_at.desc(), _R.attempt_id.desc()).limit(limit).offset(offset)
    async with engine.execution_options(**READING).connect() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]
