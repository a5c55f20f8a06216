"""The bare ARI loop that dialerd is compared with: as little as a client can do, and nothing written down.

Deliberately not dialerd's own client: one coroutine per call, no order, no retry, no reconnect, no memory.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection

from bench.event_socket import open_events, request_frame
from lab.settings import Settings

APP = "bench-bare"
TRUNK_SOURCE = "endpoint:PJSIP/carrier"
_EVENTS = ("StasisStart", "ChannelDestroyed", "ChannelEnteredBridge", "RESTResponse")
_TIMEOUT_S = 30.0


class BareFailed(Exception):
    """The server said no."""


class BareClient:
    """REST over the event WebSocket; events by type and channel."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ids = itertools.count(1)
        self._replies: dict[str, asyncio.Future[int]] = {}
        self._events: dict[tuple[str, str], asyncio.Future[float]] = {}
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connection = await open_events(self._settings, APP)
        self._reader = asyncio.create_task(self._read(self._connection))
        allowed = {"allowed": [{"type": kind} for kind in _EVENTS]}
        await self.request("PUT", f"applications/{APP}/eventFilter", body=allowed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        assert self._reader is not None
        await self._connection.close()
        await asyncio.wait((self._reader,))

    def channel_id(self) -> str:
        """A new id; all have one length, since Asterisk compares ids by prefix when it makes a channel."""
        return f"bench-{next(self._ids):010d}"

    def expect(self, kind: str, channel_id: str) -> asyncio.Future[float]:
        """The moment (of :func:`time.perf_counter`) at which this event will have come."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._events[kind, channel_id] = future
        return future

    async def request(self, method: str, uri: str, *, body: Any = None, **query: str) -> None:
        """One request. Raises :class:`BareFailed` when it is refused."""
        assert self._connection is not None
        request_id = str(next(self._ids))
        reply = self._replies[request_id] = asyncio.get_running_loop().create_future()
        await self._connection.send(request_frame(request_id, method, uri, body, query))
        status = await reply
        if not 200 <= status < 300:
            raise BareFailed(f"{method} {uri}: {status}")

    async def _read(self, connection: ClientConnection) -> None:
        async for message in connection:
            frame = orjson.loads(message)
            if frame["type"] == "RESTResponse":
                self._replies.pop(frame["request_id"]).set_result(frame["status_code"])
                continue
            waiting = self._events.pop((frame["type"], frame.get("channel", {}).get("id", "")), None)
            if waiting is not None:
                waiting.set_result(time.perf_counter())


async def life_of_a_call(client: BareClient, endpoint: str, safely: bool = False) -> None:
    """Originate, wait for the answer, hang up, wait for the end. ``safely``: by way of dialerd's dialplan, which
    looks after a person whose call nobody takes, instead of straight into the application."""
    channel = client.channel_id()
    answered, ended = client.expect("StasisStart", channel), client.expect("ChannelDestroyed", channel)
    where = {"context": "dialerd-out", "extension": f"{APP}*20", "priority": "1"} if safely else {"app": APP}
    async with asyncio.timeout(_TIMEOUT_S):
        await client.request("POST", f"channels/{channel}", endpoint=endpoint, timeout="30", **where)
        await answered
        await client.request("DELETE", f"channels/{channel}")
        await ended


async def calls(client: BareClient, endpoints: Iterable[str], in_flight: int, safely: bool = False) -> None:
    """One call to each endpoint, ``in_flight`` of them at a time."""
    left = iter(endpoints)
    if safely:
        # As dialerd does: a call that is not in the application yet tells of its end through its endpoint only.
        await client.request("POST", f"applications/{APP}/subscription", eventSource=TRUNK_SOURCE)

    async def worker() -> None:
        for endpoint in left:
            await life_of_a_call(client, endpoint, safely)

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(worker())
    if safely:
        await client.request("DELETE", f"applications/{APP}/subscription", eventSource=TRUNK_SOURCE)
