"""Answers of the API: JSON of plain values and dataclasses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiohttp import web


def encoded(value: Any) -> bytes:
    """JSON of plain values, dataclasses and enums."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def reply(value: Any, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(body=encoded(value), status=status, content_type="application/json")


async def reply_csv(
    request: web.Request, first: bytes, pieces: AsyncIterator[bytes], name: str | None = None
) -> web.StreamResponse:
    """A CSV file, sent as it is made: its ``first`` piece, which was asked for so that what is wrong is told before
    the answer begins, and all others. ``name``: what a browser keeps it as, without `.csv`."""
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(first)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response
