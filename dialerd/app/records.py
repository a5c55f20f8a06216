"""The record's answers for the API, from the queries of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.app.ledger_room import LedgerRoom, Told
from dialerd.app.verdict_room import VerdictRoom
from dialerd.control.daemon import AttemptQuestion, KnownContact, Row
from dialerd.control.inbound_service import InboundQuestion
from dialerd.core.abandon import CampaignFigures
from dialerd.core.amd_truth import MarkCounts, Share
from dialerd.core.campaign import Plan
from dialerd.core.contact import Contact, ContactState
from dialerd.ports import Clock
from dialerd.store.call_marks import mark_counts
from dialerd.store.campaign_figures import campaign_figures
from dialerd.store.campaign_states import save_wish
from dialerd.store.contact_edits import numbers_of
from dialerd.store.group_numbers import moment_of
from dialerd.store.inbound_calls import InboundCalls, InboundFilter
from dialerd.store.journal import Journal
from dialerd.store.record_queries import AttemptFilter, RecordQueries


class StoredRecords:
    """Implements :class:`dialerd.control.daemon.Records` over SQL; an absent database is told as such."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, plan: Callable[[], Plan], counted: Callable[[Told], None],
        reviewed: Callable[[Mapping[str, Share]], None],
    ) -> None:  # fmt: skip
        """``plan``: the one in force; ``counted``: is told abandon rates whenever they were counted; ``reviewed``: is
        told how often machine verdicts were wrong."""
        self._engine = engine
        self._clock = clock
        self._ledger = LedgerRoom(engine, clock, plan, counted)
        self._verdicts = VerdictRoom(engine, clock, reviewed)
        self._queries = RecordQueries(engine)
        self._inbound = InboundCalls(engine)
        self._journal = Journal(engine, clock)

    async def attempts(self, question: AttemptQuestion) -> list[Row]:
        """Finished attempts, latest first."""
        chosen = AttemptFilter(
            campaign=question.campaign,
            disposition=question.disposition,
            number=question.number,
            since=question.since,
            until=question.until,
        )
        with from_database():
            return await self._queries.attempts(chosen, limit=question.limit, offset=question.offset)

    async def attempt(self, attempt_id: str) -> Row | None:
        """One finished attempt, or None."""
        with from_database():
            return await self._queries.attempt(attempt_id)

    async def inbound(self, question: InboundQuestion) -> list[Row]:
        """Inbound calls that are over, latest first."""
        chosen = InboundFilter(
            campaign=question.campaign,
            outcome=question.outcome,
            number=question.number,
            contact_id=question.contact_id,
            since=question.since,
            until=question.until,
        )
        with from_database():
            return await self._inbound.find(chosen, limit=question.limit, offset=question.offset)

    async def contacts_with_number(self, number: str) -> list[KnownContact]:
        """All contacts that have this number (E.164)."""
        with from_database():
            rows = await self._queries.contact_by_number(number)
        return [_known(row) for row in rows]

    @property
    def ledger(self) -> LedgerRoom:
        """The abandon ledger; its :meth:`~dialerd.app.ledger_room.LedgerRoom.run` is to be run as a task."""
        return self._ledger

    @property
    def verdicts(self) -> VerdictRoom:
        """How good call analysis is; its :meth:`~dialerd.app.verdict_room.VerdictRoom.run` is to be run as a task."""
        return self._verdicts

    async def figures(self, since: float, until: float | None, campaign: str | None) -> list[CampaignFigures]:
        """Totals of every campaign (or one) with attempts recorded in the span."""
        with from_database():
            return await campaign_figures(self._engine, since, until, campaign)

    async def mark_counts(self, since: float, until: float | None, campaign: str | None) -> list[MarkCounts]:
        """What is known of the mistakes of call analysis, per campaign and trunk."""
        with from_database():
            return await mark_counts(self._engine, since, until, campaign)

    async def add_audit(self, who: str, what: str, detail: Mapping[str, Any]) -> None:
        """Somebody changed something."""
        with from_database():
            await self._journal.add_audit(who, what, detail)

    async def want_campaign(self, name: str, on: bool) -> None:
        """Somebody has asked for it to be on, or to place no new calls: that holds over a restart."""
        with from_database():
            async with self._engine.begin() as connection:
                await save_wish(connection, name, on, self._clock.now())

    async def audit(self, limit: int) -> list[Row]:
        """The latest changes, latest first."""
        with from_database():
            return list(await self._journal.audit(limit=limit))


def _known(row: Row) -> KnownContact:
    state = ContactState(row["state"])
    contact = Contact(
        id=row["id"],
        contact_list=row["contact_list"],
        key=row["key"],
        numbers=numbers_of(row["numbers"]),
        columns=row["columns"],
        attempts=row["attempts"],
        number_index=row["number_index"],
        last_disposition=row["last_disposition"],
        tries=row["tries"],
    )
    return KnownContact(
        contact, state, moment_of(row["next_at"]) if state is ContactState.WAITING else None, row["reason"] or ""
    )
