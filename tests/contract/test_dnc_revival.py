"""Who was retired for a do-not-call list comes back when what stood against them is gone, and nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.dnc_keeper import DncKeeper
from dialerd.core.commands import ParkContacts, RetireContacts
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.dnc_events import DncLifted, ProviderForgotten
from dialerd.core.events import ContactsChanged
from dialerd.ports import AnswerSource
from dialerd.store.database import open_database
from dialerd.store.dnc_load import LoadMode, load_file
from dialerd.store.dnc_loads import DncLoads
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.migrate import migrate_engine
from dialerd.store.provider_answers import RedisAnswers
from dialerd.store.schema import contact_lists, contact_numbers, contacts
from dialerd.store.sql_record import SqlRecord
from lab.redis import Redis
from tests.contract.dnc_worlds import WallClock
from tests.store.store_lab import DEADLINE_S, Inbox, client

LIST = "never"
PEOPLE: dict[str, tuple[list[str], str, str]] = {
    "ann": (["+441632960001"], "uncallable", "dnc:never"),
    "bob": (["+441632960002"], "uncallable", "dnc:never"),
    "cyd": (["+441632960001"], "uncallable", "reached"),
    "dan": (["+441632960001"], "uncallable", "dnc:another"),
    "eve": (["+441632960003", "+441632960004"], "uncallable", "dnc:never"),
    "fay": (["+441632960005"], "waiting", "dnc:never"),
    "gus": (["+441632960006"], "waiting", "callback:dnc:never"),
}
"""Key -> numbers, state, reason."""


class Floor:
    """Lists, a keeper and contacts that were retired."""

    def __init__(self, engine: AsyncEngine, redis_url: str) -> None:
        self.engine = engine
        self.redis_url = redis_url
        self.inbox = Inbox()
        self.record = SqlDnc(engine, WallClock())
        self.copy = DncCopy(redis_url, self.record)
        self.told: list[str] = []
        self.answers = RedisAnswers(redis_url)
        self.forgot: list[tuple[str, str | None]] = []
        self.keeper = DncKeeper(
            self.record, self.copy, self.inbox.post, WallClock(), lists=lambda: [LIST], live=list,
            reached=lambda *_: None, tell=lambda _, name, **__: self.told.append(name), answers=self.answers,
            forgot=lambda *gone: self.forgot.append(gone),
        )  # fmt: skip

    async def close(self) -> None:
        await self.copy.aclose()
        await self.answers.aclose()

    async def retire(self) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(contact_lists.insert().values(name="leads", created_at=0.0))
            for key, (numbers, state, reason) in PEOPLE.items():
                row = {
                    "contact_list": "leads", "key": key, "columns": {}, "state": state, "reason": reason, "tries": {},
                    "numbers": [{"e164": number, "kind": "mobile"} for number in numbers], "updated_at": 0.0,
                    "next_at": 9e9 if state == "waiting" else 0.0,
                }  # fmt: skip
                made = await connection.execute(contacts.insert().values(row).returning(contacts.c.id))
                contact_id = made.scalar_one()
                for number in numbers:
                    listed = {"e164": number, "contact_id": contact_id, "contact_list": "leads"}
                    await connection.execute(contact_numbers.insert().values(listed))

    async def add(self, kind: DncKind, *values: str) -> None:
        await self.record.add(LIST, [DncEntry(kind, value) for value in values], "asked", "ann")

    async def remove(self, kind: DncKind, value: str) -> None:
        assert await self.record.remove(LIST, DncEntry(kind, value), "consented", "ann")
        await self.keeper.look()

    async def taken(self, key: str) -> int:
        """The contact is in a campaign's hopper; its id."""
        values = {"state": "in_attempt", "reason": "", "next_at": 0.0}
        async with self.engine.begin() as connection:
            mine = update(contacts).where(contacts.c.key == key).values(values).returning(contacts.c.id)
            return int((await connection.execute(mine)).scalar_one())

    async def callable(self) -> set[str]:
        async with self.engine.connect() as connection:
            query = select(contacts.c.key).where(contacts.c.state == "callable", contacts.c.reason == "")
            return set((await connection.execute(query)).scalars())


@pytest.fixture
async def floor(contract_redis: Redis, database_url: str) -> AsyncIterator[Floor]:
    async with client(contract_redis.url) as redis:
        await redis.flushall()
    async with AsyncExitStack() as stack:
        engine = open_database(database_url)
        stack.push_async_callback(engine.dispose)
        await migrate_engine(engine)
        made = Floor(engine, contract_redis.url)
        stack.push_async_callback(made.close)
        await made.record.ensure([LIST])
        await made.add(DncKind.NUMBER, *(number for numbers, _, _ in PEOPLE.values() for number in numbers))
        await made.keeper.look()
        await made.retire()
        yield made


async def test_a_removed_number_frees_those_who_were_retired_for_it(floor: Floor) -> None:
    await floor.remove(DncKind.NUMBER, "+441632960001")
    assert await floor.callable() == {"ann"}
    assert DncLifted(LIST) in floor.inbox.events
    assert ContactsChanged("leads") in floor.inbox.events, "a campaign that had come to the list's end looks again"
    assert floor.told[-1] == "dnc_contacts_free"
    await floor.remove(DncKind.NUMBER, "+441632960004")
    assert await floor.callable() == {"ann", "eve"}, "one free number is enough"
    await floor.remove(DncKind.NUMBER, "+441632960005")
    assert await floor.callable() == {"ann", "eve", "fay"}, "who was parked until an entry ends, too"


async def test_another_entry_may_still_stand_against_them(floor: Floor) -> None:
    await floor.add(DncKind.PREFIX, "+44163296000")
    await floor.add(DncKind.CONTACT, "bob")
    await floor.remove(DncKind.NUMBER, "+441632960001")
    await floor.remove(DncKind.NUMBER, "+441632960002")
    assert await floor.callable() == set()
    await floor.remove(DncKind.PREFIX, "+44163296000")
    assert await floor.callable() == {"ann"}
    await floor.remove(DncKind.CONTACT, "bob")
    assert await floor.callable() == {"ann", "bob"}


async def test_a_removal_while_no_daemon_ran_is_found_at_its_start(floor: Floor, contract_redis: Redis) -> None:
    await floor.record.remove(LIST, DncEntry(DncKind.NUMBER, "+441632960002"), "consented", "ann")
    started = Floor(floor.engine, contract_redis.url)
    await started.keeper.look()
    await started.close()
    assert await floor.callable() == {"bob"}


async def test_a_register_that_no_longer_has_a_number_frees_it(floor: Floor, tmp_path: Path) -> None:
    async def load(*numbers: str) -> None:
        file = tmp_path / "register.txt"
        file.write_text("\n".join(numbers))
        await load_file(
            floor.record, DncLoads(floor.engine, WallClock()), floor.copy, file, LIST, mode=LoadMode.REPLACE,
            region=None, who="ann", now=WallClock().now(),
        )  # fmt: skip
        await floor.keeper.look()

    await load("+441632960001", "+441632960002")
    for number in ("+441632960001", "+441632960002"):
        await floor.record.remove(LIST, DncEntry(DncKind.NUMBER, number), "only in the register", "ann")
    await floor.keeper.look()
    async with floor.engine.begin() as connection:
        await connection.execute(update(contacts).values(state="uncallable", reason="dnc:never"))
    await load("+441632960002", "+442079460999")
    assert await floor.callable() == {"ann", "cyd", "dan"}, "all who have the number that the new register lacks"


async def test_a_forgotten_answer_frees_those_whom_only_the_provider_kept_from_being_called(floor: Floor) -> None:
    """Somebody else forgets: another instance, or the command line."""
    provider = AnswerSource(LIST, "aaaa")
    await floor.answers.forget(provider, "+441632960003")
    begun = Floor(floor.engine, floor.redis_url)
    await begun.keeper.look()
    assert begun.forgot == [], "a daemon that begins remembers nothing"
    await floor.record.remove(LIST, DncEntry(DncKind.NUMBER, "+441632960002"), "the provider has it", "ann")
    await floor.answers.forget(provider, "+441632960001")
    await floor.answers.forget(provider, "+441632960002")
    await begun.keeper.look()
    assert begun.forgot == [(LIST, "+441632960001"), (LIST, "+441632960002")]
    assert begun.inbox.of(ProviderForgotten) == [ProviderForgotten(*gone) for gone in begun.forgot]
    assert await floor.callable() == {"bob"}, "the list itself still has the other one"
    await begun.keeper.look()
    assert len(begun.forgot) == 2, "once is enough"
    await floor.answers.forget(provider, None)
    await begun.keeper.look()
    assert begun.forgot[-1] == (LIST, None)
    await begun.close()


async def test_who_is_to_be_called_back_still_is(floor: Floor) -> None:
    await floor.remove(DncKind.NUMBER, "+441632960006")
    async with floor.engine.connect() as connection:
        query = select(contacts.c.state, contacts.c.reason, contacts.c.next_at).where(contacts.c.key == "gus")
        state, reason, at = (await connection.execute(query)).one()
    assert (state, reason) == ("waiting", "callback")
    assert at <= WallClock().now(), "due at once"


async def test_a_retirement_that_lands_behind_the_revival_is_looked_at_again(floor: Floor) -> None:
    """A claim was refused, the entry removed, who was retired for it set free; only then is the contact of that claim
    retired, or parked, or its cancelled call recorded."""
    record = SqlRecord(floor.engine, floor.inbox.post, WallClock())
    record.on_retired = floor.keeper.retired
    run = asyncio.create_task(record.run())
    try:
        for number, key, late in (
            ("+441632960001", "ann", RetireContacts), ("+441632960002", "bob", ParkContacts),
        ):  # fmt: skip
            contact_id = await floor.taken(key)
            await floor.remove(DncKind.NUMBER, number)
            assert key not in await floor.callable()
            reason = f"dnc:{LIST}"
            command = RetireContacts((contact_id,), reason)
            record.submit(command if late is RetireContacts else ParkContacts((contact_id,), 9e9, reason))
            async with asyncio.timeout(DEADLINE_S):
                await record.flush()
            assert key not in await floor.callable(), "it is written as it was wanted"
            await floor.keeper.look()
            assert key in await floor.callable()
        eve = await floor.taken("eve")
        record.submit(RetireContacts((eve,), f"dnc:{LIST}"))
        async with asyncio.timeout(DEADLINE_S):
            await record.flush()
        await floor.keeper.look()
        assert "eve" not in await floor.callable(), "its numbers are still on the list"
    finally:
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


async def test_only_what_was_retired_for_a_list_with_a_removal_is_looked_at_again(floor: Floor) -> None:
    await floor.remove(DncKind.NUMBER, "+441632960001")
    for reason in ("max_attempts", "dnc:another", "callback", "rule: dnc:never"):
        floor.keeper.retired((1,), reason)
    assert not floor.keeper._late
    floor.keeper.retired((1,), f"callback:dnc:{LIST}")
    assert list(floor.keeper._late) == [(LIST, (1,))]
