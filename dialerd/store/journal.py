"""Who changed what and when (audit), and what an operator should have seen (notices)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.masking import masked_value
from dialerd.ports import Clock
from dialerd.store.database import READING
from dialerd.store.schema import audit, notices

MAX_NOTICES = 10_000
"""Notices kept; the oldest go first."""
_TRIM_EVERY = 200


async def write(connection: AsyncConnection, at: float, who: str, what: str, detail: Mapping[str, Any]) -> None:
    """A line of audit, in the transaction of what it tells of; ``at`` in epoch seconds."""
    await connection.execute(insert(audit).values(at=at, who=who, what=what, detail=dict(detail)))


async def note(connection: AsyncConnection, at: float, who: str, what: str, detail: Mapping[str, Any]) -> None:
    """The same, with the phone numbers in it masked."""
    await write(connection, at, who, what, masked_value(dict(detail)))


class Journal:
    """Appends to and reads the audit and the notices. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock, *, max_notices: int = MAX_NOTICES) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock
        self._max_notices = max_notices
        self._until_trim = 0

    async def add_audit(self, who: str, what: str, detail: Mapping[str, Any]) -> None:
        """Somebody did something. ``detail`` must be JSON; no secrets."""
        async with self._engine.begin() as connection:
            await write(connection, self._clock.now(), who, what, detail)

    async def audit(self, *, limit: int = 100, before_id: int | None = None) -> list[dict[str, Any]]:
        """Latest first; give the last id as ``before_id`` for the next page."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        async with self._reading.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def add_notice(self, level: str, name: str, fields: Mapping[str, str], at: float | None = None) -> None:
        """Something happened that the event viewer shows; ``at``: epoch seconds, None: now."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(notices).values(
                    at=self._clock.now() if at is None else at, level=level, name=name, fields=dict(fields)
                )
            )
            if self._until_trim <= 0:
                newest = (await connection.execute(select(func.max(notices.c.id)))).scalar_one()
                await connection.execute(delete(notices).where(notices.c.id <= newest - self._max_notices))
                self._until_trim = min(_TRIM_EVERY, self._max_notices)
            self._until_trim -= 1

    async def notices(
        self, *, level: str | None = None, limit: int = 100, before_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Latest first; give the last id as ``before_id`` for the next page."""
        query = select(notices).order_by(notices.c.id.desc()).limit(limit)
        if level is not None:
            query = query.where(notices.c.level == level)
        if before_id is not None:
            query = query.where(notices.c.id < before_id)
        async with self._reading.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]
