"""The copy of the do-not-call lists in Redis, which the claim asks: written, brought up to date, rebuilt.

Every list has a marker, ``generation:seq:rows``, written last: no marker, no answer. Where a copy lags behind the
record (Redis was wiped, or fell back to an older state, or whoever made a change died before it was here),
:meth:`DncCopy.refresh` makes it whole again, from the record alone, however often it is interrupted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from redis.exceptions import NoScriptError, RedisError

from dialerd.store import dnc_blocks as packing
from dialerd.store.dnc_question import refusal_of, spec_of
from dialerd.store.dnc_sql import EntryRow, ListRow, SqlDnc
from dialerd.store.dnc_waiting import WaitingEntry, decode, encode
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import LinkBroken, client_for
from dialerd.store.redis_scripts import DNC_APPLY, DNC_BAR, DNC_CHECK, Script

Progress = Callable[[str, str], None]
"""Told a list and how far its loading is."""
_TIMEOUT_S = 10.0
_PER_CALL = 2000


@dataclass(frozen=True, slots=True)
class Marker:
    """How far the copy of one list is."""

    generation: int
    seq: int
    rows: bool
    """The load has single entries too (prefixes, dates, exceptions)."""

    def __str__(self) -> str:
        return f"{self.generation}:{self.seq}:{int(self.rows)}"


class DncCopy:
    """One instance's access to the copy. Raises :class:`~dialerd.store.redis_link.LinkBroken` when Redis does not
    answer, and the database's errors."""

    def __init__(
        self, url: str, record: SqlDnc, *, namespace: str = "dialerd", timeout_s: float = _TIMEOUT_S
    ) -> None:
        self._record = record
        self.prefix = Keys("any", namespace).dnc
        self._waiting = f"{self.prefix}:=waiting"
        self._client = client_for(url, timeout_s=timeout_s)

    async def aclose(self) -> None:
        """Disconnect."""
        try:
            await self._client.aclose()
        except (RedisError, OSError):
            return

    # --- reading ----------------------------------------------------------------------------------------

    async def markers(self) -> dict[str, Marker]:
        """List -> how far its copy is; lists without a copy are absent."""
        async with _answering():
            found: Any = await self._client.hgetall(self.prefix)
        return {name.decode(): _marker(value.decode()) for name, value in found.items()}

    async def check(
        self, questions: Sequence[tuple[str, str]], lists: Sequence[tuple[str, int, int]]
    ) -> list[tuple[str, float | None] | None]:
        """For each (number, contact key): None, or the reason (``dnc:<list>``, ``dnc_loading:<list>``) and the second
        at which it is over, where it ends."""
        found: list[tuple[str, float | None] | None] = []
        for start in range(0, len(questions), _PER_CALL):
            chunk = questions[start : start + _PER_CALL]
            specs = [orjson.dumps(spec_of(self.prefix, number, key, lists)) for number, key in chunk]
            found += [refusal_of(reply.decode()) if reply else None for reply in await self._run(DNC_CHECK, *specs)]
        return found

    # --- writing ----------------------------------------------------------------------------------------

    async def bar(self, waiting: WaitingEntry) -> str:
        """Have claims heed an entry at once, whether or not the record answers, and note it for the record. Returns
        its id in :meth:`waiting`."""
        entry = waiting.entry
        over = "" if entry.expires_at is None else f"{entry.expires_at:.0f}"
        reply = await self._run(DNC_BAR, "", waiting.dnc_list, entry.field, over, encode(waiting))
        return str(reply.decode())

    async def waiting(self, after: str = "") -> list[WaitingEntry]:
        """The oldest entries that the record has yet to be told of; ``after``: those behind this id."""
        async with _answering():
            least = f"({after}" if after else "-"
            found: Any = await self._client.xrange(self._waiting, min=least, count=_PER_CALL)
        read = [decode(stream_id.decode(), values.get(b"note", b"")) for stream_id, values in found]
        return [one for one in read if one is not None]

    async def recorded(self, *ids: str) -> None:
        """The record has these."""
        if ids:
            async with _answering():
                await self._client.xdel(self._waiting, *ids)

    async def write_groups(self, name: str, generation: int, rows: Sequence[tuple[int, bytes]]) -> None:
        """Write packed groups of a load. They are not asked before the marker says so."""
        async with _answering():
            pipeline = self._client.pipeline(transaction=False)
            for group, packed in rows:
                key = f"{self.prefix}:{name}:{generation}:{group}"
                pipeline.hset(key, mapping=dict(packing.blocks(packed)))
            await pipeline.execute()

    async def refresh(self, name: str, progress: Progress | None = None) -> Marker:
        """Make the copy of this list what the record says, by as little work as that takes. Returns its marker.
        Raises :class:`~dialerd.store.dnc_sql.UnknownDncList` too."""
        while True:
            row = await self._record.one(name)
            marker = (await self.markers()).get(name)
            if marker is None or marker.generation != row.generation:
                await self._rebuild(row, marker, progress)
            elif marker.seq < row.seq:
                await self._catch_up(row, marker)
            else:
                return marker

    async def switch(self, name: str, generation: int) -> None:
        """The load ``generation`` is in force in the record, and written here: ask it from now on."""
        row = await self._record.one(name)
        marker = (await self.markers()).get(name)
        if marker is not None and row.generation == generation:
            rows = await self._has_rows(name, generation)
            await self._apply(name, marker, Marker(generation, marker.seq, rows), [])

    async def write_rows(self, name: str, generation: int) -> None:
        """Write the single entries that came with a load."""
        async for page in self._record.entries(name, generation):
            await self._write_entries(name, page)

    async def sweep(self, name: str, keep: set[int]) -> None:
        """Remove what is left of other loads than those to ``keep``."""
        async with _answering():
            doomed: list[bytes] = []
            for pattern, part in ((f"{self.prefix}:{name}:*", -2), (f"{self.prefix}:=row:{name}:*", -1)):
                async for key in self._client.scan_iter(match=_literal(pattern), count=1000):
                    if int(key.decode().split(":")[part]) not in keep:
                        doomed.append(key)
                    if len(doomed) >= _PER_CALL:
                        await self._client.unlink(*doomed)
                        doomed.clear()
            if doomed:
                await self._client.unlink(*doomed)

    async def memory_bytes(self) -> int:
        """What Redis uses in all, bytes; for figures."""
        async with _answering():
            return int((await self._client.info("memory"))["used_memory"])

    # --- inside -----------------------------------------------------------------------------------------

    async def _rebuild(self, row: ListRow, marker: Marker | None, progress: Progress | None) -> None:
        """Everything that is missing, then the marker. What changes meanwhile comes behind it, by ``seq``."""
        name = row.name
        done = 0
        if progress is not None:
            progress(name, "0 %")
        async for page in self._record.groups(name, row.generation):
            await self.write_groups(name, row.generation, [(group, packed) for group, _, packed in page])
            done += sum(count for _, count, _ in page)
            if progress is not None:
                progress(name, f"{100 * done // max(row.numbers, 1)} % of {row.numbers:,} numbers")
        for generation in {row.generation, 0} if marker is None else {row.generation}:
            async for entries in self._record.entries(name, generation):
                await self._write_entries(name, entries)
        rows = await self._has_rows(name, row.generation)
        seq = row.seq if marker is None else marker.seq
        await self._apply(name, marker, Marker(row.generation, seq, rows), [])

    async def _catch_up(self, row: ListRow, marker: Marker) -> None:
        changed = await self._record.changes(row.name, row.generation, marker.seq)
        seq = changed[-1].seq if changed else row.seq
        rows = marker.rows or any(change.generation for change in changed)
        await self._apply(row.name, marker, Marker(marker.generation, seq, rows), changed)

    async def _apply(self, name: str, before: Marker | None, after: Marker, changes: Sequence[EntryRow]) -> None:
        arguments = [name, "" if before is None else str(before), str(after)]
        for change in changes:
            arguments += (self._key_of(name, change), change.field, _value(change))
        await self._run(DNC_APPLY, *arguments)

    async def _has_rows(self, name: str, generation: int) -> bool:
        if generation == 0:
            return False
        async with _answering():
            return bool(await self._client.exists(f"{self.prefix}:=row:{name}:{generation}"))

    async def _write_entries(self, name: str, rows: Sequence[EntryRow]) -> None:
        async with _answering():
            pipeline = self._client.pipeline(transaction=False)
            for row in rows:
                if row.removed_at is None:
                    pipeline.hset(self._key_of(name, row), row.field, _value(row))
                else:
                    pipeline.hdel(self._key_of(name, row), row.field)
            await pipeline.execute()

    def _key_of(self, name: str, row: EntryRow) -> str:
        return f"{self.prefix}:=row:{name}:{row.generation}" if row.generation else f"{self.prefix}:=one:{name}"

    async def _run(self, script: Script, *arguments: str | bytes) -> Any:
        async with _answering():
            try:
                return await self._client.evalsha(script.sha, 1, self.prefix, *arguments)
            except NoScriptError:
                return await self._client.eval(script.text, 1, self.prefix, *arguments)


def _value(row: EntryRow) -> str:
    if row.removed_at is not None:
        return "-"
    return "" if row.expires_at is None else f"{row.expires_at:.0f}"


def _marker(text: str) -> Marker:
    generation, seq, rows = text.split(":")
    return Marker(int(generation), int(seq), rows == "1")


def _literal(pattern: str) -> str:
    return pattern.replace("[", "\\[")


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise LinkBroken(f"Redis: {type(error).__name__}: {error}") from error
