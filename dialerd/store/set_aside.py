"""Outcomes that the record would not take: looked at, and put back once the reason is gone.

Each is whole in a stream of its own in Redis. Its contact stays ``in_attempt`` meanwhile: who knows nothing of how a
call ended must not be called again by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import LinkBroken, client_for

_AT_ONCE = 500


class SetAside:
    """One shard's outcomes that were set aside. Raises :class:`~dialerd.store.redis_link.LinkBroken` when Redis does
    not answer. ``wake``: told when something was put back into the outbox."""

    def __init__(self, url: str, keys: Keys, wake: Callable[[], None], *, timeout_s: float = 5.0) -> None:
        self._redis: Redis = client_for(url, timeout_s=timeout_s)
        self._keys = keys
        self._wake = wake

    async def count(self) -> int:
        """How many there are."""
        try:
            return int(await self._redis.xlen(self._keys.unreadable))
        except (RedisError, OSError) as error:
            raise _broken(error) from error

    async def rows(self, limit: int) -> list[dict[str, Any]]:
        """The oldest ones: ``id``, ``at`` (epoch seconds), ``reason``, and of the attempt what can be read of it:
        ``attempt``, ``campaign``, ``contact``, ``number``, ``disposition``; None where it cannot."""
        try:
            found: Any = await self._redis.xrange(self._keys.unreadable, count=limit)
        except (RedisError, OSError) as error:
            raise _broken(error) from error
        return [_row(stream_id.decode(), values) for stream_id, values in found]

    async def put_back(self, ids: Collection[str] | None) -> int:
        """Into the outbox again, behind all others; None: all that are there now. Returns how many. What the record
        still refuses is set aside again."""
        done = 0
        try:
            found: Any = await self._redis.xrange(self._keys.unreadable)
            chosen = [(i, values) for i, values in found if ids is None or i.decode() in ids]
            for start in range(0, len(chosen), _AT_ONCE):
                pipeline = self._redis.pipeline(transaction=True)
                for stream_id, values in chosen[start : start + _AT_ONCE]:
                    pipeline.xadd(self._keys.outbox, {"outcome": values.get(b"outcome", b"")})
                    pipeline.xdel(self._keys.unreadable, stream_id)
                await pipeline.execute()
                done += len(chosen[start : start + _AT_ONCE])
        except (RedisError, OSError) as error:
            raise _broken(error) from error
        finally:
            if done:
                self._wake()
        return done

    async def aclose(self) -> None:
        """Disconnect."""
        try:
            await self._redis.aclose()
        except (RedisError, OSError):
            return


def _row(stream_id: str, values: dict[bytes, bytes]) -> dict[str, Any]:
    record: Any = None
    try:
        document = orjson.loads(values.get(b"outcome", b""))
        record = document.get("record") if isinstance(document, dict) else None
    except orjson.JSONDecodeError:
        record = None
    known = record if isinstance(record, dict) else {}
    return {
        "id": stream_id,
        "at": int(stream_id.partition("-")[0]) / 1000,
        "reason": values.get(b"reason", b"").decode(errors="replace"),
        "attempt": known.get("id"),
        "campaign": known.get("campaign"),
        "contact": known.get("contact_id"),
        "number": known.get("number"),
        "disposition": known.get("disposition"),
    }


def _broken(error: Exception) -> LinkBroken:
    return LinkBroken(f"Redis: {type(error).__name__}")
