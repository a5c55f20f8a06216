"""The record in memory: the semantics of the one in SQL, without waiting. For simulation and tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import (
    AuditAction,
    CountContacts,
    FetchContacts,
    FindCaller,
    MarkCall,
    OptOut,
    ParkContacts,
    RecordCaller,
    RecordCommand,
    RetireContacts,
    ReturnContacts,
    SaveCampaignState,
    SaveDirection,
    WakeContacts,
)
from dialerd.core.contact import ContactState, Number
from dialerd.core.events import (
    ContactsChanged,
    ContactsCounted,
    Event,
    RecordBack,
    RecordLost,
)
from dialerd.core.windows import ROLLING_DAYS, DayCount, day_of
from dialerd.core.wrap_up import lists_joined, webhooks_wanted
from dialerd.ports import Clock, Post
from dialerd.store.contact_update import copied_into, lists_of, moves, standing_after
from dialerd.store.memory_callers import MemoryCallers
from dialerd.store.memory_contacts import MemoryContacts
from dialerd.store.memory_hot import Defer


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
        self.rows = MemoryContacts(clock)
        """The contacts, with what is done with them."""
        self._campaigns: dict[str, tuple[CampaignState, str]] = {}
        self.contacts = self.rows.rows
        """Contact id -> row."""
        self.audited: list[AuditAction] = []
        self.marks: dict[str, tuple[str, str, float]] = {}
        """Attempt id -> (mark, by whom, when)."""
        self.webhooks: list[tuple[str, str, str]] = []
        """(attempt, webhook, rule): which webhooks are to be told of which call."""
        self._directions: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.attempts: dict[str, AttemptRecord] = {}
        """Attempt id -> the finished attempt, in order of recording."""
        self.callers = MemoryCallers(self.rows, self.attempts)
        """Inbound calls."""

    # --- the port ---------------------------------------------------------------------------------------

    def submit(self, command: RecordCommand) -> None:
        """Carry out one command; keep it while the record is lost."""
        if self._lost:
            self._kept.append(command)
        else:
            self._carry_out(command)

    @property
    def lost(self) -> bool:
        """It does not answer at this moment."""
        return self._lost

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
        self.rows.release(stale)
        return len(stale)

    def apply_outcomes(self, outcomes: Iterable[Outcome]) -> frozenset[str]:
        """Record finished attempts and what becomes of their contacts, each once by attempt id. Returns the
        contact lists concerned. Raises :class:`ConnectionError` while the record is lost."""
        if self._lost:
            raise ConnectionError("the record is lost")
        outcomes = list(outcomes)
        for outcome in outcomes:
            record = outcome.record
            if record.id in self.attempts:
                continue
            self.attempts[record.id] = record
            row = self.contacts.get(record.contact_id)
            if row is not None:
                row.columns = {**row.columns, **outcome.contact.columns}
                copies = copied_into(row.standing, outcome)
                following = standing_after(row.standing, outcome, [number.e164 for number in row.numbers])
                if outcome.contact.move_to is not None and moves(row.standing, outcome):
                    self.rows.move(row, outcome.contact.move_to)
                self.rows.place(row, following)
                for name in copies:
                    self.rows.append_copy(row, name)
            if record.mark is not None:
                self._keep_mark(record.id, record.mark["mark"], record.mark["by"], record.mark["at"])
            self.webhooks += [(record.id, webhook, rule) for webhook, rule in webhooks_wanted(record)]
            if record.flow and record.flow.get("opt_out_list"):
                self._opt_out(record.flow["opt_out_list"], record.number)
            for name in lists_joined(record):
                self._opt_out(name, record.number)
        return lists_of(outcomes)

    def _keep_mark(self, attempt_id: str, mark: str, who: str, at: float) -> None:
        known = self.marks.get(attempt_id)
        if known is None or known[2] <= at:
            self.marks[attempt_id] = (str(mark), who, at)

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
        ids = [self.rows.add(contact_list, *row) for row in rows]
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
            self._reply(self.rows.fetch(command))
        elif isinstance(command, ReturnContacts):
            self.rows.release(command.contact_ids)
        elif isinstance(command, RetireContacts):
            self.rows.retire(command.contact_ids, command.reason)
        elif isinstance(command, ParkContacts):
            self.rows.park(command.contact_ids, command.next_at, command.reason, command.group)
        elif isinstance(command, WakeContacts):
            self.rows.wake(command.contact_lists, command.reasons)
        elif isinstance(command, OptOut):
            self._opt_out(command.dnc_list, command.number)
        elif isinstance(command, FindCaller):
            self._reply(self.callers.find(command))
        elif isinstance(command, RecordCaller):
            self._reply(self.callers.record(command, self._clock.now()))
        elif isinstance(command, SaveDirection):
            self._directions[command.kind, command.name] = dict(command.state)
        elif isinstance(command, MarkCall):
            self._keep_mark(command.attempt_id, command.mark, command.who, command.at)
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

    def _reply(self, event: Event) -> None:
        if self._defer is None:
            self._post(event)
        else:
            self._defer(lambda: self._post(event))
