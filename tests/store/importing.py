"""Imports texts into a database of their own, and tells what became of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.store.contact_import import ImportResult, import_contacts
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.record_queries import ContactFilter, RecordQueries
from tests.store.store_lab import SetClock

PHONE = ImportMapping((PhoneColumn("phone", "mobile"),))


class Importer:
    """One file name, one database."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.engine = engine
        self.file = folder / "leads.csv"
        self.rejects_file = folder / "leads.csv.rejects.csv"
        self.clock = SetClock()

    async def __call__(
        self, content: str | bytes, mapping: ImportMapping = PHONE, contact_list: str = "leads", **options: Any
    ) -> ImportResult:
        self.file.write_bytes(content.encode() if isinstance(content, str) else content)
        return await self.again(mapping, contact_list, **options)

    async def again(
        self, mapping: ImportMapping = PHONE, contact_list: str = "leads", **options: Any
    ) -> ImportResult:
        """The file as it is."""
        result = await import_contacts(self.engine, self.clock, self.file, contact_list, mapping, **options)
        assert result.rows == result.imported + result.rejected
        assert (result.rejects is not None) == self.rejects_file.exists()
        return result

    async def contacts(self, contact_list: str = "leads") -> Sequence[Any]:
        return await RecordQueries(self.engine).contacts(ContactFilter(contact_list=contact_list), limit=10_000)

    async def numbers(self) -> list[list[str]]:
        return [[number["e164"] for number in row["numbers"]] for row in await self.contacts()]

    async def index(self) -> list[tuple[str, int]]:
        """(number, contact) as contacts are found by."""
        async with self.engine.connect() as connection:
            query = "SELECT e164, contact_id FROM contact_numbers ORDER BY e164, contact_id"
            return [(row[0], row[1]) for row in await connection.exec_driver_sql(query)]

    def rejects(self) -> list[tuple[int, str, str]]:
        with self.rejects_file.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["line", "reason", "raw"]
        return [(int(line), reason, raw) for line, reason, raw in rows]
