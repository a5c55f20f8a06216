"""Where one contact stands in a campaign's order, and what parked ones wait for; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.filtering.conditions import Column, Kind
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import PLAIN, DialOrder, ListShare, SortKey
from dialerd.store import contact_place
from dialerd.store.contact_place import LinePlace, Standing, standing
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_book import Wanted
from dialerd.store.order_counts import next_contacts
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.parked_counts import ParkedCount, parked_counts
from dialerd.store.schema import contact_lists, contacts
from tests.store.store_lab import SetClock

SCORE = DialOrder(filter=parse_filter("score > 0"), sort=(SortKey(Column("score"), Kind.NUMBER, descending=True),))
TWO_LISTS = DialOrder(lists=(ListShare("leads", 3), ListShare("more", 1)))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    await migrate_engine(opened)
    async with opened.begin() as connection:
        for name in ("leads", "more"):
            await connection.execute(insert(contact_lists).values(name=name, created_at=0.0))
    try:
        yield opened
    finally:
        await opened.dispose()


async def add(engine: AsyncEngine, *rows: dict[str, Any]) -> None:
    """Contacts 1, 2, 3 ... with these values."""
    async with engine.begin() as connection:
        for number, row in enumerate(rows, start=1):
            values: dict[str, Any] = {
                "id": number, "contact_list": "leads", "key": f"k{number}", "columns": {}, "state": "callable",
                "numbers": [{"e164": "+441632960001", "kind": "mobile"}], "tries": {}, "updated_at": 0.0,
            }  # fmt: skip
            await connection.execute(insert(contacts).values(values | row))


def wanted(order: DialOrder) -> Wanted:
    return Wanted("spring", "leads", order)


async def keep(engine: AsyncEngine, order: DialOrder, clock: SetClock) -> None:
    settings = CampaignSettings("spring", Mode.AGENTLESS, "leads", "carrier", "+441632960000", order=order)
    await OrderKeeper(engine, clock, lambda: [settings]).work()


async def places(engine: AsyncEngine, order: DialOrder, count: int, now: float) -> list[int | None]:
    found = [await standing(engine, wanted(order), contact_id, now) for contact_id in range(1, count + 1)]
    return [one.place.before if one.place is not None else None for one in found]


async def test_in_the_plain_order(engine: AsyncEngine) -> None:
    waits = {"state": "waiting", "attempts": 1}
    await add(engine, {}, {**waits, "next_at": 5e3}, {}, {**waits, "next_at": 2e3}, {**waits, "next_at": 5e4},
              {"state": "in_attempt"}, {"state": "uncallable"}, {})  # fmt: skip
    assert await places(engine, PLAIN, 8, 10000.0) == [2, 1, 3, 0, None, None, None, 4]
    order = [one.id for one in await next_contacts(engine, wanted(PLAIN), 9, 10000.0)]
    assert order == [4, 2, 1, 3, 8]


async def test_counting_stops(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_place, "MOST_COUNTED", 3)
    await add(engine, *[{"columns": {"score": "5"}}] * 6)
    assert (await standing(engine, wanted(PLAIN), 6, 1.0)).place == LinePlace(3, at_least=True)
    clock = SetClock()
    await keep(engine, SCORE, clock)
    assert (await standing(engine, wanted(SCORE), 3, clock.now())).place == LinePlace(2)
    last = (await standing(engine, wanted(SCORE), 6, clock.now())).place
    assert last is not None
    assert last.at_least


async def test_in_a_book(engine: AsyncEngine) -> None:
    clock = SetClock()
    await add(engine, *({"columns": {"score": score}} for score in ("5", "0", "9", "7")))
    assert await standing(engine, wanted(SCORE), 1, clock.now()) == Standing(True, None), "not built yet"
    await keep(engine, SCORE, clock)
    assert await places(engine, SCORE, 4, clock.now()) == [2, None, 0, 1]
    assert await standing(engine, wanted(SCORE), 2, clock.now()) == Standing(False, None)
    assert await standing(engine, wanted(SCORE), 99, clock.now()) == Standing(True, None)
    async with engine.begin() as connection:
        await connection.execute(update(contacts).where(contacts.c.id == 3).values(columns={"score": "1"}))
    changed = (await standing(engine, wanted(SCORE), 1, clock.now())).place
    assert changed == LinePlace(2, about=True), "a change is not taken in yet"


async def test_lists_that_take_turns(engine: AsyncEngine) -> None:
    clock = SetClock()
    await add(engine, *[{}] * 6, *[{"contact_list": "more"}] * 6)
    await keep(engine, TWO_LISTS, clock)
    second = (await standing(engine, wanted(TWO_LISTS), 8, clock.now())).place
    assert second == LinePlace(4, about=True)


async def test_what_parked_ones_wait_for(engine: AsyncEngine) -> None:
    def waits(at: float, reason: str, name: str = "leads") -> dict[str, Any]:
        return {"state": "waiting", "next_at": at, "reason": reason, "contact_list": name}

    await add(engine, waits(900.0, "callable_time"), waits(700.0, "callable_time"), waits(50.0, "callable_time"),
              waits(800.0, "retry:busy", "more"), {}, {"state": "uncallable"})  # fmt: skip
    found = await parked_counts(engine, ("leads", "more"), 100.0)
    assert found == [ParkedCount("callable_time", 2, 700.0), ParkedCount("retry:busy", 1, 800.0)]
    assert await parked_counts(engine, ("more",), 100.0) == [ParkedCount("retry:busy", 1, 800.0)]
