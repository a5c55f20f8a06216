"""A tiny ARI client: enough to place calls and to see what the pair does."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Self

import aiohttp

from lab import Lab, TruthCall

Event = dict[str, Any]


class Ari:
    """One connection with an app of its own; keeps every event with its time of arrival."""

    def __init__(self, lab: Lab, app: str) -> None:
        self.lab = lab
        self.app = app
        self.events: list[Event] = []
        token = base64.b64encode(f"{lab.ari_user}:{lab.ari_password}".encode()).decode()
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Basic {token}"})
        self._reader: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def connect(self) -> Self:
        self._socket = await self._session.ws_connect(f"{self.lab.ari_url}/events", params={"app": self.app})
        self._reader = asyncio.create_task(self._read(self._socket))
        await self("POST", f"applications/{self.app}/subscription", eventSource="endpoint:PJSIP/carrier")
        return self

    async def disconnect(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def close(self) -> None:
        await self.disconnect()
        await self._session.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            event = json.loads(message.data)
            event["at_ms"] = time.time() * 1000
            self.events.append(event)

    async def __call__(self, method: str, path: str, *, ok: bool = True, body: Any = None, **query: Any) -> Any:
        url = f"{self.lab.ari_url}/{path}"
        async with self._session.request(method, url, params=query, json=body) as response:
            text = await response.text()
            assert not ok or response.status < 300, (response.status, text)
            return json.loads(text) if text else None

    async def dial(self, number: str, *, deadman_s: float = 60, ring_s: int = 8) -> str:
        """Call a number as dialerd does; returns the attempt id."""
        attempt = f"dlr-{secrets.token_hex(12)}"
        variables = {"DIALERD_ABANDON_SOUND": self.lab.settings.abandon_sound}
        await self(
            "POST", "channels", endpoint=f"PJSIP/{number.lstrip('+')}@carrier", context="dialerd-out",
            extension=f"{self.app}*{deadman_s:g}", priority=1, channelId=attempt, timeout=ring_s, callerId=number,
            body={"variables": variables},
        )  # fmt: skip
        return attempt

    async def wait_for(self, kind: str, channel: str, *, timeout_s: float = 30, nth: int = 0) -> Event:
        """The first (or nth) event of a kind about a channel."""

        def find() -> Event | None:
            found = [e for e in self.events if e["type"] == kind and (e.get("channel") or {}).get("id") == channel]
            return found[nth] if len(found) > nth else None

        event: Event = await until(find, timeout_s=timeout_s)
        return event


async def until(find: Callable[[], Any], *, timeout_s: float = 30) -> Any:
    """What `find` returns as soon as it is not None or False."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = find()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def ended(lab: Lab, number: str, *, after_ms: float, timeout_s: float = 30) -> TruthCall:
    """The truth of the last call to a number that began after a time, once it is over."""

    def find() -> TruthCall | None:
        calls = [c for c in lab.truth().of(number) if c.received_ms >= after_ms - 5 and c.ended_ms]
        return calls[-1] if calls else None

    await until(find, timeout_s=timeout_s)
    await asyncio.sleep(0.2)  # the recording's last frames
    found = find()
    assert found is not None
    return found
