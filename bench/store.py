"""The hot store: claims and closes on a real Redis, through the store's own code."""

from __future__ import annotations

import asyncio
import time

import uvloop

from bench.figures import Figure, Measurement
from bench.processes import Meter
from bench.world import World
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.commands import Claim, CloseAttempt
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.events import AttemptClosed, ClaimGranted, Event
from dialerd.core.ids import ATTEMPT, SerialNumbers
from dialerd.engine import SteadyClock
from dialerd.store.redis_hot import RedisHotStore

IN_FLIGHT = 100
_TRUNKS = 64
_LINES = 10_000
_CPS = 500.0
"""The most a trunk may have; there are enough trunks that it never stops a claim."""


def measure(world: World) -> Measurement:
    """Claim and close, many at a time."""
    pairs = 4000 if world.quick else 20_000
    meter = Meter({"redis": world.lab.redis.pid})
    took_s, client_s = uvloop.run(_run(world.lab.redis_url, pairs))
    figures = (
        Figure("claim and close pairs per second", pairs / took_s),
        Figure("CPU of Redis per pair", meter.used_s()["redis"] / pairs * 1000, "ms"),
        Figure("CPU of the store's client per pair", client_s / pairs * 1000, "ms"),
    )
    method = (
        f"{pairs} attempts through the store of the daemon, {IN_FLIGHT} at a time: each claim locks a number, takes "
        "a line, a campaign line and a place in the trunk's window and writes the ledger; each close frees all that "
        "and appends the outcome to the outbox. Append-only file on, synced every second."
    )
    return Measurement("store", "Store", figures, method)


async def _run(url: str, pairs: int) -> tuple[float, float]:
    serials = SerialNumbers(1, 1)
    waiting: dict[str, AttemptRecord] = {}
    done = asyncio.Event()
    begun = closed = 0

    def begin() -> None:
        nonlocal begun
        begun += 1
        record = _record(serials.new(ATTEMPT), begun)
        waiting[record.id] = record
        store.submit(Claim(record, _LINES, _CPS, _LINES))

    def take(event: Event) -> None:
        nonlocal closed
        if isinstance(event, ClaimGranted):
            following = ContactNext(ContactState.UNCALLABLE, None, 0, "reached")
            store.submit(CloseAttempt(Outcome(waiting.pop(event.attempt_id), following)))
        elif isinstance(event, AttemptClosed):
            closed += 1
            if begun < pairs:
                begin()
            elif closed == pairs:
                done.set()
        else:
            raise RuntimeError(f"the store said {event}")

    store = RedisHotStore(url, "bench", "bench", take, SteadyClock(), namespace="bench")
    await store.start()
    await store.recover()
    running = asyncio.create_task(store.run())
    try:
        began, began_cpu = time.perf_counter(), time.process_time()
        for _ in range(min(IN_FLIGHT, pairs)):
            begin()
        finished = asyncio.create_task(done.wait())
        async with asyncio.timeout(120):
            await asyncio.wait((finished, running), return_when=asyncio.FIRST_COMPLETED)
        if not finished.done():
            finished.cancel()
            running.result()
        return time.perf_counter() - began, time.process_time() - began_cpu
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.aclose()


def _record(attempt_id: str, serial: int) -> AttemptRecord:
    return AttemptRecord(
        id=attempt_id, campaign="spring-sale", contact_id=serial, contact_list="customers",
        contact_key=str(serial), number=f"+441632{serial:06d}", number_kind="mobile",
        trunk=f"trunk-{serial % _TRUNKS}", caller_id="+441632960000", mode="agentless", ring_timeout_s=30.0,
        claimed_at=1.0,
    )  # fmt: skip
