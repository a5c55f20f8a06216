"""The hot store in Redis: one connection, one writer, everything in order, nothing done twice."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from dialerd.core.attempt import AttemptRecord
from dialerd.core.caller import CallerRecord
from dialerd.core.commands import (
    Claim,
    CloseAttempt,
    ConfirmClaim,
    MoveReservation,
    SaveAgentLine,
    SaveAttempt,
    StoreCommand,
)
from dialerd.core.events import AttemptClosed, ClaimGranted, StoreBack, StoreLost
from dialerd.ports import Clock, Post
from dialerd.store.call_log_format import LOG_INCOMPLETE
from dialerd.store.cancellation import heed_cancellation
from dialerd.store.codec import Undecodable, decode_attempt, decode_caller, decode_pacing
from dialerd.store.ledger import LedgerContents
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_lease import Lease, Superseded
from dialerd.store.redis_link import LinkBroken, RedisLink
from dialerd.store.redis_mirror import ClosedEntry, LiveEntry, Mirror
from dialerd.store.redis_queue import CommandQueue, Pending, confirmation, refusal
from dialerd.store.redis_restore import restore

_log = structlog.get_logger(__name__)
_BATCH = 256


class RedisHotStore:
    """Claims, the ledger and the outbox of one shard.

    Life: :meth:`start` (takes the lease), :meth:`recover`, then :meth:`run` as a task for as long as the daemon
    lives; at the end :meth:`flush`, cancel ``run``, :meth:`aclose`. ``submit`` may be called at any time.

    When Redis does not answer, or the lease lapsed, StoreLost is posted once and commands are kept; on return the
    lease is taken with a new token, the ledger is made equal to what was confirmed before, commands without an
    answer are sent again (each is idempotent), and StoreBack is posted after their answers.
    """

    def __init__(
        self,
        url: str,
        shard: str,
        instance: str,
        post: Post,
        clock: Clock,
        *,
        namespace: str = "dialerd",
        lease_ttl_s: float = 5.0,
        reply_timeout_s: float = 2.0,
        backoff_s: tuple[float, float] = (0.05, 2.0),
        on_waiting: Callable[[str], None] | None = None,
        on_outcome: Callable[[], None] | None = None,
        on_log_incomplete: Callable[[], None] | None = None,
    ) -> None:
        """``on_waiting`` is told why :meth:`start` waits; ``on_outcome`` that the outbox has something to drain;
        ``on_log_incomplete`` that a claim was refused because its caps' logs of calls must be rebuilt first.
        ``backoff_s``: least and greatest pause between attempts to connect, seconds."""
        self._url = url
        self._post = post
        self._clock = clock
        self._instance = instance
        self._reply_timeout_s = reply_timeout_s
        self._backoff_s = backoff_s
        self._renew_every_s = lease_ttl_s / 5
        self._on_waiting = on_waiting
        self._on_outcome = on_outcome
        self._on_log_incomplete = on_log_incomplete
        self.keys = Keys(shard, namespace)
        self._lease = Lease(self.keys, instance, uuid.uuid4().hex, ttl_s=lease_ttl_s)
        self._link: RedisLink | None = None
        self._queue = CommandQueue(self.keys)
        self._mirror = Mirror()
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._renewed_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._fruitless = 0
        """Losses since Redis last answered a batch."""
        self._back_after: int | None = None
        """While returning: how many commands are still to be answered before StoreBack."""

    # --- the port ---------------------------------------------------------------------------------------

    def submit(self, command: StoreCommand) -> None:
        """Queue one command; see :class:`~dialerd.ports.HotStore`."""
        self._queue.append(command)
        self._idle.clear()
        self._wanted.set()

    # --- life -------------------------------------------------------------------------------------------

    async def start(self) -> int:
        """Connect and take the lease; waits for Redis and for another instance's lease as long as it takes.
        Returns the fencing token."""
        pause_s, told = self._backoff_s[0], ""
        while True:
            heed_cancellation()
            try:
                link = await self._connected()
                held = await self._lease.acquire(link)
            except LinkBroken as broken:
                await self._disconnect()
                reason, wait_s = str(broken), pause_s
                pause_s = min(pause_s * 2, self._backoff_s[1])
            else:
                if held is None:
                    self._renewed_at = _monotonic()
                    return self._lease.token
                reason, wait_s = f"the lease is held by {held.instance}", min(max(held.wait_s, 0.05), 1.0)
            if reason != told:
                told = reason
                _log.warning("store_waiting", reason=reason, instance=self._instance)
                if self._on_waiting is not None:
                    self._on_waiting(reason)
            await asyncio.sleep(wait_s)

    async def recover(self) -> LedgerContents:
        """What an earlier run left; to be called once, after :meth:`start` and right before :meth:`run`, which
        keeps the lease.

        An entry that cannot be read is logged and left where it is: its number and lines stay locked, which is
        the safe side. Raises :class:`LinkBroken`."""
        link = await self._connected()
        attempts: list[AttemptRecord] = []
        ledger = await _hash(link, self.keys.ledger)
        for name, entry in ledger.items():
            try:
                record = decode_attempt(entry)
            except Undecodable as error:
                _log.error("ledger_entry_unreadable", attempt=name, error=str(error))
                continue
            attempts.append(record)
        reserved = await _hash(link, self.keys.reserved)
        for record in attempts:
            agent = reserved.get(record.id, b"").decode()
            self._mirror.live[record.id] = LiveEntry(
                record.number, record.trunk, record.campaign, agent, ledger[record.id]
            )
        lines = await _hash(link, self.keys.agent_lines)
        self._mirror.agent_lines = {agent: channel.decode() for agent, channel in lines.items()}
        return LedgerContents(
            tuple(sorted(attempts, key=lambda record: record.id)), dict(self._mirror.agent_lines),
            await self._pacing(link), await self._callers(link),
        )  # fmt: skip

    async def _callers(self, link: RedisLink) -> tuple[CallerRecord, ...]:
        found = []
        for name, entry in (await _hash(link, self.keys.callers)).items():
            try:
                found.append(decode_caller(entry))
            except Undecodable as error:
                _log.error("ledger_entry_unreadable", call=name, error=str(error))
        return tuple(sorted(found, key=lambda record: record.id))

    async def _pacing(self, link: RedisLink) -> dict[str, dict[str, Any]]:
        found = {}
        for campaign, state in (await _hash(link, self.keys.pacing)).items():
            try:
                found[campaign] = decode_pacing(state)
            except Undecodable as error:
                _log.warning("pacing_state_unreadable", campaign=campaign, error=str(error))
        return found

    async def run(self) -> None:
        """Carry out commands and keep the lease until cancelled. Raises
        :class:`~dialerd.store.redis_lease.Superseded`, after StoreLost, when the shard is another's."""
        while True:
            try:
                await self._serve()
            except LinkBroken as broken:
                heed_cancellation()
                if self._back_after is None:
                    _log.error("store_lost", reason=str(broken))
                    self._post(StoreLost(str(broken)))
                self._back_after = len(self._queue)
                self._fruitless += 1
                try:
                    await self._return()
                except Superseded as superseded:
                    _log.error("store_superseded", reason=str(superseded))
                    self._post(StoreLost(str(superseded)))
                    raise

    async def flush(self) -> None:
        """Wait until every command given so far is answered. Put a limit around it: Redis may be away."""
        await self._idle.wait()

    async def aclose(self) -> None:
        """Give the lease back, if Redis answers, and disconnect. ``run`` must have ended."""
        await self._disconnect()
        if self._lease.value:
            try:
                await self._lease.release(await self._connected())
            except LinkBroken as broken:
                _log.warning("lease_not_released", reason=str(broken))
        await self._disconnect()

    def forget_outcomes(self, attempt_ids: Iterable[str]) -> None:
        """The outbox tells that these outcomes are in the record."""
        self._mirror.forget_outcomes(attempt_ids)

    def dnc_reached(self, name: str, generation: int, seq: int) -> None:
        """The record's do-not-call list is so far: new claims are refused where the copy is behind it."""
        self._queue.dnc_least[name] = (generation, seq)

    @property
    def waiting(self) -> int:
        """Commands that wait to be sent; for metrics."""
        return len(self._queue)

    # --- while Redis answers ----------------------------------------------------------------------------

    async def _serve(self) -> None:
        """Send batch after batch. Raises LinkBroken."""
        while True:
            heed_cancellation()
            self._finish_return()
            if not len(self._queue):
                self._idle.set()
                self._wanted.clear()
                await self._wanted_or_renewal()
            calls, batch = [], self._queue.take(_BATCH)
            if _monotonic() - self._renewed_at >= self._renew_every_s:
                calls.append(self._lease.renewal())
            calls += [pending.call for pending in batch]
            if calls:
                await self._round_trip(calls, batch)

    async def _wanted_or_renewal(self) -> None:
        wait_s = self._renewed_at + self._renew_every_s - _monotonic()
        if wait_s <= 0:
            return
        if self._alarm is None:
            # Set once for many commands: one that rings early, because the lease was renewed meanwhile, does no harm.
            self._alarm = asyncio.get_running_loop().call_later(wait_s, self._ring)
        await self._wanted.wait()

    def _ring(self) -> None:
        self._alarm = None
        self._wanted.set()

    async def _round_trip(self, calls: list[Any], batch: list[Pending]) -> None:
        """One batch. Commands without an answer go back into the queue, whatever ends the wait."""
        done = 0
        try:
            link = await self._connected()
            sent_at = _monotonic()
            async with asyncio.timeout(self._reply_timeout_s):
                replies = await link.run(calls, self._lease.value)
            if len(calls) > len(batch):
                if replies.pop(0) == b"lease_lost":
                    raise LinkBroken("lease lost")
                self._renewed_at = sent_at
            for pending, reply in zip(batch, replies, strict=True):
                if reply == b"lease_lost":
                    raise LinkBroken("lease lost")
                self._answered(pending, reply)
                done += 1
            self._fruitless = 0
        except TimeoutError as error:
            raise LinkBroken(f"Redis: no answer within {self._reply_timeout_s:g} s") from error
        finally:
            self._queue.put_back(batch[done:])
            if self._back_after is not None:
                self._back_after -= done

    def _answered(self, pending: Pending, reply: bytes) -> None:
        """Redis has decided about one command: bring the mirror up to date, post the event."""
        mirror, subject = self._mirror, pending.subject
        if pending.kind is SaveAttempt:
            live = mirror.live.get(subject)
            if live is not None and reply == b"saved":
                live.entry = pending.payload
        elif pending.kind is Claim:
            if reply == b"granted":
                mirror.live[subject] = LiveEntry(
                    pending.number, pending.trunk, pending.campaign, pending.agent, pending.payload
                )
                self._post(ClaimGranted(subject))
            else:
                refused = refusal(subject, reply.decode(), self._clock.now())
                if refused.reason == LOG_INCOMPLETE and self._on_log_incomplete is not None:
                    self._on_log_incomplete()
                self._post(refused)
        elif pending.kind is ConfirmClaim:
            live = mirror.live.get(subject)
            if live is not None and reply == b"confirmed":
                live.entry = pending.payload
            self._post(confirmation(subject, reply.decode(), self._clock.now()))
        elif pending.kind is CloseAttempt:
            mirror.closed(subject, ClosedEntry(pending.number, pending.trunk, pending.campaign, pending.payload))
            self._post(AttemptClosed(subject))
            if self._on_outcome is not None:
                self._on_outcome()
        elif pending.kind is MoveReservation:
            live = mirror.live.get(subject)
            if live is not None and reply != b"gone":
                live.agent = pending.agent if reply == b"moved" else ""
                live.entry = pending.payload
            if reply == b"agent_reserved":
                _log.error("agent_reserved_elsewhere", attempt=subject, agent=pending.agent)
        elif pending.kind is SaveAgentLine:
            if pending.channel_id:
                mirror.agent_lines[subject] = pending.channel_id
            else:
                mirror.agent_lines.pop(subject, None)

    # --- while it does not ------------------------------------------------------------------------------

    async def _return(self) -> None:
        """Connect, take the lease again, mend the ledger; until that has worked. Raises Superseded."""
        least_s, most_s = self._backoff_s
        pause_s, told = least_s, ""
        if self._fruitless > 1:
            # Redis lets us in and then fails at the first batch, again and again: no reason to hurry.
            await asyncio.sleep(min(least_s * 2 ** min(self._fruitless, 20), most_s))
        while True:
            # The old connection goes first: a new token fences off what may still be on its way there.
            await self._disconnect()
            heed_cancellation()
            try:
                link = await self._connected()
                async with asyncio.timeout(self._reply_timeout_s):
                    await self._lease.acquire(link)
                self._renewed_at = _monotonic()
                mended = await restore(link, self.keys, self._lease.value, self._mirror, self._queue.undecided())
            except (LinkBroken, TimeoutError) as error:
                if str(error) != told:
                    told = str(error)
                    _log.warning("store_still_lost", reason=told)
                await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))
                pause_s = min(pause_s * 2, most_s)
                continue
            self._back_after = len(self._queue)
            _log.info(
                "store_reconnected",
                restored=mended.entries, dropped=mended.dropped, outcomes=mended.outcomes,
                conflicts=mended.conflicts,
            )  # fmt: skip
            if mended.outcomes and self._on_outcome is not None:
                self._on_outcome()
            return

    def _finish_return(self) -> None:
        if self._back_after is not None and self._back_after <= 0:
            self._back_after = None
            self._post(StoreBack())

    async def _connected(self) -> RedisLink:
        if self._link is None:
            link = RedisLink(self._url, timeout_s=self._reply_timeout_s)
            try:
                async with asyncio.timeout(self._reply_timeout_s):
                    await link.open()
            except BaseException as error:
                await link.aclose()
                if isinstance(error, TimeoutError):
                    raise LinkBroken(f"Redis: no connection within {self._reply_timeout_s:g} s") from error
                raise
            self._link = link
        return self._link

    async def _disconnect(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.aclose()


async def _hash(link: RedisLink, key: str) -> dict[str, bytes]:
    flat = await link.read("HGETALL", key)
    if isinstance(flat, dict):
        return {name.decode(): bytes(value) for name, value in flat.items()}
    return {name.decode(): bytes(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
