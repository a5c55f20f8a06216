"""Answers of the API: JSON of plain values and dataclasses."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


def encoded(value: Any) -> bytes:
    """JSON of plain values, dataclasses and enums."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def reply(value: Any, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=encoded(value), status=status, content_type="application/json")
