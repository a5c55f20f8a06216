"""One contract for the answers of do-not-call providers: those in memory and those in Redis."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import pytest

from dialerd.ports import AnswerSource, ProviderAnswers
from dialerd.store.memory_provider_answers import MemoryAnswers
from dialerd.store.provider_answers import RedisAnswers
from lab.redis import Redis
from tests.store.store_lab import SetClock, client, eventually

ONE, OTHER = "+441632960001", "+441632960002"
REGISTRY = AnswerSource("registry", "aaaa")
MOVED = AnswerSource("registry", "bbbb")
STATE = AnswerSource("state", "aaaa")
LONG_S = 1000.0


class World(ABC):
    """A store, and a way to wait until answers are over."""

    store: ProviderAnswers

    @abstractmethod
    async def until_over(self, source: AnswerSource, number: str) -> None: ...


class Memory(World):
    def __init__(self) -> None:
        self.clock = SetClock(time.time())
        self.store = MemoryAnswers(self.clock)

    async def until_over(self, source: AnswerSource, number: str) -> None:
        assert await self.store.look(source, number) is not None
        self.clock.at += 1.0


class InRedis(World):
    def __init__(self, url: str) -> None:
        self.store = self.redis = RedisAnswers(url)

    async def until_over(self, source: AnswerSource, number: str) -> None:
        async def over() -> bool:
            return await self.store.look(source, number) is None

        await eventually(over, "Redis drops the answer")


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield Memory()
        return
    server: Redis = request.getfixturevalue("contract_redis")
    async with client(server.url) as redis:
        await redis.flushall()
    made = InRedis(server.url)
    try:
        yield made
    finally:
        await made.redis.aclose()


async def known(world: World, source: AnswerSource) -> dict[str, bool]:
    found = await world.store.known(source, [ONE, OTHER])
    assert all(0 < kept.left_s <= LONG_S for kept in found.values())
    return {number: kept.listed for number, kept in found.items()}


async def test_what_was_kept_is_known(world: World) -> None:
    assert await known(world, REGISTRY) == {}
    await world.store.keep(REGISTRY, {ONE: True, OTHER: False}, LONG_S)
    assert await known(world, REGISTRY) == {ONE: True, OTHER: False}
    one = await world.store.look(REGISTRY, ONE)
    assert one is not None
    assert one.listed
    assert LONG_S - 60 < one.left_s <= LONG_S


async def test_another_list_and_another_provider_know_nothing_of_it(world: World) -> None:
    await world.store.keep(REGISTRY, {ONE: True}, LONG_S)
    assert await known(world, MOVED) == {}
    assert await known(world, STATE) == {}
    assert await world.store.look(STATE, ONE) is None


async def test_a_newer_answer_replaces_an_older_one(world: World) -> None:
    await world.store.keep(REGISTRY, {ONE: True}, LONG_S)
    await world.store.keep(REGISTRY, {ONE: False}, LONG_S)
    assert await known(world, REGISTRY) == {ONE: False}


async def test_an_answer_ends(world: World) -> None:
    await world.store.keep(REGISTRY, {ONE: True}, 0.5)
    await world.store.keep(REGISTRY, {OTHER: True}, LONG_S)
    await world.until_over(REGISTRY, ONE)
    assert await known(world, REGISTRY) == {OTHER: True}
    assert await world.store.forget(REGISTRY, ONE) == 0, "what is over is not counted"


async def test_one_number_is_forgotten(world: World) -> None:
    await world.store.keep(REGISTRY, {ONE: True, OTHER: True}, LONG_S)
    await world.store.keep(STATE, {ONE: True}, LONG_S)
    assert await world.store.forget(REGISTRY, ONE) == 1
    assert await world.store.forget(REGISTRY, ONE) == 0
    assert await known(world, REGISTRY) == {OTHER: True}
    assert await known(world, STATE) == {ONE: True}


async def test_a_whole_list_is_forgotten_whichever_provider_it_had(world: World) -> None:
    await world.store.keep(REGISTRY, {ONE: True, OTHER: True}, LONG_S)
    await world.store.keep(MOVED, {ONE: True}, LONG_S)
    await world.store.keep(STATE, {ONE: True}, LONG_S)
    assert await world.store.forget(MOVED, None) == 3
    assert await known(world, REGISTRY) == await known(world, MOVED) == {}
    assert await known(world, STATE) == {ONE: True}


async def test_everybody_hears_what_was_forgotten_once_and_in_order(world: World) -> None:
    assert await world.store.forgotten("") == []
    await world.store.forget(REGISTRY, ONE)
    await world.store.forget(STATE, None)
    first, second = await world.store.forgotten("")
    assert [(one.dnc_list, one.number) for one in (first, second)] == [("registry", ONE), ("state", None)]
    assert await world.store.forgotten(first.id) == [second]
    assert await world.store.forgotten(second.id) == []


async def test_many_answers_are_forgotten_at_once(world: World) -> None:
    numbers = {f"+4416329{serial:05d}": True for serial in range(2500)}
    await world.store.keep(REGISTRY, numbers, LONG_S)
    assert await world.store.forget(REGISTRY, None) == 2500
    assert await world.store.known(REGISTRY, list(numbers)) == {}


async def test_what_nobody_can_read_is_no_answer(contract_redis: Redis) -> None:
    """Nothing but an answer of ours that ends lets a number be called."""
    store = RedisAnswers(contract_redis.url)
    try:
        async with client(contract_redis.url) as redis:
            await redis.flushall()
            key = "{dialerd}:dnc:=said:registry:aaaa:" + ONE
            await redis.set(key, b"0")
            assert await store.known(REGISTRY, [ONE]) == {}, "one without an end would hold for ever"
            await redis.set(key, b"no", px=60_000)
            assert await store.known(REGISTRY, [ONE]) == {}
            await redis.set(key, b"0", px=60_000)
            assert (await store.known(REGISTRY, [ONE]))[ONE].listed is False
    finally:
        await store.aclose()
