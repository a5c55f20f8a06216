"""An AMI connection that mends itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

import structlog

from dialerd.asterisk.ami_connection import AmiConnection, AmiFailed, Answer
from dialerd.asterisk.ami_wire import Message
from dialerd.asterisk.backoff import Backoff
from dialerd.asterisk.settings import AmiSettings

log = structlog.get_logger(__name__)


class AmiLink:
    """Connects, logs in, calls ``on_up``, keeps asking whether Asterisk is alive, and begins again when it breaks.

    ``on_up`` may use :meth:`action`; when it raises AmiFailed the connection is given up. ``on_down`` gets the
    reason, also for tries that fail.
    """

    def __init__(
        self,
        settings: AmiSettings,
        rng: random.Random,
        *,
        on_event: Callable[[Message], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._backoff = Backoff(rng, settings.backoff_min_s, settings.backoff_max_s)
        self._on_event = on_event
        self._on_up = on_up
        self._on_down = on_down
        self._connection: AmiConnection | None = None
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._stay_connected())

    async def ended(self) -> None:
        """Wait until nobody stays connected any more: after :meth:`stop`, or raises the defect that ended it."""
        assert self._task is not None
        await asyncio.wait((self._task,))
        if not self._task.cancelled():
            self._task.result()

    async def stop(self) -> None:
        """Disconnect for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._disconnect()

    async def action(self, name: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send one action.

        Raises:
            AmiFailed: not connected, or no answer.
        """
        if self._connection is None:
            raise AmiFailed("AMI is not connected")
        return await self._connection.action(name, fields)

    async def wait_up(self, timeout_s: float) -> bool:
        """Wait until logged in; False when that takes longer than ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError:
            return False
        return True

    async def _stay_connected(self) -> None:
        while True:
            try:
                reason = await self._one_life()
            except AmiFailed as error:
                reason = str(error)
            await self._disconnect()
            log.error("ami_lost", reason=reason)
            self._on_down(reason)
            await asyncio.sleep(self._backoff.next_s())

    async def _one_life(self) -> str:
        connection = await AmiConnection.open(self._settings, self._on_event)
        self._connection = connection
        self._up.set()
        log.info("ami_connected", banner=connection.banner)
        await self._on_up()
        self._backoff.reset()
        closed = asyncio.ensure_future(connection.wait_closed())
        try:
            while True:
                done, _ = await asyncio.wait((closed,), timeout=self._settings.ping_interval_s)
                if done:
                    return closed.result()
                await connection.action("Ping")
        finally:
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)

    async def _disconnect(self) -> None:
        self._up.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
