"""Tells webhooks of offers, at once: nothing of it is kept. What is told late is worth nothing, and whoever missed
something asks ``GET /api/v1/previews``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from dialerd.core.preview_commands import AnnounceDecision, AnnounceOffer
from dialerd.core.preview_view import told_of
from dialerd.core.webhook import WebhookSettings
from dialerd.providers.webhooks import NotDelivered, Sent, post_told

AGAIN_S = 1.0
"""Between two tries."""
CLOSED_WORTH_S = 10.0
"""So long the end of an offer is worth telling."""
MOST_WAITING = 2000


@dataclass(frozen=True, slots=True)
class _Told:
    webhook: str
    body: Mapping[str, Any]
    worth_until: float
    """On the event loop's clock."""


class OfferHooks:
    """Life: :meth:`run` as a task; :meth:`submit` at any time."""

    def __init__(
        self, settings: Callable[[str], WebhookSettings | None], *, tell: Callable[..., None], sent: Sent
    ) -> None:
        """``settings``: of a webhook as they are now; None: it is configured no more. ``tell``: notices."""
        self._settings, self._tell, self._sent = settings, tell, sent
        self._latest: dict[str, _Told] = {}
        """Attempt -> what is to be told of it next: the end of an offer replaces an offer that was not told yet."""
        self._busy: set[str] = set()
        self._failing: set[str] = set()
        self._wanted = asyncio.Event()

    def submit(self, command: AnnounceOffer | AnnounceDecision) -> None:
        """Tell of one thing, where the campaign has a webhook for it."""
        settings = self._settings(command.webhook) if command.webhook is not None else None
        if settings is None:
            return
        if len(self._latest) >= MOST_WAITING:
            del self._latest[next(iter(self._latest))]
        preview = command.record.preview or {}
        worth_s = CLOSED_WORTH_S
        if isinstance(command, AnnounceOffer):
            worth_s = preview["until"] - preview["offered_at"]
        now = time.monotonic()
        self._latest[command.record.id] = _Told(settings.name, told_of(settings, command), now + worth_s)
        self._wanted.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                for attempt in [each for each in self._latest if each not in self._busy]:
                    self._busy.add(attempt)
                    group.create_task(self._follow(attempt, session), name=f"offer {attempt}")

    async def _follow(self, attempt: str, session: aiohttp.ClientSession) -> None:
        """Tell of one attempt until there is nothing more to tell."""
        try:
            while (told := self._latest.get(attempt)) is not None:
                delivered = await self._try(told, session)
                if self._latest.get(attempt) is not told:
                    continue
                if delivered or time.monotonic() >= told.worth_until:
                    del self._latest[attempt]
                else:
                    await asyncio.sleep(AGAIN_S)
        finally:
            self._busy.discard(attempt)

    async def _try(self, told: _Told, session: aiohttp.ClientSession) -> bool:
        name, began = told.webhook, time.perf_counter()
        settings = self._settings(name)
        try:
            if settings is None:
                raise NotDelivered("not_configured", "the campaigns file has no such webhook any more")
            await post_told(session, settings, str(told.body["delivery"]), told.body)
        except NotDelivered as error:
            self._sent(name, error.outcome, time.perf_counter() - began)
            if name not in self._failing:
                self._failing.add(name)
                self._tell("warning", "webhook_failing", webhook=name, reason=str(error))
            return settings is None
        self._sent(name, "delivered", time.perf_counter() - began)
        if name in self._failing:
            self._failing.discard(name)
            self._tell("info", "webhook_works_again", webhook=name)
        return True
