"""The commands that wait for Redis, in order, each turned into the script call that carries it out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import orjson

from dialerd.core.attempt import AttemptRecord
from dialerd.core.attempts_control import claimed_call, closed_call
from dialerd.core.caller import CallerState
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
from dialerd.core.events import ClaimConfirmed, ClaimNotConfirmed, ClaimRefused
from dialerd.store.call_log_format import packed, packed_caps
from dialerd.store.codec import encode_attempt, encode_caller, encode_outcome, encode_pacing
from dialerd.store.cps import CpsWindow, window_for
from dialerd.store.dnc_question import DNC, refusal_of, spec_of
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import Call
from dialerd.store.redis_scripts import AGENT_LINE, CALLER, CLAIM, CLOSE, CONFIRM, DNC_BAR, MOVE, PACING, SAVE

_REPLACEABLE = (SaveAttempt, SavePacing)
CLOSED_MEMORY_S = 3600
"""How long closed ids are remembered in Redis, seconds: a command sent again after a loss may come that late."""


@dataclass(slots=True)
class Pending:
    """One command on its way. ``subject`` is the attempt's id, the agent of a line, or ``pacing:`` and a campaign."""

    kind: type[StoreCommand]
    subject: str
    call: Call
    payload: bytes = b""
    """The entry or outcome that the call writes."""
    number: str = ""
    trunk: str = ""
    campaign: str = ""
    agent: str = ""
    """The agent of a claim, move or line."""
    channel_id: str = ""


class CommandQueue:
    """Commands in order of giving. A save that is overtaken by a newer one of the same attempt or campaign before it
    was sent is replaced in place, unless another command of that attempt came between."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._unsent: deque[Pending] = deque()
        self._replaceable: dict[str, Pending] = {}
        self.dnc_least: dict[str, tuple[int, int]] = {}
        """Do-not-call list -> generation and ``seq`` that its copy must have reached to be asked."""

    def __len__(self) -> int:
        return len(self._unsent)

    def append(self, command: StoreCommand) -> None:
        """Take a command, with a copy of its record."""
        pending = self._pending(command)
        if pending.kind in _REPLACEABLE:
            waiting = self._replaceable.get(pending.subject)
            if waiting is not None:
                waiting.call, waiting.payload = pending.call, pending.payload
                return
        self._unsent.append(pending)
        if pending.kind in _REPLACEABLE:
            self._replaceable[pending.subject] = pending
        else:
            self._replaceable.pop(pending.subject, None)

    def take(self, limit: int) -> list[Pending]:
        """The oldest ``limit`` commands, which count as sent from now on."""
        batch: list[Pending] = []
        while self._unsent and len(batch) < limit:
            pending = self._unsent.popleft()
            if self._replaceable.get(pending.subject) is pending:
                del self._replaceable[pending.subject]
            batch.append(pending)
        return batch

    def put_back(self, batch: list[Pending]) -> None:
        """Commands that were sent and not answered go before all others again."""
        self._unsent.extendleft(reversed(batch))

    def undecided(self) -> set[str]:
        """Attempts with a claim or close in the queue: Redis may have done it already or not."""
        return {p.subject for p in self._unsent if p.kind is Claim or p.kind is CloseAttempt}

    # --- one call per command ---------------------------------------------------------------------------

    def _pending(self, command: StoreCommand) -> Pending:
        if isinstance(command, SaveAttempt):
            return self._save(command.record)
        if isinstance(command, Claim):
            return self._claim(command)
        if isinstance(command, ConfirmClaim):
            return self._confirm(command)
        if isinstance(command, CloseAttempt):
            return self._close(command)
        if isinstance(command, MoveReservation):
            return self._move(command.record)
        if isinstance(command, SavePacing):
            state = encode_pacing(command.state)
            call = Call(PACING, (self._keys.lease, self._keys.pacing), (command.campaign, state))
            return Pending(SavePacing, f"pacing:{command.campaign}", call)
        if isinstance(command, BarNumber):
            return Pending(BarNumber, f"dnc:{command.dnc_list}", bar_call(self._keys, command))
        if isinstance(command, SaveCaller | ForgetCaller):
            return self._caller(command)
        return self._agent_line(command)

    def _caller(self, command: SaveCaller | ForgetCaller) -> Pending:
        keys = (self._keys.lease, self._keys.callers, self._keys.numbers)
        if isinstance(command, ForgetCaller):
            return Pending(ForgetCaller, command.call_id, Call(CALLER, keys, (command.call_id, "", "", "0")))
        record = command.record
        lasts = "0" if record.state == CallerState.ENDED else "1"
        return Pending(
            SaveCaller, record.id, Call(CALLER, keys, (record.id, encode_caller(record), record.number, lasts))
        )

    def _claim(self, command: Claim) -> Pending:
        keys, record = self._keys, command.record
        entry, agent = encode_attempt(record), record.agent or ""
        window = _window(command.trunk_cps)
        call = Call(
            CLAIM,
            (
                keys.lease, keys.ledger, keys.closed, keys.numbers, keys.agents, keys.reserved,
                keys.trunk_lines(record.trunk), keys.campaign_lines(record.campaign), keys.cps(record.trunk),
                *keys.call_logs(record), keys.dnc,
            ),
            (
                record.id, record.number, agent, command.trunk_max_lines, command.campaign_max_lines,
                window.calls, round(window.window_s * 1e6), entry,
                f"{record.claimed_at or 0.0:.6f}", packed(claimed_call(record)), packed_caps(command.caps),
                self._dnc(command),
            ),
        )  # fmt: skip
        return Pending(Claim, record.id, call, entry, record.number, record.trunk, record.campaign, agent)

    def _confirm(self, command: ConfirmClaim) -> Pending:
        keys, record = self._keys, command.record
        entry, window = encode_attempt(record), _window(command.trunk_cps)
        call = Call(
            CONFIRM,
            (keys.lease, keys.ledger, keys.cps(record.trunk), keys.dnc),
            (record.id, entry, window.calls, round(window.window_s * 1e6), self._dnc(command)),
        )
        return Pending(ConfirmClaim, record.id, call, entry)

    def _dnc(self, command: Claim | ConfirmClaim) -> bytes:
        if not command.dnc:
            return b""
        lists = [(name, *self.dnc_least.get(name, (0, 0))) for name in command.dnc]
        return orjson.dumps(spec_of(self._keys.dnc, command.record.number, command.record.contact_key, lists))

    def _save(self, record: AttemptRecord) -> Pending:
        entry = encode_attempt(record)
        call = Call(SAVE, (self._keys.lease, self._keys.ledger), (record.id, entry))
        return Pending(SaveAttempt, record.id, call, entry)

    def _move(self, record: AttemptRecord) -> Pending:
        keys, entry, agent = self._keys, encode_attempt(record), record.agent or ""
        call = Call(MOVE, (keys.lease, keys.ledger, keys.agents, keys.reserved), (record.id, agent, entry))
        return Pending(MoveReservation, record.id, call, entry, agent=agent)

    def _close(self, command: CloseAttempt) -> Pending:
        record = command.outcome.record
        outcome = encode_outcome(command.outcome)
        call = close_call(self._keys, record, outcome)
        return Pending(CloseAttempt, record.id, call, outcome, record.number, record.trunk, record.campaign)

    def _agent_line(self, command: SaveAgentLine) -> Pending:
        call = agent_line_call(self._keys, command.agent, command.channel_id)
        return Pending(SaveAgentLine, command.agent, call, agent=command.agent, channel_id=command.channel_id or "")


def close_call(keys: Keys, record: AttemptRecord, outcome: bytes) -> Call:
    """The call that closes an attempt."""
    return Call(
        CLOSE,
        (
            keys.lease, keys.ledger, keys.closed, keys.numbers, keys.agents, keys.reserved,
            keys.trunk_lines(record.trunk), keys.campaign_lines(record.campaign), keys.outbox,
            *keys.call_logs(record),
        ),
        (
            record.id, record.number, outcome, CLOSED_MEMORY_S,
            packed(claimed_call(record)), packed(closed_call(record)),
        ),
    )  # fmt: skip


def bar_call(keys: Keys, command: BarNumber) -> Call:
    """The call that puts a number on a do-not-call list as claims see it."""
    field = DncEntry(DncKind.NUMBER, command.number).field
    return Call(DNC_BAR, (keys.dnc,), (command.dnc_list, field, "", ""))


def agent_line_call(keys: Keys, agent: str, channel_id: str | None) -> Call:
    """The call that remembers or forgets (None) an agent's line."""
    return Call(AGENT_LINE, (keys.lease, keys.agent_lines), (agent, channel_id or ""))


def refusal(attempt_id: str, reply: str, now: float) -> ClaimRefused:
    """What the claim's script replied when it did not grant: ``reason``, what
    :func:`~dialerd.store.dnc_question.refusal_of` reads, ``no_cps:<wait, microseconds>`` or
    ``cap:<label>:<epoch second when it is free>``. ``now``: epoch seconds."""
    if reply.startswith(DNC):
        return ClaimRefused(attempt_id, *refusal_of(reply))
    reason, _, moment = reply.rpartition(":")
    if not reason:
        return ClaimRefused(attempt_id, reply)
    if reason == "no_cps":
        return ClaimRefused(attempt_id, reason, now + int(moment) / 1e6)
    return (
        ClaimRefused(attempt_id, reason, float(moment))
        if reason.startswith("cap:")
        else ClaimRefused(attempt_id, reply)
    )


def confirmation(attempt_id: str, reply: str, now: float) -> ClaimConfirmed | ClaimNotConfirmed:
    """What the script of an accepted offer replied; ``now``: epoch seconds."""
    if reply == "confirmed":
        return ClaimConfirmed(attempt_id)
    refused = refusal(attempt_id, reply, now)
    return ClaimNotConfirmed(attempt_id, refused.reason, refused.retry_at)


@lru_cache(maxsize=1024)
def _window(cps: float) -> CpsWindow:
    return window_for(cps)
