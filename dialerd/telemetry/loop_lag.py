"""How late the event loop wakes up: the first sign of a daemon that has too much to do, or is stuck."""

from __future__ import annotations

import asyncio

INTERVAL_S = 0.5


class LoopLag:
    """Measures the lag of the event loop it runs on. Own the task of :meth:`run`."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._due: float | None = None

    @property
    def seconds(self) -> float:
        """The present lag: the last one measured, or how long the next measurement is overdue if that is more."""
        if self._due is None:
            return self._last_s
        return max(self._last_s, asyncio.get_running_loop().time() - self._due)

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._due = loop.time() + INTERVAL_S
                await asyncio.sleep(INTERVAL_S)
                self._last_s = max(0.0, loop.time() - self._due)
        finally:
            self._due = None
