"""A small ARI server for error paths: answers as told, and keeps what it was asked.

What Asterisk really does is tested in ``tests/integration/asterisk``; here it misbehaves on command.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from dialerd.asterisk.settings import AriSettings

USER, PASSWORD = "dialerd", "pa:ss wörd"


@dataclass
class Answer:
    """What one request gets. ``fault``: ``drop`` closes the connection instead of answering, ``hang`` never
    answers."""

    status: int = 200
    body: Any = None
    fault: str = ""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    over_websocket: bool


@dataclass
class MockAri:
    """``answers`` maps ``"METHOD path"`` to answers, used in order, the last one again and again."""

    version: str = "22.10.1"
    rest_over_websocket: bool = True
    app_filtered: bool = True
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    refuse_sockets_with: int = 0
    on_connect: list[Mapping[str, Any]] = field(default_factory=list)
    """Events sent at once to every new socket."""
    server: TestServer | None = None
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, request: str, *answers: Answer) -> None:
        """From now on ``request`` gets these answers."""
        self.answers[request] = list(answers)

    def requests(self, method: str, path: str) -> list[Asked]:
        """The requests of this kind so far."""
        return [asked for asked in self.asked if (asked.method, asked.path) == (method, path)]

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send an event to the newest socket."""
        await self.sockets[-1].send_str(json.dumps(event))

    async def send_raw(self, text: str) -> None:
        """Send any text to the newest socket."""
        await self.sockets[-1].send_str(text)

    def settings(self, **options: Any) -> AriSettings:
        """Settings for this server, with small patience."""
        assert self.server is not None
        defaults = {"backoff_min_s": 0.01, "backoff_max_s": 0.05, "request_timeout_s": 0.5, "connect_timeout_s": 2.0}
        return AriSettings(str(self.server.make_url("/")), USER, PASSWORD, "app", **{**defaults, **options})

    def _next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        answers = self.answers.get(f"{asked.method} {asked.path}")
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if asked.path == "asterisk/info":
            return Answer(200, {"system": {"version": self.version}})
        if asked.method == "GET" and asked.path in ("channels", "bridges"):
            return Answer(200, [])
        if asked.method == "GET" and asked.path.startswith(("channels/", "bridges/", "playbacks/")):
            return Answer(404, {"message": "not found"})
        return Answer(200, {})

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        answer = self._next(Asked(request.method, request.match_info["path"], dict(request.query), body, False))
        if answer.fault == "drop":
            assert request.transport is not None
            request.transport.abort()
        elif answer.fault == "hang":
            await self._gone.wait()
        return web.json_response(answer.body, status=answer.status)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_sockets_with:
            return web.Response(status=self.refuse_sockets_with)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        for event in self.on_connect:
            await socket.send_str(json.dumps(event))
        async for message in socket:
            if message.type is WSMsgType.TEXT and self.rest_over_websocket:
                await self._frame(socket, json.loads(message.data))
        return socket

    async def _frame(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        query = {pair["name"]: pair["value"] for pair in frame.get("query_strings", ())}
        body = json.loads(frame["message_body"]) if "message_body" in frame else None
        answer = self._next(Asked(frame["method"], frame["uri"], query, body, True))
        if answer.fault == "drop":
            await self.cut(socket)
        elif answer.fault != "hang":
            reply = {"type": "RESTResponse", "request_id": frame["request_id"], "status_code": answer.status}
            await socket.send_str(json.dumps({**reply, "message_body": json.dumps(answer.body)}))

    async def cut(self, socket: web.WebSocketResponse | None = None) -> None:
        """Break a socket without a closing handshake."""
        writer = (socket or self.sockets[-1])._writer
        assert writer is not None
        assert writer.transport is not None
        writer.transport.abort()


@web.middleware
async def _password(request: web.Request, handler: Any) -> web.StreamResponse:
    if request.headers.get("Authorization") != AriSettings("", USER, PASSWORD, "").authorization["Authorization"]:
        return web.json_response({"message": "Authentication required"}, status=401)
    response: web.StreamResponse = await handler(request)
    return response


@asynccontextmanager
async def mock_ari() -> AsyncIterator[MockAri]:
    """A running server on a free loopback port."""
    mock = MockAri()
    application = web.Application(middlewares=[_password])
    application.router.add_get("/ari/events", mock._events)
    application.router.add_route("*", "/ari/{path:.*}", mock._rest)
    mock.server = TestServer(application)
    await mock.server.start_server()
    try:
        yield mock
    finally:
        mock._gone.set()
        await mock.server.close()
