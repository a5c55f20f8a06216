"""Questions that people ask of the record: attempts, contacts, progress, figures. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.disposition import NEVER_DIALED
from dialerd.core.treatment import MAY_BE_PERSON
from dialerd.store.asked_for import asked_for, within
from dialerd.store.call_marks import WITH_MARKS
from dialerd.store.database import READING
from dialerd.store.schema import IMPORTING, attempts, call_marks, contact_lists, contact_numbers, contacts

Row = Mapping[str, Any]
_WITH_THEIR_MARKS = select(attempts, call_marks.c.mark, call_marks.c.marked_by, call_marks.c.marked_at).select_from(
    WITH_MARKS
)


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts; None asks for nothing. ``since``/``until``: epoch seconds of recording, half open."""

    campaign: str | None = None
    contact_list: str | None = None
    contact_id: int | None = None
    number: str | None = None
    agent: str | None = None
    disposition: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts; None asks for nothing."""

    contact_list: str | None = None
    state: str | None = None
    key: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ListCount:
    """Contacts of a list that are in the same state for the same reason."""

    state: str
    reason: str
    contacts: int


@dataclass(frozen=True, slots=True)
class AbandonCounts:
    """What every abandon formula is made of; attempts counted by when they were answered (``dials``: recorded)."""

    dials: int
    answered: int
    persons: int
    """Answered by what may be a person: person, unsure or silence."""
    connected: int
    abandoned: int


class RecordQueries:
    """Reads the record; never waits for a writer on SQLite. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(**READING)

    async def attempts(self, chosen: AttemptFilter, *, limit: int = 100, offset: int = 0) -> list[Row]:
        """Finished attempts, latest first: one mapping per attempt, by column name."""
        query = _WITH_THEIR_MARKS.where(*_attempt_conditions(chosen))
        query = query.order_by(attempts.c.recorded_at.desc(), attempts.c.id.desc())
        return await self._rows(query.limit(limit).offset(offset))

    async def attempt(self, attempt_id: str) -> Row | None:
        """One finished attempt, or None."""
        rows = await self._rows(_WITH_THEIR_MARKS.where(attempts.c.id == attempt_id))
        return rows[0] if rows else None

    async def contacts(self, chosen: ContactFilter, *, limit: int = 100, after_id: int = 0) -> list[Row]:
        """Contacts by id; give the last id as ``after_id`` for the next page."""
        query = select(contacts).where(*_contact_conditions(chosen), contacts.c.id > after_id)
        return await self._rows(query.order_by(contacts.c.id).limit(limit))

    async def contact(self, contact_id: int) -> Row | None:
        """One contact, or None."""
        rows = await self._rows(select(contacts).where(contacts.c.id == contact_id, contacts.c.state != IMPORTING))
        return rows[0] if rows else None

    async def contact_by_number(self, e164: str) -> list[Row]:
        """All contacts, of whichever list, that have the number."""
        of_number = select(contact_numbers.c.contact_id).where(contact_numbers.c.e164 == e164)
        query = select(contacts).where(contacts.c.id.in_(of_number), contacts.c.state != IMPORTING)
        return await self._rows(query.order_by(contacts.c.id))

    async def lists(self) -> dict[str, int]:
        """Contact list -> number of its contacts."""
        joined = contact_lists.outerjoin(
            contacts, and_(contacts.c.contact_list == contact_lists.c.name, contacts.c.state != IMPORTING)
        )
        query = select(contact_lists.c.name, func.count(contacts.c.id)).select_from(joined)
        rows = await self._tuples(query.group_by(contact_lists.c.name).order_by(contact_lists.c.name))
        return dict(rows)

    async def lists_made(self, names: Collection[str]) -> set[str]:
        """Those of these lists that were ever imported, be they empty now."""
        query = select(contact_lists.c.name).where(contact_lists.c.name.in_(names))
        return {name for (name,) in await self._tuples(query)}

    async def list_summary(self, contact_list: str) -> list[ListCount]:
        """Contacts of the list by state and reason, the most first."""
        count = func.count()
        query = (
            select(contacts.c.state, contacts.c.reason, count)
            .where(contacts.c.contact_list == contact_list, contacts.c.state != IMPORTING)
            .group_by(contacts.c.state, contacts.c.reason)
            .order_by(count.desc(), contacts.c.state, contacts.c.reason)
        )
        return [ListCount(state, reason, number) for state, reason, number in await self._tuples(query)]

    async def disposition_counts(self, campaign: str, since: float = 0.0) -> dict[str, int]:
        """Disposition -> attempts of the campaign recorded since (epoch seconds)."""
        query = (
            select(attempts.c.disposition, func.count())
            .where(attempts.c.campaign == campaign, attempts.c.recorded_at >= since)
            .group_by(attempts.c.disposition)
        )
        return {disposition or "none": count for disposition, count in await self._tuples(query)}

    async def abandon_counts(self, campaign: str, since: float = 0.0) -> AbandonCounts:
        """The figures behind abandon rates for attempts since (epoch seconds)."""
        answered = and_(attempts.c.campaign == campaign, attempts.c.answered_at >= since)
        person = attempts.c.analysis.in_([analysis.value for analysis in MAY_BE_PERSON])
        figures = (
            await self._tuples(
                select(
                    func.count(),
                    func.count().filter(person),
                    func.count(attempts.c.connected_at),
                    func.count().filter(attempts.c.abandoned),
                ).where(answered)
            )
        )[0]
        dials = await self._tuples(
            select(func.count()).where(
                attempts.c.campaign == campaign,
                attempts.c.recorded_at >= since,
                attempts.c.disposition.not_in([disposition.value for disposition in NEVER_DIALED]),
            )
        )
        return AbandonCounts(dials[0][0], *figures)

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async with self._engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def _tuples(self, query: Executable) -> list[tuple[Any, ...]]:
        async with self._engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(query)]


def _attempt_conditions(chosen: AttemptFilter) -> list[ColumnElement[bool]]:
    names = "campaign", "contact_list", "contact_id", "number", "agent", "disposition"
    return [
        *asked_for(attempts, chosen, names),
        *within(attempts.c.recorded_at, chosen.since, chosen.until),
    ]


def _contact_conditions(chosen: ContactFilter) -> list[ColumnElement[bool]]:
    conditions = asked_for(contacts, chosen, ("contact_list", "state", "key", "reason"))
    return [*conditions, contacts.c.state != IMPORTING]
