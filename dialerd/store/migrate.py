"""Brings a database to the schema of this version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.database import READING, open_database


class DatabaseTooNew(Exception):
    """The database was migrated by a newer version of dialerd; this one must not touch it."""


async def migrate(url: str) -> None:
    """Create or upgrade the tables. Idempotent. Raises :class:`DatabaseTooNew`, and the database's own errors."""
    engine = open_database(url)
    try:
        await migrate_engine(engine)
    finally:
        await engine.dispose()


async def migrate_engine(engine: AsyncEngine) -> None:
    """:func:`migrate` for an engine that is open already."""
    async with engine.execution_options(**READING).connect() as connection:
        if await connection.run_sync(_current) == head():
            return
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def head() -> str | None:
    """The revision that this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "dialerd.store:migrations")
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = _config()
    current = _current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseTooNew(f"the database has revision {current}, which this version of dialerd does not know")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
