"""How soon one prompt follows another, or a key, by Asterisk's own word: playbacks and keys with their moments.

A second application that is subscribed to the trunk hears of every playback on it, beside the daemon's own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from bench.bare import TRUNK_SOURCE
from bench.event_socket import open_events, request_frame
from lab.settings import Settings

_APP = "bench-prompts"
_READY_S = 10.0


class Kind(StrEnum):
    """What Asterisk tells of."""

    STARTED = "PlaybackStarted"
    FINISHED = "PlaybackFinished"
    KEY = "ChannelDtmfReceived"


@dataclass(frozen=True, slots=True)
class Seen:
    """One event on one channel. ``at_ms``: epoch milliseconds, Asterisk's clock; ``media``: of a playback."""

    channel: str
    kind: Kind
    at_ms: float
    media: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """From what made a prompt due until it started. ``after``: ``end`` of the prompt before it, or a ``key``."""

    after: str
    ms: float


def gaps(events: Iterable[Seen], asking: str) -> list[Gap]:
    """For every prompt but the first one of a channel, in the order of the events. ``asking``: media of the one
    prompt that a key answers; a key pressed since it started makes the next prompt due, else the end of the one
    before."""
    found: list[Gap] = []
    latest: dict[str, tuple[str, float | None, float | None]] = {}  # media, its end, the first key since its start
    for event in events:
        media, ended_ms, key_ms = latest.get(event.channel, ("", None, None))
        if event.kind is Kind.STARTED:
            if media == asking and key_ms is not None:
                found.append(Gap("key", event.at_ms - key_ms))
            elif ended_ms is not None:
                found.append(Gap("end", event.at_ms - ended_ms))
            latest[event.channel] = (event.media, None, None)
        elif event.kind is Kind.FINISHED:
            latest[event.channel] = (media, event.at_ms, key_ms)
        else:
            latest[event.channel] = (media, ended_ms, key_ms if key_ms is not None else event.at_ms)
    return found


def seen_in(frame: dict[str, Any]) -> Seen | None:
    """What an event says; None for one that is of no interest."""
    try:
        kind = Kind(frame["type"])
    except ValueError:
        return None
    at_ms = datetime.fromisoformat(frame["timestamp"]).timestamp() * 1000
    if kind is Kind.KEY:
        return Seen(frame["channel"]["id"], kind, at_ms)
    playback = frame["playback"]
    return Seen(playback["target_uri"].removeprefix("channel:"), kind, at_ms, playback["media_uri"])


class PromptWatch:
    """``with PromptWatch(settings) as watch:`` gathers ``watch.seen`` in a thread of its own, until Asterisk has
    enough of it: it cuts off whoever reads too slowly, and what was seen until then is true all the same."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.seen: list[Seen] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._connection: ClientConnection | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="prompt-watch")

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_READY_S) or self._failed is not None:
            raise RuntimeError("Asterisk tells nothing of prompts") from self._failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop)
        self._thread.join(_READY_S)
        self._loop.close()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._watch())
        except (OSError, RuntimeError, WebSocketException) as error:
            self._failed = error
            self._ready.set()

    async def _watch(self) -> None:
        self._connection = await open_events(self._settings, _APP, close_timeout_s=1.0)
        allowed = {"allowed": [{"type": kind.value} for kind in Kind] + [{"type": "RESTResponse"}]}
        await self._ask("PUT", f"applications/{_APP}/eventFilter", body=allowed)
        await self._ask("POST", f"applications/{_APP}/subscription", query={"eventSource": TRUNK_SOURCE})
        answers = 0
        async for message in self._connection:
            frame = orjson.loads(message)
            if frame["type"] == "RESTResponse":
                if not 200 <= frame["status_code"] < 300:
                    raise RuntimeError(f"{frame['uri']}: {frame['status_code']}")
                answers += 1
                if answers == 2:
                    self._ready.set()
            elif (seen := seen_in(frame)) is not None:
                self.seen.append(seen)

    async def _ask(self, method: str, uri: str, *, body: Any = None, query: dict[str, str] | None = None) -> None:
        assert self._connection is not None
        await self._connection.send(request_frame(uri, method, uri, body, query))
