"""An API over a staged daemon, and a client for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dialerd.control.server import build_app
from dialerd.core.analysis import profile_named
from tests.control.api_client import Client
from tests.control.stage import Stage, reminders, spring
from tests.control.staged_daemon import StagedDaemon, staged_daemon


@pytest.fixture
def stage() -> Stage:
    return Stage(spring(analysis=profile_named("off")), reminders(analysis=profile_named("off")))


@pytest.fixture
async def daemon(tmp_path: Path, stage: Stage) -> AsyncIterator[StagedDaemon]:
    made = await staged_daemon(tmp_path, stage)
    importing = asyncio.create_task(made.imports.run())
    yield made
    importing.cancel()
    with suppress(asyncio.CancelledError):
        await importing
    await made.engine.dispose()


@pytest.fixture
async def client_with(daemon: StagedDaemon) -> AsyncIterator[Callable[[str | None], Awaitable[Client]]]:
    opened: list[Client] = []

    async def make(token: str | None) -> Client:
        client: Client = TestClient(TestServer(build_app(daemon, token)))
        await client.start_server()
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.close()


@pytest.fixture
async def api(client_with: Callable[[str | None], Awaitable[Client]]) -> Client:
    return await client_with(None)
