"""Where adapters post in tests: keeps every event and waits for the wanted one."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dialerd.core.events import Event
from dialerd.core.ids import SERIAL_DIGITS

T = TypeVar("T")


def new_id(kind: str) -> str:
    """An id of that kind that nobody used before."""
    return kind + secrets.token_hex(SERIAL_DIGITS // 2)


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_s: float = 10) -> None:
    """Wait until the condition holds; TimeoutError if it does not in time. For what sends no event."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 (the other side has no event to wait for)
            await asyncio.sleep(0.02)


class Inbox:
    """Callable as ``post``."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times: list[float] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(time.time())
        self._news.set()

    def all(self, kind: type[T], **fields: object) -> list[T]:
        """The events of that kind so far, whose fields have these values."""
        return [
            event
            for event in self.events
            if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
        ]

    async def expect(self, kind: type[T], *, timeout_s: float = 30, nth: int = 0, **fields: object) -> T:
        """The nth event of that kind with these fields, as soon as it has come."""
        async with asyncio.timeout(timeout_s):
            while len(found := self.all(kind, **fields)) <= nth:
                self._news.clear()
                await self._news.wait()
        return found[nth]

    def index(self, event: Event) -> int:
        """The place of an event in the order of posting."""
        return self.events.index(event)

    def time_of(self, event: Event) -> float:
        """When it was posted, epoch seconds."""
        return self.times[self.events.index(event)]
