"""Opens the database of the record: SQLite as the embedded default, PostgreSQL where there is one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_S = 5.0
"""What a database server is given at least to begin a session, seconds: it forks a process for it, which on a busy
machine takes long, however little patience there is with locks."""
READING: dict[str, Any] = {"dialerd_reading": True}
"""Execution option of connections that only read: they neither take nor wait for SQLite's write lock."""


class BadDatabaseUrl(ValueError):
    """The URL is none, or names a database that dialerd does not speak to."""


def open_database(url: str, *, busy_timeout_s: float = 5.0) -> AsyncEngine:
    """The engine for ``sqlite+aiosqlite:///path`` (or ``sqlite:///path``) or ``postgresql+asyncpg://…`` (or
    ``postgresql://…``). Connects to nothing yet.

    ``busy_timeout_s``: how long a statement waits for another's lock, seconds. A server gets that long to begin a
    session, and never less than :data:`CONNECT_S`. Raises :class:`BadDatabaseUrl`, which does not repeat the URL,
    since that may carry a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadDatabaseUrl("not a database URL") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"),
            connect_args={"timeout": busy_timeout_s},
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
        )
        event.listen(engine.sync_engine, "do_connect", _keep_private)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        return create_async_engine(
            parsed.set(drivername="postgresql+asyncpg"),
            pool_pre_ping=True,
            connect_args={
                "timeout": max(busy_timeout_s, CONNECT_S),
                "command_timeout": 30.0,
                "server_settings": {
                    "application_name": "dialerd",
                    "lock_timeout": str(round(busy_timeout_s * 1000)),
                },
            },
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
        )
    raise BadDatabaseUrl(f"dialerd keeps its record in SQLite or PostgreSQL, not in {backend}")


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _keep_private(_dialect: Any, _record: Any, arguments: list[Any], _options: dict[str, Any]) -> None:
    """SQLite would make a new file readable for everybody; it holds people's names and numbers. Its companions
    (``-wal``, ``-shm``) get the file's rights, and a file that is there keeps those it was given."""
    path = str(arguments[0]) if arguments else ""
    if path and path != ":memory:" and not path.startswith("file:"):
        # Where it cannot be made, SQLite itself says why.
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own notion of transactions is switched off: it begins late and then fails where it should wait.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # docs/adr/0004: an outcome leaves the outbox only after this commit is on the disk.
    cursor.execute("PRAGMA synchronous=FULL")
    # Every page that changes is copied once more at a checkpoint: rarer ones find the same pages changed several
    # times. 8000 pages are 32 MB of log.
    cursor.execute("PRAGMA wal_autocheckpoint=8000")
    cursor.execute("PRAGMA cache_size=-8000")  # KiB, for each connection
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("dialerd_reading"):
        connection.exec_driver_sql("BEGIN")
    else:
        # A writer takes the lock at once: one that reads first and writes later can fail without waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
