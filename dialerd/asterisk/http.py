"""REST over HTTP keep-alive: for servers without REST over the WebSocket, and while the WebSocket is down."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
import orjson
from yarl import URL

from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import Reply, Request, Result, Unanswered, decode_body

_TRIES = 3


class HttpRest:
    """A keep-alive session to one server.

    Asterisk closes idle and surplus HTTP sessions whenever it likes: a request that met such a closing is sent
    again. That is safe because ids are ours; where it is not enough, ``Request.confirm`` is asked first.
    """

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.http_connections_max),
            headers=settings.authorization,
            timeout=aiohttp.ClientTimeout(total=settings.request_timeout_s),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def request(self, request: Request) -> Result:
        """Send ``request``; see :class:`Unanswered` for what can be known without an answer."""
        maybe_done = False
        result: Result = Unanswered(sent=False, reason="not tried")
        for _ in range(_TRIES):
            if maybe_done and request.confirm is not None:
                found = await self._once(Request("GET", request.confirm))
                if not isinstance(found, Reply):
                    return Unanswered(sent=True, reason=found.reason)
                if found.ok:
                    return Reply(found.status, found.body, repeated=True)
            result = await self._once(request)
            if isinstance(result, Reply):
                return Reply(result.status, result.body, repeated=maybe_done)
            if result.reason == _TIMED_OUT:
                break
            if result.sent:
                maybe_done = True
                if request.once:
                    break
        assert not isinstance(result, Reply)
        return Unanswered(sent=maybe_done or result.sent, reason=result.reason)

    async def _once(self, request: Request) -> Result:
        url = URL(f"{self._settings.rest_url}/{request.path}", encoded=True)
        if request.query:
            url = url.with_query(list(request.query))
        body = None if request.body is None else orjson.dumps(request.body)
        headers = None if body is None else {"Content-Type": "application/json"}
        try:
            async with self._session.request(request.method, url, data=body, headers=headers) as response:
                return Reply(response.status, decode_body(await response.read()))
        except aiohttp.ClientConnectorError as error:
            return Unanswered(sent=False, reason=str(error))
        except TimeoutError as error:
            # Also while connecting: aiohttp's connection time-out is one of these.
            return Unanswered(sent=not isinstance(error, aiohttp.ConnectionTimeoutError), reason=_TIMED_OUT)
        except aiohttp.ClientError as error:
            return Unanswered(sent=True, reason=str(error) or type(error).__name__)


_TIMED_OUT = "timed out"
