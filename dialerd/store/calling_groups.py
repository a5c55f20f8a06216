"""Calling groups in the record: who waits for the hours of a group is not touched until its clock allows calls.

A contact in a group is ``waiting``, and its ``next_at`` is the group's number: a moment long past. So one index finds
the contacts of each group, and what knows nothing of groups takes them for due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.calling_groups import group_openness
from dialerd.core.contact import ContactState
from dialerd.store.group_numbers import LAST_GROUP
from dialerd.store.schema import calling_groups, contacts

_WAITING = ContactState.WAITING.value
# One step in the index for each group, however many contacts are in it.
_PRESENT = text(
    "WITH RECURSIVE found(at) AS (SELECT (SELECT next_at FROM contacts WHERE contact_list = :list AND state = :state "
    "AND next_at >= 0 AND next_at <= :last ORDER BY next_at LIMIT 1) UNION ALL SELECT (SELECT next_at FROM contacts "
    "WHERE contact_list = :list AND state = :state AND next_at > found.at AND next_at <= :last ORDER BY next_at "
    "LIMIT 1) FROM found WHERE found.at IS NOT NULL) SELECT found.at, g.key FROM found "
    "LEFT JOIN calling_groups g ON g.number = found.at WHERE found.at IS NOT NULL"
)
_FORGET = text(
    "DELETE FROM calling_groups WHERE NOT EXISTS (SELECT 1 FROM contact_lists l WHERE EXISTS (SELECT 1 "
    "FROM contacts c WHERE c.contact_list = l.name AND c.state = :state AND c.next_at = calling_groups.number))"
)


@dataclass(frozen=True, slots=True)
class GroupsNow:
    """The groups of a list that have contacts, by their numbers. ``closed``: until when, epoch seconds."""

    open: tuple[int, ...] = ()
    closed: Mapping[int, float] = field(default_factory=dict)

    @property
    def opens_at(self) -> list[float]:
        """When the first closed group opens; empty: none is closed."""
        return [min(self.closed.values())] if self.closed else []


async def groups_now(
    connection: AsyncConnection, contact_list: str, hours: CallableTime = ANY_TIME, now: float = 0.0
) -> GroupsNow:
    """Which groups of the list may be called at ``now`` (epoch seconds) by these hours."""
    values = {"list": contact_list, "state": _WAITING, "last": float(LAST_GROUP)}
    open_ones, closed = [], {}
    for at, key in await connection.execute(_PRESENT, values):
        found = group_openness(hours, key or "", now)
        if found.open or found.until is None:
            open_ones.append(int(at))
        else:
            closed[int(at)] = found.until
    return GroupsNow(tuple(open_ones), closed)


async def number_of(connection: AsyncConnection, key: str) -> int | None:
    """The group's number, a new one if need be; None: there are too many groups already."""
    known = select(calling_groups.c.number).where(calling_groups.c.key == key)
    number = (await connection.execute(known)).scalar()
    if number is not None:
        return int(number)
    taken = set((await connection.execute(select(calling_groups.c.number))).scalars())
    if len(taken) >= LAST_GROUP:
        await connection.execute(_FORGET, {"state": _WAITING})
        taken = set((await connection.execute(select(calling_groups.c.number))).scalars())
    free = next((number for number in range(1, LAST_GROUP + 1) if number not in taken), None)
    if free is not None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(calling_groups).values(number=free, key=key)
        await connection.execute(adding.on_conflict_do_nothing())
        # Another instance may have been first.
        number = (await connection.execute(known)).scalar()
    return None if number is None else int(number)


def in_group() -> ColumnElement[bool]:
    """The contact waits for the hours of a group."""
    return and_(contacts.c.state == _WAITING, contacts.c.next_at >= 1, contacts.c.next_at <= LAST_GROUP)
