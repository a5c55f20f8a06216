"""A private Redis per test, with its append-only file on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.ports import free_ports
from lab.redis import Redis


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own, to be killed, frozen and wiped."""
    server = Redis(tmp_path / "redis", free_ports(1, 0)[0][0])
    server.start()
    try:
        yield server
    finally:
        server.stop()
