"""What people said of calls, in the record; and what follows for the abandon ledger and call analysis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.abandon_ledger import NOT_STATED, false_machines, machine_share, rates
from dialerd.core.amd_report import VerdictCount
from dialerd.core.amd_truth import Mark, MarkCounts, share_of
from dialerd.core.commands import MarkCall
from dialerd.core.contact import ContactState
from dialerd.core.reviewing import review
from dialerd.store.abandon_counts import abandon_counts, calls_between
from dialerd.store.call_marks import MOST_TOLD, keep, mark_counts, marks_of
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.record_queries import AttemptFilter, RecordQueries
from dialerd.store.review_list import ReviewFilter, reviews
from dialerd.store.schema import recordings
from dialerd.store.verdict_counts import reviewed_machines, verdict_counts
from tests.contract.record_worlds import RecordWorld
from tests.contract.test_record import NUMBERS, fetched, outcome
from tests.store.store_lab import attempt, closing


async def test_the_latest_mark_counts_in_whichever_order_they_come(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await fetched(record, 2)
    done = outcome(1, 1, "answered_agent", ContactState.UNCALLABLE)
    called = done.record.id
    await record.done(MarkCall(called, Mark.PERSON, "anna", 20.0), MarkCall(called, Mark.MACHINE, "8001", 10.0))
    marked = replace(done, record=replace(done.record, mark={"mark": "machine", "by": "8001", "at": 10.0}))
    await record.record(marked)
    assert await record.marks() == {called: ("person", "anna", 20.0)}, "it may come before the call is recorded"
    await record.done(MarkCall(called, Mark.MACHINE, "anna", 30.0))
    assert await record.marks() == {called: ("machine", "anna", 30.0)}


async def test_a_mark_of_a_live_call_comes_with_its_outcome(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    done = outcome(1, 1, "answered_agent", ContactState.UNCALLABLE)
    await record.record(replace(done, record=replace(done.record, mark={"mark": "person", "by": "8001", "at": 5.0})))
    assert await record.marks() == {done.record.id: ("person", "8001", 5.0)}


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(database_url)
    await migrate_engine(engine)
    yield engine
    await engine.dispose()


async def called(engine: AsyncEngine, serial: int, mark: Mark | None, trunk: str = "carrier", **values: Any) -> None:
    kept = {"trunk": trunk, "answered_at": 100.0, "amd_status": "X", **values}
    record = replace(attempt(serial), **kept)
    done = closing(record, values.get("disposition", "machine"), ContactState.CALLABLE).outcome
    async with engine.begin() as connection:
        await write_outcomes(connection, [done], 200.0)
        if mark is not None:
            await keep(connection, MarkCall(record.id, mark, "8001", 300.0))


async def a_day(engine: AsyncEngine) -> None:
    """Ten machine verdicts, three of them reviewed; five connected calls, three of them marked; one elsewhere."""
    talked = {"analysis": "person", "connected_at": 101.0, "disposition": "answered_agent"}
    sampled = {**talked, "analysis": "unsure", "analysis_rule": "sample:amd_machine"}
    for serial in range(8):
        await called(engine, serial, Mark.PERSON if serial == 0 else None, analysis="machine")
    await called(engine, 8, Mark.PERSON, **sampled)
    await called(engine, 9, Mark.MACHINE, **sampled)
    for serial, mark in enumerate((Mark.MACHINE, Mark.PERSON, Mark.PERSON, None, None), start=10):
        await called(engine, serial, mark, **talked)
    await called(engine, 20, None, trunk="other", analysis="machine")


async def test_the_mistakes_of_call_analysis_are_counted_by_campaign_and_trunk(engine: AsyncEngine) -> None:
    await a_day(engine)
    assert await mark_counts(engine, 0.0, None) == [
        MarkCounts("spring", "carrier", 10, 3, 2, 5, 3, 1), MarkCounts("spring", "other", 1, 0, 0, 0, 0, 0),
    ]  # fmt: skip
    assert await mark_counts(engine, 0.0, 100.0) == []
    assert await mark_counts(engine, 0.0, None, "autumn") == []


async def test_f_and_m_of_the_abandon_ledger_are_measured(engine: AsyncEngine) -> None:
    await a_day(engine)
    counts = await abandon_counts(engine, "spring", 0.0, 1000.0)
    assert (counts.reviewed, counts.reviewed_persons, counts.machine_verdicts) == (3, 2, 9)
    assert (counts.marked_reached, counts.marked_machines, counts.reached) == (5, 2, 7)
    estimate = false_machines(counts, NOT_STATED)
    assert (estimate.value, estimate.basis) == (pytest.approx(9 * 2 / 3), "marks")
    assert machine_share(counts, NOT_STATED).basis == "marks"
    assert rates(counts)["ofcom_with_amd"].numerator == pytest.approx(6.0)  # type: ignore[index]
    behind = await calls_between(engine, "spring", 0.0, 1000.0, "reviewed_persons", 10)
    assert [call["mark"] for call in behind] == ["person", "person"]


async def test_attempts_are_shown_with_their_marks(engine: AsyncEngine) -> None:
    await called(engine, 1, Mark.MACHINE, analysis="person")
    await called(engine, 2, None, analysis="person")
    rows = await RecordQueries(engine).attempts(AttemptFilter())
    assert {row["mark"] for row in rows} == {"machine", None}
    marked = next(row for row in rows if row["mark"])
    assert (marked["marked_by"], marked["marked_at"]) == ("8001", 300.0)


async def test_verdicts_are_counted_by_kind_with_their_marks(engine: AsyncEngine) -> None:
    of_amd = {"analysis": "machine", "analysis_rule": "amd_machine", "analysis_profile": "balanced"}
    for serial, mark in enumerate((Mark.PERSON, Mark.MACHINE, None)):
        await called(engine, serial, mark, amd_cause="MAXWORDS-5-4", **of_amd)
    late = {
        "amd_status": None,
        "analysis": "unsure",
        "analysis_rule": "R3_deadline",
        "analysis_profile": "connect_first",
    }
    await called(engine, 5, Mark.MACHINE, trunk="other", **late)
    beeped = {**of_amd, "amd_status": None, "analysis_rule": "tone_beep"}
    await called(engine, 6, None, **beeped)
    await called(engine, 7, Mark.PERSON, amd_status=None, analysis="person", analysis_rule="amd_off")
    maxwords = VerdictCount("spring", "carrier", "balanced", "machine", "amd_machine", "MAXWORDS", 3, 1, 1)
    beep = VerdictCount("spring", "carrier", "balanced", "machine", "tone_beep", "", 1, 0, 0)
    deadline = VerdictCount("spring", "other", "connect_first", "unsure", "R3_deadline", "", 1, 0, 1)
    found = await verdict_counts(engine, 0.0, None, None, None)
    assert sorted(found, key=str) == sorted([maxwords, beep, deadline], key=str), (
        "an answer that nobody analysed is none"
    )
    assert await verdict_counts(engine, 0.0, None, "spring", "other") == [deadline]
    assert await verdict_counts(engine, 0.0, None, "autumn", None) == []
    assert await verdict_counts(engine, 0.0, 100.0, None, None) == []
    assert await verdict_counts(engine, 100.5, None, None, None) == []


async def test_reviewed_machine_verdicts_by_campaign(engine: AsyncEngine) -> None:
    await a_day(engine)
    await called(engine, 30, Mark.PERSON, campaign="autumn", analysis="person")
    assert await reviewed_machines(engine, 0.0) == {"spring": share_of(2, 3)}
    assert await reviewed_machines(engine, 100.5) == {}


async def reviewed(engine: AsyncEngine, serial: int, state: str, mark: Mark | None, **changes: Any) -> str:
    """A machine verdict that is kept for review."""
    kept = review(90.0 + serial, 100.0 + serial, 86_400.0)
    of_amd = {
        "analysis": "machine",
        "analysis_rule": "amd_machine",
        "analysis_profile": "balanced",
        "recording": kept,
    }
    await called(engine, serial, mark, **{**of_amd, "amd_cause": "MAXWORDS-5-4", **changes})
    attempt_id = attempt(serial).id
    async with engine.begin() as connection:
        await connection.execute(update(recordings).where(recordings.c.attempt_id == attempt_id).values(state=state))
    return attempt_id


async def test_machine_verdicts_that_were_kept_are_listed(engine: AsyncEngine) -> None:
    first = await reviewed(engine, 1, "kept", None)
    second = await reviewed(engine, 2, "waiting", None, trunk="other")
    third = await reviewed(engine, 3, "kept", Mark.PERSON)
    await reviewed(engine, 4, "removed", Mark.MACHINE)
    talk = {"state": "over", "name": "x", "keep_s": None, "pauses": [], "began_at": 1.0, "ended_at": 2.0}
    await called(engine, 5, None, recording=talk)

    async def found(**asked: Any) -> list[str]:
        return [row["attempt_id"] for row in await reviews(engine, ReviewFilter(**asked), 10)]

    assert await found() == [third, second, first]
    assert await found(marked=False) == [second, first]
    assert await found(marked=True) == [third]
    assert await found(trunk="other") == [second]
    assert await found(campaign="autumn") == []
    assert await found(since=102.0, until=103.0) == [second]
    assert [row["attempt_id"] for row in await reviews(engine, ReviewFilter(), 1, 1)] == [second]
    (row,) = await reviews(engine, ReviewFilter(marked=True), 10)
    shown = {name: row[name] for name in ("profile", "rule", "amd_cause", "state", "mark", "marked_by", "remove_at")}
    assert shown == {
        "profile": "balanced", "rule": "amd_machine", "amd_cause": "MAXWORDS-5-4", "state": "kept", "mark": "person",
        "marked_by": "8001", "remove_at": 103.0 + 86_400.0,
    }  # fmt: skip


async def test_marks_of_a_contact_and_of_its_numbers(engine: AsyncEngine) -> None:
    first, second = "+441632960001", "+441632960002"
    await called(engine, 1, Mark.MACHINE, contact_id=7, number=first, analysis="person")
    await called(engine, 2, None, contact_id=7, number=first)
    await called(engine, 3, Mark.PERSON, contact_id=8, number=second, campaign="other")
    await called(engine, 4, Mark.PERSON, contact_id=9, number="+441632960009")
    async with engine.begin() as connection:
        await keep(connection, MarkCall(attempt(3).id, Mark.PERSON, "anna", 400.0))
    found = await marks_of(engine, 7, [first, second])
    told = [(one.number, one.mark, one.campaign, one.analysis, one.by, one.at) for one in found]
    assert told == [
        (second, "person", "other", None, "anna", 400.0), (first, "machine", "spring", "person", "8001", 300.0)
    ]  # fmt: skip
    assert [one.number for one in await marks_of(engine, 7, [])] == [first]
    assert await marks_of(engine, 99, []) == []
    for serial in range(10, 10 + MOST_TOLD + 2):
        await called(engine, serial, Mark.PERSON, contact_id=5)
    assert len(await marks_of(engine, 5, [])) == MOST_TOLD
