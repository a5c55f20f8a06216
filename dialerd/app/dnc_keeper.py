"""Keeps the copy of the do-not-call lists true, and tells the core of every change, whoever made it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from dialerd.core.dnc import DNC_REASON, DncEntry, DncKind, DncStanding
from dialerd.core.dnc_events import DncLifted, DncStandingChanged, OptedOut, ProviderForgotten
from dialerd.core.events import ContactsChanged
from dialerd.core.tallies import CALLBACK, still_callback
from dialerd.ports import Clock, Post, ProviderAnswers
from dialerd.store.dnc_redis import DncCopy, Marker
from dialerd.store.dnc_revival import DncRevival
from dialerd.store.dnc_sql import EXCEPTION, ListRow, SqlDnc
from dialerd.store.dnc_waiting import WaitingEntry, replay
from dialerd.store.journal import Journal
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.redis_link import LinkBroken

_log = structlog.get_logger(__name__)
POLL_S = 1.0
"""How long a change that was made past this daemon may go unnoticed by calls in progress; new claims ask Redis."""
COUNT_EVERY_S = 60.0
LATE_S = 600.0
"""So long after something was taken off a list contacts that are retired for it are looked at again."""
_SWITCH_S = 0.3
"""Who loads a list has it in force in the record and, this much later, in Redis."""


@dataclass(frozen=True, slots=True)
class LiveNumber:
    """A call that nobody has answered yet."""

    number: str
    contact_key: str
    lists: tuple[str, ...]


class DncKeeper:
    """Life: :meth:`run` as a task; :meth:`look` at any time besides."""

    def __init__(
        self,
        record: SqlDnc,
        copy: DncCopy,
        post: Post,
        clock: Clock,
        *,
        lists: Callable[[], Collection[str]],
        live: Callable[[], list[LiveNumber]],
        reached: Callable[[str, int, int], None],
        tell: Callable[..., None],
        counted: Callable[[Mapping[str, Mapping[str, int]]], None] = lambda counts: None,
        waiting: Callable[[int], None] = lambda count: None,
        answers: ProviderAnswers | None = None,
        forgot: Callable[[str, str | None], None] = lambda name, number: None,
    ) -> None:
        """``lists``: those of the configuration. ``live``: calls that may have to be cancelled. ``reached``: told how
        far the record is, before the copy is. ``counted``: told the entries by list and kind, now and then;
        ``waiting``: how many entries claims heed that the record has yet to be told of. ``answers``: what providers
        said; ``forgot``: told of each answer that a person removed (number None: all of the list)."""
        self._record, self._copy = record, copy
        self._post, self._clock = post, clock
        self._lists, self._live, self._reached = lists, live, reached
        self._tell, self._counted, self._waiting = tell, counted, waiting
        self._answers, self._forgot = answers, forgot
        self._forgotten: str | None = None
        """Id of the last removal of a provider's answer of which the core knows; None: nothing was read yet."""
        self._journal = Journal(record.engine, clock)
        self._revival = DncRevival(record.engine, copy, clock)
        self._gone: deque[tuple[str, tuple[DncEntry, ...] | None]] = deque()
        """List and what was taken off it (None: not known), to be told to the contacts retired for it."""
        self._lifted: dict[str, float] = {}
        """When something was last taken off a list, epoch seconds."""
        self._late: deque[tuple[str, Sequence[int]]] = deque()
        """List and contacts that were retired for it after that, perhaps for what is gone."""
        self._heard = ""
        """Id of the last waiting entry of which the core knows."""
        self._seen: dict[str, tuple[int, int]] = {}
        """List -> generation and seq of which the core knows."""
        self._standing = DncStanding()
        self._loading: dict[str, str] = {}
        self._looking = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._awaited: list[asyncio.Future[bool]] = []
        self._told = ""
        self._counted_at = 0.0

    @property
    def standing(self) -> DncStanding:
        """As the core was last told."""
        return self._standing

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self._wanted.clear()
            awaited, self._awaited = self._awaited, []
            try:
                await self.look()
                self._told = ""
                _answer(awaited, True)
            except (LinkBroken, *DATABASE_ERRORS) as error:
                _answer(awaited, False)
                reason = str(error) if isinstance(error, LinkBroken) else reason_of(error)
                if reason != self._told:
                    # The store and the record tell their losses themselves; this is for the log.
                    self._told = reason
                    _log.warning("dnc_not_checked", reason=reason)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wanted.wait()

    def hurry(self) -> None:
        """Have :meth:`run` look now."""
        self._wanted.set()

    def retired(self, contact_ids: Sequence[int], reason: str) -> None:
        """Contacts were retired or parked for this reason, and the record has it. What they were refused for may have
        been taken off a list meanwhile, after those who were retired for it had been set free."""
        name = reason.removeprefix(still_callback(CALLBACK, "")).removeprefix(DNC_REASON)
        lifted = self._lifted.get(name) if DNC_REASON in reason else None
        if lifted is not None and abs(self._clock.now() - lifted) < LATE_S:
            self._late.append((name, contact_ids))
            self._wanted.set()

    async def soon(self, within_s: float) -> bool:
        """Have :meth:`run` look now. Whether that was done within so many seconds; it goes on trying in any case."""
        answer = asyncio.get_running_loop().create_future()
        self._awaited.append(answer)
        self._wanted.set()
        # Not cancelled with the wait: a database driver may let nobody go before the database does.
        await asyncio.wait((answer,), timeout=within_s)
        return answer.done() and bool(answer.result())

    async def bar(self, name: str, entry: DncEntry, reason: str, who: str) -> None:
        """Have everybody heed an entry at once, whether or not the record answers; :meth:`look` tells it to the
        record. Raises :class:`~dialerd.store.redis_link.LinkBroken`."""
        await self._copy.bar(WaitingEntry(name, entry, reason, who, self._clock.now()))
        self._post(OptedOut(name, entry))

    async def look(self) -> None:
        """Bring the record up to what claims heed already, the copy up to the record and the core up to both. When it
        returns, every change that was committed before is in force. Raises
        :class:`~dialerd.store.redis_link.LinkBroken` and the database's errors."""
        async with self._looking:
            names = sorted(self._lists())
            await self._hear(names)
            await self._record.ensure(names)
            rows = [row for row in await self._record.lists() if row.name in names]
            markers = await self._copy.markers()
            if any(_differs(row, markers.get(row.name)) for row in rows if row.name in markers):
                await asyncio.sleep(_SWITCH_S)
                markers = await self._copy.markers()
            for row in rows:
                await self._bring_up(row, markers.get(row.name))
            self._say_standing(frozenset(names))
            await self._hear_forgotten(names)
            await self._revive()
            now = self._clock.now()
            if now - self._counted_at >= COUNT_EVERY_S or now < self._counted_at:
                self._counted_at = now
                self._counted(await self._record.counts())

    async def _hear(self, names: Collection[str]) -> None:
        """What any instance has barred since: calls that ring here end, whether or not the record answers."""
        found = await self._copy.waiting()
        self._waiting(len(found))
        for one in found:
            if _later(one.id, self._heard):
                self._heard = one.id
                if one.dnc_list in names:
                    self._post(OptedOut(one.dnc_list, one.entry))
        written: list[str] = []
        try:
            await replay(self._record, self._journal, found, written.append)
        finally:
            await self._copy.recorded(*written)
        self._waiting(0)

    async def _hear_forgotten(self, names: Collection[str]) -> None:
        """Answers of providers that a person removed, on whichever instance: they are asked again."""
        if self._answers is None:
            return
        found = await self._answers.forgotten(self._forgotten or "")
        new = self._forgotten is not None
        self._forgotten = found[-1].id if found else (self._forgotten or "")
        # A daemon that begins remembers nothing that it would have to forget, and looks at who was retired anyway.
        for one in found if new else ():
            if one.dnc_list in names:
                self._forgot(one.dnc_list, one.number)
                self._post(ProviderForgotten(one.dnc_list, one.number))
                entries = None if one.number is None else (DncEntry(DncKind.NUMBER, one.number),)
                self._lift(one.dnc_list, entries)

    async def _revive(self) -> None:
        """Contacts that were retired for what is gone are callable again."""
        while self._gone:
            name, entries = self._gone[0]
            self._set_free(name, await self._revival.revive(name, entries))
            self._gone.popleft()
        while self._late:
            name, contact_ids = self._late[0]
            self._set_free(name, await self._revival.revive_again(name, contact_ids))
            self._late.popleft()

    def _set_free(self, name: str, found: Mapping[str, int]) -> None:
        for contact_list, count in found.items():
            self._tell("info", "dnc_contacts_free", dnc_list=name, contact_list=contact_list, count=str(count))
            self._post(ContactsChanged(contact_list))

    def _lift(self, name: str, entries: tuple[DncEntry, ...] | None) -> None:
        self._lifted[name] = self._clock.now()
        self._gone.append((name, entries))

    async def _bring_up(self, row: ListRow, marker: Marker | None) -> None:
        name, known = row.name, self._seen.get(row.name)
        self._reached(name, row.generation, row.seq)
        if _differs(row, marker):
            self._progress(name, "0 %")
            _log.info("dnc_list_loading", dnc_list=name, numbers=row.numbers)
            try:
                marker = await self._copy.refresh(name, self._progress)
            finally:
                self._loading.pop(name, None)
            _log.info("dnc_list_loaded", dnc_list=name, numbers=row.numbers)
        elif marker is not None and marker.seq < row.seq:
            marker = await self._copy.refresh(name)
        if known is None or known[0] != row.generation or name not in self._standing.ready:
            await self._check_live(name)
        if known is None or known[0] != row.generation:
            # A load may lack what the one before it had; and who knows what happened before this daemon began.
            self._post(DncLifted(name))
            self._lift(name, None)
        if known is not None and known[1] < row.seq:
            await self._tell_changes(row, known[1])
        self._seen[name] = (row.generation, row.seq)

    async def _check_live(self, name: str) -> None:
        """Calls that were placed before this daemon knew the list, or knew this version of it."""
        calls = [call for call in self._live() if name in call.lists]
        answers = await self._copy.check([(call.number, call.contact_key) for call in calls], [(name, 0, 0)])
        for call, answer in zip(calls, answers, strict=True):
            if answer is not None and answer[0].startswith(DNC_REASON):
                self._post(OptedOut(name, DncEntry(DncKind.NUMBER, call.number, answer[1])))

    async def _tell_changes(self, row: ListRow, after: int) -> None:
        gone: list[DncEntry] = []
        for change in await self._record.changes(row.name, row.generation, after):
            if change.field.startswith(EXCEPTION):
                gone.append(DncEntry(DncKind.NUMBER, change.field.removeprefix(EXCEPTION)))
            elif change.removed_at is not None:
                gone += [change.entry] if change.entry is not None else []
            elif change.entry is not None:
                self._post(OptedOut(row.name, change.entry))
        if gone:
            self._post(DncLifted(row.name))
            self._lift(row.name, tuple(gone))

    def _progress(self, name: str, progress: str) -> None:
        self._loading[name] = progress
        self._say_standing(self._standing.ready)

    def _say_standing(self, names: frozenset[str]) -> None:
        standing = DncStanding(names - self._loading.keys(), dict(self._loading))
        if standing != self._standing:
            gone = standing.loading and not self._standing.loading
            self._standing = standing
            self._post(DncStandingChanged(standing))
            if gone:
                self._tell("warning", "dnc_loading", lists=", ".join(sorted(self._loading)))


def _answer(awaited: list[asyncio.Future[bool]], done: bool) -> None:
    for answer in awaited:
        answer.set_result(done)


def _later(stream_id: str, than: str) -> bool:
    """Of two ids of a stream (milliseconds, dash, serial number); empty: before all."""
    return not than or tuple(map(int, stream_id.split("-"))) > tuple(map(int, than.split("-")))


def _differs(row: ListRow, marker: Marker | None) -> bool:
    """The copy is of another load, or there is none."""
    return marker is None or marker.generation != row.generation
