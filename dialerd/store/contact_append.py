"""Copies of contacts that wrap-up rules put into other lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.contact import ContactState
from dialerd.store.contact_edits import REMOVED, add_numbers
from dialerd.store.import_table import make_list
from dialerd.store.schema import contact_numbers, contacts

_COPIED = (contacts.c.key, contacts.c.numbers, contacts.c["columns"], contacts.c.priority)


async def append_copies(connection: AsyncConnection, wanted: Sequence[tuple[int, str]], now: float) -> None:
    """(contact, list): a copy of the contact, which was never called, comes into the list. None of a contact that was
    removed, and none where the list has a contact of its key with one of its numbers."""
    for contact_id, contact_list in wanted:
        query = select(*_COPIED).where(contacts.c.id == contact_id, contacts.c.reason != REMOVED)
        row = (await connection.execute(query)).one_or_none()
        if row is None or await _is_there(connection, contact_list, row.key, [one["e164"] for one in row.numbers]):
            continue
        await make_list(connection, contact_list, now)
        values = {
            "contact_list": contact_list, "key": row.key, "numbers": row.numbers, "columns": row.columns,
            "priority": row.priority, "state": ContactState.CALLABLE.value, "tries": {}, "updated_at": now,
            "added_at": now,
        }  # fmt: skip
        made = await connection.execute(insert(contacts).values(values).returning(contacts.c.id))
        await add_numbers(connection, made.scalar_one(), contact_list, row.numbers)


async def _is_there(connection: AsyncConnection, contact_list: str, key: str, numbers: Sequence[str]) -> bool:
    of_numbers = select(contact_numbers.c.contact_id).where(
        contact_numbers.c.e164.in_(numbers), contact_numbers.c.contact_list == contact_list
    )
    query = select(contacts.c.id).where(
        contacts.c.id.in_(of_numbers), contacts.c.contact_list == contact_list, contacts.c.key == key
    )
    return (await connection.execute(query.limit(1))).scalar() is not None
