"""What the record counts for the abandon ledger, and the calls behind each figure.

A call belongs to the moment of its answer; one that nobody answered, to its end. All figures come from the same
conditions as the lists of calls, so that what is listed is what was counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.abandon_ledger import Counts
from dialerd.core.amd_truth import Mark
from dialerd.core.disposition import NEVER_DIALED
from dialerd.core.treatment import MAY_BE_PERSON, CallAnalysis, Treatment
from dialerd.store.attempt_conditions import REACHED
from dialerd.store.call_marks import JUDGED_MACHINE, MARKED, WITH_MARKS
from dialerd.store.database import READING
from dialerd.store.schema import attempts, call_marks

_A = attempts.c
_M = call_marks.c
AT = func.coalesce(_A.answered_at, _A.ended_at, _A.recorded_at)
_ANSWERED = _A.answered_at.is_not(None)

CLASSES: Mapping[str, ColumnElement[bool]] = {
    "abandoned": _A.abandoned.is_(True),
    "reached": REACHED,
    "dials": or_(_A.disposition.is_(None), _A.disposition.not_in([one.value for one in sorted(NEVER_DIALED)])),
    "persons": or_(
        _A.abandoned.is_(True), and_(_ANSWERED, _A.analysis.in_([one.value for one in sorted(MAY_BE_PERSON)]))
    ),
    "queued": or_(
        _A.abandoned.is_(True), _A.connected_at.is_not(None),
        and_(_ANSWERED, _A.treatment == Treatment.AGENT.value),
    ),
    "machine_verdicts": and_(_ANSWERED, _A.analysis == CallAnalysis.MACHINE.value),
    "marked_reached": and_(REACHED, MARKED),
    "marked_machines": and_(REACHED, _M.mark == Mark.MACHINE.value),
    "reviewed": and_(JUDGED_MACHINE, MARKED),
    "reviewed_persons": and_(JUDGED_MACHINE, _M.mark == Mark.PERSON.value),
    "analysed": and_(_ANSWERED, _A.amd_status.is_not(None)),
}  # fmt: skip
"""Field of :class:`~dialerd.core.abandon_ledger.Counts` -> which attempts it counts."""

CLOCKS = (
    "id", "number", "disposition", "abandoned", "analysis", "treatment", "dialed_at", "answered_at", "speech_at",
    "analysed_at", "connected_at", "message_at", "ended_at", "profile", "profile_version",
)  # fmt: skip
"""What a call in the ledger shows: its classification and its clocks."""


def _within(campaign: str | None, begin: float, end: float) -> list[ColumnElement[bool]]:
    here = [begin <= AT, end > AT]
    return [*here, _A.campaign == campaign] if campaign is not None else here


async def abandon_counts(engine: AsyncEngine, campaign: str, begin: float, end: float) -> Counts:
    """The counts of a campaign in a span (epoch seconds, the end excluded). Errors of the database are raised as they
    are."""
    names = list(CLASSES)
    query = select(*(func.count().filter(CLASSES[name]) for name in names))
    query = query.select_from(WITH_MARKS).where(*_within(campaign, begin, end))
    async with engine.execution_options(**READING).connect() as connection:
        row = (await connection.execute(query)).one()
    return Counts(**{name: int(count) for name, count in zip(names, row, strict=True)})


async def campaigns_between(engine: AsyncEngine, begin: float, end: float) -> list[str]:
    """Campaigns with attempts in a span, whether they are in the configuration or not."""
    query = select(_A.campaign).where(*_within(None, begin, end)).group_by(_A.campaign).order_by(_A.campaign)
    async with engine.execution_options(**READING).connect() as connection:
        return list((await connection.execute(query)).scalars())


async def calls_between(
    engine: AsyncEngine, campaign: str, begin: float, end: float, of: str, limit: int
) -> list[dict[str, Any]]:
    """The calls that one count (a name of :data:`CLASSES`) is made of, the earliest first, with their clocks."""
    columns = [attempts.c[name] for name in CLOCKS]
    query = (
        select(*columns, _M.mark)
        .select_from(WITH_MARKS)
        .where(*_within(campaign, begin, end), CLASSES[of])
        .order_by(AT, _A.id)
        .limit(limit)
    )
    async with engine.execution_options(**READING).connect() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]
