"""Cancellation that a library has swallowed.

A cancellation that arrives just before a library enters ``asyncio.timeout(0)``, as redis-py does to look whether a
connection is still good, comes out as that library's TimeoutError: the task goes on as if nobody had asked it to
end. Loops that run until they are cancelled must therefore look for themselves.
"""

from __future__ import annotations

import asyncio


def heed_cancellation() -> None:
    """Raise :class:`asyncio.CancelledError` if the present task was asked to end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
