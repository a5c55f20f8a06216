"""From rows of the table to contacts."""

from __future__ import annotations

from typing import Any

from dialerd.core.contact import Contact
from dialerd.store.contact_edits import numbers_of
from dialerd.store.schema import contacts

CONTACT_COLUMNS = tuple(
    contacts.c[name]
    for name in (
        "id", "contact_list", "key", "numbers", "columns", "attempts", "number_index", "last_disposition", "tries",
        "last_attempt_at", "added_at",
    )
)  # fmt: skip
"""What a contact is made of."""


def contact_of(row: Any) -> Contact:
    """The contact in a row of the table."""
    return Contact(
        id=row.id,
        contact_list=row.contact_list,
        key=row.key,
        numbers=numbers_of(row.numbers),
        columns=row._mapping["columns"],
        attempts=row.attempts,
        number_index=row.number_index,
        last_disposition=row.last_disposition,
        tries=row.tries,
        last_attempt_at=row.last_attempt_at,
        added_at=row.added_at,
    )
