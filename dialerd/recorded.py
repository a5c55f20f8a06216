"""The record's answers for the API and the command line: rows of SQL become the values that people ask for."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.config.contact_lists import ContactListSettings
from dialerd.control import daemon as asked
from dialerd.core.abandon import CampaignFigures
from dialerd.core.contact import Contact, ContactState, Number
from dialerd.ports import Clock
from dialerd.store.campaign_figures import campaign_figures
from dialerd.store.contact_import import import_contacts
from dialerd.store.csv_source import UnusableFile
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.journal import Journal
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.record_queries import AttemptFilter, RecordQueries

REJECTS_TOLD = 20


class Recorded:
    """Implements :class:`dialerd.control.daemon.Records` over the record in SQL."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._queries = RecordQueries(engine)
        self._journal = Journal(engine, clock)

    async def attempts(self, question: asked.AttemptQuestion) -> list[asked.Row]:
        """Finished attempts, latest first."""
        chosen = AttemptFilter(
            campaign=question.campaign,
            disposition=question.disposition,
            number=question.number,
            since=question.since,
            until=question.until,
        )
        with _told():
            return await self._queries.attempts(chosen, limit=question.limit, offset=question.offset)

    async def attempt(self, attempt_id: str) -> asked.Row | None:
        """One finished attempt, or None."""
        with _told():
            return await self._queries.attempt(attempt_id)

    async def contacts_with_number(self, number: str) -> list[asked.KnownContact]:
        """All contacts, of whichever list, that have this number (E.164)."""
        with _told():
            rows = await self._queries.contact_by_number(number)
        return [known_contact(row) for row in rows]

    async def figures(self, since: float, until: float | None, campaign: str | None) -> list[CampaignFigures]:
        """Totals of every campaign (or one) with attempts recorded in the span."""
        with _told():
            return await campaign_figures(self._engine, since, until, campaign)

    async def add_audit(self, who: str, what: str, detail: Mapping[str, Any]) -> None:
        """Somebody changed something."""
        with _told():
            await self._journal.add_audit(who, what, detail)

    async def audit(self, limit: int) -> list[asked.Row]:
        """The latest changes, latest first."""
        with _told():
            return list(await self._journal.audit(limit=limit))

    async def import_upload(
        self, settings: ContactListSettings, source: str, content: AsyncIterator[bytes]
    ) -> asked.ImportReport:
        """Import a CSV file that arrives in pieces, as :meth:`dialerd.control.daemon.Daemon.import_contacts` says."""
        with tempfile.TemporaryDirectory(prefix="dialerd-import-") as folder:
            # The file is read twice (its encoding first), so it is put down before anything is imported.
            path = Path(folder) / (Path(source).name or "upload.csv")
            with path.open("wb") as file:
                async for piece in content:
                    await asyncio.to_thread(file.write, piece)
            try:
                with _told():
                    result = await import_contacts(
                        self._engine, self._clock, path, settings.name, mapping_of(settings)
                    )
            except UnusableFile as error:
                raise asked.UnusableFile(str(error)) from None
            rejects = _first_rejects(result.rejects) if result.rejects is not None else ()
        return asked.ImportReport(settings.name, result.rows, result.imported, result.rejected, rejects)


def mapping_of(settings: ContactListSettings) -> ImportMapping:
    """How the importer is to read the file of a contact list, as the campaigns file states it."""
    return ImportMapping(
        phones=tuple(PhoneColumn(phone.column, phone.kind) for phone in settings.phones),
        key=settings.key,
        default_region=settings.region,
        delimiter=settings.delimiter,
        encoding=settings.encoding,
    )


def known_contact(row: Mapping[str, Any]) -> asked.KnownContact:
    """A row of the table of contacts."""
    state = ContactState(row["state"])
    contact = Contact(
        id=row["id"],
        contact_list=row["contact_list"],
        key=row["key"],
        numbers=tuple(Number(number["e164"], number["kind"]) for number in row["numbers"]),
        columns=row["columns"],
        attempts=row["attempts"],
        number_index=row["number_index"],
        last_disposition=row["last_disposition"],
        tries=row["tries"],
    )
    next_at = row["next_at"] if state is ContactState.WAITING else None
    return asked.KnownContact(contact, state, next_at, row["reason"])


def _first_rejects(path: Path) -> tuple[asked.Reject, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            asked.Reject(int(row["line"]), row["reason"]) for row in islice(csv.DictReader(file), REJECTS_TOLD)
        )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        raise asked.Unavailable(f"the database does not answer: {reason_of(error)}") from error
