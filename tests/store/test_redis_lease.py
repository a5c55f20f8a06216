"""One shard, one instance: whoever had the lease before cannot write any more."""

from __future__ import annotations

import asyncio

import pytest

from dialerd.core.events import AttemptClosed, ClaimGranted, ClaimRefused, StoreBack, StoreLost
from dialerd.store.redis_hot import RedisHotStore
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_lease import Superseded
from dialerd.store.redis_link import RedisLink
from dialerd.store.redis_queue import CommandQueue
from lab.redis import Redis
from tests.store.store_lab import Inbox, SystemClock, attempt, claim, client, closing, eventually, running

KEYS = Keys("main")


def store_of(
    server: Redis, inbox: Inbox, instance: str, told: list[str] | None = None, ttl_s: float = 1.0
) -> RedisHotStore:
    return RedisHotStore(
        server.url, "main", instance, inbox.post, SystemClock(), lease_ttl_s=ttl_s, reply_timeout_s=1.0,
        backoff_s=(0.02, 0.1), on_waiting=None if told is None else told.append,
    )  # fmt: skip


async def test_a_second_instance_waits_until_the_lease_is_given_back(redis_server: Redis) -> None:
    told: list[str] = []
    second = store_of(redis_server, Inbox(), "two", told)
    async with running(redis_server.url, Inbox(), lease_ttl_s=30.0):
        starting = asyncio.create_task(second.start())
        await eventually(lambda: told, "it says why it waits")
        assert not starting.done()
    assert await starting == 2
    assert told == ["the lease is held by one"]
    await second.aclose()


async def test_a_second_instance_takes_over_when_the_first_is_dead(redis_server: Redis) -> None:
    first = store_of(redis_server, Inbox(), "one")
    assert await first.start() == 1
    second = store_of(redis_server, Inbox(), "two")
    assert await second.start() == 2
    await second.aclose()
    await first.aclose()


async def test_a_live_instance_keeps_its_lease(redis_server: Redis) -> None:
    inbox, told = Inbox(), list[str]()
    second = store_of(redis_server, Inbox(), "two", told)
    async with running(redis_server.url, inbox, lease_ttl_s=0.6), client(redis_server.url) as redis:
        starting = asyncio.create_task(second.start())
        held = await redis.get(KEYS.lease)
        # Five lifetimes of the lease, as told by Redis itself.
        begun = await redis.time()
        while (await redis.time())[0] - begun[0] < 4:
            assert await redis.get(KEYS.lease) == held
            await asyncio.sleep(0.05)
        assert not starting.done()
        assert inbox.events == []
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    await second.aclose()


async def test_a_stalled_instance_is_superseded_and_changes_nothing(redis_server: Redis) -> None:
    """Its commands come too late: all refused, none carried out, and it learns that it must end."""
    old_inbox, new_inbox = Inbox(), Inbox()
    old = store_of(redis_server, old_inbox, "one", ttl_s=0.3)
    await old.start()
    await old.recover()
    # It does not run, as if its process were frozen; the lease lapses.
    async with running(redis_server.url, new_inbox, instance="two", lease_ttl_s=30) as new:
        new.submit(claim(attempt(1)))
        await new_inbox.wait_for(ClaimGranted)
        old.submit(closing(attempt(1)))
        old.submit(claim(attempt(2)))
        with pytest.raises(Superseded, match="two"):
            await old.run()
        async with client(redis_server.url) as redis:
            assert await redis.hkeys(KEYS.ledger) == [attempt(1).id.encode()]
            assert await redis.xlen(KEYS.outbox) == 0
    assert [type(event) for event in old_inbox.events] == [StoreLost, StoreLost]
    assert "two" in old_inbox.of(StoreLost)[-1].reason
    await old.aclose()


async def test_superseded_even_after_the_other_has_gone_again(redis_server: Redis) -> None:
    old = store_of(redis_server, Inbox(), "one", ttl_s=0.3)
    await old.start()
    async with running(redis_server.url, Inbox(), instance="two", lease_ttl_s=30):
        pass
    with pytest.raises(Superseded, match="two had it"):
        await old.run()
    await old.aclose()


async def test_the_same_name_takes_over_at_once(redis_server: Redis) -> None:
    """A daemon killed and started again need not wait for its own lease to lapse."""
    inbox = Inbox()
    old = store_of(redis_server, inbox, "one", ttl_s=600)
    assert await old.start() == 1
    new = store_of(redis_server, Inbox(), "one", ttl_s=600)
    assert await new.start() == 2
    old.submit(claim(attempt(1)))
    with pytest.raises(Superseded):
        await old.run()
    assert inbox.of(ClaimGranted) == []
    await old.aclose()
    async with client(redis_server.url) as redis:
        assert (await redis.get(KEYS.lease)).startswith(b"2:"), "the old one did not give back what is not its own"
    await new.aclose()


async def test_every_script_refuses_a_stale_token(redis_server: Redis) -> None:
    queue = CommandQueue(KEYS)
    queue.append(claim(attempt(1)))
    queue.append(closing(attempt(1)))
    async with running(redis_server.url, Inbox()), client(redis_server.url) as redis:
        link = RedisLink(redis_server.url, timeout_s=1.0)
        await link.open()
        replies = await link.run([pending.call for pending in queue.take(9)], "0:nobody:one")
        await link.aclose()
        assert replies == [b"lease_lost"] * 2
        assert await redis.hlen(KEYS.ledger) == await redis.xlen(KEYS.outbox) == 0


async def test_a_lapsed_lease_that_nobody_took_is_taken_again(redis_server: Redis) -> None:
    inbox = Inbox()
    async with running(redis_server.url, inbox, lease_ttl_s=30) as store:
        store.submit(claim(attempt(1)))
        await inbox.wait_for(ClaimGranted)
        async with client(redis_server.url) as redis:
            await redis.delete(KEYS.lease)
        store.submit(closing(attempt(1)))
        await inbox.wait_for(StoreBack)
    assert [type(event) for event in inbox.events] == [ClaimGranted, StoreLost, AttemptClosed, StoreBack]
    assert inbox.of(StoreLost)[0].reason == "lease lost"


async def test_numbers_agents_and_lines_hold_across_shards(redis_server: Redis) -> None:
    inbox = Inbox()
    async with (
        running(redis_server.url, Inbox()) as first,
        running(redis_server.url, inbox, shard="second", instance="two") as second,
    ):
        first.submit(claim(attempt(1, agent="8001")))
        await first.flush()
        second.submit(claim(attempt(2, number=attempt(1).number)))
        second.submit(claim(attempt(3, agent="8001")))
        second.submit(claim(attempt(4), lines=1))
        await inbox.wait_for(ClaimRefused, 3)
    assert [event.reason for event in inbox.of(ClaimRefused)] == ["number_locked", "agent_reserved", "no_line"]


async def test_cps_holds_in_any_window(redis_server: Redis) -> None:
    """20 a second, asked for as fast as retry_at allows: between the moment before the n-th claim is asked for and
    the moment after the (n + 20)-th is granted there is never less than a second."""
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    asked: dict[str, float] = {}
    granted: list[tuple[str, float]] = []
    async with running(redis_server.url, inbox) as store:
        for n in range(50):
            record = attempt(n, number=f"+1202555{n:04d}")
            while True:
                seen = len(inbox.events)
                asked[record.id] = loop.time()
                store.submit(claim(record, cps=20.0))
                await store.flush()
                assert len(inbox.events) == seen + 1
                answer = inbox.events[-1]
                if isinstance(answer, ClaimGranted):
                    granted.append((record.id, loop.time()))
                    break
                assert isinstance(answer, ClaimRefused)
                assert answer.reason == "no_cps"
                assert answer.retry_at is not None
                await asyncio.sleep(max(0.0, answer.retry_at - SystemClock().now()))
    for (earlier, _), (_, later_at) in zip(granted, granted[20:], strict=False):
        assert later_at - asked[earlier] >= 1.0 - 0.002
