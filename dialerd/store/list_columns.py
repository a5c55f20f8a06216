"""Which columns a contact list has, seen from a few of its contacts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.store.database import READING
from dialerd.store.schema import IMPORTING, contacts, imports

_IMPORTS = 50
_CONTACTS = 50


async def list_columns(engine: AsyncEngine, contact_list: str) -> frozenset[str]:
    """Names of columns that contacts of the list have: of each of the latest imports one contact, and of the latest
    contacts however they came. Empty when there is no contact yet."""
    latest = select(imports.c.id).where(imports.c.contact_list == contact_list).order_by(imports.c.id.desc())
    async with engine.execution_options(**READING).connect() as connection:
        ids: set[int] = set()
        for import_id in (await connection.execute(latest.limit(_IMPORTS))).scalars().all():
            of_import = select(contacts.c.id).where(contacts.c.import_id == import_id, contacts.c.state != IMPORTING)
            ids |= set((await connection.execute(of_import.limit(1))).scalars())
        for state in ContactState:
            # The index of the list, from its end.
            here = (contacts.c.contact_list == contact_list, contacts.c.state == state.value)
            last = select(contacts.c.id).where(*here).order_by(contacts.c.next_at.desc(), contacts.c.id.desc())
            ids |= set((await connection.execute(last.limit(_CONTACTS))).scalars())
        rows = await connection.execute(select(contacts.c.columns).where(contacts.c.id.in_(ids)))
        return frozenset(name for (columns,) in rows for name in columns)
