"""What providers of do-not-call lists have said, kept in Redis until it no longer holds: for the next run, and for
the other instances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from dialerd.ports import AnswerSource, ForgottenAnswer, KeptAnswer
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import LinkBroken, client_for

_log = structlog.get_logger(__name__)
_TIMEOUT_S = 2.0
_PER_CALL = 1000
MOST_NOTED = 10_000
"""So many of the latest removals are told to instances that hear of them later."""


class RedisAnswers:
    """Implements :class:`~dialerd.ports.ProviderAnswers`. One key for each number, which Redis itself
    drops when it is over."""

    def __init__(
        self,
        url: str,
        *,
        namespace: str = "dialerd",
        timeout_s: float = _TIMEOUT_S,
        failed: Callable[[str], None] = lambda what: None,
    ) -> None:
        """``failed``: told ``read`` or ``keep`` each time when Redis did not answer."""
        prefix = Keys("any", namespace).dnc
        self._said, self._noted = f"{prefix}:=said", f"{prefix}:=forgotten"
        self._failed = failed
        self._redis: Redis = client_for(url, timeout_s=timeout_s)

    async def aclose(self) -> None:
        """Disconnect."""
        try:
            await self._redis.aclose()
        except (RedisError, OSError):
            return

    async def known(self, source: AnswerSource, numbers: Sequence[str]) -> dict[str, KeptAnswer]:
        """Of which of these numbers an answer holds."""
        try:
            return await self._read(source, numbers)
        except (RedisError, OSError) as error:
            _log.warning("provider_answers_not_read", dnc_list=source.dnc_list, reason=type(error).__name__)
            self._failed("read")
            return {}

    async def keep(self, source: AnswerSource, verdicts: Mapping[str, bool], for_s: float) -> None:
        """They hold for so many seconds."""
        try:
            pipeline = self._redis.pipeline(transaction=False)
            for number, listed in verdicts.items():
                pipeline.set(self._key(source, number), b"1" if listed else b"0", px=max(1, round(for_s * 1000)))
            await pipeline.execute()
        except (RedisError, OSError) as error:
            _log.warning("provider_answers_not_kept", dnc_list=source.dnc_list, reason=type(error).__name__)
            self._failed("keep")

    async def look(self, source: AnswerSource, number: str) -> KeptAnswer | None:
        """The answer that holds."""
        async with _answering():
            return (await self._read(source, [number])).get(number)

    async def forget(self, source: AnswerSource, number: str | None) -> int:
        """Remove answers, and note it for every instance."""
        async with _answering():
            removed = 0
            if number is not None:
                removed = int(await self._redis.unlink(self._key(source, number)))
            else:
                doomed: list[bytes] = []
                async for key in self._redis.scan_iter(match=f"{self._said}:{source.dnc_list}:*", count=1000):
                    doomed.append(key)
                    if len(doomed) >= _PER_CALL:
                        removed += int(await self._redis.unlink(*doomed))
                        doomed.clear()
                removed += int(await self._redis.unlink(*doomed)) if doomed else 0
            # Behind the removal: whoever hears of it and asks again must not find the old answer.
            note = {"list": source.dnc_list, "number": number or ""}
            await self._redis.xadd(self._noted, note, maxlen=MOST_NOTED, approximate=True)  # type: ignore[arg-type]
            return removed

    async def forgotten(self, after: str) -> list[ForgottenAnswer]:
        """What was removed behind this id, the oldest first."""
        async with _answering():
            found: Any = await self._redis.xrange(self._noted, min=f"({after}" if after else "-", count=MOST_NOTED)
        return [
            ForgottenAnswer(stream_id.decode(), note[b"list"].decode(), note[b"number"].decode() or None)
            for stream_id, note in found
        ]

    async def _read(self, source: AnswerSource, numbers: Sequence[str]) -> dict[str, KeptAnswer]:
        keys = [self._key(source, number) for number in numbers]
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.mget(keys)
        for key in keys:
            pipeline.pttl(key)
        said, *left = await pipeline.execute()
        found: dict[str, KeptAnswer] = {}
        for number, value, milliseconds in zip(numbers, said, left, strict=True):
            # Anything else is no answer of ours, and one without an end would hold for ever.
            if value in (b"0", b"1") and milliseconds > 0:
                found[number] = KeptAnswer(value == b"1", milliseconds / 1000)
        return found

    def _key(self, source: AnswerSource, number: str) -> str:
        return f"{self._said}:{source.dnc_list}:{source.provider}:{number}"


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise LinkBroken(f"Redis: {type(error).__name__}") from error
