"""Loads of do-not-call lists in the record: one at a time for each list, in force only when all of it is there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.dnc import DncEntry
from dialerd.ports import Clock
from dialerd.store.dnc_schema import dnc_blocks, dnc_entries, dnc_lists
from dialerd.store.dnc_sql import UnknownDncList

STALE_S = 60.0
"""A load of which nothing was heard for so long has died; another may begin."""
_CHUNK = 500


class LoadUnderWay(Exception):
    """Somebody else is loading this list; the text names who."""


class LoadLost(Exception):
    """Another load has taken this one's place, because it was silent for too long."""


class DncLoads:
    """Begins, writes and ends loads. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, name: str, who: str) -> tuple[str, int, int]:
        """Take the right to load a list, and remove what a load that died has left. Returns a token, the generation
        in force and the new one. Raises :class:`LoadUnderWay` and UnknownDncList."""
        token, now = f"{who} {uuid.uuid4().hex[:12]}", self._clock.now()
        async with self._engine.begin() as connection:
            # The update takes the row's lock, so that of two that begin one sees the other.
            await connection.execute(
                update(dnc_lists).where(dnc_lists.c.name == name).values(numbers=dnc_lists.c.numbers)
            )
            row = (await connection.execute(select(dnc_lists).where(dnc_lists.c.name == name))).first()
            if row is None:
                raise UnknownDncList(name)
            if row.loader is not None and now - row.loader_seen_at < STALE_S:
                raise LoadUnderWay(f"{row.loader.rpartition(' ')[0]} is loading it")
            await connection.execute(
                update(dnc_lists).where(dnc_lists.c.name == name).values(loader=token, loader_seen_at=now)
            )
            newest = [row.generation]
            for table in (dnc_blocks, dnc_entries):
                query = select(func.max(table.c.generation)).where(table.c.dnc_list == name)
                newest.append((await connection.execute(query)).scalar() or 0)
        await self.forget(name, keep={0, row.generation})
        return token, row.generation, max(newest) + 1

    async def write_groups(
        self, name: str, generation: int, token: str, rows: Sequence[tuple[int, int, bytes]]
    ) -> None:
        """Group, count and packed numbers, in a transaction of their own. Raises :class:`LoadLost`."""
        async with self._engine.begin() as connection:
            await self._still_ours(connection, name, token)
            if rows:
                await connection.execute(
                    insert(dnc_blocks),
                    [
                        {"dnc_list": name, "generation": generation, "number_group": group, "numbers": count,
                         "packed": packed}
                        for group, count, packed in rows
                    ],
                )  # fmt: skip

    async def write_entries(
        self, name: str, generation: int, token: str, entries: Sequence[tuple[DncEntry, str]], who: str
    ) -> None:
        """Entries with their reasons, in a transaction of their own. Raises :class:`LoadLost`."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await self._still_ours(connection, name, token)
            for start in range(0, len(entries), _CHUNK):
                await connection.execute(
                    insert(dnc_entries),
                    [
                        {"dnc_list": name, "generation": generation, "field": entry.field, "seq": 0,
                         "expires_at": entry.expires_at, "reason": reason, "who": who, "added_at": now}
                        for entry, reason in entries[start : start + _CHUNK]
                    ],
                )  # fmt: skip

    async def copy_entries(self, name: str, old: int, generation: int, token: str, but: set[str]) -> None:
        """What single entries and exceptions the old load had goes on in the new one, save the fields in ``but``."""
        columns = [column for column in dnc_entries.c if column.name not in ("generation", "seq")]
        async with self._engine.begin() as connection:
            await self._still_ours(connection, name, token)
            query = select(*columns).where(
                dnc_entries.c.dnc_list == name, dnc_entries.c.generation == old, dnc_entries.c.removed_at.is_(None)
            )
            rows = [dict(row) for row in (await connection.execute(query)).mappings() if row["field"] not in but]
            for start in range(0, len(rows), _CHUNK):
                await connection.execute(
                    insert(dnc_entries),
                    [row | {"generation": generation, "seq": 0} for row in rows[start : start + _CHUNK]],
                )

    async def finish(self, name: str, generation: int, token: str, numbers: int) -> None:
        """The new load is in force from this commit on. Raises :class:`LoadLost`."""
        async with self._engine.begin() as connection:
            await self._still_ours(connection, name, token)
            await connection.execute(
                update(dnc_lists)
                .where(dnc_lists.c.name == name)
                .values(
                    generation=generation, numbers=numbers, loader=None, loader_seen_at=None,
                    changed_at=self._clock.now(),
                )
            )  # fmt: skip

    async def abandon(self, name: str, token: str) -> None:
        """Give the right to load back; nothing of the load is in force."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(dnc_lists)
                .where(dnc_lists.c.name == name, dnc_lists.c.loader == token)
                .values(loader=None, loader_seen_at=None)
            )

    async def forget(self, name: str, keep: set[int]) -> None:
        """Remove loads that are not in force, a little at a time."""
        for table, key in ((dnc_blocks, dnc_blocks.c.number_group), (dnc_entries, dnc_entries.c.field)):
            doomed = (table.c.dnc_list == name) & table.c.generation.not_in(keep)
            while True:
                async with self._engine.begin() as connection:
                    keys = (await connection.execute(select(key).where(doomed).limit(_CHUNK))).scalars().all()
                    if not keys:
                        break
                    await connection.execute(delete(table).where(doomed, key.in_(keys)))

    async def _still_ours(self, connection: AsyncConnection, name: str, token: str) -> None:
        seen = await connection.execute(
            update(dnc_lists)
            .where(dnc_lists.c.name == name, dnc_lists.c.loader == token)
            .values(loader_seen_at=self._clock.now())
        )
        if seen.rowcount == 0:
            raise LoadLost(name)
