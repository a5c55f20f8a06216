"""Figures, past answers, a number's contacts and the doctor's look: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialerd.app.records import StoredRecords
from dialerd.cli.examinations import Health, examine_record
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.campaign import Plan
from dialerd.core.contact import ContactNext, ContactState
from dialerd.store.answered_history import past_answers
from dialerd.store.campaign_figures import campaign_figures
from dialerd.store.contact_import import import_contacts
from dialerd.store.database import open_database
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from tests.store.store_lab import SetClock, attempt

AT = 1_700_000_000.0
NEXT = ContactNext(ContactState.CALLABLE, None, 0, "retry")


def answered(serial: int, delay_s: float | None, **changes: Any) -> AttemptRecord:
    at = AT + serial
    times = {"claimed_at": at - 5, "dialed_at": at - 5, "answered_at": at, "analysed_at": at, "ended_at": at + 60}
    if delay_s is not None:
        times["connected_at"] = at + delay_s
    values = {"analysis": "person", "analysis_rule": "amd_off", "disposition": "answered_agent", "state": "closed"}
    return attempt(serial, **(times | values | changes))


async def test_figures_of_each_campaign(database_url: str) -> None:
    engine = open_database(database_url)
    await migrate_engine(engine)
    records = [
        *(answered(i, i / 10) for i in range(1, 21)),
        answered(21, 5.0, abandoned=True),  # connected late: A, not L
        answered(22, None, disposition="abandoned", abandoned=True),
        answered(23, None, analysis="machine", disposition="machine"),
        attempt(24, disposition="busy", dialed_at=AT, ended_at=AT + 3, state="closed"),
        attempt(25, disposition="not_placed", state="closed"),
        answered(26, None, campaign="reminders", disposition="answered_message"),
    ]
    async with engine.begin() as connection:
        await write_outcomes(connection, [Outcome(record, NEXT) for record in records], AT + 100)
    reminders, spring = await campaign_figures(engine, AT)
    assert (reminders.campaign, reminders.live, reminders.answer_to_agent_median_s) == ("reminders", 1, None)
    assert spring.dispositions == {
        "abandoned": 1, "answered_agent": 21, "busy": 1, "machine": 1, "not_placed": 1,
    }  # fmt: skip
    assert (spring.dials, spring.answered, spring.persons) == (24, 23, 22)
    assert (spring.abandoned, spring.live) == (2, 20)
    assert spring.answer_to_agent_median_s == pytest.approx(1.1)  # the 11th of 21
    assert spring.answer_to_agent_p95_s == pytest.approx(2.0)  # the 20th of 21
    assert [f.campaign for f in await campaign_figures(engine, AT, AT + 101, "spring")] == ["spring"]
    assert await campaign_figures(engine, AT, AT + 100) == [], "half open"
    assert await campaign_figures(engine, AT + 101) == []
    await engine.dispose()


async def test_past_answers_in_order_over_pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialerd.store.answered_history._PAGE", 2)
    engine = open_database(database_url)
    await migrate_engine(engine)
    records = [
        attempt(1, contact_id=7, claimed_at=AT - 100, disposition="busy", state="closed"),
        *(answered(i, 0.1, contact_id=7 if i == 4 else i) for i in (2, 3, 4, 5)),
        answered(6, 0.1, answered_at=AT + 5),  # at the same moment as 5
        answered(7, 0.1, answered_at=AT - 1),
        answered(8, None, analysis=None, disposition="hung_up_early"),
        answered(9, 0.1, campaign="autumn"),
    ]
    async with engine.begin() as connection:
        await write_outcomes(connection, [Outcome(record, NEXT) for record in records], AT + 100)
    found = [(row["id"][-1], last) async for row, last in past_answers(engine, AT, "spring")]
    assert found == [("2", None), ("3", None), ("4", "busy"), ("5", None), ("6", None)]
    assert [row["id"][-1] async for row, _ in past_answers(engine, AT, None)] == ["2", "3", "4", "5", "6", "9"]
    await engine.dispose()


async def test_contacts_of_a_number(database_url: str, tmp_path: Path) -> None:
    engine = open_database(database_url)
    await migrate_engine(engine)
    (tmp_path / "c.csv").write_text("ref,phone,city\na,+441632960001,Oslo\n")
    mapping = ImportMapping((PhoneColumn("phone", "mobile"),), key="ref")
    await import_contacts(engine, SetClock(AT), tmp_path / "c.csv", "leads", mapping)
    records = StoredRecords(engine, SetClock(AT), lambda: Plan({}, {}), lambda told: None, lambda told: None)
    (known,) = await records.contacts_with_number("+441632960001")
    assert (known.contact.key, known.contact.numbers[0].e164) == ("a", "+441632960001")
    assert known.contact.columns["city"] == "Oslo"
    assert (known.state, known.next_at, known.reason) == (ContactState.CALLABLE, None, "")
    assert await records.contacts_with_number("+441632960002") == []
    await engine.dispose()


async def test_the_doctor_looks_at_it(database_url: str) -> None:
    (finding,) = await examine_record(database_url)
    assert (finding.health, "has no tables yet" in finding.said) == (Health.WARNING, True)
    engine = open_database(database_url)
    await migrate_engine(engine)
    await engine.dispose()
    (finding,) = await examine_record(database_url)
    assert finding.health is Health.OK, finding
