"""Contacts that the record keeps until a later moment, counted by what they wait for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.store.database import READING
from dialerd.store.schema import contacts


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """So many contacts wait for the same reason; the first of them until ``soonest_at`` (epoch seconds)."""

    reason: str
    contacts: int
    soonest_at: float


async def parked_counts(engine: AsyncEngine, lists: Collection[str], now: float) -> list[ParkedCount]:
    """The most first. Looks at every contact of these lists that waits; errors of the database are raised as they
    are."""
    count, soonest = func.count(), func.min(contacts.c.next_at)
    query = (
        select(contacts.c.reason, count, soonest)
        .where(
            contacts.c.contact_list.in_(lists),
            contacts.c.state == ContactState.WAITING.value,
            contacts.c.next_at > now,
        )
        .group_by(contacts.c.reason)
        .order_by(count.desc(), contacts.c.reason)
    )
    async with engine.execution_options(**READING).connect() as connection:
        return [ParkedCount(*row) for row in await connection.execute(query)]
