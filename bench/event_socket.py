"""ARI's event WebSocket, and requests over it, as plainly as a client can use them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from websockets.asyncio.client import ClientConnection, connect

from lab.settings import Settings


async def open_events(settings: Settings, app: str, *, close_timeout_s: float = 10.0) -> ClientConnection:
    """The events of an application. Raises :class:`OSError` and the library's own exceptions."""
    credentials = b64encode(f"{settings.ari_user}:{settings.ari_password}".encode()).decode()
    url = f"ws{settings.ari_url.removeprefix('http')}/events?{urlencode({'app': app})}"
    return await connect(
        url, additional_headers={"Authorization": f"Basic {credentials}"}, compression=None, max_queue=None,
        ping_interval=None, proxy=None, close_timeout=close_timeout_s,
    )  # fmt: skip


def request_frame(request_id: str, method: str, uri: str, body: Any, query: Mapping[str, str] | None) -> str:
    """A REST request as a message of the WebSocket."""
    frame: dict[str, Any] = {"type": "RESTRequest", "request_id": request_id, "method": method, "uri": uri}
    if query:
        frame["query_strings"] = [{"name": name, "value": value} for name, value in query.items()]
    if body is not None:
        frame["content_type"], frame["message_body"] = "application/json", orjson.dumps(body).decode()
    return orjson.dumps(frame).decode()
