"""A private Redis per test, with its append-only file on; and an empty record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from lab.ports import free_ports
from lab.redis import Redis
from tests.store.importing import Importer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own, to be killed, frozen and wiped."""
    server = Redis(tmp_path / "redis", free_ports(1, 0)[0][0])
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A record in a file of the test's own."""
    opened = open_database(f"sqlite:///{tmp_path / 'record.db'}", busy_timeout_s=0.2)
    await migrate_engine(opened)
    try:
        yield opened
    finally:
        await opened.dispose()


@pytest.fixture
def importer(engine: AsyncEngine, tmp_path: Path) -> Importer:
    """Imports into it."""
    return Importer(engine, tmp_path)
