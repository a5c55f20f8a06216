"""What call analysis said of answers and what people said of them, counted for the report and the metrics."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.amd_report import VerdictCount, counted
from dialerd.core.amd_truth import Mark, Share, share_of
from dialerd.store.call_marks import ANALYSED, JUDGED_MACHINE, WITH_MARKS
from dialerd.store.database import READING
from dialerd.store.schema import attempts, call_marks

_A = attempts.c
_M = call_marks.c
_KINDS = (
    _A.campaign, _A.trunk, _A.analysis_profile, func.coalesce(_A.analysis, ""), func.coalesce(_A.analysis_rule, ""),
    func.coalesce(_A.amd_cause, ""),
)  # fmt: skip


async def verdict_counts(
    engine: AsyncEngine, since: float, until: float | None, campaign: str | None, trunk: str | None
) -> list[VerdictCount]:
    """Of answers in the span (epoch seconds, the end excluded) that were analysed. Errors of the database are raised
    as they are."""
    here = [_A.answered_at >= since, ANALYSED]
    here += [_A.answered_at < until] if until is not None else []
    here += [_A.campaign == campaign] if campaign is not None else []
    here += [_A.trunk == trunk] if trunk is not None else []
    marked = [func.count().filter(_M.mark == mark.value) for mark in (Mark.PERSON, Mark.MACHINE)]
    query = select(*_KINDS, func.count(), *marked).select_from(WITH_MARKS).where(*here).group_by(*_KINDS)
    async with engine.execution_options(**READING).connect() as connection:
        return [counted(*row) for row in await connection.execute(query)]


async def reviewed_machines(engine: AsyncEngine, since: float) -> Mapping[str, Share]:
    """Campaign -> persons among its machine verdicts that somebody marked, answered since then. Cheap: it begins at
    the marks, of which there are few."""
    persons = func.count().filter(_M.mark == Mark.PERSON.value)
    query = (
        select(_A.campaign, persons, func.count())
        .select_from(call_marks.join(attempts, _M.attempt_id == _A.id))
        .where(_A.answered_at >= since, ANALYSED, JUDGED_MACHINE)
        .group_by(_A.campaign)
    )
    async with engine.execution_options(**READING).connect() as connection:
        return {name: share_of(int(found), int(of)) for name, found, of in await connection.execute(query)}
