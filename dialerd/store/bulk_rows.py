"""Many rows at once, by what each database does best: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, event, func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.store.database import open_database

_CACHE_KIB = 64 * 1024
_CHECKPOINT_PAGES = 32 * 1024

CONTACT_COLUMNS = (
    "contact_list", "import_id", "import_line", "key", "numbers", "columns", "state", "tries", "updated_at",
    "added_at",
)  # fmt: skip
NUMBER_COLUMNS = ("e164", "contact_id", "contact_list")


@asynccontextmanager
async def bulk_engine(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Another engine for the same database. On SQLite its connections keep more of the file in memory and write it
    back less often: the pages of an index are changed by row after row of a big import."""
    other = open_database(engine.url.render_as_string(hide_password=False), busy_timeout_s=30.0)
    if other.dialect.name == "sqlite":
        event.listen(other.sync_engine, "connect", _make_roomy)
    try:
        yield other
    finally:
        await other.dispose()


def _make_roomy(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
    cursor.close()


async def insert_rows(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Insert rows in this order, in the connection's transaction. JSON is given as text. On PostgreSQL something must
    have been executed on the connection before: it is that which begins the transaction."""
    if connection.dialect.name == "postgresql":
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.copy_records_to_table(table, records=rows, columns=list(columns))
        return
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join("?" * len(columns))
    await connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def matching(connection: AsyncConnection, column: Column[Any], values: list[str]) -> ColumnElement[bool]:
    """Whether the column is one of many values, which go as one parameter."""
    if connection.dialect.name == "postgresql":
        return column == func.any(literal(values, postgresql.ARRAY(column.type)))
    each = func.json_each(orjson.dumps(values).decode()).table_valued("value")
    return column.in_(select(each.c.value))
