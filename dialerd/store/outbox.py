"""Takes outcomes from the outbox stream in Redis to the record in SQL: nothing lost, nothing twice.

An outcome is removed from the stream only after the transaction that records it is committed. A death in between
leaves it there, and recording it again changes nothing, since the attempt's id is the key.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.events import OutcomesRecorded
from dialerd.core.wrap_up import lists_joined
from dialerd.ports import Clock, Post
from dialerd.store.cancellation import heed_cancellation
from dialerd.store.codec import Undecodable, decode_outcome
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.record_health import DATABASE_ERRORS, RecordHealth, reason_of
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import client_for

_log = structlog.get_logger(__name__)
_Entry = tuple[bytes, bytes, Outcome]
"""Id in the stream, content as it is there, and what it means."""

_PERHAPS_REFUSED = (StatementError, UnicodeError, OverflowError)


class Outbox:
    """Drains one shard's outbox.

    Life: :meth:`drain_all` at start, before dialing; :meth:`run` as a task; :meth:`drain_all` again at the end,
    after ``run`` was cancelled; :meth:`aclose`. ``recorded`` is told the ids that left the outbox
    (:meth:`RedisHotStore.forget_outcomes <dialerd.store.redis_hot.RedisHotStore.forget_outcomes>`).
    """

    def __init__(
        self,
        url: str,
        keys: Keys,
        engine: AsyncEngine,
        post: Post,
        clock: Clock,
        *,
        health: RecordHealth | None = None,
        recorded: Callable[[Iterable[str]], None] | None = None,
        batch: int = 500,
        linger_s: float = 0.2,
        poll_s: float = 1.0,
        backoff_s: tuple[float, float] = (0.1, 5.0),
        reply_timeout_s: float = 5.0,
    ) -> None:
        """``linger_s``: how long outcomes may gather before they are written together; ``poll_s``: how often the
        stream is looked at when nobody calls :meth:`wake`. Seconds all."""
        self._redis = client_for(url, timeout_s=reply_timeout_s)
        self._keys = keys
        self._engine = engine
        self._dnc = SqlDnc(engine, clock)
        self._post = post
        self._clock = clock
        self._health = health if health is not None else RecordHealth(post)
        self._recorded = recorded
        self._batch = batch
        self._linger_s = linger_s
        self._poll_s = poll_s
        self._backoff_s = backoff_s
        self._wanted = asyncio.Event()
        self.on_retired: Callable[[Sequence[int], str], None] = lambda contact_ids, reason: None
        """Told each contact that a call has ended for, and the reason of what becomes of it, once it is recorded."""

    def wake(self) -> None:
        """There is something in the stream."""
        self._wanted.set()

    async def run(self) -> None:
        """Drain whenever there is something, until cancelled."""
        while True:
            await self.drain_all()
            try:
                async with asyncio.timeout(self._poll_s):
                    await self._wanted.wait()
            except TimeoutError:
                continue
            # Cleared before the pause: what comes during it is seen by the drain that follows.
            self._wanted.clear()
            await asyncio.sleep(self._linger_s)

    async def drain_all(self) -> int:
        """Record everything that is in the stream now; returns how many outcomes. Waits while Redis or the
        database is away, as long as it takes: put a limit around it at shutdown, nothing is lost by it."""
        drained, pause_s = 0, self._backoff_s[0]
        while True:
            heed_cancellation()
            try:
                taken = await self._drain_batch()
            except RedisError as error:
                # The hot store tells the core that Redis is away; here it only means to wait.
                _log.warning("outbox_waits", reason=type(error).__name__)
            except DATABASE_ERRORS as error:
                self._health.failed("outbox", reason_of(error))
            else:
                self._health.worked("outbox")
                drained += taken
                if taken == 0:
                    return drained
                pause_s = self._backoff_s[0]
                continue
            await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))
            pause_s = min(pause_s * 2, self._backoff_s[1])

    async def pending(self) -> int:
        """Outcomes that wait in the stream. Raises :class:`redis.exceptions.RedisError`."""
        return int(await self._redis.xlen(self._keys.outbox))

    async def aclose(self) -> None:
        """Disconnect."""
        await self._redis.aclose()

    async def _drain_batch(self) -> int:
        entries: Any = await self._redis.xrange(self._keys.outbox, count=self._batch)
        if not entries:
            return 0
        readable: list[_Entry] = []
        for entry_id, values in entries:
            content = values.get(b"outcome", b"")
            try:
                readable.append((entry_id, content, decode_outcome(content)))
            except Undecodable as error:
                await self._set_aside(entry_id, content, f"unreadable: {error}")
        try:
            lists = await self._write([outcome for _, _, outcome in readable])
        except _PERHAPS_REFUSED as error:
            if not _is_refusal(error):
                raise
            readable, lists = await self._write_one_by_one(readable)
        if readable:
            await self._redis.xdel(self._keys.outbox, *(entry_id for entry_id, _, _ in readable))
            if self._recorded is not None:
                self._recorded([outcome.record.id for _, _, outcome in readable])
            for _, _, outcome in readable:
                self.on_retired((outcome.record.contact_id,), outcome.contact.reason)
            self._post(OutcomesRecorded(lists))
        return len(entries)

    async def _write(self, outcomes: list[Outcome]) -> frozenset[str]:
        opt_outs = [found for outcome in outcomes for found in _opt_outs(outcome.record)]
        for name in dict.fromkeys(name for name, _, _ in opt_outs):
            await self._dnc.ensure([name])
        async with self._engine.begin() as connection:
            for name, record, how in opt_outs:
                # It was asked for during the call and is there already, unless the daemon died in between.
                await self._dnc.opt_out_within(connection, name, record.number, record.id, how)
            return await write_outcomes(connection, outcomes, self._clock.now())

    async def _write_one_by_one(self, entries: list[_Entry]) -> tuple[list[_Entry], frozenset[str]]:
        """The database refuses something in the batch: find it, set it aside, record the rest."""
        written: list[_Entry] = []
        lists: frozenset[str] = frozenset()
        for entry in entries:
            entry_id, content, outcome = entry
            try:
                lists |= await self._write([outcome])
                written.append(entry)
            except _PERHAPS_REFUSED as error:
                if not _is_refusal(error):
                    raise
                await self._set_aside(entry_id, content, f"refused: {reason_of(error)}")
        return written, lists

    async def _set_aside(self, entry_id: bytes, content: bytes, reason: str) -> None:
        """Out of the way, but kept: an operator can see it and it can be put back."""
        _log.error("outcome_set_aside", entry=entry_id.decode(), reason=reason)
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xadd(self._keys.unreadable, {"outcome": content, "reason": reason})
        pipeline.xdel(self._keys.outbox, entry_id)
        await pipeline.execute()


def _opt_outs(record: AttemptRecord) -> list[tuple[str, AttemptRecord, str]]:
    """(list, attempt, how): which lists the call put its number on."""
    by_key = (record.flow or {}).get("opt_out_list")
    found = [(str(by_key), record, "key")] if by_key else []
    return found + [(name, record, "rule") for name in lists_joined(record)]


def _is_refusal(error: Exception) -> bool:
    """Whether a value is at fault rather than the database: trying again would hold up all others for ever.

    PostgreSQL says it by SQLSTATE (class 22: data exception, 23: integrity), its driver by a ValueError before
    anything is sent; a plain StatementError is a value that SQLAlchemy could not convert."""
    if isinstance(error, DataError | IntegrityError | UnicodeError | OverflowError) or type(error) is StatementError:
        return True
    cause = getattr(error, "orig", None)
    state = getattr(cause, "sqlstate", None) or ""
    return state[:2] in ("22", "23") or isinstance(getattr(cause, "__cause__", None), ValueError)
