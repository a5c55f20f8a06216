"""One life of the event WebSocket: opened, read until it breaks, closed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from urllib.parse import urlencode

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from dialerd.asterisk.frames import DirectConnection
from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import RawEvent, Request, Response, Result, Unanswered, decode, encode_request

log = structlog.get_logger(__name__)


class ConnectFailed(Exception):
    """The WebSocket could not be opened; the text says why."""


class EventSocket:
    """An open event WebSocket. The reader only parses and hands on, so that Asterisk never sees a slow client.

    ``on_event`` is called from the reader for every event; it must neither block nor raise.
    """

    def __init__(self, connection: DirectConnection, settings: AriSettings, on_event: Callable[[RawEvent], None]):
        self._connection = connection
        self._settings = settings
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._loop = asyncio.get_running_loop()
        self._reader = asyncio.create_task(self._until_closed())
        connection.hand_messages_to(self._take)

    @classmethod
    async def open(cls, settings: AriSettings, on_event: Callable[[RawEvent], None]) -> EventSocket:
        """Connect as ``settings.app``; this registers the application, or takes it over from who had it.

        Raises:
            ConnectFailed: nobody there, wrong password, or not ARI.
        """
        query = urlencode({"app": settings.app, "subscribeAll": "false"})
        try:
            connection = await connect(
                f"{settings.events_url}?{query}",
                additional_headers=settings.authorization,
                compression=None,
                open_timeout=settings.connect_timeout_s,
                close_timeout=1,
                ping_interval=settings.ping_interval_s,
                ping_timeout=settings.ping_interval_s,
                max_size=None,
                max_queue=None,
                proxy=None,
                create_connection=DirectConnection,
            )
        except InvalidStatus as error:
            raise ConnectFailed(f"the event WebSocket was refused: HTTP {error.response.status_code}") from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise ConnectFailed(f"no event WebSocket: {str(error) or type(error).__name__}") from error
        assert isinstance(connection, DirectConnection)
        return cls(connection, settings, on_event)

    @property
    def is_open(self) -> bool:
        """Events come in and requests can go out."""
        return not self._reader.done()

    async def wait_closed(self) -> str:
        """Wait for the end of the connection; says why it came."""
        await asyncio.wait((self._reader,))
        error = self._connection.protocol.close_exc
        return f"event WebSocket closed: {error}"

    async def close(self) -> None:
        """Close the connection; requests under way end unanswered."""
        await self._connection.close()
        await asyncio.wait((self._reader,))

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
            if not self._connection.send_at_once(encode_request(request_id, request)):
                return Unanswered(sent=False, reason="the connection is closing")
            return await answer
        finally:
            alarm.cancel()
            del self._waiting[request_id]

    async def _until_closed(self) -> None:
        try:
            await self._connection.wait_closed()
        finally:
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
