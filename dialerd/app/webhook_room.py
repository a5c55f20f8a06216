"""Webhooks in one daemon: the queue, who sends it, and what operators ask of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.control.daemon import Row
from dialerd.core.webhook import WebhookSettings
from dialerd.ports import Clock
from dialerd.providers.webhooks import Sent, WebhookSender
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.webhook_queue import DEAD, WAITING, WebhookQueue


class WebhookRoom:
    """Implements :class:`dialerd.control.daemon.Webhooks`; ``sender`` is to be run as a task."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        settings: Callable[[], Mapping[str, WebhookSettings]],
        *,
        tell: Callable[..., None],
        sent: Sent,
        counted: Callable[[Mapping[str, Mapping[str, int]]], None],
    ) -> None:
        """``settings``: those in force; ``tell``: notices; ``sent``: is told how each try went,
        ``counted`` now and then how many deliveries wait and how many are dead."""
        self._queue = WebhookQueue(engine, clock)
        self._settings = settings
        self.sender = WebhookSender(
            self._queue,
            clock,
            lambda name: settings().get(name),
            DATABASE_ERRORS,
            tell=tell,
            sent=sent,
            counted=lambda counts: counted({**{name: {} for name in settings()}, **counts}),
        )

    async def overview(self) -> list[Row]:
        """Every webhook that is configured or has deliveries."""
        with from_database():
            counts = await self._queue.counts()
        configured = self._settings()
        return [
            {
                "webhook": name, "configured": name in configured,
                "url": configured[name].url if name in configured else None,
                "waiting": counts.get(name, {}).get(WAITING, 0), "dead": counts.get(name, {}).get(DEAD, 0),
            }
            for name in [*configured, *sorted(counts.keys() - configured.keys())]
        ]  # fmt: skip

    async def deliveries(self, dead: bool, limit: int) -> list[Row]:
        """Those that were given up, or those that wait; the oldest first."""
        with from_database():
            return await self._queue.rows(DEAD if dead else WAITING, limit)

    async def again(self, webhook: str | None, ids: Collection[str]) -> int:
        """Dead deliveries are sent again; returns how many."""
        with from_database():
            count = await self._queue.again(webhook, ids)
        self.sender.wake()
        return count

    async def drop(self, webhook: str | None, ids: Collection[str]) -> int:
        """Dead deliveries are taken out; returns how many."""
        with from_database():
            return await self._queue.drop(webhook, ids)
