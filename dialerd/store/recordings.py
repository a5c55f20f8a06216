"""Recordings of conversations, and of answers taken for machines: what is there, where it is, and when it is to go.

A recording's states: ``waiting`` (its two halves are on the Asterisk that made them), ``kept`` (a file in our
folder), ``failed`` (there is none), ``removing`` (it must not be there any more, and may still be), ``removed``. A
file is only ever removed after its row says so: a daemon killed in between goes on where it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.attempt import Outcome
from dialerd.core.recording import RecordingState, kind_of, paused_s, state_of
from dialerd.ports import Clock
from dialerd.store.asked_for import asked_for, within
from dialerd.store.contact_edits import REMOVED
from dialerd.store.database import READING
from dialerd.store.schema import contacts, recordings

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Which recordings; None asks for nothing. ``since``/``until``: epoch seconds of the call's end, half open."""

    campaign: str | None = None
    state: str | None = None
    number: str | None = None
    since: float | None = None
    until: float | None = None
    kind: str | None = None


async def write_recordings(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """The recordings of attempts that have just been written, in the same transaction."""
    rows = [row for outcome in outcomes if (row := _row_of(outcome)) is not None]
    if not rows:
        return
    query = select(contacts.c.id).where(
        contacts.c.id.in_([row["contact_id"] for row in rows]), contacts.c.reason == REMOVED
    )
    gone = set((await connection.execute(query)).scalars())
    for row in rows:
        if row["contact_id"] in gone and row["state"] == "waiting":
            row |= {"state": "removing", "removed_by": "contact removed"}
    await connection.execute(insert(recordings), rows)


def _row_of(outcome: Outcome) -> dict[str, Any] | None:
    record, recording = outcome.record, outcome.record.recording
    state = state_of(recording)
    if recording is None or state in (None, RecordingState.NONE):
        return None
    ended_at = recording.get("ended_at") or record.ended_at or 0.0
    began_at = recording.get("began_at")
    keep_s = recording.get("keep_s")
    return {
        "attempt_id": record.id,
        "campaign": record.campaign,
        "contact_id": record.contact_id,
        "number": record.number,
        "kind": kind_of(recording),
        # What broke off in the middle has a beginning worth keeping.
        "state": "waiting" if began_at is not None else "failed",
        "reason": str(recording.get("reason") or ""),
        "began_at": began_at,
        "ended_at": ended_at,
        "name": str(recording.get("name") or ""),
        "paused_s": paused_s(recording, ended_at),
        "remove_at": ended_at + keep_s if keep_s is not None else None,
        "removed_by": "",
    }


async def remove_with_contacts(connection: AsyncConnection, contact_ids: Collection[int]) -> int:
    """Their contacts are removed: so are the recordings. Returns how many; their files go soon afterwards."""
    statement = (
        update(recordings)
        .where(recordings.c.contact_id.in_(contact_ids), recordings.c.state.in_(("waiting", "kept")))
        .values(state="removing", removed_by="contact removed")
    )
    found = await connection.execute(statement)
    gone = update(recordings).where(recordings.c.contact_id.in_(contact_ids)).values(number="")
    await connection.execute(gone)
    return found.rowcount


class Recordings:
    """The table of recordings. Errors of the database are raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock

    async def find(self, chosen: RecordingFilter, *, limit: int = 100, offset: int = 0) -> list[Row]:
        """Latest first."""
        query = select(recordings).where(
            *asked_for(recordings, chosen, ("campaign", "state", "number", "kind")),
            *within(recordings.c.ended_at, chosen.since, chosen.until),
        )
        query = query.order_by(recordings.c.ended_at.desc(), recordings.c.attempt_id.desc())
        return await self._rows(query.limit(limit).offset(offset))

    async def of(self, attempt_id: str) -> Row | None:
        """That of one attempt; None: there is none, and there was none."""
        rows = await self._rows(select(recordings).where(recordings.c.attempt_id == attempt_id))
        return rows[0] if rows else None

    async def counts(self) -> dict[str, int]:
        """State -> how many."""
        async with self._reading.connect() as connection:
            query = select(recordings.c.state, func.count()).group_by(recordings.c.state)
            return {row.state: row[1] for row in await connection.execute(query)}

    async def in_state(self, state: str, limit: int) -> list[Row]:
        """The oldest recordings that are waiting, or are to be removed."""
        query = select(recordings).where(recordings.c.state == state).order_by(recordings.c.ended_at)
        return await self._rows(query.limit(limit))

    async def kept(self, attempt_id: str, file: str, size: int, duration_s: float, reason: str) -> bool:
        """It is in the folder now. False: it is no longer wanted, and its file must go again."""
        return await self._move(
            attempt_id, "waiting", state="kept", file=file, bytes=size, duration_s=duration_s, reason=reason
        )

    async def failed(self, attempt_id: str, reason: str) -> None:
        """There is none after all."""
        await self._move(attempt_id, "waiting", state="failed", reason=reason)

    async def removed(self, attempt_id: str) -> None:
        """Its file is gone."""
        await self._move(attempt_id, "removing", state="removed", removed_at=self._clock.now())

    async def remove(self, attempt_id: str, who: str) -> bool:
        """Somebody wants it removed. False: there is nothing to remove."""
        async with self._engine.begin() as connection:
            statement = update(recordings).where(
                recordings.c.attempt_id == attempt_id, recordings.c.state.in_(("waiting", "kept"))
            )
            found = await connection.execute(statement.values(state="removing", removed_by=who))
            return bool(found.rowcount)

    async def expire(self, limit: int) -> list[str]:
        """Up to so many whose time is over are to be removed; says which."""
        async with self._engine.begin() as connection:
            query = (
                select(recordings.c.attempt_id)
                .where(recordings.c.state.in_(("waiting", "kept")), recordings.c.remove_at <= self._clock.now())
                .order_by(recordings.c.remove_at)
                .limit(limit)
            )
            found = list((await connection.execute(query)).scalars())
            if found:
                statement = update(recordings).where(recordings.c.attempt_id.in_(found))
                await connection.execute(statement.values(state="removing", removed_by="retention"))
            return found

    async def _move(self, attempt_id: str, state_before: str, **values: Any) -> bool:
        async with self._engine.begin() as connection:
            statement = update(recordings).where(
                recordings.c.attempt_id == attempt_id, recordings.c.state == state_before
            )
            return bool((await connection.execute(statement.values(**values))).rowcount)

    async def _rows(self, query: Any) -> list[Row]:
        async with self._reading.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]
