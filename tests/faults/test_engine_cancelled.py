"""The engine's loop ends when it is told to, at whatever moment that happens."""

from __future__ import annotations

import asyncio

import pytest

from dialerd.core.commands import Command
from dialerd.core.dialer import Dialer
from dialerd.core.events import StoreLost
from dialerd.core.ids import SerialNumbers
from dialerd.engine import Engine, EngineLoop, SteadyClock


class Deaf:
    """A port to which nothing matters."""

    def submit(self, command: Command) -> None:
        assert command is not None


@pytest.mark.parametrize("turns", range(4))
async def test_cancelled_together_with_an_event(turns: int) -> None:
    """A task that fails posts why and ends the group: the event and the cancellation arrive together."""
    port = Deaf()
    clock, dialer = SteadyClock(), Dialer(SerialNumbers(1, 1))
    dialer.floor.timers.set("pace", "nobody", clock.now() + 1000)
    loop = EngineLoop(Engine(dialer, port, port, port, port, port), clock.now)
    running = asyncio.create_task(loop.run())
    for _ in range(5):
        await asyncio.sleep(0)
    loop.post(StoreLost("superseded"))
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait((running,), timeout=5)
    assert running in done, "the cancellation was swallowed"
    assert running.cancelled()
