"""Do-not-call lists without a daemon: straight to the record, and to Redis where it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from dialerd.app.dnc_desk import export_csv
from dialerd.cli.outcome import Exit, Failure
from dialerd.cli.reach import person
from dialerd.cli.record import record_at
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.problems import did_you_mean
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.masking import masked_value
from dialerd.store.csv_format import UnusableFile
from dialerd.store.dnc_dates import BadDate, end_of
from dialerd.store.dnc_entry import BadEntry, entry_of
from dialerd.store.dnc_load import LoadMode, LoadProgress, LoadResult, load_file
from dialerd.store.dnc_loads import DncLoads, LoadLost, LoadUnderWay
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc, UnknownDncList
from dialerd.store.journal import Journal
from dialerd.store.migrate import DatabaseTooNew, migrate_engine
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.redis_link import LinkBroken

_T = TypeVar("_T")


class _WallClock:
    def now(self) -> float:
        return time.time()


_CLOCK = _WallClock()


class Direct:
    """The lists of one configuration. Every method raises Failure for what a person can mend."""

    def __init__(self, config: Path | None) -> None:
        self._settings = settings_or_fail(config)
        campaigns = campaigns_or_fail(self._settings)
        self._lists = campaigns.dnc_lists
        self._plan = campaigns.plan

    def lists(self) -> dict[str, Any]:
        """As the API tells them; what only a daemon knows is left empty."""

        async def work(record: SqlDnc, copy: DncCopy) -> dict[str, Any]:
            counts = await record.counts()
            campaigns = self._plan.campaigns if self._plan is not None else {}
            found = [
                {
                    "name": name, "configured": name in self._lists, "ready": False, "loading": "no daemon answers",
                    "description": self._lists[name].description if name in self._lists else "",
                    "entries": counts.get(name, {}),
                    "campaigns": sorted(c for c, settings in campaigns.items() if name in settings.dnc),
                }
                for name in sorted(self._lists.keys() | counts.keys())
            ]  # fmt: skip
            return {"lists": found}

        return self._run(work)

    def add(
        self, name: str, number: str | None, prefix: str | None, contact: str | None, reason: str, expires: str
    ) -> dict[str, Any]:
        """Put one entry on a list."""
        entry = self._entry(name, number, prefix, contact, expires)

        async def work(record: SqlDnc, copy: DncCopy) -> dict[str, Any]:
            await record.ensure([name])
            await self._audit(record, "dnc_add", name, entry, reason)
            await record.add(name, [entry], reason, _who())
            in_force = await _in_force(copy, name)
            said = {"list": name, "kind": entry.kind.value, "expires_at": entry.expires_at}
            return {**said, "in_force": in_force, "recorded": True}

        return self._run(work)

    def remove(
        self, name: str, number: str | None, prefix: str | None, contact: str | None, reason: str
    ) -> dict[str, Any]:
        """Take one entry off a list."""
        entry = self._entry(name, number, prefix, contact, "")

        async def work(record: SqlDnc, copy: DncCopy) -> dict[str, Any]:
            await record.ensure([name])
            await self._audit(record, "dnc_remove", name, entry, reason)
            if not await record.remove(name, entry, reason, _who()):
                raise Failure(f"list {name} has no such entry", "`dialerd dnc lookup` tells which entry applies.")
            await _in_force(copy, name)
            return {"list": name, "kind": entry.kind.value}

        return self._run(work)

    def look_up(self, number: str | None, contact: str | None, name: str | None) -> dict[str, Any]:
        """Every entry in force that concerns a number or contact."""
        if number is None and contact is None:
            raise Failure("a number or --contact is needed", "dialerd dnc lookup +441632960001", Exit.USAGE)
        region = self._lists[name].region if name is not None and name in self._lists else None
        e164 = _entry_of(DncKind.NUMBER, number, None, region).value if number is not None else ""

        async def work(record: SqlDnc, copy: DncCopy) -> dict[str, Any]:
            found = await record.look_up(e164, contact or "", name)
            return {"listed": bool(found), "findings": [asdict(one) for one in found]}

        return self._run(work)

    def load(
        self, name: str, file: Path, mode: LoadMode, column: str | None, rejects: Path | None,
        progress: Callable[[LoadProgress], None],
    ) -> LoadResult:  # fmt: skip
        """Load a file into a list."""
        self._known(name)

        async def work(record: SqlDnc, copy: DncCopy) -> LoadResult:
            await record.ensure([name])
            detail = {"list": name, "mode": mode.value, "source": file.name}
            await Journal(record.engine, _CLOCK).add_audit(_who(), "dnc_load", detail)
            return await load_file(
                record, DncLoads(record.engine, _CLOCK), copy, file, name,
                mode=mode, region=self._lists[name].region, who=_who(), now=time.time(), column=column,
                rejects=rejects, progress=progress,
            )  # fmt: skip

        try:
            return self._run(work)
        except UnusableFile as error:
            raise Failure(str(error), "The list is as it was.") from None
        except (LoadUnderWay, LoadLost) as error:
            raise Failure(f"list {name} is busy: {error}", "Try again when that load is over.") from None

    def export(self, name: str, write: Callable[[bytes], Any]) -> None:
        """Write a list as CSV."""

        async def work(record: SqlDnc, copy: DncCopy) -> None:
            detail = {"list": name, "what": "dnc export"}
            await Journal(record.engine, _CLOCK).add_audit(_who(), "saw_unmasked_numbers", detail)
            try:
                async for piece in export_csv(record, name):
                    write(piece)
            except UnknownDncList:
                raise Failure(f"no do-not-call list {name!r}", did_you_mean(name, self._lists), Exit.USAGE) from None

        self._run(work)

    # --- inside -----------------------------------------------------------------------------------------

    def _run(self, work: Callable[[SqlDnc, DncCopy], Awaitable[_T]]) -> _T:
        async def run() -> _T:
            async with self._stores() as (record, copy):
                return await work(record, copy)

        try:
            return asyncio.run(run())
        except DatabaseTooNew as error:
            raise Failure(str(error), "Use the newer dialerd.") from None
        except DATABASE_ERRORS as error:
            hint = "`dialerd doctor` finds out what is wrong with the database."
            raise Failure(f"the record does not answer: {reason_of(error)}", hint) from None

    @asynccontextmanager
    async def _stores(self) -> AsyncIterator[tuple[SqlDnc, DncCopy]]:
        async with record_at(self._settings.sql.url.get_secret_value()) as engine:
            await migrate_engine(engine)
            record = SqlDnc(engine, _CLOCK)
            copy = DncCopy(self._settings.redis.url.get_secret_value(), record)
            try:
                yield record, copy
            finally:
                await copy.aclose()

    def _known(self, name: str) -> None:
        if name not in self._lists:
            hint = did_you_mean(name, self._lists) or "describe it under `dnc_lists:` of the campaigns file"
            raise Failure(f"no do-not-call list {name!r}", hint, Exit.USAGE)

    def _entry(
        self, name: str, number: str | None, prefix: str | None, contact: str | None, expires: str
    ) -> DncEntry:
        self._known(name)
        given = [
            (kind, written)
            for kind, written in zip(DncKind, (number, prefix, contact), strict=True)
            if written is not None
        ]
        if len(given) != 1:
            raise Failure("one of NUMBER, --prefix and --contact is needed", "", Exit.USAGE)
        try:
            over = end_of(expires, time.time())
        except BadDate as error:
            raise Failure(f"--expires: {error}", "", Exit.USAGE) from None
        if over is not None and over <= time.time():
            raise Failure("--expires is in the past", "Leave it out for no end.", Exit.USAGE)
        return _entry_of(*given[0], over, self._lists[name].region)

    async def _audit(self, record: SqlDnc, what: str, name: str, entry: DncEntry, reason: str) -> None:
        detail = masked_value({"list": name, entry.kind.value: entry.value, "reason": reason})
        await Journal(record.engine, _CLOCK).add_audit(_who(), what, detail)


def _entry_of(kind: DncKind, written: str, over: float | None, region: str | None) -> DncEntry:
    try:
        return entry_of(kind, written, over, region)
    except BadEntry as error:
        raise Failure(f"{kind.value}: {error}", "With its country code: +441632960001", Exit.USAGE) from None


def _who() -> str:
    return f"{person() or 'somebody'} via command line"


async def _in_force(copy: DncCopy, name: str) -> bool:
    """Redis has it. If not, the daemon brings it there before it places a call."""
    try:
        await copy.refresh(name)
    except LinkBroken:
        return False
    return True
