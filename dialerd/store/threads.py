"""Work in a thread that whoever is cancelled waits for: what it works with is closed afterwards, not meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """As :func:`asyncio.to_thread`; a cancellation arrives when the work is done. Closing one of SQLite's connections
    while a thread uses it would end the whole process."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):  # however often it comes
                await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # it is nobody's concern any more
        raise
