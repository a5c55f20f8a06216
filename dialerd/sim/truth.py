"""What really happened, and whether the ten promises were kept. Knows nothing of what the core thinks."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from dialerd.core.analysis import Clock
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.campaign import CampaignSettings, Mode, Plan
from dialerd.core.contact import ContactState
from dialerd.core.disposition import ANSWERED, NEVER_DIALED, Disposition
from dialerd.core.prompt_texts import texts_with_flows
from dialerd.core.tallies import CALLBACK, counted, is_promised
from dialerd.sim.callees import Callee

SLACK_S = 1.0
"""Grace of the core for a bridge that is being entered, its least wait for an agent, and the way there and back."""

_UNKNOWN = frozenset({Disposition.OUTCOME_UNKNOWN, Disposition.NO_ANSWER, Disposition.CANCELLED})
_AMD_SAID_MACHINE = frozenset(
    {
        Disposition.MACHINE, Disposition.MACHINE_MESSAGE, Disposition.MACHINE_MESSAGE_LEFT, Disposition.FAX,
        Disposition.SIT,
    }
)  # fmt: skip


@dataclass(slots=True)
class Finding:
    """One broken promise."""

    at: float
    promise: str
    detail: str

    def __str__(self) -> str:
        return f"{self.at:10.3f} s  {self.promise}: {self.detail}"


@dataclass(slots=True)
class _Contact:
    """What the world knows of one contact."""

    dialed: int = 0
    not_before: float | None = None
    retired: bool = False
    promised: bool = False
    """A person asked for a call-back, and was not called since."""


@dataclass(slots=True)
class Truth:
    """The world's own book. Times are world seconds unless said otherwise."""

    plan: Plan
    findings: list[Finding] = field(default_factory=list)
    campaigns_on: dict[str, bool] = field(default_factory=dict)
    """What the daemon was last told, and has taken in."""
    shutting_down: bool = False
    clock_slack_s: float = 0.0
    """By how much clocks have been stepped in all."""
    callees: dict[str, Callee] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    connected_calls: int = 0
    most_lines: int = 0
    now: float = 0.0
    """Set by the world before it lets anything happen."""
    opted_out: set[str] = field(default_factory=set)
    """Numbers whose opt-out the daemon has been told of."""
    _speaking: dict[str, bool] = field(default_factory=dict)
    _live: dict[str, Callee] = field(default_factory=dict)
    _live_of_campaign: Counter[str] = field(default_factory=Counter)
    _numbers: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, AttemptRecord] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)
    _contacts: dict[int, _Contact] = field(default_factory=dict)

    def broken(self, promise: str, detail: str) -> None:
        """Note a broken promise."""
        self.findings.append(Finding(self.now, promise, detail))

    # --- dialing -----------------------------------------------------------------------------------------

    def asked_to_dial(self, record: AttemptRecord | None, attempt_id: str, daemon_now: float) -> None:
        """The core gave the command to dial; ``record`` is the ledger's entry at that moment."""
        if record is None:
            self.broken("ledger_first", attempt_id)
            return
        if attempt_id in self._asked:
            self.broken("never_dialed_twice", attempt_id)
        self._asked[attempt_id] = record
        if not self.campaigns_on.get(record.campaign, False):
            self.broken("stopping_never_originates", f"{record.campaign} {attempt_id}")
        if self.shutting_down:
            self.broken("gates", f"{attempt_id} while shutting down")
        if record.number in self.opted_out and self.plan.campaigns[record.campaign].dnc:
            self.broken("opt_out", f"{attempt_id}: the number must not be called")
        contact = self._contacts.setdefault(record.contact_id, _Contact())
        settings = self.plan.campaigns[record.campaign]
        if not record.prompts and self._speaks(settings):
            self.broken("gates", f"{attempt_id}: what it is to say was not rendered")
        if contact.dialed >= settings.max_attempts and not contact.promised:
            self.broken("gates", f"{attempt_id}: contact {record.contact_id} was dialed {contact.dialed} times")
        if contact.retired:
            self.broken("gates", f"{attempt_id}: contact {record.contact_id} is uncallable")
        if contact.not_before is not None and daemon_now < contact.not_before - self.clock_slack_s - 0.001:
            self.broken("gates", f"{attempt_id}: {contact.not_before - daemon_now:.1f} s too early")
        recent, cps = self._recent, self.plan.trunks[record.trunk].cps
        recent.append(self.now)
        while recent[0] <= self.now - 1.0 + 1e-5:  # what is left of an epoch second's last bits
            recent.popleft()
        if len(recent) > cps + 1e-9:
            self.broken("calls_per_second", f"{len(recent)} calls in one second, {cps:g} allowed")

    def _speaks(self, settings: CampaignSettings) -> bool:
        """Somebody may hear a text that is rendered for the call."""
        known = self._speaking.get(settings.name)
        if known is None:
            known = self._speaking[settings.name] = next(texts_with_flows(settings), None) is not None
        return known

    def dialed(self, attempt_id: str, callee: Callee, now: float) -> None:
        """A channel to the callee came to be."""
        record = self._asked[attempt_id]
        self._contacts[record.contact_id].dialed += 1
        other = self._numbers.get(callee.number)
        if other is not None:
            self.broken("one_live_attempt_per_number", f"{other} and {attempt_id}")
        self._numbers[callee.number] = attempt_id
        self._live[attempt_id] = self.callees[attempt_id] = callee
        self.kinds[callee.kind] += 1
        self._live_of_campaign[record.campaign] += 1
        trunk = self.plan.trunks[record.trunk]
        lines, of_campaign = len(self._live), self._live_of_campaign[record.campaign]
        self.most_lines = max(self.most_lines, lines)
        if lines > trunk.max_lines:
            self.broken("lines", f"{lines} of {trunk.max_lines} on the trunk")
        if of_campaign > self.plan.campaigns[record.campaign].max_lines:
            self.broken("lines", f"{of_campaign} of {record.campaign}")

    def connected(self, callee: Callee, agent: str, now: float) -> None:
        """The callee and an agent hear each other."""
        if callee.connected_at is None:
            self.connected_calls += 1
            callee.connected_at = now
        callee.spoke_with.append(agent)

    def ended(self, attempt_id: str) -> None:
        """The channel is gone."""
        callee = self._live.pop(attempt_id, None)
        if callee is not None:
            self._live_of_campaign[self._asked[attempt_id].campaign] -= 1
            if self._numbers.get(callee.number) == attempt_id:
                del self._numbers[callee.number]

    # --- verdicts ----------------------------------------------------------------------------------------

    def closed(self, outcome: Outcome) -> None:
        """The hot store has taken the outcome of an attempt."""
        record = outcome.record
        self.outcomes[record.id] = outcome
        disposition = Disposition(record.disposition or "")
        contact = self._contacts.setdefault(record.contact_id, _Contact())
        asked = outcome.contact.state is ContactState.WAITING and outcome.contact.reason == CALLBACK
        # A promise that stood before the call may be kept by it; one that did not stand comes by asking only.
        tries = record.contact_tries
        contact.promised = asked or (is_promised(tries) and is_promised(counted(tries or {}, record, 0)))
        contact.retired = outcome.contact.state is ContactState.UNCALLABLE
        contact.not_before = outcome.contact.at
        callee = self.callees.get(record.id)
        if record.id in self._live:
            self.broken("line_freed_in_mid_call", f"{record.id} {disposition}")
        elif callee is None:
            if disposition in ANSWERED:
                self.broken("dispositions", f"{record.id}: {disposition}, but nobody was called")
        elif disposition in NEVER_DIALED:
            self.broken("dispositions", f"{record.id}: {disposition}, but {callee.kind} was called")
        elif callee.answered_at is None:
            if disposition in ANSWERED:
                self.broken("dispositions", f"{record.id}: {disposition}, but {callee.kind} never answered")
        else:
            self._answered(record, disposition, callee)

    def _answered(self, record: AttemptRecord, disposition: Disposition, callee: Callee) -> None:
        if callee.connected_at is not None:
            known = callee.blind_s == 0.0 and not callee.out_of_sight
            if disposition is not Disposition.ANSWERED_AGENT and known:
                self.broken("dispositions", f"{record.id}: {disposition}, but spoke with {callee.spoke_with}")
            elif (known or (record.agent is not None and callee.blind_s == 0.0)) and (
                record.agent not in callee.spoke_with
            ):
                self.broken("dispositions", f"{record.id}: with {callee.spoke_with}, says {record.agent}")
        elif disposition is Disposition.ANSWERED_AGENT and callee.blind_s == 0.0:
            self.broken("dispositions", f"{record.id}: {disposition}, but nobody spoke with them")
        if callee.kind == "person":
            self._person(record, disposition, callee)

    def _person(self, record: AttemptRecord, disposition: Disposition, callee: Callee) -> None:
        settings = self.plan.campaigns[record.campaign]
        if disposition in _AMD_SAID_MACHINE:
            return
        if disposition in _UNKNOWN and (not callee.answer_told or callee.blind_s > 0.0):
            return  # nobody could tell the daemon
        waited = callee.silence_s(settings.clock is Clock.GREETING_END)
        if waited is None:
            return
        limit = settings.abandon_threshold_s + SLACK_S + callee.blind_s
        if settings.mode is Mode.AGENTLESS:
            # Nobody waits for an agent: the message may come when the analysis is over.
            limit += 8.0
        elif settings.analysis.deadline_s is None:
            limit += 8.0
        if waited > limit and callee.connected_at is None and callee.message_at is None:
            self.broken("no_silent_call", f"{record.id}: {disposition}, heard nothing for {waited:.2f} s")
        elif waited > limit and not record.abandoned:
            self.broken("connected_in_time_or_counted", f"{record.id}: {disposition}, waited {waited:.2f} s")

    @property
    def abandoned(self) -> int:
        """Attempts that were counted as abandoned."""
        return sum(outcome.record.abandoned for outcome in self.outcomes.values())

    def live_callees(self, number: str) -> list[Callee]:
        """Calls to this number whose channel exists, of campaigns that heed opt-outs."""
        return [
            callee
            for attempt_id, callee in self._live.items()
            if callee.number == number and self.plan.campaigns[self._asked[attempt_id].campaign].dnc
        ]

    @property
    def live(self) -> tuple[str, ...]:
        """Attempts whose channel exists."""
        return tuple(self._live)
