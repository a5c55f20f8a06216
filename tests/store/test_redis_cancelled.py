"""A task that asks Redis can be ended at any moment."""

from __future__ import annotations

import asyncio

from dialerd.store.redis_link import client_for
from lab.redis import Redis
from tests.store.store_lab import DEADLINE_S

MOMENTS = 40


async def asking(server: Redis, replies: list[bytes], under_way: asyncio.Event) -> None:
    """Asks again and again, as the daemon's own loops do."""
    redis = client_for(server.url, timeout_s=5)
    try:
        while True:
            pipeline = redis.pipeline(transaction=False)
            for _ in range(2):
                pipeline.echo(str(len(replies)))
            replies += await pipeline.execute()
            under_way.set()
    finally:
        await redis.aclose()


async def test_a_cancellation_is_heeded_whenever_it_comes(redis_server: Redis) -> None:
    for moment in range(MOMENTS):
        replies: list[bytes] = []
        under_way = asyncio.Event()
        task = asyncio.create_task(asking(redis_server, replies, under_way))
        async with asyncio.timeout(DEADLINE_S):
            await under_way.wait()
        for _ in range(moment):
            await asyncio.sleep(0)
        asked = len(replies)
        task.cancel()
        await asyncio.wait((task,), timeout=DEADLINE_S)
        assert task.cancelled(), f"cancelled {moment} steps later it went on: {len(replies) - asked} more replies"


async def test_the_reply_to_a_cancelled_question_is_nobody_elses(redis_server: Redis) -> None:
    redis = client_for(redis_server.url, timeout_s=5)
    try:
        for moment in range(MOMENTS):
            task = asyncio.ensure_future(redis.echo("mine"))
            for _ in range(moment):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,), timeout=DEADLINE_S)
            assert await redis.echo(f"other {moment}") == f"other {moment}".encode()
    finally:
        await redis.aclose()
