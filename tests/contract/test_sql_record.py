"""What only a database can do to the record: be locked, be old, lose a reply. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.campaign import CampaignState
from dialerd.core.commands import FetchContacts, ReturnContacts, SaveCampaignState
from dialerd.core.contact import ContactState
from dialerd.core.events import ContactsFetched, RecordBack, RecordLost
from dialerd.store.codec import ATTEMPT_FIELDS
from dialerd.store.contact_feed import ContactFeed
from dialerd.store.database import CONNECT_S, BadDatabaseUrl, open_database
from dialerd.store.journal import Journal
from dialerd.store.migrate import DatabaseTooNew, migrate, migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.record_queries import AbandonCounts, AttemptFilter, ContactFilter, ListCount, RecordQueries
from dialerd.store.schema import attempts, contact_lists, contacts, metadata
from dialerd.store.sql_record import SqlRecord
from tests.contract.test_outbox import break_next_commit
from tests.store.store_lab import DEADLINE_S, Inbox, SetClock, attempt, closing


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url, busy_timeout_s=0.1)
    await migrate_engine(opened)
    try:
        yield opened
    finally:
        await opened.dispose()


@pytest.fixture
async def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def record(engine: AsyncEngine, inbox: Inbox) -> AsyncIterator[SqlRecord]:
    store = SqlRecord(engine, inbox.post, SetClock(), backoff_s=(0.02, 0.1))
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def add(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(contact_lists.insert().values(name="leads", created_at=0.0))
        await connection.execute(
            contacts.insert(),
            [
                {"contact_list": "leads", "key": f"k{n}", "numbers": [], "columns": {}, "state": "callable",
                 "tries": {}, "updated_at": 0.0}
                for n in range(count)
            ],
        )  # fmt: skip


def fetch(limit: int) -> FetchContacts:
    return FetchContacts("spring", "leads", limit)


async def flush(record: SqlRecord) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await record.flush()


async def test_the_migrations_make_the_schema(engine: AsyncEngine) -> None:
    def differences(connection: object) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})  # type: ignore[arg-type]
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(engine: AsyncEngine, database_url: str) -> None:
    await add(engine, 1)
    await migrate(database_url)
    assert len(await RecordQueries(engine).contacts(ContactFilter())) == 1


async def test_a_database_of_a_newer_version_is_left_alone(engine: AsyncEngine, database_url: str) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="9999"):
        await migrate(database_url)


def test_every_field_of_an_attempt_has_its_column() -> None:
    assert {column.name for column in attempts.columns} >= set(ATTEMPT_FIELDS)


@pytest.mark.parametrize("url", ["nonsense", "mysql://user:secret@host/db"])
def test_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refusal:
        open_database(url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(("busy_s", "connect_s", "lock"), [(0.1, CONNECT_S, "100"), (30.0, 30.0, "30000")])
async def test_little_patience_with_locks_is_enough_to_connect(busy_s: float, connect_s: float, lock: str) -> None:
    asked: list[dict[str, Any]] = []

    def note(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        asked.append(options)
        raise ConnectionRefusedError

    opened = open_database("postgresql://dialerd@localhost/record", busy_timeout_s=busy_s)
    listen(opened.sync_engine, "do_connect", note)
    with pytest.raises(ConnectionRefusedError):
        await opened.connect()
    (options,) = asked
    assert (options["timeout"], options["server_settings"]["lock_timeout"]) == (connect_s, lock)


async def test_a_fetch_whose_reply_is_lost_strands_nobody(
    engine: AsyncEngine, record: SqlRecord, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(engine, 5)
    break_next_commit(engine, monkeypatch)
    record.submit(fetch(2))
    record.submit(fetch(2))
    await flush(record)
    assert [[c.id for c in event.contacts] for event in inbox.of(ContactsFetched)] == [[1, 2], [3, 4]]
    assert [event.in_attempt for event in inbox.of(ContactsFetched)] == [2, 4]
    assert [type(event) for event in inbox.events] == [RecordLost, ContactsFetched, RecordBack, ContactsFetched]


async def test_a_locked_database_is_told_once_and_commands_wait_in_order(
    engine: AsyncEngine, record: SqlRecord, inbox: Inbox
) -> None:
    await add(engine, 3)
    async with engine.connect() as blocker:
        if blocker.dialect.name == "postgresql":
            await blocker.exec_driver_sql("LOCK TABLE contacts, campaigns IN ACCESS EXCLUSIVE MODE")
        else:
            await blocker.exec_driver_sql("DELETE FROM notices")
        record.submit(fetch(1))
        record.submit(SaveCampaignState("spring", CampaignState.ON, ""))
        record.submit(ReturnContacts((1,)))
        record.submit(fetch(2))
        await inbox.wait_for(RecordLost)
        await asyncio.sleep(0.3)
        await blocker.rollback()
    await flush(record)
    assert [type(event) for event in inbox.events] == [RecordLost, ContactsFetched, RecordBack, ContactsFetched]
    assert [c.id for c in inbox.of(ContactsFetched)[1].contacts] == [1, 2]
    assert await record.campaign_states() == {"spring": CampaignState.ON}


async def test_an_absent_database_is_lost_until_it_is_there(engine: AsyncEngine, inbox: Inbox) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE contacts RENAME TO elsewhere")
    store = SqlRecord(engine, inbox.post, SetClock(), backoff_s=(0.02, 0.1))
    task = asyncio.create_task(store.run())
    store.submit(fetch(1))
    await inbox.wait_for(RecordLost)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contacts")
    await inbox.wait_for(RecordBack)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_two_instances_never_fetch_the_same_contact(engine: AsyncEngine) -> None:
    await add(engine, 200)
    inboxes = [Inbox(), Inbox()]
    stores = [SqlRecord(engine, inbox.post, SetClock()) for inbox in inboxes]
    tasks = [asyncio.create_task(store.run()) for store in stores]
    for _ in range(10):
        for store in stores:
            store.submit(fetch(10))
    for store in stores:
        await flush(store)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    fetched = [c.id for inbox in inboxes for event in inbox.of(ContactsFetched) for c in event.contacts]
    assert sorted(fetched) == list(range(1, 201))


async def test_a_fetch_walks_an_index(engine: AsyncEngine) -> None:
    """A million contacts must cost no more than the ten that are fetched."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    async with engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO contact_lists (name, created_at) VALUES ('leads', 0)")
        await connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "INSERT INTO contacts (contact_list, key, numbers, columns, state, tries, updated_at) "
            "SELECT 'leads', 'k', '[]', '{}', 'callable', '{}', 0 FROM n"
        )
        await connection.exec_driver_sql("ANALYZE")
        for state, condition, order in (
            ("callable", "next_at <= 0", "next_at, id"),
            ("waiting", "next_at <= 5", "next_at, id"),
        ):
            plan = await connection.exec_driver_sql(
                f"{explain} SELECT * FROM contacts WHERE contact_list = 'leads' AND state = '{state}' "
                f"AND {condition} ORDER BY {order} LIMIT 10"
            )
            text = "\n".join(" ".join(map(str, row)) for row in plan)
            assert "ix_contacts_contact_list_state_next_at_id" in text, text
            assert "Sort" not in text, text
            assert "TEMP B-TREE" not in text, text


async def test_an_unknown_campaign_state_counts_as_off(engine: AsyncEngine, record: SqlRecord) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO campaigns VALUES ('spring', 'levitating', '', 0)")
    assert await record.campaign_states() == {"spring": CampaignState.OFF}


async def test_questions_about_attempts(engine: AsyncEngine) -> None:
    made = [
        closing(attempt(1, analysis="person", answered_at=50.0, connected_at=51.0, agent="8001"), "answered_agent"),
        closing(attempt(2, analysis="unsure", answered_at=60.0, abandoned=True), "abandoned"),
        closing(attempt(3, analysis="machine", answered_at=70.0), "machine"),
        closing(attempt(4), "busy"),
        closing(attempt(5), "not_placed"),
        closing(attempt(6, campaign="autumn", analysis="person", answered_at=50.0, abandoned=True), "abandoned"),
    ]
    async with engine.begin() as connection:
        await write_outcomes(connection, [command.outcome for command in made[:3]], 100.0)
        await write_outcomes(connection, [command.outcome for command in made[3:]], 200.0)
    queries = RecordQueries(engine)

    async def serials(chosen: AttemptFilter, **page: int) -> list[int]:
        return [int(row["id"][4:], 16) for row in await queries.attempts(chosen, **page)]

    assert await serials(AttemptFilter()) == [6, 5, 4, 3, 2, 1]
    assert await serials(AttemptFilter(), limit=2, offset=1) == [5, 4]
    assert await serials(AttemptFilter(campaign="autumn")) == [6]
    assert await serials(AttemptFilter(agent="8001")) == [1]
    assert await serials(AttemptFilter(disposition="abandoned", campaign="spring")) == [2]
    assert await serials(AttemptFilter(since=200.0)) == [6, 5, 4]
    assert await serials(AttemptFilter(until=200.0)) == [3, 2, 1]
    assert await serials(AttemptFilter(number=attempt(4).number)) == [4]
    assert await queries.attempt("dlr-none") is None
    assert await queries.disposition_counts("spring", since=150.0) == {"busy": 1, "not_placed": 1}
    assert await queries.abandon_counts("spring") == AbandonCounts(4, 3, 2, 1, 1)
    assert await queries.abandon_counts("spring", since=55.0) == AbandonCounts(4, 2, 1, 0, 1)
    assert await queries.abandon_counts("none") == AbandonCounts(0, 0, 0, 0, 0)


async def test_questions_about_contacts(engine: AsyncEngine, record: SqlRecord) -> None:
    await add(engine, 3)
    record.submit(fetch(1))
    await flush(record)
    async with engine.begin() as connection:
        done = closing(attempt(1, contact_id=1), "busy", ContactState.UNCALLABLE).outcome
        await write_outcomes(connection, [done], 1.0)
    queries = RecordQueries(engine)
    assert await queries.list_summary("leads") == [
        ListCount("callable", "", 2), ListCount("uncallable", "retry:busy", 1),
    ]  # fmt: skip
    assert await queries.lists() == {"leads": 3}
    assert [row["id"] for row in await queries.contacts(ContactFilter(state="callable"), limit=1)] == [2]
    assert [row["id"] for row in await queries.contacts(ContactFilter(state="callable"), after_id=2)] == [3]
    assert [row["key"] for row in await queries.contacts(ContactFilter(contact_list="leads", key="k1"))] == ["k1"]
    assert [row["id"] for row in await queries.contacts(ContactFilter(reason="retry:busy"))] == [1]
    assert await queries.contact(99) is None


async def test_audit_and_notices(engine: AsyncEngine) -> None:
    clock = SetClock(10.0)
    journal = Journal(engine, clock, max_notices=5)
    await journal.add_audit("ann", "campaign_started", {"campaign": "spring", "lines": 3})
    clock.at = 20.0
    await journal.add_audit("bob", "reload", {})
    entries = await journal.audit()
    assert [(e["at"], e["who"], e["what"]) for e in entries] == [
        (20.0, "bob", "reload"), (10.0, "ann", "campaign_started"),
    ]  # fmt: skip
    assert entries[1]["detail"] == {"campaign": "spring", "lines": 3}
    assert [e["who"] for e in await journal.audit(before_id=entries[0]["id"])] == ["ann"]
    for n in range(12):
        await journal.add_notice("error" if n % 2 else "warning", f"n{n}", {"campaign": "spring"}, at=float(n))
    kept = await journal.notices(limit=100)
    assert kept[0]["name"] == "n11"
    assert 5 <= len(kept) <= 10, "bounded"
    assert {e["level"] for e in await journal.notices(level="error")} == {"error"}
    assert [e["name"] for e in await journal.notices(before_id=kept[0]["id"], limit=1)] == ["n10"]


async def test_readers_do_not_wait_for_writers(engine: AsyncEngine) -> None:
    await add(engine, 2)
    async with engine.connect() as writer:
        await writer.exec_driver_sql("UPDATE contacts SET reason = 'x'")
        assert await RecordQueries(engine).lists() == {"leads": 2}
        await writer.rollback()


async def test_a_number_that_takes_the_place_of_a_dead_one_is_not_dead(engine: AsyncEngine) -> None:
    await add(engine, 1)
    old = [{"e164": e164, "kind": "mobile"} for e164 in ("+441632960001", "+441632960002")]
    async with engine.begin() as connection:
        await connection.execute(contacts.update().values(numbers=old, tries={"@x0": 1, "@n0": 1, "@x1": 1}))
    feed = ContactFeed(engine, SetClock())
    await feed.change(1, {"numbers": [{"e164": "+441632960003", "kind": "mobile"}, old[1]]}, "test", hot=False)
    async with engine.connect() as connection:
        assert (await connection.execute(select(contacts.c.tries))).scalar_one() == {"@x1": 1}


async def test_nothing_is_written_into_a_contact_that_was_removed(engine: AsyncEngine) -> None:
    """A call that was in a flow when its contact was taken out of the list."""
    await add(engine, 2)
    feed = ContactFeed(engine, SetClock())
    assert await feed.remove("leads", [1], [], "test") == [1]
    written = [closing(attempt(n, contact_id=n)).outcome for n in (1, 2)]
    written = [replace(o, contact=replace(o.contact, columns={"income": "40000"})) for o in written]
    async with engine.begin() as connection:
        await write_outcomes(connection, written, 1.0)
        rows = await connection.execute(select(contacts.c["columns"]).order_by(contacts.c.id))
        assert list(rows.scalars()) == [{}, {"income": "40000"}]


async def test_a_list_is_not_at_its_end_while_an_edit_has_the_last_contact(
    engine: AsyncEngine, record: SqlRecord, inbox: Inbox
) -> None:
    """Neither does a fetch wait for the edit on PostgreSQL, nor is the campaign complete without the contact."""
    await add(engine, 1)
    async with engine.connect() as connection:
        await connection.execute(contacts.update().values(key="another"))
        record.submit(fetch(5))
        await inbox.until(lambda: inbox.events, "an answer, or that the database is busy")
        for event in inbox.of(ContactsFetched):
            assert (event.contacts, event.next_at is not None) == ((), True)
        await connection.commit()
    record.submit(fetch(5))
    await flush(record)
    assert [c.id for event in inbox.of(ContactsFetched) for c in event.contacts] == [1]
