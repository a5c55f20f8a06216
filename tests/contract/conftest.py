"""The stores that the contract suites run over: in memory, on a real Redis, SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from lab.ports import free_ports
from lab.redis import Redis
from tests.contract.hot_worlds import HotWorld, MemoryWorld, RedisWorld
from tests.contract.postgres_server import Postgres
from tests.contract.record_worlds import MemoryRecordWorld, RecordWorld, SqlWorld
from tests.store.store_lab import client

_databases = itertools.count(1)


@pytest.fixture(scope="session")
def contract_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One Redis for the session; every test finds it empty."""
    server = Redis(tmp_path_factory.mktemp("contract-redis"), free_ports(1, 0)[0][0])
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the session; every test has a database of its own."""
    server = Postgres(free_ports(1, 0)[0][0])
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["memory", "redis"])
async def hot(request: pytest.FixtureRequest) -> AsyncIterator[HotWorld]:
    """A hot store of each kind."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    server: Redis = request.getfixturevalue("contract_redis")
    async with client(server.url) as redis:
        await redis.flushall()
    world = RedisWorld(server.port)
    await world.open()
    try:
        yield world
    finally:
        await world.close()


async def new_database(server: Postgres) -> str:
    """The URL of an empty database."""
    name = f"contract_{next(_databases)}"
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'record.db'}"
    return await new_database(request.getfixturevalue("postgres"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def record(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RecordWorld]:
    """A record of each kind."""
    if request.param == "memory":
        yield MemoryRecordWorld()
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'record.db'}"
    else:
        url = await new_database(request.getfixturevalue("postgres"))
    world = SqlWorld(url, tmp_path)
    await world.open()
    try:
        yield world
    finally:
        await world.close()
