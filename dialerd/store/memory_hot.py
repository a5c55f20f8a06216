"""The hot store in memory: the semantics of the one in Redis, without waiting. For simulation and tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.attempts_control import LoggedCall, Scope, claimed_call, closed_call, first_free, subjects
from dialerd.core.caller import CallerRecord, CallerState
from dialerd.core.commands import (
    BarNumber,
    Claim,
    CloseAttempt,
    ConfirmClaim,
    ForgetCaller,
    MoveReservation,
    SaveAgentLine,
    SaveAttempt,
    SaveCaller,
    SavePacing,
    StoreCommand,
)
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.events import (
    AttemptClosed,
    ClaimConfirmed,
    ClaimGranted,
    ClaimNotConfirmed,
    ClaimRefused,
    Event,
    StoreBack,
    StoreLost,
)
from dialerd.ports import Clock, Post
from dialerd.store.call_log_format import LOG_INCOMPLETE
from dialerd.store.codec import copy_of, decode_pacing, encode_pacing
from dialerd.store.cps import CpsWindow, window_for
from dialerd.store.ledger import LedgerContents
from dialerd.store.memory_dnc import MemoryDnc

Defer = Callable[[Callable[[], None]], None]
"""Takes a reply that is ready to be posted; may run it later, twice or never."""


class MemoryHotStore:
    """Claims, the ledger and the outbox in memory.

    Effects are immediate; replies are posted immediately or handed to ``defer``. It outlives the core that uses
    it: after a simulated crash give it the new core's inbox by :meth:`attach` and read :meth:`recover`.
    """

    def __init__(self, post: Post, clock: Clock, *, defer: Defer | None = None) -> None:
        self._post = post
        self._clock = clock
        self._defer = defer
        self._lost = False
        self._break_after_next: str | None = None
        self._kept: deque[StoreCommand] = deque()
        self._closed: set[str] = set()
        self._cps: dict[str, tuple[CpsWindow, float, deque[float]]] = {}
        self._reserved: dict[str, str] = {}
        self.ledger: dict[str, AttemptRecord] = {}
        """Attempt id -> the entry as last saved."""
        self.numbers: dict[str, str] = {}
        """E.164 -> the attempt that holds the number."""
        self.trunk_lines: dict[str, set[str]] = {}
        """Trunk -> attempts that hold a line of it."""
        self.campaign_lines: dict[str, set[str]] = {}
        """Campaign -> attempts that hold a line of it."""
        self.agents: dict[str, str] = {}
        """Agent -> the attempt it is reserved for."""
        self.agent_lines: dict[str, str] = {}
        """Agent -> channel id of the nailed-up line."""
        self.callers: dict[str, CallerRecord] = {}
        """Inbound calls as last saved."""
        self.pacing: dict[str, bytes] = {}
        """Campaign -> what its pacer has learned, as JSON."""
        self.calls: dict[tuple[Scope, str], list[LoggedCall]] = {}
        """The log of calls of each number, contact and person."""
        self.calls_known: dict[Scope, float] = {}
        """How far back the logs of a scope reach, seconds; nothing is logged in a scope that is not here."""
        self.dnc = MemoryDnc()
        self.outbox: dict[str, Outcome] = {}
        """Attempt id -> outcome, in order of closing, until it is taken out."""

    # --- the port ---------------------------------------------------------------------------------------

    def submit(self, command: StoreCommand) -> None:
        """Carry out one command; keep it while the store is lost."""
        if self._lost:
            self._kept.append(_frozen(command))
            return
        reply = self._carry_out(command)
        if self._break_after_next is not None:
            reason, self._break_after_next = self._break_after_next, None
            self._kept.append(_frozen(command))
            self.lose(reason)
        elif reply is not None:
            self._reply(reply)

    def recover(self) -> LedgerContents:
        """What is in the ledger now."""
        attempts = tuple(copy_of(self.ledger[attempt_id]) for attempt_id in sorted(self.ledger))
        pacing = {campaign: decode_pacing(state) for campaign, state in self.pacing.items()}
        callers = tuple(replace(self.callers[call_id]) for call_id in sorted(self.callers))
        return LedgerContents(attempts, dict(self.agent_lines), pacing, callers)

    # --- the simulated world ----------------------------------------------------------------------------

    def attach(self, post: Post, *, defer: Defer | None = None) -> None:
        """A new core takes over: replies go to it, kept commands of the old one are gone with it."""
        self._post = post
        self._defer = defer
        self._kept.clear()
        self._lost = False
        self._break_after_next = None

    def lose(self, reason: str) -> None:
        """The store stops answering; commands are kept from now on."""
        if not self._lost:
            self._lost = True
            self._reply(StoreLost(reason))

    def lose_after_commit(self, reason: str) -> None:
        """The next command takes effect, its reply is lost, and so is the store. When it is back the command is
        sent again, as the adapter to Redis does."""
        self._break_after_next = reason

    def bring_back(self) -> None:
        """The store answers again: kept commands are carried out, then StoreBack is posted."""
        if not self._lost:
            return
        self._lost = False
        while self._kept:
            reply = self._carry_out(self._kept.popleft())
            if reply is not None:
                self._reply(reply)
        self._reply(StoreBack())

    def know_calls(self, windows: Mapping[Scope, float], recorded: Sequence[AttemptRecord] = ()) -> None:
        """Make the logs of calls reach back so far (seconds) from the finished attempts in the record."""
        for scope, window_s in windows.items():
            if self.calls_known.get(scope, 0.0) < window_s:
                self.calls_known[scope] = window_s
                for record in (*recorded, *(outcome.record for outcome in self.outbox.values())):
                    call, log = closed_call(record), self.calls.setdefault((scope, subjects(record)[scope]), [])
                    if call is not None and call not in log:
                        log.append(call)
                for record in self.ledger.values():
                    self.calls.setdefault((scope, subjects(record)[scope]), []).append(claimed_call(record))

    def take_outcomes(self, limit: int = 500) -> tuple[Outcome, ...]:
        """The oldest outcomes in the outbox. They stay there until :meth:`forget_outcomes`."""
        outcomes = self.outbox.values()
        return tuple(outcomes) if len(outcomes) <= limit else tuple(list(outcomes)[:limit])

    def forget_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """These outcomes are in the record; no error if some were forgotten before."""
        for outcome in outcomes:
            self.outbox.pop(outcome.record.id, None)

    # --- commands ---------------------------------------------------------------------------------------

    def _carry_out(self, command: StoreCommand) -> Event | None:
        if type(command) is SaveAttempt:
            record = command.record
            if record.id in self.ledger:
                self.ledger[record.id] = copy_of(record)
            return None
        if type(command) is Claim:
            return self._claim(command)
        if type(command) is CloseAttempt:
            return self._close(command.outcome)
        if type(command) is ConfirmClaim:
            return self._confirm(command)
        if type(command) is MoveReservation:
            self._move(command)
        elif type(command) is SavePacing:
            self.pacing[command.campaign] = encode_pacing(command.state)
        elif type(command) is BarNumber:
            self.dnc.bar(command.dnc_list, DncEntry(DncKind.NUMBER, command.number), self._clock.now())
        elif type(command) is SaveCaller:
            self._save_caller(command.record)
        elif type(command) is ForgetCaller:
            self.callers.pop(command.call_id, None)
        elif type(command) is SaveAgentLine:
            if command.channel_id is None:
                self.agent_lines.pop(command.agent, None)
            else:
                self.agent_lines[command.agent] = command.channel_id
        return None

    def _save_caller(self, record: CallerRecord) -> None:
        self.callers[record.id] = replace(record)
        if record.number and record.state != CallerState.ENDED:
            self.numbers.setdefault(record.number, record.id)
        elif self.numbers.get(record.number) == record.id:
            del self.numbers[record.number]

    def _claim(self, command: Claim) -> Event:
        record = command.record
        attempt_id = record.id
        if attempt_id in self.ledger:
            return ClaimGranted(attempt_id)
        if attempt_id in self._closed:
            return ClaimRefused(attempt_id, "already_closed")
        barred = self.dnc.refusal(command.dnc, record.number, record.contact_key, self._clock.now())
        if barred is not None:
            return ClaimRefused(attempt_id, *barred)
        if record.number in self.numbers:
            return ClaimRefused(attempt_id, "number_locked")
        if record.agent is not None and record.agent in self.agents:
            return ClaimRefused(attempt_id, "agent_reserved")
        if command.caps:
            if any(self.calls_known.get(cap.scope, 0.0) < cap.window_s for cap in command.caps):
                return ClaimRefused(attempt_id, LOG_INCOMPLETE)
            logs = {scope: self.calls.get((scope, subject), ()) for scope, subject in subjects(record).items()}
            capped = first_free(command.caps, logs, record.claimed_at or 0.0)
            if capped is not None:
                return ClaimRefused(attempt_id, f"cap:{capped[0].label}", float(capped[1]))
        trunk = self.trunk_lines.setdefault(record.trunk, set())
        if len(trunk) >= command.trunk_max_lines:
            return ClaimRefused(attempt_id, "no_line")
        campaign = self.campaign_lines.setdefault(record.campaign, set())
        if len(campaign) >= command.campaign_max_lines:
            return ClaimRefused(attempt_id, "no_campaign_line")
        retry_at = self._take_cps(record.trunk, command.trunk_cps)
        if retry_at is not None:
            return ClaimRefused(attempt_id, "no_cps", retry_at)
        self.numbers[record.number] = attempt_id
        trunk.add(attempt_id)
        campaign.add(attempt_id)
        if record.agent is not None:
            self.agents[record.agent] = attempt_id
            self._reserved[attempt_id] = record.agent
        for scope, subject in subjects(record).items() if self.calls_known else ():
            if scope in self.calls_known:
                log, since = (
                    self.calls.get((scope, subject), ()),
                    (record.claimed_at or 0.0) - self.calls_known[scope],
                )
                self.calls[scope, subject] = [*(call for call in log if call[0] > since), claimed_call(record)]
        self.ledger[attempt_id] = copy_of(record)
        return ClaimGranted(attempt_id)

    def _confirm(self, command: ConfirmClaim) -> Event:
        record, before = command.record, self.ledger.get(command.record.id)
        if before is None:
            return ClaimNotConfirmed(record.id, "gone")
        if before == record:
            return ClaimConfirmed(record.id)
        barred = self.dnc.refusal(command.dnc, record.number, record.contact_key, self._clock.now())
        if barred is not None:
            return ClaimNotConfirmed(record.id, *barred)
        retry_at = self._take_cps(record.trunk, command.trunk_cps)
        if retry_at is not None:
            return ClaimNotConfirmed(record.id, "no_cps", retry_at)
        self.ledger[record.id] = copy_of(record)
        return ClaimConfirmed(record.id)

    def _take_cps(self, trunk: str, cps: float) -> float | None:
        """None when there was room; else when there will be."""
        now = self._clock.now()
        known = self._cps.get(trunk)
        if known is None or known[1] != cps:
            window = window_for(cps)
            taken: deque[float] = deque(known[2] if known else (), maxlen=max(window.calls, 1))
            known = self._cps[trunk] = (window, cps, taken)
        window, _, taken = known
        if len(taken) == window.calls:
            retry_at = taken[0] + window.window_s
            # A clock that stepped back must not close the trunk for as long as it stepped.
            if now < retry_at and taken[0] <= now:
                return retry_at
        taken.append(now)
        return None

    def _close(self, outcome: Outcome) -> Event:
        record = outcome.record
        attempt_id = record.id
        if self.ledger.pop(attempt_id, None) is not None:
            if self.numbers.get(record.number) == attempt_id:
                del self.numbers[record.number]
            self.trunk_lines.get(record.trunk, set()).discard(attempt_id)
            self.campaign_lines.get(record.campaign, set()).discard(attempt_id)
            self._free_agent(attempt_id)
        if attempt_id not in self._closed:
            self._closed.add(attempt_id)
            self._log_closed(record)
            self.outbox[attempt_id] = Outcome(copy_of(record), outcome.contact)
        return AttemptClosed(attempt_id)

    def _log_closed(self, record: AttemptRecord) -> None:
        if not self.calls_known:
            return
        claimed, closed = claimed_call(record), closed_call(record)
        for scope, subject in subjects(record).items():
            if scope in self.calls_known:
                log = self.calls.setdefault((scope, subject), [])
                if claimed in log:
                    log.remove(claimed)
                if closed is not None:
                    log.append(closed)

    def _move(self, command: MoveReservation) -> None:
        record = command.record
        if record.id not in self.ledger:
            return
        self._free_agent(record.id)
        if record.agent is not None and record.agent not in self.agents:
            self.agents[record.agent] = record.id
            self._reserved[record.id] = record.agent
        self.ledger[record.id] = copy_of(record)

    def _free_agent(self, attempt_id: str) -> None:
        agent = self._reserved.pop(attempt_id, None)
        if agent is not None and self.agents.get(agent) == attempt_id:
            del self.agents[agent]

    def _reply(self, event: Event) -> None:
        if self._defer is None:
            self._post(event)
        else:
            self._defer(lambda: self._post(event))


def _frozen(command: StoreCommand) -> StoreCommand:
    """The command with a copy of its record: the core goes on changing its own."""
    if isinstance(command, Claim | ConfirmClaim | SaveAttempt | MoveReservation):
        return replace(command, record=copy_of(command.record))
    if isinstance(command, SaveCaller):
        return replace(command, record=replace(command.record))
    return command
