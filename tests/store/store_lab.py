"""What tests of the stores share: an inbox that can be waited on, attempts to play with, a running hot store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.attempts_control import AttemptCap
from dialerd.core.commands import Claim, CloseAttempt
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.events import Event
from dialerd.store.redis_hot import RedisHotStore
from dialerd.store.redis_link import client_for

DEADLINE_S = 20.0
E = TypeVar("E")


class SystemClock:
    """The event loop's idea of time is enough for tests, but it must look like an epoch."""

    def now(self) -> float:
        return 1_700_000_000.0 + asyncio.get_running_loop().time()


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


class Inbox:
    """Where a store posts to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def post(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, met: Callable[[], object], what: str = "the condition") -> None:
        """Wait until ``met()`` after some event; fail with what came instead."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not met():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{what} never came; events: {self.events[-20:]}") from None

    async def wait_for(self, kind: type[E], count: int = 1) -> list[E]:
        """Wait for the first ``count`` events of a kind."""
        await self.until(lambda: len(self.of(kind)) >= count, f"{count} {kind.__name__}")
        return self.of(kind)[:count]


async def eventually(met: Callable[[], Any], what: str) -> None:
    """Wait until an outside condition (may be a coroutine function) holds, by asking again and again."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answer = met()
                if asyncio.iscoroutine(answer):
                    answer = await answer
                if answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


def attempt(serial: int, **changes: Any) -> AttemptRecord:
    """An attempt with an id, contact and number of its own."""
    values: dict[str, Any] = {
        "id": f"dlr-{serial:024x}", "campaign": "spring", "contact_id": serial, "contact_list": "leads",
        "contact_key": f"k{serial}", "number": f"+120255501{serial:02d}", "number_kind": "mobile",
        "trunk": "carrier", "caller_id": "+441632960000", "mode": "progressive", "ring_timeout_s": 30.0,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


def claim(
    record: AttemptRecord,
    *,
    lines: int = 100,
    cps: float = 1000.0,
    campaign_lines: int = 100,
    caps: tuple[AttemptCap, ...] = (),
) -> Claim:
    return Claim(record, lines, cps, campaign_lines, caps)


def closing(
    record: AttemptRecord,
    disposition: str = "busy",
    state: ContactState = ContactState.CALLABLE,
    at: float | None = None,
) -> CloseAttempt:
    """The close of an attempt, with what becomes of its contact."""
    closed = replace(record, disposition=disposition, state="closed")
    return CloseAttempt(Outcome(closed, ContactNext(state, at, 0, f"retry:{disposition}")))


@asynccontextmanager
async def running(
    url: str, inbox: Inbox, *, instance: str = "one", shard: str = "main", **options: Any
) -> AsyncIterator[RedisHotStore]:
    """A hot store with its lease taken and its task running."""
    options.setdefault("reply_timeout_s", 1.0)
    options.setdefault("backoff_s", (0.02, 0.2))
    store = RedisHotStore(url, shard, instance, inbox.post, options.pop("clock", SystemClock()), **options)
    await store.start()
    await store.recover()
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        await store.aclose()


@asynccontextmanager
async def client(url: str) -> AsyncIterator[Any]:
    """A plain client to look at, or spoil, what is in Redis."""
    plain = client_for(url, timeout_s=5)
    try:
        yield plain
    finally:
        await plain.aclose()
