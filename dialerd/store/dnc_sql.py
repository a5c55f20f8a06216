"""Do-not-call lists in the record: the truth about them.

Single entries are rows that are never deleted, only marked as removed, so that who, when and why stay known. A row of
the kind *exception* (``x`` and a number) takes one number out of what a file has loaded. Every change of a row gets
the list's next ``seq`` under the lock of the list's row: changes become visible in the order of their ``seq``, and
whoever has applied all up to one has missed none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.dnc import DncEntry, DncFinding, DncKind, fields_for, later_end
from dialerd.ports import Clock
from dialerd.store import dnc_blocks as packing
from dialerd.store.database import READING
from dialerd.store.dnc_schema import dnc_blocks, dnc_entries, dnc_lists

EXCEPTION = "x"
"""First letter of the field of an exception; those of entries are in :class:`~dialerd.core.dnc.DncEntry`."""
_KINDS = {kind.value[0]: kind for kind in DncKind}
_PAGE = 5000
_BLOCK_PAGE = 16


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list as the record has it."""

    name: str
    generation: int
    seq: int
    numbers: int
    """Numbers of the load in force."""
    changed_at: float
    loading: bool = False
    """Somebody is loading it now, or died while doing so."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A single entry, present or removed."""

    generation: int
    field: str
    seq: int
    expires_at: float | None
    reason: str
    who: str
    added_at: float
    removed_at: float | None
    removed_by: str | None

    @property
    def entry(self) -> DncEntry | None:
        """What it says; None for an exception."""
        kind = _KINDS.get(self.field[0])
        return DncEntry(kind, self.field[1:], self.expires_at) if kind is not None else None


class UnknownDncList(Exception):
    """The record has no list of this name."""


class SqlDnc:
    """Reads and changes lists in the record. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock

    # --- lists ------------------------------------------------------------------------------------------

    async def ensure(self, names: Sequence[str]) -> None:
        """Make lists that are not there yet."""
        known = {row.name for row in await self.lists()}
        for name in names:
            if name not in known:
                async with self.engine.begin() as connection:
                    there = select(dnc_lists.c.name).where(dnc_lists.c.name == name)
                    if (await connection.execute(there)).scalar() is None:
                        await connection.execute(
                            insert(dnc_lists).values(
                                name=name, generation=0, seq=0, numbers=0, changed_at=self._clock.now()
                            )
                        )

    async def lists(self) -> list[ListRow]:
        """All lists, by name."""
        async with self._reading.connect() as connection:
            rows = (await connection.execute(select(dnc_lists).order_by(dnc_lists.c.name))).all()
        return [_list_row(row) for row in rows]

    async def one(self, name: str) -> ListRow:
        """One list. Raises :class:`UnknownDncList`."""
        async with self._reading.connect() as connection:
            row = (await connection.execute(select(dnc_lists).where(dnc_lists.c.name == name))).first()
        if row is None:
            raise UnknownDncList(name)
        return _list_row(row)

    async def counts(self) -> dict[str, dict[str, int]]:
        """List -> kind -> entries in force; ``loaded`` counts the numbers of a file."""
        now = self._clock.now()
        found: dict[str, dict[str, int]] = {}
        async with self._reading.connect() as connection:
            for row in (await connection.execute(select(dnc_lists))).all():
                found[row.name] = {"loaded": row.numbers} | {kind.value: 0 for kind in DncKind} | {"exception": 0}
            letter = func.substr(dnc_entries.c.field, 1, 1)
            query = (
                select(dnc_entries.c.dnc_list, letter, func.count())
                .join(dnc_lists, dnc_lists.c.name == dnc_entries.c.dnc_list)
                .where(
                    dnc_entries.c.generation.in_([0, dnc_lists.c.generation]),
                    dnc_entries.c.removed_at.is_(None),
                    (dnc_entries.c.expires_at.is_(None)) | (dnc_entries.c.expires_at > now),
                )
                .group_by(dnc_entries.c.dnc_list, letter)
            )
            for name, first, count in (await connection.execute(query)).all():
                kind = _KINDS.get(first)
                found[name][kind.value if kind is not None else "exception"] += count
        return found

    # --- single entries ---------------------------------------------------------------------------------

    async def add(self, name: str, entries: Sequence[DncEntry], reason: str, who: str) -> int:
        """Put entries on a list, all or none. One that is there already is only made to last longer, never shorter.
        Returns the list's new ``seq``. Raises :class:`UnknownDncList`."""
        async with self.engine.begin() as connection:
            return await self.add_within(connection, name, entries, reason, who)

    async def add_within(
        self, connection: AsyncConnection, name: str, entries: Sequence[DncEntry], reason: str, who: str
    ) -> int:
        """The same as :meth:`add`, as a part of somebody else's transaction."""
        now = self._clock.now()
        seq = await self._next_seq(connection, name)
        for entry in entries:
            old = await self._row(connection, name, 0, entry.field)
            values: dict[str, Any] = {
                "seq": seq, "expires_at": entry.expires_at, "reason": reason, "who": who, "added_at": now,
                "removed_at": None, "removed_by": None,
            }  # fmt: skip
            if old is None:
                key = {"dnc_list": name, "generation": 0, "field": entry.field}
                await connection.execute(insert(dnc_entries).values(**key, **values))
                continue
            if old.removed_at is None and (old.expires_at is None or old.expires_at > now):
                longest = later_end(old.expires_at, entry.expires_at)
                if longest == old.expires_at:
                    values = {"seq": seq}
                else:
                    values["expires_at"] = longest
            await connection.execute(_at(name, 0, entry.field).values(**values))
        return seq

    async def opt_out_within(
        self, connection: AsyncConnection, name: str, number: str, attempt_id: str, how: str
    ) -> None:
        """Whoever has this number asked in a call not to be called again; a part of somebody else's transaction.
        Asking twice changes nothing."""
        entry = DncEntry(DncKind.NUMBER, number)
        await self.add_within(connection, name, [entry], f"asked for by {how}", f"call {attempt_id}")

    async def remove(self, name: str, entry: DncEntry, reason: str, who: str) -> bool:
        """Take what an entry names off a list, whether it was added or loaded; a removed number of a load comes back
        with the next load that has it. False: it was not there. Raises :class:`UnknownDncList`."""
        now, found = self._clock.now(), False
        async with self.engine.begin() as connection:
            seq = await self._next_seq(connection, name)
            generation = (
                await connection.execute(select(dnc_lists.c.generation).where(dnc_lists.c.name == name))
            ).scalar_one()
            for of in {0, generation}:
                row = await self._row(connection, name, of, entry.field)
                if row is not None and row.removed_at is None:
                    found = True
                    await connection.execute(
                        _at(name, of, entry.field).values(seq=seq, removed_at=now, removed_by=who)
                    )
            if entry.kind is DncKind.NUMBER and await self._loaded(connection, name, generation, entry.value):
                found = True
                key = {"dnc_list": name, "generation": generation, "field": EXCEPTION + entry.value}
                values = {
                    "seq": seq, "expires_at": None, "reason": reason, "who": who, "added_at": now,
                    "removed_at": None, "removed_by": None,
                }  # fmt: skip
                await connection.execute(insert(dnc_entries).values(**key, **values))
        return found

    async def _loaded(self, connection: AsyncConnection, name: str, generation: int, number: str) -> bool:
        """The load has the number, and no exception takes it out."""
        group, _, _ = packing.place(packing.whole(number))
        packed = (
            await connection.execute(
                select(dnc_blocks.c.packed).where(
                    dnc_blocks.c.dnc_list == name,
                    dnc_blocks.c.generation == generation,
                    dnc_blocks.c.number_group == group,
                )
            )
        ).scalar()
        if packed is None or not packing.contains(packed, packing.whole(number)):
            return False
        return await self._row(connection, name, generation, EXCEPTION + number) is None

    async def _next_seq(self, connection: AsyncConnection, name: str) -> int:
        bumped = await connection.execute(
            update(dnc_lists)
            .where(dnc_lists.c.name == name)
            .values(seq=dnc_lists.c.seq + 1, changed_at=self._clock.now())
        )
        if bumped.rowcount == 0:
            raise UnknownDncList(name)
        query = select(dnc_lists.c.seq).where(dnc_lists.c.name == name)
        return int((await connection.execute(query)).scalar_one())

    async def _row(self, connection: AsyncConnection, name: str, generation: int, field: str) -> EntryRow | None:
        query = select(dnc_entries).where(
            dnc_entries.c.dnc_list == name, dnc_entries.c.generation == generation, dnc_entries.c.field == field
        )
        row = (await connection.execute(query)).first()
        return _entry_row(row) if row is not None else None

    # --- looking up -------------------------------------------------------------------------------------

    async def look_up(self, number: str, contact_key: str = "", name: str | None = None) -> list[DncFinding]:
        """Every entry in force that concerns the number (E.164; empty: none) or contact, on all lists or one."""
        now = self._clock.now()
        fields = list(fields_for(number, contact_key)) if number else [f"c{contact_key}"]
        found: list[DncFinding] = []
        async with self._reading.connect() as connection:
            lists = [_list_row(row) for row in (await connection.execute(select(dnc_lists))).all()]
            for one in sorted(lists, key=lambda row: row.name):
                if name is not None and one.name != name:
                    continue
                query = select(dnc_entries).where(
                    dnc_entries.c.dnc_list == one.name,
                    dnc_entries.c.generation.in_({0, one.generation}),
                    dnc_entries.c.field.in_(fields),
                    dnc_entries.c.removed_at.is_(None),
                )
                for row in (await connection.execute(query)).all():
                    said = _entry_row(row)
                    if said.entry is not None and (said.expires_at is None or said.expires_at > now):
                        found.append(
                            DncFinding(
                                one.name, said.entry.kind, said.entry.value, said.generation > 0, said.expires_at,
                                said.reason, said.who, said.added_at,
                            )
                        )  # fmt: skip
                if number and one.generation and await self._loaded(connection, one.name, one.generation, number):
                    found.append(DncFinding(one.name, DncKind.NUMBER, number, True, None, "", "", None))
        return found

    # --- in bulk, for copies and exports ----------------------------------------------------------------

    async def changes(self, name: str, generation: int, after: int, limit: int = _PAGE) -> list[EntryRow]:
        """Entries, removed ones too, that changed after ``seq``, in order; a ``seq`` is never cut in two."""
        of = (dnc_entries.c.dnc_list == name) & dnc_entries.c.generation.in_({0, generation})
        query = select(dnc_entries).where(of, dnc_entries.c.seq > after).order_by(dnc_entries.c.seq).limit(limit)
        async with self._reading.connect() as connection:
            rows = [_entry_row(row) for row in (await connection.execute(query)).all()]
            if len(rows) == limit:
                rest = select(dnc_entries).where(of, dnc_entries.c.seq == rows[-1].seq)
                whole = [_entry_row(row) for row in (await connection.execute(rest)).all()]
                rows = [row for row in rows if row.seq < rows[-1].seq] + whole
        return rows

    async def entries(self, name: str, generation: int) -> AsyncIterator[list[EntryRow]]:
        """All single entries of one generation, removed ones too, in pages."""
        last = ""
        while True:
            query = (
                select(dnc_entries)
                .where(
                    dnc_entries.c.dnc_list == name,
                    dnc_entries.c.generation == generation,
                    dnc_entries.c.field > last,
                )
                .order_by(dnc_entries.c.field)
                .limit(_PAGE)
            )
            async with self._reading.connect() as connection:
                rows = [_entry_row(row) for row in (await connection.execute(query)).all()]
            if not rows:
                return
            yield rows
            last = rows[-1].field

    async def groups(self, name: str, generation: int) -> AsyncIterator[list[tuple[int, int, bytes]]]:
        """Group, count and packed numbers of a load, in order, in pages."""
        last = -1
        while True:
            query = (
                select(dnc_blocks.c.number_group, dnc_blocks.c.numbers, dnc_blocks.c.packed)
                .where(
                    dnc_blocks.c.dnc_list == name,
                    dnc_blocks.c.generation == generation,
                    dnc_blocks.c.number_group > last,
                )
                .order_by(dnc_blocks.c.number_group)
                .limit(_BLOCK_PAGE)
            )
            async with self._reading.connect() as connection:
                rows = [(row[0], row[1], bytes(row[2])) for row in (await connection.execute(query)).all()]
            if not rows:
                return
            yield rows
            last = rows[-1][0]


def _at(name: str, generation: int, field: str) -> Any:
    return update(dnc_entries).where(
        dnc_entries.c.dnc_list == name, dnc_entries.c.generation == generation, dnc_entries.c.field == field
    )


def _list_row(row: Any) -> ListRow:
    return ListRow(row.name, row.generation, row.seq, row.numbers, row.changed_at, row.loader is not None)


def _entry_row(row: Any) -> EntryRow:
    return EntryRow(
        row.generation, row.field, row.seq, row.expires_at, row.reason, row.who, row.added_at, row.removed_at,
        row.removed_by,
    )  # fmt: skip


__all__ = ["EXCEPTION", "EntryRow", "ListRow", "SqlDnc", "UnknownDncList"]
