"""Makes the logs of calls in Redis again from what is on the record, and reads them.

That is needed when a cap is new or reaches back further than before, and when Redis lost its data. Meanwhile claims
under such caps are refused, so that nobody is called too often for want of a memory.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.attempts_control import LoggedCall, Scope, claimed_call, closed_call, subjects
from dialerd.core.cap_counts import Calls, subjects_of
from dialerd.core.contact import Contact
from dialerd.ports import Clock
from dialerd.store.call_log_format import packed, unpacked
from dialerd.store.codec import Undecodable, decode_attempt, decode_outcome
from dialerd.store.database import READING
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import Call, LinkBroken, RedisLink, client_for
from dialerd.store.redis_scripts import CALLS_ADD, CALLS_BEGIN, CALLS_END
from dialerd.store.schema import attempts

RECORDED_LATE_S = 86_400.0
"""An attempt is on the record so long after its claim at the latest."""
LEAST_PAUSE_S, MOST_PAUSE_S = 0.1, 5.0

_log = structlog.get_logger(__name__)
_BATCH = 2_000
_A = attempts.c
_COLUMNS = (
    _A.number, _A.contact_id, _A.contact_key, _A.claimed_at, _A.dialed_at, _A.ended_at, _A.connected_at,
    _A.disposition, _A.abandoned, _A.analysis,
)  # fmt: skip


class CallLog:
    """Keeps the logs complete. Life: :meth:`complete` before dialing begins, :meth:`run` as a task, with
    :meth:`wake` whenever caps have changed or a claim was refused for want of a log."""

    def __init__(
        self,
        url: str,
        keys: Keys,
        engine: AsyncEngine,
        clock: Clock,
        windows: Callable[[], Mapping[Scope, int]],
        *,
        reply_timeout_s: float = 5.0,
    ) -> None:
        """``windows``: how far back the logs of each scope must reach now, seconds."""
        self._url = url
        self._keys = keys
        self._reading = engine.execution_options(**READING)
        self._clock = clock
        self._windows = windows
        self._timeout_s = reply_timeout_s
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """The logs may be incomplete."""
        self._wanted.set()

    async def run(self) -> None:
        """Make complete what is asked for, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.complete()

    async def complete(self) -> int:
        """Make the logs reach back as far as the caps want; returns how many calls were added. Waits while Redis or
        the database is away."""
        pause_s = LEAST_PAUSE_S
        while True:
            try:
                return await self._complete()
            except (RedisError, LinkBroken, OSError) as error:
                _log.warning("call_log_waits", reason=type(error).__name__)
            except DATABASE_ERRORS as error:
                _log.warning("call_log_waits", reason=reason_of(error))
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, MOST_PAUSE_S)

    async def of(self, contact: Contact) -> Calls | None:
        """What the logs hold of a contact, its numbers and its person; None while Redis does not answer."""
        subjects = subjects_of(contact)
        redis = client_for(self._url, timeout_s=self._timeout_s)
        try:
            found: Any = await redis.mget([self._keys.calls(*subject) for subject in subjects])
        except (RedisError, OSError):
            return None
        finally:
            await redis.aclose()
        return {subject: sorted(unpacked(log or b"")) for subject, log in zip(subjects, found, strict=True)}

    # --- rebuilding -------------------------------------------------------------------------------------

    async def _complete(self) -> int:
        link = RedisLink(self._url, timeout_s=self._timeout_s)
        try:
            await link.open()
            wanted = dict(self._windows())
            known = await link.read("HMGET", self._keys.calls_known, *(str(scope) for scope in Scope))
            reach = {scope: int(keeps or 0) for scope, keeps in zip(Scope, known, strict=True)}
            short = {scope: window for scope, window in wanted.items() if reach[scope] < window}
            return await self._rebuild(link, short) if short else 0
        finally:
            await link.aclose()

    async def _rebuild(self, link: RedisLink, short: Mapping[Scope, int]) -> int:
        """In this order: log every call from now on; then what is live or on its way to the record; then the
        record. So no call is in none of the three."""
        token, known = secrets.token_hex(8), (self._keys.calls_known,)
        pairs = [part for scope, window in short.items() for part in (str(scope), window)]
        keeps = (await link.run([Call(CALLS_BEGIN, known, (token, *pairs))]))[0]
        reach = dict(zip(short, (int(keep) for keep in keeps), strict=True))
        added = await self._add(link, reach, await self._not_recorded(link))
        added += await self._add_recorded(link, reach)
        pairs = [part for scope, keep in reach.items() for part in (str(scope), keep)]
        reply = (await link.run([Call(CALLS_END, known, (token, *pairs))]))[0]
        if reply != b"known":
            raise LinkBroken("Redis lost the call logs while they were made")
        _log.info("call_logs_complete", calls=added, **{str(scope): keep for scope, keep in reach.items()})
        return added

    async def _not_recorded(self, link: RedisLink) -> list[tuple[Any, LoggedCall | None]]:
        found: list[tuple[Any, LoggedCall | None]] = []
        live = await link.read("HVALS", self._keys.ledger)
        outbox = await link.read("XRANGE", self._keys.outbox, "-", "+")
        for entry in live:
            try:
                record = decode_attempt(entry)
            except Undecodable:
                continue  # the hot store has told of it
            found.append((record, claimed_call(record)))
        for _, values in outbox:
            try:
                record = decode_outcome(_field(values, b"outcome")).record
            except Undecodable:
                continue
            found.append((record, closed_call(record)))
        return found

    async def _add_recorded(self, link: RedisLink, reach: Mapping[Scope, int]) -> int:
        since, added = self._clock.now() - max(reach.values()), 0
        query = select(*_COLUMNS).where(_A.recorded_at >= since, _A.claimed_at >= since - RECORDED_LATE_S)
        async with self._reading.connect() as connection:
            rows = await connection.stream(query.order_by(_A.recorded_at).execution_options(yield_per=_BATCH))
            async for batch in rows.partitions(_BATCH):
                found: list[Any] = list(batch)  # of an attempt a row has all that is asked of it here
                added += await self._add(link, reach, [(row, closed_call(row)) for row in found])
        return added

    async def _add(
        self, link: RedisLink, reach: Mapping[Scope, int], found: Iterable[tuple[Any, LoggedCall | None]]
    ) -> int:
        now = self._clock.now()
        logs: dict[tuple[Scope, str], list[LoggedCall]] = defaultdict(list)
        for record, call in found:
            if call is not None:
                of = subjects(record)
                for scope, keep in reach.items():
                    if call[0] + keep > now:
                        logs[scope, of[scope]].append(call)
        calls = [
            Call(CALLS_ADD, (self._keys.calls(*subject),), (reach[subject[0]] + 3600, b"".join(map(packed, log))))
            for subject, log in logs.items()
        ]
        added = 0
        for start in range(0, len(calls), _BATCH):
            added += sum(await link.run(calls[start : start + _BATCH]))
        return added


def _field(values: Mapping[bytes, bytes] | Sequence[bytes], name: bytes) -> bytes:
    """A field of a stream's entry, which versions of the client give as a mapping or flat, as Redis does."""
    if not isinstance(values, Mapping):
        values = dict(zip(values[::2], values[1::2], strict=True))
    return values.get(name, b"")
