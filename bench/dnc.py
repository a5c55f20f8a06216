"""Do-not-call lists: loading, size in Redis, and what asking them adds to a claim."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import redis.asyncio
import uvloop

from bench.figures import Figure, Measurement, Target
from bench.processes import Meter
from bench.world import SEED, World
from dialerd.core.attempt import AttemptRecord
from dialerd.core.commands import Claim
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.store.database import open_database
from dialerd.store.dnc_blocks import Numbers
from dialerd.store.dnc_load import LoadMode, load_file
from dialerd.store.dnc_loads import DncLoads
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.migrate import migrate_engine
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import RedisLink
from dialerd.store.redis_queue import CommandQueue

QUICK, USUAL, FULL = 500_000, 5_000_000, 100_000_000
LISTS = ("national", "state", "opt_outs")
_CHUNK = 1_000_000
_CLAIMS = 8000
_ROUNDS = 7
_SPARSE = 1_000_000


class _WallClock:
    def now(self) -> float:
        return time.time()


def measure(world: World) -> Measurement:
    """Load a list of American numbers, and claim with and without asking three lists."""
    count = QUICK if world.quick else FULL if world.full else USUAL
    return uvloop.run(_measure(world, count))


async def _measure(world: World, count: int) -> Measurement:
    clock = _WallClock()
    engine = open_database(f"sqlite:///{world.folder / 'dnc.db'}")
    await migrate_engine(engine)
    record = SqlDnc(engine, clock)
    copy = DncCopy(world.lab.redis_url, record, namespace="bench-dnc")
    loads = DncLoads(engine, clock)
    try:
        await record.ensure(LISTS)
        # Lists without single entries are not asked for them: here both the state's and the site's have some.
        single = [DncEntry(DncKind.NUMBER, f"+1212555{n:04d}") for n in range(1000)]
        for name in LISTS[1:]:
            await record.add(name, [*single, DncEntry(DncKind.PREFIX, "+1900")], "bench", "bench")
        for name in LISTS:
            await copy.refresh(name)
        path = world.folder / "numbers.txt"
        _write_dense(path, count)
        before = await copy.memory_bytes()
        began = time.perf_counter()
        result = await load_file(
            record, loads, copy, path, "national", mode=LoadMode.REPLACE, region="US", who="bench", now=time.time()
        )
        took_s = time.perf_counter() - began
        dense = (await copy.memory_bytes() - before) / result.numbers
        path.unlink()
        few = min(count, _SPARSE)
        _write_sparse(path, few)
        before = await copy.memory_bytes()
        sparse_load = await load_file(
            record, loads, copy, path, "state", mode=LoadMode.REPLACE, region=None, who="bench", now=time.time()
        )
        sparse = (await copy.memory_bytes() - before) / sparse_load.numbers
        plain_us, asking_us = await _claims(world.lab.redis_url, world.lab.redis.pid)
        began = time.perf_counter()
        await _forget(world.lab.redis_url)
        await copy.refresh("national")
        rebuilt_s = time.perf_counter() - began
    finally:
        await copy.aclose()
        await engine.dispose()
    figures = (
        Figure("numbers loaded per second", count / took_s, "", Target(300_000)),
        Figure("bytes in Redis per number, American numbers", dense, "B", Target(15, at_most=True)),
        Figure("bytes in Redis per number, the same count over ten countries", sparse, "B"),
        Figure("asking three lists adds to a claim", asking_us - plain_us, "µs", Target(50, at_most=True)),
        Figure("a claim without lists", plain_us, "µs"),
        Figure("numbers copied from the record to an empty Redis per second", result.numbers / rebuilt_s),
        Figure("most memory of the loading process", _most_mib(), "MiB"),
    )  # fmt: skip
    method = (
        f"{count:,} random American numbers, one in each line, {result.numbers:,} of them different, loaded from a "
        f"file into SQLite and Redis; and {few:,} of ten digits behind the codes of ten countries. Then "
        f"{_CLAIMS} claims by the daemon's script, without lists and with three (one of a file, numbers, every "
        f"prefix and the contact asked), in turns, {_ROUNDS} times; the medians of the processor time of Redis for a "
        "claim. At last Redis is emptied and the big list is copied from the record."
    )
    return Measurement("dnc", "Do-not-call lists", figures, method)


def _write_dense(path: Path, count: int) -> None:
    rng = np.random.default_rng(SEED)
    with path.open("wb") as file:
        for start in range(0, count, _CHUNK):
            size = min(_CHUNK, count - start)
            area = rng.integers(200, 1000, size).astype(np.uint64) * np.uint64(10**7)
            line = rng.integers(2_000_000, 10_000_000, size).astype(np.uint64)
            _write_lines(file, area + line)


def _write_sparse(path: Path, count: int) -> None:
    rng = np.random.default_rng(SEED)
    # Mobile numbers of plans with ten digits, of which any may be in use.
    prefixes = np.array([447_4, 447_5, 447_7, 447_8, 447_9, 337_5, 336_1, 393_3, 919_8, 919_9], dtype=np.uint64)
    digits = np.array([8, 8, 8, 8, 8, 7, 7, 8, 8, 8], dtype=np.uint64)
    which = rng.integers(0, 10, count)
    rest = (rng.random(count) * 10.0 ** digits[which]).astype(np.uint64)
    with path.open("wb") as file:
        _write_lines(file, prefixes[which] * np.power(np.uint64(10), digits[which]) + rest, b"+")


def _write_lines(file: IO[bytes], numbers: Numbers, before: bytes = b"") -> None:
    text = np.char.mod("%d", numbers)
    file.write(before + ("\n" + before.decode()).join(text.tolist()).encode() + b"\n")


async def _claims(url: str, pid: int) -> tuple[float, float]:
    """Microseconds of Redis for a claim without and with lists: medians over the rounds."""
    keys = Keys("bench-dnc", "bench-dnc")
    link = RedisLink(url, timeout_s=10.0)
    plain = redis.asyncio.Redis.from_url(url)
    found: dict[tuple[str, ...], list[float]] = {(): [], LISTS: []}
    try:
        await link.open()
        await plain.set(keys.lease, "bench")
        serial = _serials()
        for _ in range(_ROUNDS):
            for lists, costs in found.items():
                queue = CommandQueue(keys)
                meter = Meter({"redis": pid})
                for _ in range(_CLAIMS):
                    queue.append(Claim(_record(next(serial)), 10**6, 500.0, 10**6, dnc=lists))
                while batch := queue.take(100):
                    await link.run([pending.call for pending in batch], "bench")
                costs.append(meter.used_s()["redis"] / _CLAIMS * 1e6)
                await plain.delete(keys.ledger, keys.numbers, *[keys.cps(f"t{n}") for n in range(_CLAIMS)])
    finally:
        await link.aclose()
        await plain.aclose()
    return statistics.median(found[()]), statistics.median(found[LISTS])


def _serials() -> Iterator[int]:
    serial = 0
    while True:
        serial += 1
        yield serial


def _record(serial: int) -> AttemptRecord:
    # The area code and exchange are everywhere in the list; the numbers are hit as often as its density says.
    number = f"+1{200 + serial % 800}{2_000_000 + serial * 7919 % 8_000_000}"
    return AttemptRecord(
        id=f"dlr-{serial:024x}", campaign=f"c{serial % 16}", contact_id=serial, contact_list="customers",
        contact_key=str(serial), number=number, number_kind="mobile", trunk=f"t{serial % _CLAIMS}",
        caller_id="+441632960000", mode="agentless", ring_timeout_s=30.0, claimed_at=1.0,
    )  # fmt: skip


async def _forget(url: str) -> None:
    """As if Redis had lost the copy."""
    plain = redis.asyncio.Redis.from_url(url)
    try:
        doomed = [key async for key in plain.scan_iter(match="{bench-dnc}:dnc*", count=10_000)]
        for start in range(0, len(doomed), 1000):
            await plain.unlink(*doomed[start : start + 1000])
    finally:
        await plain.aclose()


def _most_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
