"""Changes of single contacts in the record, whoever asks for them. Each works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.contact import Number
from dialerd.core.tallies import renumbered
from dialerd.store.calling_groups import in_group
from dialerd.store.schema import IMPORTING, contact_numbers, contacts

REMOVED = "removed"
"""Reason of a contact that is no longer in its list."""
_OPTED_OUT = "opted_out"


class NoSuchContact(LookupError):
    """There is no contact of this id, or it was removed."""


class NoSuchNumber(ValueError):
    """The contact has not this number."""


async def to_change(connection: AsyncConnection, contact_id: int) -> dict[str, Any]:
    """The row of a contact that is about to be changed: nobody else changes it meanwhile. Raises
    :class:`NoSuchContact`."""
    query = select(contacts).where(
        contacts.c.id == contact_id, contacts.c.state != IMPORTING, contacts.c.reason != REMOVED
    )
    row = (await connection.execute(query.with_for_update())).mappings().one_or_none()
    if row is None:
        raise NoSuchContact(contact_id)
    return dict(row)


def is_barred(row: Mapping[str, Any]) -> bool:
    """Whether this contact was made uncallable by hand, or opted out: it is not called back either."""
    return row["uncallable_at"] is not None or row["reason"] == _OPTED_OUT


def numbers_of(written: Sequence[Mapping[str, Any]]) -> tuple[Number, ...]:
    """The numbers of a contact, from their JSON."""
    return tuple(
        [
            Number(one["e164"], one["kind"], one["uncallable"].get("reason", "") if "uncallable" in one else "")
            for one in written
        ]
    )


async def drop_numbers(connection: AsyncConnection, contact_ids: Collection[int]) -> None:
    """The contacts are no longer found by their numbers."""
    rows = await connection.execute(select(contacts.c.id, contacts.c.numbers).where(contacts.c.id.in_(contact_ids)))
    owners: dict[str, set[int]] = {}
    for row in rows:
        for number in row.numbers:
            owners.setdefault(number["e164"], set()).add(row.id)
    for e164, ids in owners.items():
        await connection.execute(
            delete(contact_numbers).where(contact_numbers.c.e164 == e164, contact_numbers.c.contact_id.in_(ids))
        )


async def add_numbers(
    connection: AsyncConnection, contact_id: int, contact_list: str, numbers: list[dict[str, Any]]
) -> None:
    """The contact is found by its numbers."""
    rows = [
        {"e164": e164, "contact_id": contact_id, "contact_list": contact_list}
        for e164 in dict.fromkeys(number["e164"] for number in numbers)
    ]
    if rows:
        await connection.execute(insert(contact_numbers), rows)


async def replace_contact(
    connection: AsyncConnection, contact_id: int, key: str, numbers: str, columns: str, now: float
) -> bool:
    """The contact has these numbers and columns (JSON) from now on, and this key unless that is empty; its state and
    history stay. False: there is no such contact."""
    query = select(contacts.c.contact_list, contacts.c.numbers, contacts.c.tries).where(contacts.c.id == contact_id)
    row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        return False
    new = kept_marks(row.numbers, orjson.loads(numbers))
    await drop_numbers(connection, [contact_id])
    await add_numbers(connection, contact_id, row.contact_list, new)
    values: dict[str, Any] = {"numbers": new, "columns": orjson.loads(columns), "updated_at": now}
    # Where it is may have changed: it is looked at again.
    values["next_at"] = case((in_group(), now), else_=contacts.c.next_at)
    before, after = [number["e164"] for number in row.numbers], [number["e164"] for number in new]
    if after != before:
        values["number_index"], values["tries"] = 0, renumbered(row.tries or {}, before, after)
    if key:
        values["key"] = key
    await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(values))
    return True


def kept_marks(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The new numbers; one that was uncallable stays so, whatever a new file says."""
    marks = {number["e164"]: number["uncallable"] for number in old if "uncallable" in number}
    return [{**number, "uncallable": marks[number["e164"]]} if number["e164"] in marks else number for number in new]
