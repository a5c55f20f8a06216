"""Imports in the database: rows come in batches and are seen by nobody until all are there.

The rows of an import are in the state ``importing`` until one small write, to the import's own row, decides that it
counts; they are made callable after that, in chunks, so that no other writer waits long. Whoever finds an import
that was decided and not finished finishes it; one that was not decided and has not moved for a while is removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.ports import Clock
from dialerd.store.import_rows import Candidate
from dialerd.store.schema import IMPORTING, contact_lists, contact_numbers, contacts, imports

ABANDONED_AFTER_S = 600.0
_CHUNK = 5000
_LOADING, _DECIDED, _DONE, _FAILED = "loading", "decided", "done", "failed"


class ImportTable:
    """Writes one import at a time. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, contact_list: str, source: str) -> int:
        """Open an import into the list, which is made if it is not there. Returns the import's id."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            make = dialect.insert(contact_lists).on_conflict_do_nothing(index_elements=["name"])
            await connection.execute(make, [{"name": contact_list, "created_at": now}])
            result = await connection.execute(
                insert(imports)
                .values(
                    contact_list=contact_list, source=source, state=_LOADING, started_at=now, touched_at=now,
                    rows=0, imported=0, rejected=0,
                )
                .returning(imports.c.id)
            )  # fmt: skip
            return int(result.scalar_one())

    async def add(
        self, import_id: int, contact_list: str, candidates: list[Candidate], *, unique_numbers: bool,
        unique_keys: bool,
    ) -> dict[int, str]:  # fmt: skip
        """Write a batch in one transaction. Returns line -> reason for candidates that are duplicates; the others
        are in."""
        async with self._engine.begin() as connection:
            taken_numbers = await _taken_numbers(connection, contact_list, candidates) if unique_numbers else set()
            taken_keys = await _taken_keys(connection, contact_list, candidates) if unique_keys else set()
            refused: dict[int, str] = {}
            rows: dict[int, Candidate] = {}
            for candidate in candidates:
                numbers = {number.e164 for number in candidate.numbers}
                if unique_keys and candidate.key and candidate.key in taken_keys:
                    refused[candidate.row.line] = "duplicate key"
                elif unique_numbers and numbers & taken_numbers:
                    refused[candidate.row.line] = "duplicate number"
                else:
                    taken_numbers |= numbers
                    taken_keys.add(candidate.key)
                    rows[candidate.row.line] = candidate
            if rows:
                await self._insert(connection, import_id, contact_list, rows)
            touched = update(imports).where(imports.c.id == import_id).values(touched_at=self._clock.now())
            await connection.execute(touched)
        return refused

    async def finish(self, import_id: int, *, rows: int, imported: int, rejected: int) -> None:
        """The import counts: its contacts become callable."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(imports)
                .where(imports.c.id == import_id)
                .values(state=_DECIDED, rows=rows, imported=imported, rejected=rejected, touched_at=self._clock.now())
            )
        await self._publish(import_id)

    async def discard(self, import_id: int) -> None:
        """Nothing of the import stays."""
        while True:
            async with self._engine.begin() as connection:
                ids = await _some(connection, import_id)
                if not ids:
                    break
                chunk = contacts.c.id.between(ids[0], ids[-1])
                await connection.execute(delete(contacts).where(chunk, _of(import_id)))
        await self._set_state(import_id, _FAILED)

    async def mend(self, *, abandoned_after_s: float = ABANDONED_AFTER_S) -> tuple[int, int]:
        """Finish imports that were decided and remove those whose process died; returns how many of each."""
        async with self._engine.connect() as connection:
            decided = list(
                (await connection.execute(select(imports.c.id).where(imports.c.state == _DECIDED))).scalars()
            )
            since = self._clock.now() - abandoned_after_s
            dead = list(
                (
                    await connection.execute(
                        select(imports.c.id).where(imports.c.state == _LOADING, imports.c.touched_at < since)
                    )
                ).scalars()
            )
        for import_id in decided:
            await self._publish(import_id)
        for import_id in dead:
            await self.discard(import_id)
        return len(decided), len(dead)

    async def _insert(
        self, connection: AsyncConnection, import_id: int, contact_list: str, rows: dict[int, Candidate]
    ) -> None:
        now = self._clock.now()
        inserted = await connection.execute(
            insert(contacts).returning(contacts.c.id, contacts.c.import_line),
            [
                {
                    "contact_list": contact_list, "import_id": import_id, "import_line": line,
                    "key": candidate.key or f"{import_id}:{line}",
                    "numbers": [{"e164": number.e164, "kind": number.kind} for number in candidate.numbers],
                    "columns": candidate.columns, "state": IMPORTING, "tries": {}, "updated_at": now, "added_at": now,
                }
                for line, candidate in rows.items()
            ],
        )  # fmt: skip
        numbers = [
            {"e164": number.e164, "contact_id": contact_id, "contact_list": contact_list}
            for contact_id, line in inserted
            for number in rows[line].numbers
        ]
        await connection.execute(insert(contact_numbers), numbers)

    async def _publish(self, import_id: int) -> None:
        while True:
            async with self._engine.begin() as connection:
                ids = await _some(connection, import_id)
                if not ids:
                    break
                await connection.execute(
                    update(contacts)
                    .where(contacts.c.id.between(ids[0], ids[-1]), _of(import_id))
                    .values(state=ContactState.CALLABLE.value)
                )
        await self._set_state(import_id, _DONE)

    async def _set_state(self, import_id: int, state: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(imports).where(imports.c.id == import_id).values(state=state, touched_at=self._clock.now())
            )


def _of(import_id: int) -> Any:
    return (contacts.c.import_id == import_id) & (contacts.c.state == IMPORTING)


async def _some(connection: AsyncConnection, import_id: int) -> list[int]:
    query = select(contacts.c.id).where(_of(import_id)).order_by(contacts.c.id).limit(_CHUNK)
    return list((await connection.execute(query)).scalars())


async def _taken_numbers(connection: AsyncConnection, contact_list: str, candidates: Iterable[Candidate]) -> set[str]:
    wanted = sorted({number.e164 for candidate in candidates for number in candidate.numbers})
    taken: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        query = select(contact_numbers.c.e164).where(
            contact_numbers.c.e164.in_(wanted[start : start + _CHUNK]),
            contact_numbers.c.contact_list == contact_list,
        )
        taken.update((await connection.execute(query)).scalars())
    return taken


async def _taken_keys(connection: AsyncConnection, contact_list: str, candidates: Iterable[Candidate]) -> set[str]:
    wanted = sorted({candidate.key for candidate in candidates if candidate.key})
    query = select(contacts.c.key).where(contacts.c.contact_list == contact_list, contacts.c.key.in_(wanted))
    return set((await connection.execute(query)).scalars()) if wanted else set()
