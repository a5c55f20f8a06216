"""Sends webhooks: takes them from the queue, posts them, tries again. Nobody waits for it, and a webhook that is slow
or away holds up no other."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import aiohttp
import orjson
import structlog

from dialerd import __version__
from dialerd.core.webhook import Delivery, WebhookSettings, payload
from dialerd.ports import Clock

_log = structlog.get_logger(__name__)
HOLD_SLACK_S = 30.0
"""Beyond the time-out, before somebody else may take what this process took and said nothing of."""
COUNT_EVERY_S = 15.0
Sent = Callable[[str, str, float], None]
"""Told webhook, outcome (``delivered``, ``refused``, ``timeout``, ``unreachable``, ``not_configured``, ``dead``) and
seconds."""


class Queue(Protocol):
    """Where deliveries wait; see :class:`dialerd.store.webhook_queue.WebhookQueue`."""

    async def due(self) -> dict[str, float]: ...
    async def counts(self) -> dict[str, dict[str, int]]: ...
    async def take(self, webhook: str, limit: int, hold_s: float) -> list[Delivery]: ...
    async def delivered(self, delivery_id: str) -> None: ...
    async def failed(self, delivery_id: str, error: str, retry_at: float | None) -> None: ...


class NotDelivered(Exception):
    """``outcome`` is a fixed word, the text says more."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class WebhookSender:
    """Life: :meth:`run` as a task; :meth:`wake` when there may be something to send."""

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        settings: Callable[[str], WebhookSettings | None],
        absent: Sequence[type[Exception]],
        *,
        tell: Callable[..., None],
        sent: Sent = lambda webhook, outcome, seconds: None,
        counted: Callable[[Mapping[str, Mapping[str, int]]], None] = lambda counts: None,
        poll_s: float = 2.0,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``settings``: of a webhook as they are now; None: it is configured no more. ``absent``: what the queue
        raises while it is away. ``tell``: notices. ``counted``: is told now and then how many wait and are dead.
        ``poll_s``: how often the queue is looked at."""
        self._queue, self._clock, self._settings = queue, clock, settings
        self._absent = tuple(absent)
        self._tell, self._sent = tell, sent
        self._poll_s, self._jitter = poll_s, jitter
        self._counted, self._counted_at = counted, float("-inf")
        self._busy: set[str] = set()
        self._failing: set[str] = set()
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """There may be something in the queue."""
        self._wanted.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._wanted.clear()
                try:
                    due = await self._queue.due()
                    await self._count()
                except self._absent as error:
                    _log.warning("webhooks_wait", reason=type(error).__name__)
                    due = {}
                now = self._clock.now()
                for name, at in due.items():
                    if at <= now and name not in self._busy:
                        self._busy.add(name)
                        group.create_task(self._send_due(name, session), name=f"webhook {name}")
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._wanted.wait()

    async def _count(self) -> None:
        now = self._clock.now()
        if not 0 <= now - self._counted_at < COUNT_EVERY_S:
            self._counted_at = now
            self._counted(await self._queue.counts())

    async def _send_due(self, name: str, session: aiohttp.ClientSession) -> None:
        """Everything that is due for one webhook."""
        try:
            while True:
                settings = self._settings(name)
                most, timeout_s = (settings.at_once, settings.timeout_s) if settings is not None else (50, 0.0)
                taken = await self._queue.take(name, most, timeout_s + HOLD_SLACK_S)
                if not taken:
                    return
                async with asyncio.TaskGroup() as group:
                    for delivery in taken:
                        group.create_task(self._send(settings, delivery, session))
        except* self._absent as errors:
            # What was taken comes back by itself when its hold has run out; at worst it is told twice.
            _log.warning("webhooks_wait", webhook=name, reason=type(errors.exceptions[0]).__name__)
        finally:
            self._busy.discard(name)

    async def _send(
        self, settings: WebhookSettings | None, delivery: Delivery, session: aiohttp.ClientSession
    ) -> None:
        name, began = delivery.webhook, time.perf_counter()
        try:
            if settings is None:
                raise NotDelivered("not_configured", "the campaigns file has no such webhook any more")
            if delivery.attempt is not None:  # else there is nothing left to tell of
                await post(session, settings, delivery)
        except NotDelivered as error:
            self._sent(name, error.outcome, time.perf_counter() - began)
            await self._not_delivered(settings, delivery, error)
            return
        self._sent(name, "delivered", time.perf_counter() - began)
        if name in self._failing:
            self._failing.discard(name)
            self._tell("info", "webhook_works_again", webhook=name)
        await self._queue.delivered(delivery.id)

    async def _not_delivered(self, settings: WebhookSettings | None, delivery: Delivery, error: NotDelivered) -> None:
        name, tries = delivery.webhook, delivery.tries + 1
        _log.warning("webhook_failed", webhook=name, delivery=delivery.id, tries=tries, reason=str(error))
        if settings is None or tries >= settings.tries:
            await self._queue.failed(delivery.id, str(error), None)
            self._sent(name, "dead", 0.0)
            self._tell(
                "error", "webhook_given_up", webhook=name, delivery=delivery.id, tries=str(tries), reason=str(error)
            )
            return
        if name not in self._failing:
            self._failing.add(name)
            self._tell("warning", "webhook_failing", webhook=name, reason=str(error))
        gap_s = settings.gap_s(tries) * self._jitter(0.8, 1.2)
        await self._queue.failed(delivery.id, str(error), self._clock.now() + gap_s)


async def post(session: aiohttp.ClientSession, settings: WebhookSettings, delivery: Delivery) -> None:
    """Tell it once. Raises :class:`NotDelivered` unless the answer's status is 2xx; its body is not read."""
    await post_told(session, settings, delivery.id, payload(settings, delivery))


async def post_told(
    session: aiohttp.ClientSession, settings: WebhookSettings, key: str, told: Mapping[str, Any]
) -> None:
    """The same for anything else; ``key``: by which the address knows what it was told before."""
    headers = {
        "Content-Type": "application/json", "User-Agent": f"dialerd/{__version__}", "Idempotency-Key": key,
        **_secrets(settings),
    }  # fmt: skip
    body = orjson.dumps(told)
    try:
        async with (
            asyncio.timeout(settings.timeout_s),
            session.post(settings.url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            if not 200 <= response.status < 300:
                raise NotDelivered("refused", f"HTTP status {response.status}")
    except TimeoutError:
        raise NotDelivered("timeout", f"no answer within {settings.timeout_s:g} s") from None
    except aiohttp.ClientError as error:
        raise NotDelivered("unreachable", type(error).__name__) from None
    except ValueError as error:  # a header that cannot be sent
        raise NotDelivered("refused", f"it cannot be sent: {type(error).__name__}") from None


def _secrets(settings: WebhookSettings) -> dict[str, str]:
    wanted = dict(settings.headers_env)
    if settings.token_env is not None:
        wanted["Authorization"] = settings.token_env
    found: dict[str, str] = {}
    for header, variable in wanted.items():
        value = os.environ.get(variable)
        if not value:
            raise NotDelivered("refused", f"the environment has no {variable}")
        found[header] = f"Bearer {value}" if header == "Authorization" else value
    return found
