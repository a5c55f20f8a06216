"""One life of the event WebSocket: opened, read until it breaks, closed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from urllib.parse import urlencode

import structlog
from picows import WSHandshakeError, ws_connect

from dialerd.asterisk.frames import Frames
from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import RawEvent, Request, Response, Result, Unanswered, decode, encode_request

log = structlog.get_logger(__name__)

_FRAME_MAX = 1 << 30
"""Bytes. ``GET /channels`` of a busy server is many megabytes, and all of it is in one frame."""


class ConnectFailed(Exception):
    """The WebSocket could not be opened; the text says why."""


class EventSocket:
    """An open event WebSocket. The reader only parses and hands on, so that Asterisk never sees a slow client.

    ``on_event`` is called from the reader for every event; it must neither block nor raise.
    """

    def __init__(self, frames: Frames, settings: AriSettings, on_event: Callable[[RawEvent], None]):
        self._frames = frames
        self._settings = settings
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._loop = asyncio.get_running_loop()
        frames.closed.add_done_callback(self._give_all_up)
        frames.hand_messages_to(self._take)

    @classmethod
    async def open(cls, settings: AriSettings, on_event: Callable[[RawEvent], None]) -> EventSocket:
        """Connect as ``settings.app``; this registers the application, or takes it over from who had it.

        Raises:
            ConnectFailed: nobody there, wrong password, or not ARI.
        """
        query = urlencode({"app": settings.app, "subscribeAll": "false"})
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                _, frames = await ws_connect(
                    Frames,
                    f"{settings.events_url}?{query}",
                    extra_headers=settings.authorization,
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=settings.ping_interval_s,
                    auto_ping_reply_timeout=settings.ping_interval_s,
                    max_frame_size=_FRAME_MAX,
                    max_redirects=0,
                    use_aiofastnet=False,
                )
        except WSHandshakeError as error:
            status = f"HTTP {int(error.response.status)}" if error.response is not None else str(error)
            raise ConnectFailed(f"the event WebSocket was refused: {status}") from error
        except (OSError, TimeoutError) as error:
            raise ConnectFailed(f"no event WebSocket: {str(error) or type(error).__name__}") from error
        assert isinstance(frames, Frames)
        return cls(frames, settings, on_event)

    @property
    def is_open(self) -> bool:
        """Events come in and requests can go out."""
        return not self._frames.closed.done()

    async def wait_closed(self) -> str:
        """Wait for the end of the connection; says why it came."""
        return f"event WebSocket closed: {await asyncio.shield(self._frames.closed)}"

    async def close(self) -> None:
        """Close the connection; requests under way end unanswered."""
        self._frames.close()
        await asyncio.shield(self._frames.closed)

    async def request(self, request: Request, timeout_s: float) -> Result:
        """Send one REST request and wait for its response."""
        if not self.is_open:
            return Unanswered(sent=False, reason="not connected")
        request_id = str(next(self._ids))
        answer: asyncio.Future[Result] = self._loop.create_future()
        self._waiting[request_id] = answer
        # Not asyncio.timeout: this is done for every request, and costs a quarter of it.
        alarm = self._loop.call_later(timeout_s, _give_up, answer)
        try:
            if not self._frames.send_at_once(encode_request(request_id, request)):
                return Unanswered(sent=False, reason="the connection is closing")
            return await answer
        finally:
            alarm.cancel()
            del self._waiting[request_id]

    def _give_all_up(self, closed: asyncio.Future[str]) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(Unanswered(sent=True, reason="the connection broke"))

    def _take(self, message: bytes) -> None:
        try:
            frame = decode(message)
        except ValueError as error:
            log.warning("ari_frame_not_understood", error=str(error))
            return
        if not isinstance(frame, Response):
            self._on_event(frame)
            return
        answer = self._waiting.get(frame.request_id)
        if answer is not None and not answer.done():
            answer.set_result(frame.reply)


def _give_up(answer: asyncio.Future[Result]) -> None:
    if not answer.done():
        answer.set_result(Unanswered(sent=True, reason="timed out"))
