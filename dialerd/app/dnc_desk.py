"""What the API can do with do-not-call lists, over the stores."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from dialerd.app.contact_files import REJECTS_SHOWN, uploaded
from dialerd.app.database_answers import from_database
from dialerd.app.dnc_keeper import DncKeeper
from dialerd.app.provider_desk import ProviderDesk
from dialerd.config.dnc_lists import DncListSettings
from dialerd.control.daemon import UnusableFile
from dialerd.control.dnc_lists import (
    BadDncEntry,
    DncAdded,
    DncBusy,
    DncListInfo,
    DncLoadReport,
    NoOptOutList,
    Reject,
    UnknownDncList,
)
from dialerd.core.campaign import Plan
from dialerd.core.dnc import DncEntry, DncFinding, DncKind
from dialerd.ports import Clock, ProviderAnswers
from dialerd.store import csv_format, dnc_sql
from dialerd.store import dnc_blocks as packing
from dialerd.store.dnc_dates import BadDate, end_of
from dialerd.store.dnc_entry import BadEntry, entry_of
from dialerd.store.dnc_load import LoadMode, load_file
from dialerd.store.dnc_loads import DncLoads, LoadLost, LoadUnderWay
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.dnc_waiting import WaitingEntry, replay
from dialerd.store.journal import Journal
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.redis_link import LinkBroken
from dialerd.store.reject_file import read_rejects

RECORD_WAIT_S = 3.0
"""So long an answer waits for the record where claims heed the entry already."""


class StoredDnc:
    """Implements :class:`dialerd.control.dnc_lists.DncDesk`."""

    def __init__(
        self,
        record: SqlDnc,
        copy: DncCopy,
        keeper: DncKeeper,
        clock: Clock,
        lists: Callable[[], Mapping[str, DncListSettings]],
        plan: Callable[[], Plan],
        answers: ProviderAnswers | None = None,
    ) -> None:
        self._record, self._copy, self._keeper, self._clock = record, copy, keeper, clock
        self._lists, self._plan = lists, plan
        self._answers = ProviderDesk(answers, lists, clock, keeper.hurry)

    @property
    def answers(self) -> ProviderDesk:
        """What providers said."""
        return self._answers

    async def lists(self) -> list[DncListInfo]:
        """All lists, by name."""
        with _answering():
            counts = await self._record.counts()
            rows = {row.name: row for row in await self._record.lists()}
        configured, campaigns = self._lists(), self._plan().campaigns
        standing = self._keeper.standing
        found = []
        for name in sorted(configured.keys() | rows.keys()):
            settings = configured.get(name)
            found.append(
                DncListInfo(
                    name=name,
                    description=settings.description if settings is not None else "",
                    configured=settings is not None,
                    provider=settings is not None and settings.provider is not None,
                    ready=name in standing.ready,
                    loading=(standing.loading or {}).get(name, ""),
                    entries=counts.get(name, {}),
                    campaigns=tuple(sorted(c for c, s in campaigns.items() if name in s.dnc)),
                    opt_outs_of=tuple(sorted(c for c, s in campaigns.items() if name == s.opt_out_list)),
                    changed_at=rows[name].changed_at if name in rows else None,
                )
            )
        return found

    def list_of(self, campaign: str) -> str:
        """The campaign's opt-out list."""
        settings = self._plan().campaigns.get(campaign)
        if settings is None:
            raise NoOptOutList(f"no campaign {campaign[:80]!r}")
        if settings.opt_out_list is None:
            raise NoOptOutList(f"campaign {campaign} states no `opt_out_list`")
        return settings.opt_out_list

    def entry(self, kind: DncKind, written: str, expires: str, name: str | None) -> DncEntry:
        """An entry as people write it."""
        now = self._clock.now()
        try:
            over = end_of(expires, now)
        except BadDate as error:
            raise BadDncEntry("expires", str(error)) from error
        if over is not None and over <= now:
            raise BadDncEntry("expires", "is in the past")
        try:
            return entry_of(kind, written, over, self._region(name) if name is not None else None)
        except BadEntry as error:
            raise BadDncEntry(kind.value, str(error)) from error

    def _region(self, name: str) -> str | None:
        if name not in self._lists():
            raise UnknownDncList(name)
        return self._lists()[name].region

    async def add(self, name: str, entry: DncEntry, reason: str, who: str) -> DncAdded:
        """Put an entry on a list: claims first, then the record, however long that takes. Only where Redis is away is
        the record first: no call is placed then."""
        self._region(name)
        try:
            await self._keeper.bar(name, entry, reason, who)
        except LinkBroken:
            with _answering():
                waiting = WaitingEntry(name, entry, reason, who, self._clock.now())
                await replay(self._record, Journal(self._record.engine, self._clock), [waiting], lambda _: None)
            return DncAdded(in_force=await self._in_force(), recorded=True)
        return DncAdded(in_force=True, recorded=await self._keeper.soon(RECORD_WAIT_S))

    async def remove(self, name: str, entry: DncEntry, reason: str, who: str) -> bool:
        """Take an entry off a list."""
        with _answering():
            # What was added a moment ago, while the record was away, must not come back behind the removal.
            with suppress(LinkBroken):
                await self._keeper.look()
            found = await self._record.remove(name, entry, reason, who)
        await self._in_force()
        return found

    async def _in_force(self) -> bool:
        """The change is committed. Where Redis or the database stalls now, claims are refused until it has caught
        up: the keeper goes on trying."""
        try:
            await self._keeper.look()
        except (LinkBroken, *DATABASE_ERRORS):
            return False
        return True

    async def look_up(self, number: str, contact_key: str, name: str | None) -> list[DncFinding]:
        """Every entry in force that concerns them."""
        with _answering():
            return await self._record.look_up(number, contact_key, name)

    async def load(
        self, name: str, source: str, mode: str, column: str | None, who: str, content: AsyncIterator[bytes]
    ) -> DncLoadReport:
        """Load an uploaded file, once all of it has arrived."""
        region = self._region(name)
        async with uploaded(source, content) as path:
            try:
                with _answering():
                    await self._record.ensure([name])
                    result = await load_file(
                        self._record, DncLoads(self._record.engine, self._clock), self._copy, path, name,
                        mode=LoadMode(mode), region=region, who=who, now=self._clock.now(), column=column,
                    )  # fmt: skip
            except csv_format.UnusableFile as error:
                raise UnusableFile(str(error)) from error
            except (LoadUnderWay, LoadLost) as error:
                raise DncBusy(str(error)) from error
            rejects = [] if result.rejects is None else read_rejects(result.rejects, REJECTS_SHOWN)
        in_force = await self._in_force()
        return DncLoadReport(
            name, result.mode.value, result.rows, result.taken, result.single, result.duplicates, result.rejected,
            result.numbers, in_force, tuple(Reject(line, reason) for line, reason in rejects),
        )  # fmt: skip

    def export(self, name: str) -> AsyncIterator[bytes]:
        """The list as CSV, piece by piece."""
        return export_csv(self._record, name)


async def export_csv(record: SqlDnc, name: str) -> AsyncIterator[bytes]:
    """What is in force on the list, as CSV that can be loaded again, piece by piece. Raises UnknownDncList of the
    store and the database's errors."""
    row = await record.one(name)
    yield b"number,prefix,contact,expires,reason,who,added\n"
    excepted: set[int] = set()
    for generation in sorted({0, row.generation}):
        async for entries in record.entries(name, generation):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            for one in entries:
                if one.removed_at is not None:
                    continue
                if one.entry is None:
                    excepted.add(packing.whole(one.field[1:]))
                    continue
                cells = [one.entry.value if one.entry.kind is kind else "" for kind in type(one.entry.kind)]
                over = "" if one.expires_at is None else f"{one.expires_at:.0f}"
                writer.writerow([*cells, over, one.reason, one.who, f"{one.added_at:.0f}"])
            yield text.getvalue().encode()
    if row.generation:
        async for page in record.groups(name, row.generation):
            for group, _, packed in page:
                numbers = packing.unpack(group, packed).tolist()
                yield "".join(f"+{number},,,,,,\n" for number in numbers if number not in excepted).encode()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        with from_database():
            yield
    except dnc_sql.UnknownDncList as error:
        raise UnknownDncList(str(error)) from error
