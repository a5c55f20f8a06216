"""Imports in the record: contacts come in batches and are seen by nobody until all are there.

The contacts of an import are in the state ``importing`` until one small write, to the import's own row, decides that
it counts; they are made callable after that, in chunks, so that no other writer waits long. Whoever finds an import
that was decided and not finished finishes it; one that was not decided and has not moved for a while is removed.
How far an import has come stands in its own row, written together with what it counts: nothing comes in twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.ports import Clock
from dialerd.store.bulk_rows import CONTACT_COLUMNS, NUMBER_COLUMNS, insert_rows, matching
from dialerd.store.contact_edits import drop_numbers, replace_contact
from dialerd.store.schema import IMPORTING, contact_lists, contact_numbers, contacts, imports

ABANDONED_AFTER_S = 24 * 3600.0
"""After so long without a move an import that was killed will hardly be gone on with."""
_CHUNK = 10_000
LOADING, DECIDED, DONE, FAILED = "loading", "decided", "done", "failed"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """How an import stands in the record."""

    state: str
    contacts_to: int
    """Line of the last row whose contact is in."""
    numbers_to: int
    """How many of the file's numbers, sorted, are in."""
    updates_to: int
    """Line of the last row that changed a contact."""


class ImportTable:
    """Writes one import at a time. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, contact_list: str, source: str) -> int:
        """Open an import into the list, which is made if it is not there. Returns the import's id."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await make_list(connection, contact_list, now)
            result = await connection.execute(
                insert(imports)
                .values(
                    contact_list=contact_list, source=source, state=LOADING, started_at=now, touched_at=now,
                    rows=0, imported=0, rejected=0,
                )
                .returning(imports.c.id)
            )  # fmt: skip
            return int(result.scalar_one())

    async def row(self, import_id: int) -> ImportRow | None:
        """How far the import has come; None: there is no such import."""
        columns = (imports.c.state, imports.c.contacts_to, imports.c.numbers_to, imports.c.updates_to)
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(*columns).where(imports.c.id == import_id))).one_or_none()
        return None if row is None else ImportRow(*row)

    async def latest(self, contact_list: str, source: str) -> tuple[int, str] | None:
        """Id and state of the last import from this source."""
        query = select(imports.c.id, imports.c.state).where(*_from(contact_list, source))
        async with self._engine.connect() as connection:
            row = (await connection.execute(query.order_by(imports.c.id.desc()).limit(1))).one_or_none()
        return None if row is None else (row[0], row[1])

    async def finished(self, contact_list: str, source: str) -> tuple[int, int, int] | None:
        """Rows, imported, rejected of the import from this source, if it came to its end."""
        query = select(imports.c.rows, imports.c.imported, imports.c.rejected)
        done = query.where(*_from(contact_list, source), imports.c.state == DONE).limit(1)
        async with self._engine.connect() as connection:
            row = (await connection.execute(done)).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    async def known_numbers(
        self, contact_list: str, numbers: list[str], *, elsewhere: bool
    ) -> list[tuple[str, int, str]]:
        """Which of the numbers contacts have: (number, contact, list), those of the list last. ``elsewhere``: those
        of other lists too."""
        async with self._engine.connect() as connection:
            query = (
                select(contact_numbers.c.e164, contact_numbers.c.contact_id, contact_numbers.c.contact_list)
                .join(contacts, contacts.c.id == contact_numbers.c.contact_id)
                .where(matching(connection, contact_numbers.c.e164, numbers), contacts.c.state != IMPORTING)
                .order_by(contact_numbers.c.contact_list == contact_list, contact_numbers.c.contact_id.desc())
            )
            if not elsewhere:
                query = query.where(contact_numbers.c.contact_list == contact_list)
            return [(row.e164, row.contact_id, row.contact_list) for row in await connection.execute(query)]

    async def known_keys(self, contact_list: str, keys: list[str]) -> list[tuple[str, int]]:
        """Which of the keys contacts of the list have: (key, contact)."""
        async with self._engine.connect() as connection:
            query = (
                select(contacts.c.key, contacts.c.id)
                .where(
                    contacts.c.contact_list == contact_list,
                    matching(connection, contacts.c.key, keys),
                    contacts.c.state != IMPORTING,
                )
                .order_by(contacts.c.id)
            )
            return [(row.key, row.id) for row in await connection.execute(query)]

    async def has_contacts(self, contact_list: str | None) -> bool:
        """Whether the list (None: any list) has any contact."""
        query = select(contacts.c.id).where(contacts.c.state != IMPORTING).limit(1)
        if contact_list is not None:
            query = query.where(contacts.c.contact_list == contact_list)
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).first() is not None

    async def add_contacts(
        self, import_id: int, contact_list: str, rows: Sequence[tuple[int, str, str, str]]
    ) -> None:
        """The next contacts: (line, key, numbers, columns), numbers and columns as JSON."""
        now = self._clock.now()
        values = [
            (contact_list, import_id, line, key or f"{import_id}:{line}", numbers, columns, IMPORTING, "{}", now, now)
            for line, key, numbers, columns in rows
        ]
        async with self._engine.begin() as connection:
            await self._move(connection, import_id, contacts_to=rows[-1][0])
            await insert_rows(connection, "contacts", CONTACT_COLUMNS, values)

    async def contact_lines(self, import_id: int, after_id: int) -> list[tuple[int, int]]:
        """(contact, line) of contacts that are in, by contact."""
        query = (
            select(contacts.c.id, contacts.c.import_line)
            .where(contacts.c.import_id == import_id, contacts.c.id > after_id)
            .order_by(contacts.c.id)
            .limit(10 * _CHUNK)
        )
        async with self._engine.connect() as connection:
            return [(row[0], row[1]) for row in await connection.execute(query)]

    async def add_numbers(
        self, import_id: int, contact_list: str, rows: Sequence[tuple[int, int]], numbers_to: int
    ) -> None:
        """The next numbers: (E.164 without the plus, contact)."""
        values = [(f"+{number}", contact, contact_list) for number, contact in rows]
        async with self._engine.begin() as connection:
            await self._move(connection, import_id, numbers_to=numbers_to)
            if values:
                await insert_rows(connection, "contact_numbers", NUMBER_COLUMNS, values)

    async def decide(self, import_id: int, *, rows: int, imported: int, rejected: int) -> None:
        """From now on the import counts; :meth:`publish` must follow."""
        async with self._engine.begin() as connection:
            await self._move(connection, import_id, state=DECIDED, rows=rows, imported=imported, rejected=rejected)

    async def apply_updates(self, import_id: int, rows: Sequence[tuple[int, int, str, str, str]]) -> list[int]:
        """Change contacts: (line, contact, key, numbers, columns). Returns those that are still there."""
        changed = []
        async with self._engine.begin() as connection:
            await self._move(connection, import_id, updates_to=rows[-1][0])
            for _, contact_id, key, numbers, columns in rows:
                if await replace_contact(connection, contact_id, key, numbers, columns, self._clock.now()):
                    changed.append(contact_id)
        return changed

    async def publish(self, import_id: int) -> None:
        """The contacts of a decided import become callable."""
        after = 0
        while True:
            async with self._engine.begin() as connection:
                ids = await _some(connection, import_id, after)
                if not ids:
                    break
                after = ids[-1]
                await connection.execute(
                    update(contacts)
                    .where(contacts.c.id.between(ids[0], ids[-1]), _of(import_id))
                    .values(state=ContactState.CALLABLE.value)
                )
        await self._set_state(import_id, DONE)

    async def discard(self, import_id: int) -> None:
        """Nothing of the import stays."""
        after = 0
        while True:
            async with self._engine.begin() as connection:
                ids = await _some(connection, import_id, after)
                if not ids:
                    break
                after = ids[-1]
                await drop_numbers(connection, ids)
                chunk = contacts.c.id.between(ids[0], ids[-1])
                await connection.execute(delete(contacts).where(chunk, _of(import_id)))
        await self._set_state(import_id, FAILED)

    async def mend(self, *, abandoned_after_s: float = ABANDONED_AFTER_S) -> tuple[int, int]:
        """Finish imports that were decided and remove those whose process died; returns how many of each."""
        async with self._engine.connect() as connection:
            since = self._clock.now() - abandoned_after_s
            decided_ones = select(imports.c.id).where(imports.c.state == DECIDED)
            dead_ones = select(imports.c.id).where(imports.c.state == LOADING, imports.c.touched_at < since)
            decided = list((await connection.execute(decided_ones)).scalars())
            dead = list((await connection.execute(dead_ones)).scalars())
        for import_id in decided:
            await self.publish(import_id)
        for import_id in dead:
            await self.discard(import_id)
        return len(decided), len(dead)

    async def touch(self, import_id: int) -> None:
        """The import is alive."""
        async with self._engine.begin() as connection:
            await self._move(connection, import_id)

    async def _move(self, connection: AsyncConnection, import_id: int, **values: Any) -> None:
        moved = update(imports).where(imports.c.id == import_id)
        await connection.execute(moved.values(touched_at=self._clock.now(), **values))

    async def _set_state(self, import_id: int, state: str) -> None:
        async with self._engine.begin() as connection:
            await self._move(connection, import_id, state=state)


async def make_list(connection: AsyncConnection, contact_list: str, now: float) -> None:
    """The contact list is there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    make = dialect.insert(contact_lists).on_conflict_do_nothing(index_elements=["name"])
    await connection.execute(make, [{"name": contact_list, "created_at": now}])


def _from(contact_list: str, source: str) -> list[Any]:
    return [imports.c.contact_list == contact_list, imports.c.source == source]


def _of(import_id: int) -> Any:
    return (contacts.c.import_id == import_id) & (contacts.c.state == IMPORTING)


async def _some(connection: AsyncConnection, import_id: int, after_id: int) -> list[int]:
    query = (
        select(contacts.c.id).where(_of(import_id), contacts.c.id > after_id).order_by(contacts.c.id).limit(_CHUNK)
    )
    return list((await connection.execute(query)).scalars())
