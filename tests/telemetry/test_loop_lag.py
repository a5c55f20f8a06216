"""The event loop's lag is seen after a stall, and while it lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from dialerd.telemetry import loop_lag
from dialerd.telemetry.loop_lag import LoopLag


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


async def test_a_stall_is_seen() -> None:
    lag = LoopLag()
    loop_lag_interval, loop_lag.INTERVAL_S = loop_lag.INTERVAL_S, 0.01
    task = asyncio.create_task(lag.run())
    try:
        assert lag.seconds == 0.0
        await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - the stall itself
        assert lag.seconds >= 0.15, "seen while it lasts, by who gets to ask"
        await until(lambda: lag._last_s >= 0.15)
        assert lag.seconds >= 0.15
        await until(lambda: lag.seconds < 0.15)
    finally:
        loop_lag.INTERVAL_S = loop_lag_interval
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert lag.seconds < 0.15, "a finished measurement is not overdue"
