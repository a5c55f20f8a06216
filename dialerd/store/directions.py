"""How sequences and campaign rules stand, and how far contact lists are done: the record's part of it in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.commands import AuditAction, CountContacts, SaveDirection
from dialerd.core.contact import ContactState
from dialerd.core.events import ContactsCounted
from dialerd.store.journal import write
from dialerd.store.schema import IMPORTING, contacts, directions

DirectionCommand = SaveDirection | AuditAction


async def save(connection: AsyncConnection, command: DirectionCommand, now: float) -> None:
    """Carry out one command; ``now`` in epoch seconds."""
    if isinstance(command, AuditAction):
        await write(connection, now, command.who, command.what, command.detail)
        return
    is_it = (directions.c.kind == command.kind) & (directions.c.name == command.name)
    await connection.execute(delete(directions).where(is_it))
    await connection.execute(
        insert(directions).values(kind=command.kind, name=command.name, state=dict(command.state), updated_at=now)
    )


async def saved(engine: AsyncEngine) -> dict[tuple[str, str], Mapping[str, Any]]:
    """(kind, name) -> what was saved last."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(directions.c.kind, directions.c.name, directions.c.state))
        return {(kind, name): state for kind, name, state in rows}


async def count(connection: AsyncConnection, command: CountContacts) -> ContactsCounted:
    """Count the contacts of some lists by one look at an index."""
    query = (
        select(contacts.c.state, func.count())
        .where(contacts.c.contact_list.in_(command.contact_lists), contacts.c.state != IMPORTING)
        .group_by(contacts.c.state)
    )
    counts = {row[0]: row[1] for row in await connection.execute(query)}
    return ContactsCounted(command.campaign, sum(counts.values()), counts.get(ContactState.UNCALLABLE.value, 0))
