"""What people said of calls, and how often call analysis was wrong by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.amd_truth import SAMPLED, Mark, MarkCounts, MarkedCall
from dialerd.core.attempt import AttemptRecord
from dialerd.core.commands import MarkCall
from dialerd.core.treatment import CallAnalysis
from dialerd.store.database import READING
from dialerd.store.schema import attempts, call_marks

_A = attempts.c
_M = call_marks.c
WITH_MARKS = attempts.outerjoin(call_marks, _M.attempt_id == _A.id)
"""Attempts with their marks."""
JUDGED_MACHINE = or_(
    func.coalesce(_A.analysis, "") == CallAnalysis.MACHINE.value,
    func.coalesce(_A.analysis_rule, "").startswith(f"{SAMPLED}:"),
)
"""Taken for a machine, be it given to an agent all the same."""
MARKED = _M.mark.is_not(None)
ANALYSED = or_(
    _A.amd_status.is_not(None), func.coalesce(_A.analysis_rule, "") == "R3_deadline",
    func.coalesce(_A.analysis_rule, "").startswith("tone_"),
)  # fmt: skip
"""Somebody listened to what answered: AMD spoke, or a tone or the deadline came before it."""

MOST_TOLD = 10
"""Marks of one contact that are told at most."""


async def keep_mark(connection: AsyncConnection, attempt_id: str, mark: str, who: str, at: float) -> None:
    """Keep a mark; an earlier one gives way, a later one stands."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"attempt_id": attempt_id, "mark": mark, "marked_by": who, "marked_at": at}
    adding = dialect.insert(call_marks).values(row)
    await connection.execute(
        adding.on_conflict_do_update(index_elements=["attempt_id"], set_=row, where=_M.marked_at <= at)
    )


async def keep(connection: AsyncConnection, command: MarkCall) -> None:
    """Carry out the command."""
    await keep_mark(connection, command.attempt_id, command.mark.value, command.who, command.at)


async def keep_marks_of(connection: AsyncConnection, records: Iterable[AttemptRecord]) -> None:
    """What was said during these calls; usually it is there already, unless the daemon died in between."""
    for record in records:
        if record.mark is not None:
            mark = record.mark
            await keep_mark(connection, record.id, str(mark["mark"]), str(mark["by"]), float(mark["at"]))


async def mark_counts(
    engine: AsyncEngine, since: float, until: float | None, campaign: str | None = None
) -> list[MarkCounts]:
    """Per campaign and trunk, of calls that were answered in the span (epoch seconds, the end excluded) and analysed.
    Errors of the database are raised as they are."""
    connected = and_(_A.connected_at.is_not(None), ~JUDGED_MACHINE)
    counts = [
        func.count().filter(condition)
        for condition in (
            JUDGED_MACHINE, and_(JUDGED_MACHINE, MARKED), and_(JUDGED_MACHINE, _M.mark == Mark.PERSON.value),
            connected, and_(connected, MARKED), and_(connected, _M.mark == Mark.MACHINE.value),
        )
    ]  # fmt: skip
    here = [_A.answered_at >= since, ANALYSED]
    here += [_A.answered_at < until] if until is not None else []
    here += [_A.campaign == campaign] if campaign is not None else []
    query = select(_A.campaign, _A.trunk, *counts).select_from(WITH_MARKS).where(*here)
    query = query.group_by(_A.campaign, _A.trunk).order_by(_A.campaign, _A.trunk)
    async with engine.execution_options(**READING).connect() as connection:
        return [MarkCounts(name, trunk, *map(int, rest)) for name, trunk, *rest in await connection.execute(query)]


async def marks_of(engine: AsyncEngine, contact_id: int, numbers: Collection[str]) -> list[MarkedCall]:
    """What was said of calls to this contact, or to one of these numbers (E.164) in whichever list, the latest word
    first; of ended calls, and no more than :data:`MOST_TOLD`. Errors of the database are raised as they are."""
    theirs = or_(_A.contact_id == contact_id, _A.number.in_(numbers))
    query = (
        select(_A.id, _A.campaign, _A.number, _A.answered_at, _A.analysis, _M.mark, _M.marked_by, _M.marked_at)
        .select_from(attempts.join(call_marks, _M.attempt_id == _A.id))
        .where(theirs)
        .order_by(_M.marked_at.desc(), _A.id)
        .limit(MOST_TOLD)
    )
    async with engine.execution_options(**READING).connect() as connection:
        return [MarkedCall(*row) for row in await connection.execute(query)]
