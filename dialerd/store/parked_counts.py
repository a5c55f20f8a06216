"""Contacts that the record keeps until a later moment, counted by what they wait for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.contact import ContactState
from dialerd.core.time_gate import OUTSIDE_HOURS
from dialerd.store.calling_groups import groups_now
from dialerd.store.database import READING
from dialerd.store.schema import contacts


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """So many contacts wait for the same reason; the first of them until ``soonest_at`` (epoch seconds)."""

    reason: str
    contacts: int
    soonest_at: float


async def parked_counts(
    engine: AsyncEngine, lists: Collection[str], now: float, hours: CallableTime = ANY_TIME
) -> list[ParkedCount]:
    """The most first. Looks at every contact of these lists that waits; errors of the database are raised as they
    are. ``hours``: when people may be called; whoever waits in a group that is closed by them is parked."""
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
        found = {row[0]: ParkedCount(*row) for row in await connection.execute(query)}
        for name in lists:
            for group, until in (await groups_now(connection, name, hours, now)).closed.items():
                some = select(func.count()).where(
                    contacts.c.contact_list == name,
                    contacts.c.state == ContactState.WAITING.value,
                    contacts.c.next_at == group,
                )
                more = int((await connection.execute(some)).scalar_one())
                alone = found.get(OUTSIDE_HOURS, ParkedCount(OUTSIDE_HOURS, 0, until))
                found[OUTSIDE_HOURS] = ParkedCount(OUTSIDE_HOURS, alone.contacts + more, min(alone.soonest_at, until))
    return sorted(found.values(), key=lambda one: (-one.contacts, one.reason))
