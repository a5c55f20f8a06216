"""What keeps dial orders complete: long lists, moving filters, other orders, a database that goes away."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.commands import FetchContacts
from dialerd.core.events import ContactsFetched
from dialerd.core.filtering.conditions import Column, Kind
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import REFRESH_S, DialOrder, SortKey
from dialerd.store import order_fetch, order_keeper, order_look
from dialerd.store.database import open_database
from dialerd.store.list_columns import list_columns
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_book import Wanted, known_book
from dialerd.store.order_counts import OrderCounts, next_contacts, order_counts
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.schema import contact_lists, contacts, order_books, order_changes, order_entries
from dialerd.store.sql_record import SqlRecord
from tests.store.store_lab import Inbox, SetClock, eventually

SCORE = DialOrder(filter=parse_filter("score > 0"), sort=(SortKey(Column("score"), Kind.NUMBER, descending=True),))
SPRING = CampaignSettings("spring", Mode.AGENTLESS, "leads", "carrier", "+441632960000", order=SCORE)
WANTED = Wanted("spring", "leads", SCORE)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    await migrate_engine(opened)
    async with opened.begin() as connection:
        await connection.execute(insert(contact_lists).values(name="leads", created_at=0.0))
    try:
        yield opened
    finally:
        await opened.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_keeper, "STEP", 7)
    monkeypatch.setattr(order_look, "FIRST_LOOK", 5)


async def add(engine: AsyncEngine, scores: list[int], added_at: float = 0.0) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            insert(contacts),
            [
                {"contact_list": "leads", "key": f"k{score}", "columns": {"score": str(score)}, "state": "callable",
                 "numbers": [{"e164": "+441632960001", "kind": "mobile"}], "tries": {}, "updated_at": 0.0,
                 "added_at": added_at}
                for score in scores
            ],
        )  # fmt: skip


async def fetched(engine: AsyncEngine, clock: SetClock, limit: int, order: DialOrder = SCORE) -> ContactsFetched:
    inbox = Inbox()
    store = SqlRecord(engine, inbox.post, clock)
    task = asyncio.create_task(store.run())
    store.submit(FetchContacts("spring", "leads", limit, order=order))
    (event,) = await inbox.wait_for(ContactsFetched)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return event


def scores_of(event: ContactsFetched) -> list[int]:
    return [int(contact.columns["score"]) for contact in event.contacts]


async def entries(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(order_entries))).scalar_one()


async def test_a_long_list_is_in_order_before_during_and_after_the_building(
    engine: AsyncEngine, clock: SetClock
) -> None:
    await add(engine, [n * 37 % 101 for n in range(101)])
    taken = scores_of(await fetched(engine, clock, 3))
    taken += scores_of(await fetched(engine, clock, 2))
    assert await entries(engine) == 0, "only the first ones were looked up"
    taken += scores_of(await fetched(engine, clock, 3))
    keeper = OrderKeeper(engine, clock, lambda: [SPRING])
    await keeper.work()
    assert await entries(engine) == 92
    for _ in range(10):
        taken += scores_of(await fetched(engine, clock, 11))
    assert taken == list(range(100, 0, -1))
    done = await fetched(engine, clock, 5)
    assert (done.contacts, done.next_at) == ((), None)


async def test_the_first_contacts_of_a_long_list_are_the_best_of_those_that_were_read_in_time(
    engine: AsyncEngine, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_look, "CHUNK", 10)
    monkeypatch.setattr(order_look, "SHORT_LOOK_S", 0.0)
    monkeypatch.setattr(order_look, "SHORT_LOOK", 4)
    await add(engine, [-n for n in range(20)] + [n * 37 % 101 for n in range(101)])
    third = sorted((n * 37 % 101 for n in range(10)), reverse=True)
    assert scores_of(await fetched(engine, clock, 2)) == third[:2], "nobody in the first two parts, so a third one"
    await order_look.look_first(engine, WANTED, clock.now(), whole=True)
    assert scores_of(await fetched(engine, clock, 3)) == [n for n in range(100, 0, -1) if n not in third[:2]][:3]


async def test_the_keeper_looks_at_all_of_a_long_list_before_it_builds_the_book(
    engine: AsyncEngine, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_look, "CHUNK", 10)
    monkeypatch.setattr(order_look, "SHORT_LOOK_S", 0.0)
    await add(engine, list(range(1, 102)))
    assert scores_of(await fetched(engine, clock, 1)) == [10], "the best of the first part"
    keeper, seen = OrderKeeper(engine, clock, lambda: [SPRING]), []

    async def watched(*_: object) -> None:
        seen.append(scores_of(await fetched(engine, clock, 2)))
        raise asyncio.CancelledError

    monkeypatch.setattr(keeper, "_keep", watched)
    with suppress(asyncio.CancelledError):
        await keeper.work()
    assert seen == [[101, 100]]


async def test_a_list_that_is_read_in_parts_is_sorted_as_a_whole(
    engine: AsyncEngine, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_look, "CHUNK", 3)
    monkeypatch.setattr(order_look, "FIRST_LOOK", 99)
    # However slowly the parts are read, all of them are.
    monkeypatch.setattr(order_look, "SHORT_LOOK_S", math.inf)
    cities = ["Åre", "York", "", "hull", "Zürich", "york", "東京", "Leeds", "É", "ee", "😀", "~", " Leeds", "a"]
    async with engine.begin() as connection:
        values = {"contact_list": "leads", "state": "callable", "numbers": [], "tries": {}, "updated_at": 0.0}
        await connection.execute(
            insert(contacts), [{**values, "key": str(n), "columns": {"city": c}} for n, c in enumerate(cities)]
        )
    order = DialOrder(sort=(SortKey(Column("city"), descending=True),))
    first = await fetched(engine, clock, 99, order)
    assert await entries(engine) == 0
    async with engine.begin() as connection:
        await connection.execute(update(contacts).values(state="callable"))
    await OrderKeeper(engine, clock, lambda: [replace(SPRING, order=order)]).work()
    assert first.contacts == (await fetched(engine, clock, 99, order)).contacts, "as by the index"


async def test_an_order_that_is_not_complete_never_says_that_nobody_is_left(
    engine: AsyncEngine, clock: SetClock
) -> None:
    await add(engine, list(range(1, 12)))
    await fetched(engine, clock, 5)
    async with engine.begin() as connection:
        await connection.execute(update(order_books).values(ahead=99))
    early = await fetched(engine, clock, 5)
    assert (early.contacts, early.next_at) == ((), clock.at + order_fetch.AGAIN_S)


async def test_changes_after_the_building_are_taken_in(engine: AsyncEngine, clock: SetClock) -> None:
    await add(engine, list(range(1, 21)))
    keeper = OrderKeeper(engine, clock, lambda: [SPRING])
    await keeper.work()
    async with engine.begin() as connection:
        await connection.execute(update(contacts).where(contacts.c.key == "k3").values(columns={"score": "77"}))
        await connection.execute(update(contacts).where(contacts.c.key == "k20").values(columns={"score": "-1"}))
        noted = (await connection.execute(select(func.count()).select_from(order_changes))).scalar_one()
    assert noted == 2, "the triggers are there"
    await add(engine, [50])
    await keeper.work()
    assert scores_of(await fetched(engine, clock, 4)) == [77, 50, 19, 18]


async def test_a_filter_that_moves_with_time_is_asked_again(engine: AsyncEngine, clock: SetClock) -> None:
    aged = replace(SCORE, filter=parse_filter("age > 1d"))
    campaign = replace(SPRING, order=aged)
    await add(engine, list(range(1, 21)), added_at=clock.at)
    keeper = OrderKeeper(engine, clock, lambda: [campaign])
    await keeper.work()
    assert scores_of(await fetched(engine, clock, 4, aged)) == []
    clock.at += 2 * 86_400 + REFRESH_S
    await keeper.work()
    assert scores_of(await fetched(engine, clock, 4, aged)) == [20, 19, 18, 17]


async def test_an_order_that_nobody_wants_is_removed(engine: AsyncEngine, clock: SetClock) -> None:
    campaigns = [SPRING]
    await add(engine, list(range(1, 30)))
    told: list[Mapping[str, OrderCounts]] = []
    keeper = OrderKeeper(engine, clock, lambda: campaigns, told.append)
    await keeper.work()
    assert await entries(engine) == 29
    assert told[-1]["spring"].fresh == 29
    campaigns[0] = replace(SPRING, order=replace(SCORE, filter=parse_filter("score > 20")))
    await keeper.work()
    assert await entries(engine) == 9
    campaigns.clear()
    await keeper.work()
    assert await entries(engine) == 0
    assert told[-1] == {}
    async with engine.connect() as connection:
        assert (await connection.execute(select(order_books))).first() is None


async def test_it_waits_for_the_database(engine: AsyncEngine, clock: SetClock) -> None:
    await add(engine, list(range(1, 30)))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE order_books RENAME TO elsewhere")
    keeper = OrderKeeper(engine, clock, lambda: [SPRING], idle_s=0.02)
    task = asyncio.create_task(keeper.run())
    try:
        await asyncio.sleep(0.1)
        assert not task.done()
        async with engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO order_books")

        async def complete() -> bool:
            async with engine.connect() as connection:
                return await known_book(connection, WANTED, clock.at) is not None

        await eventually(complete, "the order")
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_who_comes_next_is_told_with_and_without_a_book(engine: AsyncEngine, clock: SetClock) -> None:
    await add(engine, [5, 50, 7, -2])
    before = await next_contacts(engine, WANTED, 3, clock.at)
    await OrderKeeper(engine, clock, lambda: [SPRING]).work()
    after = await next_contacts(engine, WANTED, 3, clock.at)
    assert before == after
    assert [(one.place, one.key, one.kind, one.keys) for one in after] == [
        (1, "k50", "fresh", {"score as number desc": "50.0"}),
        (2, "k7", "fresh", {"score as number desc": "7.0"}),
        (3, "k5", "fresh", {"score as number desc": "5.0"}),
    ]
    assert scores_of(await fetched(engine, clock, 3)) == [50, 7, 5]


async def test_counts_divide_the_list(engine: AsyncEngine, clock: SetClock) -> None:
    await add(engine, list(range(-1, 7)))

    def change(key: str, **values: object) -> object:
        return update(contacts).where(contacts.c.key == key).values(**values)

    async with engine.begin() as connection:
        await connection.execute(change("k1", attempts=1))  # type: ignore[call-overload]
        await connection.execute(  # type: ignore[call-overload]
            change("k2", state="waiting", next_at=clock.at + 9, reason="hours")
        )
        await connection.execute(  # type: ignore[call-overload]
            change("k3", state="waiting", next_at=clock.at - 9, reason="callback:agent")
        )
        await connection.execute(change("k4", state="uncallable"))  # type: ignore[call-overload]
        await connection.execute(change("k5", state="in_attempt"))  # type: ignore[call-overload]
    found = await order_counts(engine, WANTED, clock.at)
    assert found == OrderCounts(
        contacts=8, matching=6, filtered_out=2, promised=1, retried=1, fresh=1, parked=1, in_attempt=1, uncallable=1
    )


async def test_the_columns_of_a_list(engine: AsyncEngine) -> None:
    assert await list_columns(engine, "leads") == frozenset()
    await add(engine, [1])
    assert await list_columns(engine, "leads") == {"score"}
