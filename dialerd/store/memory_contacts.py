"""The contacts of a record in memory: how each stands, and whom the next fetch takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from dialerd.core.callable_time import CallableTime
from dialerd.core.calling_groups import group_openness
from dialerd.core.commands import FetchContacts
from dialerd.core.contact import Contact, ContactState, Number
from dialerd.core.events import ContactsFetched
from dialerd.core.filtering.facts import Facts
from dialerd.core.ordering.settings import REFRESH_S
from dialerd.core.tallies import CALLBACK, is_callback, renumbered, still_callback
from dialerd.ports import Clock
from dialerd.store.contact_update import Standing
from dialerd.store.group_numbers import LAST_GROUP, moment_of
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

    name: str
    callable_ids: list[int] = field(default_factory=list)
    waiting: list[tuple[float, int]] = field(default_factory=list)
    groups: dict[int, list[int]] = field(default_factory=dict)
    """Number of a calling group -> who waits in it."""
    in_attempt: int = 0


class MemoryContacts:
    """All rows of a record in memory, by id and by list."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lists: dict[str, _ContactList] = {}
        self._orders: dict[str, MemoryOrder] = {}
        self._groups: dict[str, int] = {}
        self.rows: dict[int, MemoryContact] = {}
        """Contact id -> row."""

    def add(self, contact_list: str, key: str, numbers: Sequence[Number], columns: Mapping[str, str]) -> int:
        """A contact of this list, behind all others; returns its id."""
        row = MemoryContact(
            len(self.rows) + 1, contact_list, key, tuple(numbers), dict(columns), added_at=self._clock.now()
        )
        self.rows[row.id] = row
        heappush(self.of_list(contact_list).callable_ids, row.id)
        return row.id

    def append_copy(self, row: MemoryContact, contact_list: str) -> None:
        """A copy, never called yet, comes into the list, unless it has one of its key with one of its numbers."""
        numbers = {number.e164 for number in row.numbers}
        for other in self.rows.values():
            same = other.contact_list == contact_list and other.key == row.key
            if same and not numbers.isdisjoint(number.e164 for number in other.numbers):
                return
        copied = self.add(contact_list, row.key, row.numbers, row.columns)
        self.rows[copied].priority = row.priority

    def renumber(self, contact_id: int, numbers: Sequence[Number]) -> None:
        """The contact has these numbers from now on; its state and history stay."""
        row = self.rows[contact_id]
        before, after = [number.e164 for number in row.numbers], [number.e164 for number in numbers]
        row.numbers = tuple(numbers)
        if after != before:
            row.standing = replace(row.standing, number_index=0, tries=renumbered(row.standing.tries, before, after))
        if row.standing.state is ContactState.WAITING and moment_of(row.standing.next_at) is None:
            # Where it is may have changed: it is looked at again.
            self.place(row, replace(row.standing, next_at=self._clock.now()))

    def move(self, row: MemoryContact, contact_list: str) -> None:
        """It is in another list from now on; the caller places it anew."""
        self.of_list(row.contact_list).in_attempt -= row.standing.state is ContactState.IN_ATTEMPT
        row.contact_list = contact_list
        self.of_list(contact_list).in_attempt += row.standing.state is ContactState.IN_ATTEMPT

    def fetch(self, command: FetchContacts) -> ContactsFetched:
        """Mark the next contacts and answer."""
        if not command.order.plain:
            return self._fetch_in_order(command)
        rows = self.of_list(command.contact_list)
        now = self._clock.now()
        chosen: list[Contact] = []
        for contact_id in command.only:
            row = self.rows.get(contact_id)
            if row is not None and row.contact_list == command.contact_list and _is_ready(row.standing, now):
                self.place(row, row.standing.moved(ContactState.IN_ATTEMPT))
                chosen.append(contact_of(row))
        closed = self._closed(command.hours, now)
        while not command.only and len(chosen) < command.limit:
            row = self._next_due(rows, now) or self._next_opened(rows, closed) or self._next_callable(rows)
            if row is None:
                break
            self.place(row, row.standing.moved(ContactState.IN_ATTEMPT))
            chosen.append(contact_of(row))
        waiting = self._first_waiting(rows)
        moments = [waiting.standing.next_at] if waiting and waiting.standing.next_at is not None else []
        moments += [
            at for n, at in closed.items() if n in rows.groups and self._first_of_group(rows, int(n)) is not None
        ]
        if not chosen and self._next_opened(rows, closed) is not None:
            moments.append(now)  # others were asked for
        next_at = min(moments, default=None)
        return ContactsFetched(command.campaign, tuple(chosen), next_at, rows.in_attempt, command.serial)

    def _fetch_in_order(self, command: FetchContacts) -> ContactsFetched:
        now = self._clock.now()
        asked = command.order
        order = self._orders.get(command.campaign)
        if order is None or order.order != asked:
            order = self._orders[command.campaign] = MemoryOrder(asked)
        lists = {share.name for share in asked.shares(command.contact_list)}
        mine = [row for row in self.rows.values() if row.contact_list in lists]
        closed = self._closed(command.hours, now)
        ready = [row for row in mine if _is_ready(row.standing, now) and row.standing.next_at not in closed]
        places = [Place(row.id, _facts_of(row), row.standing.reason, row.standing.next_at or 0.0) for row in ready]
        chosen = order.take(places, command.contact_list, command.limit, now)
        for contact_id in chosen:
            row = self.rows[contact_id]
            self.place(row, row.standing.moved(ContactState.IN_ATTEMPT))
        until = {row.id: closed.get(row.standing.next_at or 0.0, row.standing.next_at) for row in mine}
        later = [(row, at) for row in mine if (at := until[row.id]) is not None and at > now]
        if not chosen:
            later = [(row, at) for row, at in later if order.passes(_facts_of(row), now)]
        moments = [at for _, at in later]
        in_attempt = sum(row.standing.state is ContactState.IN_ATTEMPT for row in mine)
        if not chosen and order.changes_with_time:
            left = [row for row in mine if row.standing.state in (ContactState.CALLABLE, ContactState.WAITING)]
            moments += [now + REFRESH_S] if left else []
        contacts = tuple(contact_of(self.rows[contact_id]) for contact_id in chosen)
        return ContactsFetched(command.campaign, contacts, min(moments, default=None), in_attempt, command.serial)

    def _next_due(self, rows: _ContactList, now: float) -> MemoryContact | None:
        row = self._first_waiting(rows)
        if row is None or row.standing.next_at is None or row.standing.next_at > now:
            return None
        heappop(rows.waiting)
        return row

    def _number_of(self, group: str) -> int | None:
        """The group's number, that of one in which nobody is left if need be; None: there are too many."""
        if group not in self._groups and len(self._groups) >= LAST_GROUP:
            self._groups = {
                key: number
                for key, number in self._groups.items()
                if any(
                    n == number and self._first_of_group(rows, n)
                    for rows in self._lists.values()
                    for n in rows.groups
                )
            }
        free = set(range(1, LAST_GROUP + 1)) - set(self._groups.values())
        return self._groups.setdefault(group, min(free)) if free else self._groups.get(group)

    def _closed(self, hours: CallableTime, now: float) -> dict[float, float]:
        """Calling groups that are closed, by number -> until when."""
        found = {number: group_openness(hours, key, now) for key, number in self._groups.items()}
        return {float(n): one.until for n, one in found.items() if not one.open and one.until is not None}

    def _first_of_group(self, rows: _ContactList, number: int) -> int | None:
        """Id of the first contact that waits in this group of the list."""
        ids = rows.groups[number]
        while ids:
            row = self.rows[ids[0]]
            if row.standing.next_at == number and row.contact_list == rows.name:
                return row.id
            heappop(ids)
        return None

    def _next_opened(self, rows: _ContactList, closed: Collection[float]) -> MemoryContact | None:
        heads = [self._first_of_group(rows, number) for number in rows.groups if number not in closed]
        found = min((head for head in heads if head is not None), default=None)
        return self.rows[found] if found is not None else None

    def _first_waiting(self, rows: _ContactList) -> MemoryContact | None:
        while rows.waiting:
            at, contact_id = rows.waiting[0]
            row = self.rows[contact_id]
            if row.standing.state is ContactState.WAITING and row.standing.next_at == at:
                return row
            heappop(rows.waiting)
        return None

    def _next_callable(self, rows: _ContactList) -> MemoryContact | None:
        while rows.callable_ids:
            row = self.rows[heappop(rows.callable_ids)]
            if row.standing.state is ContactState.CALLABLE:
                return row
        return None

    def release(self, contact_ids: Iterable[int]) -> None:
        """Fetched and not dialed: callable again, and due at once where they are to be called back."""
        for row in self.in_attempt(contact_ids):
            if is_callback(row.standing.reason):
                due = row.standing.moved(ContactState.WAITING, self._clock.now())
                self.place(row, due)
            else:
                self.place(row, row.standing.moved(ContactState.CALLABLE))

    def retire(self, contact_ids: Iterable[int], reason: str) -> None:
        """Not to be dialed again."""
        for row in self.in_attempt(contact_ids):
            self.place(row, row.standing.moved(ContactState.UNCALLABLE, None, reason))

    def park(self, contact_ids: Iterable[int], next_at: float, reason: str, group: str = "") -> None:
        """Fetched, and not to be dialed before then, or before the hours of the group."""
        number = self._number_of(group) if group else None
        next_at = next_at if number is None else float(number)
        for row in self.in_attempt(contact_ids):
            kept = still_callback(row.standing.reason, reason)
            self.place(row, row.standing.moved(ContactState.WAITING, next_at, kept))

    def wake(self, contact_lists: Collection[str], reasons: Collection[str]) -> None:
        """Those of these lists who wait for one of these reasons are due now."""
        for row in self.rows.values():
            reason = row.standing.reason.removeprefix(f"{CALLBACK}:")
            waits = row.standing.state is ContactState.WAITING and reason in reasons
            if waits and row.contact_list in contact_lists and moment_of(row.standing.next_at) is not None:
                self.place(row, replace(row.standing, next_at=self._clock.now()))

    def in_attempt(self, contact_ids: Iterable[int]) -> Iterator[MemoryContact]:
        """Those of them who are fetched."""
        for contact_id in contact_ids:
            row = self.rows.get(contact_id)
            if row is not None and row.standing.state is ContactState.IN_ATTEMPT:
                yield row

    def place(self, row: MemoryContact, standing: Standing) -> None:
        """Give the row its new standing and file it where the next fetch looks."""
        rows = self.of_list(row.contact_list)
        rows.in_attempt += (standing.state is ContactState.IN_ATTEMPT) - (
            row.standing.state is ContactState.IN_ATTEMPT
        )
        row.standing = standing
        if standing.state is ContactState.CALLABLE:
            heappush(rows.callable_ids, row.id)
        elif standing.state is ContactState.WAITING:
            if standing.next_at is None:
                raise ValueError(f"contact {row.id} waits, but not until when")
            if moment_of(standing.next_at) is None:
                heappush(rows.groups.setdefault(int(standing.next_at), []), row.id)
            else:
                heappush(rows.waiting, (standing.next_at, row.id))

    def of_list(self, contact_list: str) -> _ContactList:
        """The rows of a list, made where there is none."""
        rows = self._lists.get(contact_list)
        if rows is None:
            rows = self._lists[contact_list] = _ContactList(contact_list)
        return rows


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


def contact_of(row: MemoryContact) -> Contact:
    """The contact as the core is given it."""
    standing = row.standing
    return Contact(
        row.id, row.contact_list, row.key, row.numbers, row.columns, standing.attempts, standing.number_index,
        standing.last_disposition, standing.last_attempt_at, row.added_at, standing.tries,
    )  # fmt: skip
