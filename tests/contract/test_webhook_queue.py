"""The queue of webhooks over SQLite and PostgreSQL: who takes what, what comes back, what is given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.webhook_queue import WebhookQueue
from tests.store.store_lab import SetClock, attempt, closing


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(database_url)
    await migrate_engine(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


async def called(engine: AsyncEngine, clock: SetClock, *serials: int, webhook: str = "crm") -> list[str]:
    """Calls of which the webhook is to be told; the ids of the deliveries."""
    outcomes = []
    for serial in serials:
        record = replace(attempt(serial), rules={"webhooks": [[webhook, "house.vip"]]})
        outcomes.append(closing(record, "busy", ContactState.CALLABLE).outcome)
    async with engine.begin() as connection:
        await write_outcomes(connection, outcomes, clock.now())
    return [f"{outcome.record.id}.0" for outcome in outcomes]


async def test_each_is_taken_once_and_comes_back_when_nothing_is_said_of_it(
    engine: AsyncEngine, clock: SetClock
) -> None:
    ids = await called(engine, clock, 1, 2, 3, 4)
    one, other = WebhookQueue(engine, clock), WebhookQueue(engine, clock)
    assert await one.due() == {"crm": clock.at}
    taken = await asyncio.gather(one.take("crm", 2, 30.0), other.take("crm", 2, 30.0))
    both = [delivery.id for half in taken for delivery in half]
    both += [delivery.id for delivery in await one.take("crm", 9, 30.0)]
    assert sorted(both) == ids, "by two daemons at once: nobody's twice"
    assert (await one.due())["crm"] == clock.at + 30.0
    await one.delivered(ids[0])
    clock.at += 30.0
    assert [delivery.id for delivery in await other.take("crm", 9, 30.0)] == ids[1:]


async def test_what_is_told_is_in_it(engine: AsyncEngine, clock: SetClock) -> None:
    await called(engine, clock, 1)
    (delivery,) = await WebhookQueue(engine, clock).take("crm", 9, 30.0)
    assert delivery.attempt is not None
    assert (delivery.rule, delivery.tries, delivery.attempt["disposition"]) == ("house.vip", 0, "busy")
    assert delivery.columns_now == {}, "the contact is no longer there"


async def test_failures_dead_ones_and_what_operators_do(engine: AsyncEngine, clock: SetClock) -> None:
    queue = WebhookQueue(engine, clock)
    first, second = await called(engine, clock, 1, 2)
    (third,) = await called(engine, clock, 3, webhook="bi")
    await queue.failed(first, "HTTP status 500", clock.at + 60.0)
    for dead in (second, third):
        await queue.failed(dead, "timeout", None)
    assert await queue.counts() == {"crm": {"waiting": 1, "dead": 1}, "bi": {"dead": 1}}
    assert await queue.due() == {"crm": clock.at + 60.0}
    assert [(row["id"], row["tries"]) for row in await queue.rows("dead", 9)] == [(second, 1), (third, 1)]
    assert await queue.again(None, [first, second]) == 1, "what waits is left alone"
    assert await queue.drop("crm", []) == 0
    assert await queue.drop("bi", []) == 1
    assert [(row["id"], row["tries"]) for row in await queue.rows("waiting", 9)] == [(first, 1), (second, 0)]
