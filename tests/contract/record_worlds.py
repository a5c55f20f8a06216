"""The records under one contract, with the same questions asked of each."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.attempt import Outcome
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import RecordCommand
from dialerd.core.contact import ContactState, Number
from dialerd.core.windows import DayCount
from dialerd.store.contact_feed import ContactFeed
from dialerd.store.contact_import import import_contacts
from dialerd.store.contact_update import Standing
from dialerd.store.database import open_database
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.memory_record import MemoryRecord
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.record_queries import AttemptFilter, ContactFilter, RecordQueries
from dialerd.store.schema import call_marks, contact_lists, contacts
from dialerd.store.sql_record import SqlRecord
from dialerd.store.webhook_queue import WebhookQueue
from tests.store.store_lab import Inbox, SetClock


def number_of(index: int) -> str:
    """A number of its own for every contact."""
    return f"+44163296{index:04d}"


class RecordWorld(ABC):
    """One record, its inbox and clock, and a look inside."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.clock = SetClock()

    @abstractmethod
    async def add(self, contact_list: str, numbers: Sequence[str]) -> None:
        """Contacts with ids 1, 2, 3 … in this order."""

    @abstractmethod
    async def add_rows(self, contact_list: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Contacts with these columns, with ids in this order."""

    @abstractmethod
    async def change_columns(self, contact_id: int, columns: Mapping[str, str]) -> None:
        """The contact's columns are these now."""

    @abstractmethod
    async def done(self, *commands: RecordCommand) -> None: ...

    @abstractmethod
    async def record(self, *outcomes: Outcome) -> frozenset[str]: ...

    @abstractmethod
    async def standing(self, contact_id: int) -> Standing: ...

    @abstractmethod
    async def attempt_ids(self) -> list[str]: ...

    @abstractmethod
    async def campaign_states(self) -> dict[str, CampaignState]: ...

    @abstractmethod
    async def directions(self) -> dict[tuple[str, str], Mapping[str, Any]]: ...

    @abstractmethod
    async def day_counts(self, zones: Mapping[str, str]) -> dict[str, tuple[DayCount, ...]]: ...

    @abstractmethod
    async def reset_in_attempt(self, keep: Collection[int]) -> int: ...

    @abstractmethod
    async def columns(self, contact_id: int) -> Mapping[str, str]: ...

    @abstractmethod
    async def opt_outs(self, dnc_list: str) -> set[str]: ...

    @abstractmethod
    async def keys_in(self, contact_list: str) -> list[str]:
        """Keys of the list's contacts, by id."""

    @abstractmethod
    async def marks(self) -> dict[str, tuple[str, str, float]]:
        """Attempt -> (mark, by whom, when)."""

    @abstractmethod
    async def webhooks(self) -> list[tuple[str, str, str]]:
        """(attempt, webhook, rule) of what is to be told, in order."""

    @abstractmethod
    async def change_numbers(self, contact_id: int, numbers: Sequence[str]) -> None: ...

    @abstractmethod
    async def make_uncallable(self, contact_id: int, reason: str) -> None: ...


class MemoryRecordWorld(RecordWorld):
    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryRecord(self.inbox.post, self.clock)

    async def add(self, contact_list: str, numbers: Sequence[str]) -> None:
        rows = ((n, [Number(n, "mobile")], {"name": n, "city": "Oslo"}) for n in numbers)
        self.store.add_contacts(contact_list, rows)

    async def add_rows(self, contact_list: str, rows: Sequence[Mapping[str, str]]) -> None:
        first = len(self.store.contacts) + 1
        numbered = enumerate(rows, start=first)
        self.store.add_contacts(
            contact_list, ((str(n), [Number(number_of(n), "mobile")], row) for n, row in numbered)
        )

    async def change_columns(self, contact_id: int, columns: Mapping[str, str]) -> None:
        self.store.contacts[contact_id].columns = dict(columns)

    async def done(self, *commands: RecordCommand) -> None:
        for command in commands:
            self.store.submit(command)

    async def record(self, *outcomes: Outcome) -> frozenset[str]:
        return self.store.apply_outcomes(outcomes)

    async def standing(self, contact_id: int) -> Standing:
        return self.store.contacts[contact_id].standing

    async def attempt_ids(self) -> list[str]:
        return sorted(self.store.attempts)

    async def campaign_states(self) -> dict[str, CampaignState]:
        return self.store.campaign_states()

    async def directions(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return self.store.directions()

    async def day_counts(self, zones: Mapping[str, str]) -> dict[str, tuple[DayCount, ...]]:
        return self.store.day_counts(zones)

    async def reset_in_attempt(self, keep: Collection[int]) -> int:
        return self.store.reset_in_attempt(keep)

    async def columns(self, contact_id: int) -> Mapping[str, str]:
        return self.store.contacts[contact_id].columns

    async def opt_outs(self, dnc_list: str) -> set[str]:
        return self.store.opt_outs.get(dnc_list, set())

    async def keys_in(self, contact_list: str) -> list[str]:
        return [row.key for row in self.store.contacts.values() if row.contact_list == contact_list]

    async def marks(self) -> dict[str, tuple[str, str, float]]:
        return self.store.marks

    async def webhooks(self) -> list[tuple[str, str, str]]:
        return self.store.webhooks

    async def change_numbers(self, contact_id: int, numbers: Sequence[str]) -> None:
        self.store.rows.renumber(contact_id, [Number(n, "mobile") for n in numbers])

    async def make_uncallable(self, contact_id: int, reason: str) -> None:
        row = self.store.contacts[contact_id]
        before = row.standing
        self.store.rows.place(
            row,
            Standing(
                ContactState.UNCALLABLE, None, before.attempts, before.number_index, before.last_disposition,
                before.tries, reason,
            ),
        )  # fmt: skip


class SqlWorld(RecordWorld):
    def __init__(self, url: str, folder: Path) -> None:
        super().__init__()
        self.engine: AsyncEngine = open_database(url)
        self.store = SqlRecord(self.engine, self.inbox.post, self.clock)
        self.queries = RecordQueries(self.engine)
        self._folder = folder
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await migrate_engine(self.engine)
        self._task = asyncio.create_task(self.store.run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.engine.dispose()

    async def add(self, contact_list: str, numbers: Sequence[str]) -> None:
        file = self._folder / "contacts.csv"
        file.write_text("phone,name,city\n" + "".join(f"{n},{n},Oslo\n" for n in numbers))
        mapping = ImportMapping((PhoneColumn("phone", "mobile"),), key="name")
        result = await import_contacts(self.engine, self.clock, file, contact_list, mapping)
        assert result.imported == len(numbers), result

    async def add_rows(self, contact_list: str, rows: Sequence[Mapping[str, str]]) -> None:
        async with self.engine.begin() as connection:
            made = (await connection.execute(select(contact_lists.c.name))).scalars().all()
            if contact_list not in made:
                await connection.execute(insert(contact_lists).values(name=contact_list, created_at=0.0))
            first = (await connection.execute(select(func.count()).select_from(contacts))).scalar_one() + 1
            await connection.execute(
                insert(contacts),
                [
                    {"contact_list": contact_list, "key": str(n), "columns": dict(row), "state": "callable",
                     "numbers": [{"e164": number_of(n), "kind": "mobile"}], "tries": {}, "updated_at": 0.0,
                     "added_at": self.clock.now()}
                    for n, row in enumerate(rows, start=first)
                ],
            )  # fmt: skip

    async def change_columns(self, contact_id: int, columns: Mapping[str, str]) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(
                update(contacts).where(contacts.c.id == contact_id).values(columns=dict(columns))
            )

    async def done(self, *commands: RecordCommand) -> None:
        for command in commands:
            self.store.submit(command)
        async with asyncio.timeout(20):
            await self.store.flush()

    async def record(self, *outcomes: Outcome) -> frozenset[str]:
        async with self.engine.begin() as connection:
            return await write_outcomes(connection, outcomes, self.clock.now())

    async def standing(self, contact_id: int) -> Standing:
        row: Any = await self.queries.contact(contact_id)
        state = ContactState(row["state"])
        return Standing(
            state, row["next_at"] if state is ContactState.WAITING else None, row["attempts"],
            row["number_index"], row["last_disposition"], row["tries"], row["reason"],
        )  # fmt: skip

    async def attempt_ids(self) -> list[str]:
        return sorted(row["id"] for row in await self.queries.attempts(AttemptFilter()))

    async def campaign_states(self) -> dict[str, CampaignState]:
        return await self.store.campaign_states()

    async def directions(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return await self.store.directions()

    async def day_counts(self, zones: Mapping[str, str]) -> dict[str, tuple[DayCount, ...]]:
        return await self.store.day_counts(zones)

    async def reset_in_attempt(self, keep: Collection[int]) -> int:
        return await self.store.reset_in_attempt(keep)

    async def columns(self, contact_id: int) -> Mapping[str, str]:
        row: Any = await self.queries.contact(contact_id)
        return dict(row["columns"])

    async def opt_outs(self, dnc_list: str) -> set[str]:
        changes = await SqlDnc(self.engine, self.clock).changes(dnc_list, 0, 0)
        return {change.entry.value for change in changes if change.entry is not None}

    async def keys_in(self, contact_list: str) -> list[str]:
        return [row["key"] for row in await self.queries.contacts(ContactFilter(contact_list))]

    async def marks(self) -> dict[str, tuple[str, str, float]]:
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(call_marks))).all()
        return {row.attempt_id: (row.mark, row.marked_by, row.marked_at) for row in rows}

    async def webhooks(self) -> list[tuple[str, str, str]]:
        rows = await WebhookQueue(self.engine, self.clock).rows("waiting", 100)
        return [(row["attempt_id"], row["webhook"], row["rule"]) for row in rows]

    async def change_numbers(self, contact_id: int, numbers: Sequence[str]) -> None:
        written = [{"e164": n, "kind": "mobile"} for n in numbers]
        await ContactFeed(self.engine, self.clock).change(contact_id, {"numbers": written}, "ann", hot=False)

    async def make_uncallable(self, contact_id: int, reason: str) -> None:
        async with self.engine.begin() as connection:
            await connection.exec_driver_sql(
                f"UPDATE contacts SET state = 'uncallable', reason = '{reason}' WHERE id = {contact_id}"
            )
