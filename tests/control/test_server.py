"""Serving the API on an address."""

from __future__ import annotations

import aiohttp
import pytest

from dialerd.control.server import ControlServer
from tests.control.staged_daemon import StagedDaemon


async def test_it_serves_and_stops(daemon: StagedDaemon) -> None:
    server = ControlServer(daemon, "127.0.0.1", 0, None)
    await server.start()
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{server.port}/healthz"
        async with session.get(url) as answer:
            assert answer.status == 200
        await server.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)


async def test_a_taken_address_is_an_os_error(daemon: StagedDaemon) -> None:
    first = ControlServer(daemon, "127.0.0.1", 0, None)
    await first.start()
    second = ControlServer(daemon, "127.0.0.1", first.port, None)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await first.stop()


async def test_a_defect_is_not_shown_to_callers(daemon: StagedDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ControlServer(daemon, "127.0.0.1", 0, None)
    await server.start()

    def broken() -> None:
        raise KeyError("a secret detail")

    monkeypatch.setattr(daemon, "view", broken)
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{server.port}/api/v1/campaigns"
        async with session.get(url) as answer:
            assert answer.status == 500
            assert "secret" not in await answer.text()
    await server.stop()
