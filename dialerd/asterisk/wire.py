"""ARI without a socket: requests, replies and the frames of REST over the event WebSocket.

The frame format is that of Asterisk's ``RESTRequest`` and ``RESTResponse`` (``rest-api/events.json``), which
servers have from 20.14, 21.9, 22.4 and 23.0 on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

RawEvent = Mapping[str, Any]
"""An ARI event as it came: ``type``, ``application``, and what its type has."""


@dataclass(frozen=True, slots=True)
class Request:
    """One REST request. ``path`` is relative to ``/ari`` and already quoted; see :func:`path_of`."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    confirm: str | None = None
    """What to GET to learn whether an earlier try of this request took effect; None: repeating it does no harm,
    unless ``once`` is set."""
    once: bool = False
    """It must not be sent again after a try whose result is unknown."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's answer; ``body`` is decoded JSON, or None."""

    status: int
    body: Any
    repeated: bool = False
    """An earlier try of the request may have taken effect before this one."""

    @property
    def ok(self) -> bool:
        """The server did it."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """The server's reason for saying no."""
        if isinstance(self.body, Mapping):
            return str(self.body.get("message") or self.body.get("error") or self.status)
        return f"HTTP status {self.status}"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came. ``sent`` False: the server never saw the request, for certain."""

    sent: bool
    reason: str

    ok = False
    status = 0

    @property
    def message(self) -> str:
        """Why there is no answer."""
        return self.reason


Result = Reply | Unanswered


@dataclass(frozen=True, slots=True)
class Response:
    """A ``RESTResponse`` frame."""

    request_id: str
    reply: Reply


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch
"""What needs no quoting: all of our own ids, and most of what else there is."""


def path_of(*segments: str) -> str:
    """A resource's path, each segment quoted."""
    return "/".join([segment if _PLAIN(segment) else quote(segment, safe="") for segment in segments])


def encode_request(request_id: str, request: Request) -> bytes:
    """The ``RESTRequest`` frame of ``request``."""
    frame: dict[str, Any] = {
        "type": "RESTRequest",
        "request_id": request_id,
        "method": request.method,
        "uri": request.path,
    }
    if request.query:
        frame["query_strings"] = [{"name": name, "value": value} for name, value in request.query]
    if request.body is not None:
        frame["content_type"] = "application/json"
        frame["message_body"] = orjson.dumps(request.body).decode()
    return orjson.dumps(frame)


def decode(message: str | bytes) -> Response | RawEvent:
    """One incoming frame.

    Raises:
        ValueError: it is not an ARI frame.
    """
    frame = orjson.loads(message)  # JSONDecodeError is a ValueError
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise ValueError("a frame without a type")
    if frame["type"] != "RESTResponse":
        return frame
    status = frame.get("status_code")
    if not isinstance(status, int):
        raise ValueError("a RESTResponse without a status code")
    return Response(str(frame.get("request_id", "")), Reply(status, decode_body(frame.get("message_body"))))


def decode_body(text: str | bytes | None) -> Any:
    """The JSON of a reply's body; None where there is none or it is not JSON (an HTML error page)."""
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


Version = tuple[int, int, int]

_FIRST_WITH_REST: Mapping[int, Version] = {20: (20, 14, 0), 21: (21, 9, 0), 22: (22, 4, 0)}


def parse_version(text: str) -> Version | None:
    """``22.10.1`` of ``22.10.1+dfsg``, also of ``certified/20.7-cert2``; None when it has no number (``GIT-…``)."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        return None
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def may_have_rest_over_websocket(version: Version | None) -> bool:
    """False where trying is pointless. An unknown version is worth a try."""
    if version is None or version[0] > 22:
        return True
    first = _FIRST_WITH_REST.get(version[0])
    return first is not None and version >= first
