"""Opens the record for one command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.database import open_database


@asynccontextmanager
async def record_at(url: str, busy_timeout_s: float = 5.0) -> AsyncIterator[AsyncEngine]:
    """The database at this URL, closed behind the command."""
    before = set(threading.enumerate())
    engine = open_database(url, busy_timeout_s=busy_timeout_s)
    try:
        yield engine
    finally:
        await engine.dispose()
        # A connection to SQLite that could not be opened still says good-bye from its thread: a command that ends its
        # event loop before that would end in a traceback.
        for thread in set(threading.enumerate()) - before:
            if "_connection_worker_thread" in thread.name:
                await asyncio.to_thread(thread.join, 2.0)
