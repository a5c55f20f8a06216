"""What operators are told of contacts that wait for the hours of their group, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.callable_time import CallableTime
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.ordering.settings import PLAIN, DialOrder
from dialerd.store.contact_place import LinePlace, standing
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_book import Wanted
from dialerd.store.order_counts import OrderCounts, next_contacts, order_counts
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.parked_counts import ParkedCount
from dialerd.store.schema import calling_groups, contact_lists, contacts
from tests.contract.test_calling_groups import DAYTIME, LONDON, MADRID, ORDERS, local
from tests.store.store_lab import SetClock

MORNING = local("09:00", "Europe/Madrid")
"""Nine in Madrid, eight in London."""


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Contacts 1 to 6: two wait for London's hours, one for Madrid's, one waits alone, two do not wait."""
    opened = open_database(database_url)
    await migrate_engine(opened)
    groups = {"state": "waiting", "reason": "callable_time"}
    rows: list[dict[str, Any]] = [
        {**groups, "next_at": 1.0}, {**groups, "next_at": 2.0}, {**groups, "next_at": 1.0},
        {**groups, "next_at": MORNING + 60.0}, {}, {},
    ]  # fmt: skip
    async with opened.begin() as connection:
        await connection.execute(insert(contact_lists).values(name="leads", created_at=0.0))
        await connection.execute(insert(calling_groups), [{"number": 1, "key": LONDON}, {"number": 2, "key": MADRID}])
        for number, row in enumerate(rows, start=1):
            values: dict[str, Any] = {
                "id": number, "contact_list": "leads", "key": f"k{number}", "columns": {"score": str(9 - number)},
                "state": "callable", "numbers": [{"e164": "+441632960001", "kind": "mobile"}], "tries": {},
                "updated_at": 0.0,
            }  # fmt: skip
            await connection.execute(insert(contacts).values(values | row))
    try:
        yield opened
    finally:
        await opened.dispose()


def keeper(engine: AsyncEngine, order: DialOrder, hours: CallableTime = DAYTIME) -> OrderKeeper:
    settings = CampaignSettings(
        "spring", Mode.AGENTLESS, "leads", "carrier", "+441632960000", order=order, callable_time=hours
    )
    return OrderKeeper(engine, SetClock(MORNING), lambda: [settings])


@ORDERS
async def test_whoever_is_in_a_closed_group_counts_as_parked(engine: AsyncEngine, order: DialOrder) -> None:
    kept = keeper(engine, order)
    await kept.work()
    assert kept.counts["spring"] == OrderCounts(contacts=6, matching=6, fresh=3, parked=3)
    assert kept.parked["spring"] == [ParkedCount("callable_time", 3, MORNING + 60.0)], "the one that waits alone"
    wanted = Wanted("spring", "leads", order)
    assert (await order_counts(engine, wanted, MORNING)).parked == 1, "a campaign without hours waits for no group"


@ORDERS
async def test_only_who_is_in_an_open_group_is_in_line(engine: AsyncEngine, order: DialOrder) -> None:
    await keeper(engine, order).work()
    wanted = Wanted("spring", "leads", order, DAYTIME)
    places = [(await standing(engine, wanted, contact_id, MORNING)).place for contact_id in range(1, 7)]
    assert places == [None, LinePlace(0), None, None, LinePlace(1), LinePlace(2)]
    coming = await next_contacts(engine, wanted, 9, MORNING)
    assert [(one.id, one.due_at) for one in coming] == [(2, None), (5, None), (6, None)]


async def test_without_a_book_the_order_is_the_same(engine: AsyncEngine) -> None:
    wanted = Wanted("spring", "leads", PLAIN, DAYTIME)
    at_nine = local("09:00") + 60.0
    assert [one.id for one in await next_contacts(engine, wanted, 9, at_nine)] == [1, 2, 3, 4, 5, 6]
    places = [(await standing(engine, wanted, contact_id, at_nine)).place for contact_id in range(1, 7)]
    assert [one.before if one else None for one in places] == [1, 2, 3, 0, 4, 5]
