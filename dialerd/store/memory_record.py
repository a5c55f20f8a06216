"""The record in memory: the semantics of the one in SQL, without waiting. For simulation and tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import Any

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import (
    AuditAction,
    CountContacts,
    FetchContacts,
    OptOut,
    ParkContacts,
    RecordCommand,
    RetireContacts,
    ReturnContacts,
    SaveCampaignState,
    SaveDirection,
    WakeContacts,
)
from dialerd.core.contact import Contact, ContactState, Number
from dialerd.core.events import (
    ContactsChanged,
    ContactsCounted,
    ContactsFetched,
    Event,
    RecordBack,
    RecordLost,
)
from dialerd.core.filtering.facts import Facts
from dialerd.core.ordering.settings import REFRESH_S
from dialerd.core.windows import ROLLING_DAYS, DayCount, day_of
from dialerd.core.wrap_up import lists_joined
from dialerd.ports import Clock, Post
from dialerd.store.contact_update import Standing, moves, standing_after
from dialerd.store.memory_hot import Defer
from dialerd.store.memory_order import MemoryOrder, Place

_FRESH = Standing(ContactState.CALLABLE, None, 0, 0, None, {}, "")


@dataclass(slots=True)
class MemoryContact:
    """One row: what never changes, and how it stands."""

    id: int
    contact_list: str
    key: str
    numbers: tuple[Number, ...]
    columns: Mapping[str, str]
    standing: Standing = _FRESH
    added_at: float | None = None
    priority: int = 0


@dataclass(slots=True)
class _ContactList:
    """The rows of one list by what can be done with them. The heaps may name rows that have moved on; a row's own
    standing decides."""

    callable_ids: list[int] = field(default_factory=list)
    waiting: list[tuple[float, int]] = field(default_factory=list)
    in_attempt: int = 0


class MemoryRecord:
    """Contacts, finished attempts and campaign states in memory.

    Effects are immediate; replies are posted immediately or handed to ``defer``. It outlives the core that uses
    it, like :class:`~dialerd.store.memory_hot.MemoryHotStore`.
    """

    def __init__(self, post: Post, clock: Clock, *, defer: Defer | None = None) -> None:
        self._post = post
        self._clock = clock
        self._defer = defer
        self._lost = False
        self.opt_outs: dict[str, set[str]] = {}
        """Do-not-call list -> numbers whose owners asked for it in a call."""
        self._kept: deque[RecordCommand] = deque()
        self._lists: dict[str, _ContactList] = {}
        self._orders: dict[str, MemoryOrder] = {}
        self._campaigns: dict[str, tuple[CampaignState, str]] = {}
        self.contacts: dict[int, MemoryContact] = {}
        """Contact id -> row."""
        self.audited: list[AuditAction] = []
        self._directions: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.attempts: dict[str, AttemptRecord] = {}
        """Attempt id -> the finished attempt, in order of recording."""

    # --- the port ---------------------------------------------------------------------------------------

    def submit(self, command: RecordCommand) -> None:
        """Carry out one command; keep it while the record is lost."""
        if self._lost:
            self._kept.append(command)
        else:
            self._carry_out(command)

    # --- what the daemon's start-up and the outbox need -------------------------------------------------

    def campaign_states(self) -> dict[str, CampaignState]:
        """Campaign -> the state it was last told to have."""
        return {campaign: state for campaign, (state, _) in self._campaigns.items()}

    def directions(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """(kind, name) -> how a sequence or a campaign rule stood."""
        return dict(self._directions)

    def day_counts(self, zones: Mapping[str, str]) -> dict[str, tuple[DayCount, ...]]:
        """Campaign -> calls to people by day, for the last 30 days; ``zones``: campaign -> its time zone."""
        days: dict[str, dict[int, list[int]]] = {}
        now = self._clock.now()
        for record in self.attempts.values():
            if record.abandoned or record.reached:
                zone = zones.get(record.campaign, "UTC")
                at = record.answered_at if record.answered_at is not None else record.ended_at
                day = day_of(at if at is not None else now, zone)
                if day_of(now, zone) - ROLLING_DAYS < day <= day_of(now, zone):
                    days.setdefault(record.campaign, {}).setdefault(day, [0, 0])[record.abandoned] += 1
        return {
            name: tuple(DayCount(day, live, abandoned) for day, (live, abandoned) in sorted(counts.items()))
            for name, counts in days.items()
        }

    def reset_in_attempt(self, keep: Collection[int]) -> int:
        """Contacts that an earlier run fetched and that have no live attempt (``keep``) are callable again.
        Returns how many."""
        stale = [
            row.id
            for row in self.contacts.values()
            if row.standing.state is ContactState.IN_ATTEMPT and row.id not in keep
        ]
        self._release(stale)
        return len(stale)

    def apply_outcomes(self, outcomes: Iterable[Outcome]) -> frozenset[str]:
        """Record finished attempts and what becomes of their contacts, each once by attempt id. Returns the
        contact lists concerned. Raises :class:`ConnectionError` while the record is lost."""
        if self._lost:
            raise ConnectionError("the record is lost")
        lists = set()
        for outcome in outcomes:
            record = outcome.record
            lists |= {record.contact_list, outcome.contact.move_to or record.contact_list}
            if record.id in self.attempts:
                continue
            self.attempts[record.id] = record
            row = self.contacts.get(record.contact_id)
            if row is not None:
                row.columns = {**row.columns, **outcome.contact.columns}
                following = standing_after(row.standing, outcome)
                if outcome.contact.move_to is not None and moves(row.standing, outcome):
                    self._move(row, outcome.contact.move_to)
                self._place(row, following)
            if record.flow and record.flow.get("opt_out_list"):
                self._opt_out(record.flow["opt_out_list"], record.number)
            for name in lists_joined(record):
                self._opt_out(name, record.number)
        return frozenset(lists)

    def _move(self, row: MemoryContact, contact_list: str) -> None:
        self._list(row.contact_list).in_attempt -= row.standing.state is ContactState.IN_ATTEMPT
        row.contact_list = contact_list
        self._list(contact_list).in_attempt += row.standing.state is ContactState.IN_ATTEMPT

    # --- the simulated world ----------------------------------------------------------------------------

    def attach(self, post: Post, *, defer: Defer | None = None) -> None:
        """A new core takes over: replies go to it, kept commands of the old one are gone with it."""
        self._post = post
        self._defer = defer
        self._kept.clear()
        self._lost = False

    def add_contacts(
        self, contact_list: str, rows: Iterable[tuple[str, Sequence[Number], Mapping[str, str]]]
    ) -> list[int]:
        """Add (key, numbers, columns) to a list, in dial order; returns their ids. Posts ContactsChanged."""
        ids = []
        for key, numbers, columns in rows:
            row = MemoryContact(
                len(self.contacts) + 1, contact_list, key, tuple(numbers), dict(columns), added_at=self._clock.now()
            )
            self.contacts[row.id] = row
            heappush(self._list(contact_list).callable_ids, row.id)
            ids.append(row.id)
        self._reply(ContactsChanged(contact_list))
        return ids

    def lose(self, reason: str) -> None:
        """The record stops answering; commands are kept from now on."""
        if not self._lost:
            self._lost = True
            self._reply(RecordLost(reason))

    def bring_back(self) -> None:
        """The record answers again: RecordBack is posted after the kept commands are carried out."""
        if not self._lost:
            return
        self._lost = False
        while self._kept:
            self._carry_out(self._kept.popleft())
        self._reply(RecordBack())

    # --- commands ---------------------------------------------------------------------------------------

    def _carry_out(self, command: RecordCommand) -> None:
        if isinstance(command, FetchContacts):
            self._reply(self._fetch(command))
        elif isinstance(command, ReturnContacts):
            self._release(command.contact_ids)
        elif isinstance(command, RetireContacts):
            self._retire(command.contact_ids, command.reason)
        elif isinstance(command, ParkContacts):
            for row in self._in_attempt(command.contact_ids):
                parked = replace(
                    row.standing, state=ContactState.WAITING, next_at=command.next_at, reason=command.reason
                )
                self._place(row, parked)
        elif isinstance(command, WakeContacts):
            of_lists = [row for row in self.contacts.values() if row.contact_list in command.contact_lists]
            for row in of_lists:
                if row.standing.state is ContactState.WAITING and row.standing.reason in command.reasons:
                    self._place(row, replace(row.standing, next_at=self._clock.now()))
        elif isinstance(command, OptOut):
            self._opt_out(command.dnc_list, command.number)
        elif isinstance(command, SaveDirection):
            self._directions[command.kind, command.name] = dict(command.state)
        elif isinstance(command, AuditAction):
            self.audited.append(command)
        elif isinstance(command, CountContacts):
            rows = [row for row in self.contacts.values() if row.contact_list in command.contact_lists]
            done = sum(row.standing.state is ContactState.UNCALLABLE for row in rows)
            self._reply(ContactsCounted(command.campaign, len(rows), done))
        elif isinstance(command, SaveCampaignState):
            self._campaigns[command.campaign] = (command.state, command.reason)

    def _opt_out(self, dnc_list: str, number: str) -> None:
        self.opt_outs.setdefault(dnc_list, set()).add(number)

    def _fetch(self, command: FetchContacts) -> ContactsFetched:
        if not command.order.plain:
            return self._fetch_in_order(command)
        rows = self._list(command.contact_list)
        now = self._clock.now()
        chosen: list[Contact] = []
        for contact_id in command.only:
            row = self.contacts.get(contact_id)
            if row is not None and row.contact_list == command.contact_list and _is_ready(row.standing, now):
                self._place(row, replace(row.standing, state=ContactState.IN_ATTEMPT, next_at=None))
                chosen.append(_contact_of(row))
        while not command.only and len(chosen) < command.limit:
            row = self._next_due(rows, now) or self._next_callable(rows)
            if row is None:
                break
            self._place(row, replace(row.standing, state=ContactState.IN_ATTEMPT, next_at=None))
            chosen.append(_contact_of(row))
        waiting = self._first_waiting(rows)
        next_at = waiting.standing.next_at if waiting else None
        return ContactsFetched(command.campaign, tuple(chosen), next_at, rows.in_attempt, command.serial)

    def _fetch_in_order(self, command: FetchContacts) -> ContactsFetched:
        now = self._clock.now()
        asked = command.order
        order = self._orders.get(command.campaign)
        if order is None or order.order != asked:
            order = self._orders[command.campaign] = MemoryOrder(asked)
        lists = {share.name for share in asked.shares(command.contact_list)}
        mine = [row for row in self.contacts.values() if row.contact_list in lists]
        ready = [row for row in mine if _is_ready(row.standing, now)]
        places = [Place(row.id, _facts_of(row), row.standing.reason, row.standing.next_at or 0.0) for row in ready]
        chosen = order.take(places, command.contact_list, command.limit, now)
        for contact_id in chosen:
            row = self.contacts[contact_id]
            self._place(row, replace(row.standing, state=ContactState.IN_ATTEMPT, next_at=None))
        later = [row for row in mine if row.standing.next_at is not None and row.standing.next_at > now]
        if not chosen:
            later = [row for row in later if order.passes(_facts_of(row), now)]
        moments = [row.standing.next_at for row in later if row.standing.next_at is not None]
        in_attempt = sum(row.standing.state is ContactState.IN_ATTEMPT for row in mine)
        if not chosen and order.changes_with_time:
            left = [row for row in mine if row.standing.state in (ContactState.CALLABLE, ContactState.WAITING)]
            moments += [now + REFRESH_S] if left else []
        contacts = tuple(_contact_of(self.contacts[contact_id]) for contact_id in chosen)
        return ContactsFetched(command.campaign, contacts, min(moments, default=None), in_attempt, command.serial)

    def _next_due(self, rows: _ContactList, now: float) -> MemoryContact | None:
        row = self._first_waiting(rows)
        if row is None or row.standing.next_at is None or row.standing.next_at > now:
            return None
        heappop(rows.waiting)
        return row

    def _first_waiting(self, rows: _ContactList) -> MemoryContact | None:
        while rows.waiting:
            at, contact_id = rows.waiting[0]
            row = self.contacts[contact_id]
            if row.standing.state is ContactState.WAITING and row.standing.next_at == at:
                return row
            heappop(rows.waiting)
        return None

    def _next_callable(self, rows: _ContactList) -> MemoryContact | None:
        while rows.callable_ids:
            row = self.contacts[heappop(rows.callable_ids)]
            if row.standing.state is ContactState.CALLABLE:
                return row
        return None

    def _release(self, contact_ids: Iterable[int]) -> None:
        for row in self._in_attempt(contact_ids):
            self._place(row, replace(row.standing, state=ContactState.CALLABLE, next_at=None))

    def _retire(self, contact_ids: Iterable[int], reason: str) -> None:
        for row in self._in_attempt(contact_ids):
            self._place(row, replace(row.standing, state=ContactState.UNCALLABLE, next_at=None, reason=reason))

    def _in_attempt(self, contact_ids: Iterable[int]) -> Iterator[MemoryContact]:
        for contact_id in contact_ids:
            row = self.contacts.get(contact_id)
            if row is not None and row.standing.state is ContactState.IN_ATTEMPT:
                yield row

    def _place(self, row: MemoryContact, standing: Standing) -> None:
        """Give the row its new standing and file it where the next fetch looks."""
        rows = self._list(row.contact_list)
        rows.in_attempt += (standing.state is ContactState.IN_ATTEMPT) - (
            row.standing.state is ContactState.IN_ATTEMPT
        )
        row.standing = standing
        if standing.state is ContactState.CALLABLE:
            heappush(rows.callable_ids, row.id)
        elif standing.state is ContactState.WAITING:
            if standing.next_at is None:
                raise ValueError(f"contact {row.id} waits, but not until when")
            heappush(rows.waiting, (standing.next_at, row.id))

    def _list(self, contact_list: str) -> _ContactList:
        rows = self._lists.get(contact_list)
        if rows is None:
            rows = self._lists[contact_list] = _ContactList()
        return rows

    def _reply(self, event: Event) -> None:
        if self._defer is None:
            self._post(event)
        else:
            self._defer(lambda: self._post(event))


def _is_ready(standing: Standing, now: float) -> bool:
    due = standing.state is ContactState.WAITING and standing.next_at is not None and standing.next_at <= now
    return due or standing.state is ContactState.CALLABLE


def _facts_of(row: MemoryContact) -> Facts:
    standing = row.standing
    fits = standing.number_index < len(row.numbers)
    return Facts(
        contact_list=row.contact_list,
        columns=row.columns,
        attempts=standing.attempts,
        last_disposition=standing.last_disposition,
        last_attempt_at=standing.last_attempt_at,
        added_at=row.added_at,
        number_type=row.numbers[standing.number_index].kind if fits else None,
        priority=row.priority,
    )


def _contact_of(row: MemoryContact) -> Contact:
    standing = row.standing
    return Contact(
        row.id, row.contact_list, row.key, row.numbers, row.columns, standing.attempts, standing.number_index,
        standing.last_disposition, standing.last_attempt_at, row.added_at, standing.tries,
    )  # fmt: skip
