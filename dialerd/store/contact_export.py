"""A contact list as CSV: what was imported, and what has become of it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.contact import ContactState
from dialerd.store.contact_edits import REMOVED
from dialerd.store.database import READING
from dialerd.store.group_numbers import moment_of
from dialerd.store.schema import IMPORTING, contacts

_PAGE = 1000
STANDING = (
    "contact_id", "key", "state", "reason", "attempts", "last_disposition", "last_attempt_at", "next_at", "priority",
    "uncallable_at", "uncallable_by",
)  # fmt: skip
"""Columns in front of a list's own."""


async def export_csv(engine: AsyncEngine, contact_list: str, state: str | None = None) -> AsyncIterator[bytes]:
    """The contacts of a list by id, in pieces of UTF-8: how each stands, its numbers with type and, where one is
    uncallable, why, and all its own columns. Times are UTC. One page is in memory at a time, and a writer is never
    kept waiting; what changes meanwhile may be told as before or as after."""
    reading = engine.execution_options(**READING)
    where = [contacts.c.contact_list == contact_list, contacts.c.state != IMPORTING, contacts.c.reason != REMOVED]
    if state is not None:
        where.append(contacts.c.state == state)
    columns: dict[str, None] = {}
    most = 0
    async for page in _pages(reading, where, (contacts.c.id, contacts.c.columns, contacts.c.numbers)):
        for row in page:
            columns.update(dict.fromkeys(row["columns"]))
            most = max(most, len(row["numbers"]))
    titles = [*STANDING]
    for place in range(1, most + 1):
        titles += [f"number_{place}", f"number_{place}_type", f"number_{place}_uncallable"]
    own = [name if name not in titles else f"column_{name}" for name in columns]
    yield _lines([[*titles, *own]])
    async for page in _pages(reading, where, tuple(contacts.c)):
        yield _lines([_cells(row, most, list(columns)) for row in page])


async def _pages(engine: AsyncEngine, where: list[Any], columns: tuple[Any, ...]) -> AsyncIterator[list[Any]]:
    async with engine.connect() as connection:
        last = (await connection.execute(select(func.max(contacts.c.id)).where(*where))).scalar()
    after = 0
    while last is not None and after < last:
        query = select(*columns).where(*where, contacts.c.id > after).order_by(contacts.c.id).limit(_PAGE)
        async with engine.connect() as connection:
            page = list((await connection.execute(query)).mappings())
        if not page:
            return
        after = page[-1]["id"]
        yield page


def _cells(row: Any, most: int, columns: list[str]) -> list[str]:
    waits = row["state"] == ContactState.WAITING.value
    cells = [
        str(row["id"]), row["key"], row["state"], row["reason"] or "", str(row["attempts"]),
        row["last_disposition"] or "", _time(row["last_attempt_at"]),
        _time(moment_of(row["next_at"])) if waits else "",
        str(row["priority"]), _time(row["uncallable_at"]), row["uncallable_by"] or "",
    ]  # fmt: skip
    for place in range(most):
        number = row["numbers"][place] if place < len(row["numbers"]) else None
        if number is None:
            cells += ["", "", ""]
        else:
            cells += [number["e164"], number["kind"], number.get("uncallable", {}).get("reason", "")]
    return cells + [row["columns"].get(name, "") for name in columns]


def _time(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
