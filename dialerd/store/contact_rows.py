"""From rows of the table to contacts, and how a campaign takes contacts for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.contact import Contact, ContactState
from dialerd.store.contact_edits import numbers_of
from dialerd.store.id_lists import among
from dialerd.store.schema import contacts

_FREE = (ContactState.CALLABLE.value, ContactState.WAITING.value)

# SQLite's JSON is read here: there are hundreds of contacts at a time, with three texts each. PostgreSQL's driver
# reads it itself.
_Read = Text().with_variant(JSONB, "postgresql")
CONTACT_COLUMNS = (
    contacts.c.id,
    contacts.c.contact_list,
    contacts.c.key,
    type_coerce(contacts.c.numbers, _Read),
    type_coerce(contacts.c.columns, _Read),
    contacts.c.attempts,
    contacts.c.number_index,
    contacts.c.last_disposition,
    contacts.c.last_attempt_at,
    contacts.c.added_at,
    type_coerce(contacts.c.tries, _Read),
)
"""What a contact is made of, for :func:`contact_of`."""


def contact_of(row: Sequence[Any]) -> Contact:
    """The contact in a row of :data:`CONTACT_COLUMNS`."""
    contact_id, contact_list, key, numbers, columns, attempts, number_index, last, last_at, added_at, tries = row
    if isinstance(numbers, str):
        numbers, columns, tries = orjson.loads(numbers), orjson.loads(columns), orjson.loads(tries)
    return Contact(
        contact_id, contact_list, key, numbers_of(numbers), columns, attempts, number_index, last, last_at, added_at,
        tries,
    )  # fmt: skip


async def take(connection: AsyncConnection, ids: Sequence[int], token: str, now: float) -> dict[int, Contact]:
    """Mark these contacts ``in_attempt`` for the fetch ``token``; returns them by id, without those that are no
    longer free or that somebody else changes at this moment."""
    postgresql = connection.dialect.name == "postgresql"
    mine = among(contacts.c.id, ids, postgresql)
    if postgresql:
        free = select(contacts.c.id).where(mine, contacts.c.state.in_(_FREE)).with_for_update(skip_locked=True)
        where: list[ColumnElement[bool]] = [contacts.c.id.in_(free.scalar_subquery())]
    else:
        where = [mine, contacts.c.state.in_(_FREE)]
    marked = (
        update(contacts)
        .where(*where)
        .values(state=ContactState.IN_ATTEMPT.value, next_at=0.0, fetch=token, updated_at=now)
        .returning(*CONTACT_COLUMNS)
    )
    return {row[0]: contact_of(row) for row in (await connection.execute(marked)).all()}
