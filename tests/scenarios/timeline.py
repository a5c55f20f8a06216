"""A timeline: what happens to the dialer at which second, and what it wants done at which second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.analysis import profile_named
from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import CampaignSettings, CampaignState, Connection, Mode, Plan, TrunkSettings
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.floor import LiveAttempt
from dialerd.core.ids import SerialNumbers

K = TypeVar("K")
START = 1_000_000.0
"""Epoch second of a timeline's second zero."""


def campaign(**changes: Any) -> CampaignSettings:
    """A progressive campaign with a nailed-up queue; AMD off unless said otherwise."""
    values: dict[str, Any] = {
        "name": "spring", "mode": Mode.PROGRESSIVE, "contact_list": "leads", "trunk": "carrier",
        "caller_id": "+441632960900", "queue": "sales", "connection": Connection.NAILED, "ring_timeout_s": 20.0,
        "analysis": profile_named("off"), "wrap_up_s": 10.0,
    }  # fmt: skip
    return CampaignSettings(**(values | changes))


def contact(serial: int = 1, **changes: Any) -> Contact:
    """A contact with one number of its own."""
    values: dict[str, Any] = {
        "id": serial, "contact_list": "leads", "key": f"k{serial}", "columns": {},
        "numbers": (Number(f"+4416329600{serial:02d}"),),
    }  # fmt: skip
    return Contact(**(values | changes))


class Timeline:
    """Drives a dialer by exact times. Store replies come by themselves, at once, unless ``store_answers`` is off."""

    def __init__(
        self, *campaigns: CampaignSettings, lines: int = 10, cps: float = 100.0, serials: SerialNumbers | None = None
    ) -> None:
        self.dialer = Dialer(serials or SerialNumbers(1, 1))
        self.now = 0.0
        self.store_answers = True
        self.done: list[tuple[float, c.Command]] = []
        """Everything that the dialer wanted done: (second, command)."""
        self._looked = 0
        self.plan = Plan(
            {settings.name: settings for settings in (campaigns or (campaign(),))},
            {"carrier": TrunkSettings("carrier", "PJSIP/{e164}@carrier", "PJSIP/carrier", lines, cps)},
        )

    # --- what happens -----------------------------------------------------------------------------------

    def at(self, second: float, *events: e.Event) -> Timeline:
        """Let time pass to ``second``, waking the dialer whenever it wants, then let the events happen."""
        while (due := self.dialer.next_wakeup()) is not None and due - START < second:
            self.now = max(self.now, due - START)
            self._handle(e.TimePassed())
        self.now = second
        for event in events:
            self._handle(event)
        due = self.dialer.next_wakeup()
        if due is not None and due <= START + second:
            self._handle(e.TimePassed())
        return self

    def then(self, *events: e.Event) -> Timeline:
        """The events happen at the present second."""
        return self.at(self.now, *events)

    def _handle(self, event: e.Event) -> None:
        commands = self.dialer.handle(event, START + self.now)
        self.done += [(self.now, command) for command in commands]
        for command in commands:
            assert not isinstance(command, c.InvariantViolated), command
            if self.store_answers and isinstance(command, c.Claim):
                self._handle(e.ClaimGranted(command.record.id))
            elif self.store_answers and isinstance(command, c.CloseAttempt):
                self._handle(e.AttemptClosed(command.outcome.record.id))

    # --- what was wanted ----------------------------------------------------------------------------------

    def wanted(self, kind: type[K]) -> list[K]:
        """Commands of a kind since the last look (:meth:`look_away`)."""
        return [command for _, command in self.done[self._looked :] if isinstance(command, kind)]

    def the(self, kind: type[K]) -> K:
        """The one command of this kind since the last look."""
        found = self.wanted(kind)
        assert len(found) == 1, f"{len(found)} {kind.__name__} instead of 1 in {self.done[self._looked :]}"
        return found[0]

    def second_of(self, kind: type[Any]) -> float:
        """When the one command of this kind since the last look was wanted."""
        self.the(kind)
        return next(second for second, command in self.done[self._looked :] if isinstance(command, kind))

    def told(self) -> list[str]:
        """Names of what operators were told since the last look."""
        return [tell.name for tell in self.wanted(c.Tell)]

    def look_away(self) -> Timeline:
        """Forget what was wanted so far."""
        self._looked = len(self.done)
        return self

    # --- what is usual --------------------------------------------------------------------------------------

    def ready(self, *agents: str, nailed: bool = True, recovered: e.Recovered | None = None) -> Timeline:
        """Configuration, an empty ledger, Asterisk, the queue with these agents, their lines up."""
        self.then(e.PlanChanged(self.plan), recovered or e.Recovered((), {}, {}))
        self.then(e.TelephonyBack((), {}, frozenset()))
        for agent in agents:
            self.then(member(agent, nailed=nailed))
        self.then(e.RosterSynced(frozenset(("sales", agent) for agent in agents), frozenset({"sales"})))
        for dial in self.wanted(c.DialAgent):
            self.then(e.ChannelAnswered(dial.channel_id))
        for enter in self.wanted(c.EnterBridge):
            self.then(e.BridgeEntered(enter.channel_id, enter.bridge_id))
        return self.look_away()

    def started(self, *contacts: Contact, name: str = "spring", in_attempt: int | None = None) -> Timeline:
        """The campaign is started and these contacts are fetched."""
        self.then(e.CampaignStartAsked(name))
        self.the(c.FetchContacts)
        left = len(contacts) if in_attempt is None else in_attempt
        return self.then(e.ContactsFetched(name, contacts, None, left))

    def dialing(self, *agents: str, **options: Any) -> str:
        """Ready and started with one contact; the attempt that is being dialed."""
        self.ready(*(agents or ("8001",)), **options).started(contact())
        attempt = self.the(c.OriginateCall).attempt_id
        self.look_away()
        return attempt

    def live(self, attempt: str) -> LiveAttempt:
        """The core's picture of a live attempt."""
        return self.dialer.floor.attempts[attempt]

    def agent(self, name: str) -> str:
        """The agent's state."""
        return self.dialer.floor.agents[name].state.value

    def state(self, name: str = "spring") -> CampaignState:
        """The campaign's state."""
        return self.dialer.floor.campaigns[name].state

    def closed(self) -> AttemptRecord:
        """The record of the one attempt that was closed since the last look."""
        return self.the(c.CloseAttempt).outcome.record


def member(agent: str = "8001", *, nailed: bool = True, **changes: Any) -> e.MemberSeen:
    """A queue member as the roster tells it."""
    seen = e.MemberSeen(
        queue="sales", agent=agent, interface=f"Local/{agent}@dialerd-agent/n" if nailed else f"PJSIP/{agent}",
        name="", nailed=nailed, penalty=0, paused=False, pause_reason="", in_call=False,
    )  # fmt: skip
    return replace(seen, **changes)


def left_over(attempt_id: str = f"dlr-{7:024x}", **changes: Any) -> AttemptRecord:
    """An attempt that an earlier run left in the ledger."""
    values: dict[str, Any] = {
        "id": attempt_id, "campaign": "spring", "contact_id": 1, "contact_list": "leads", "contact_key": "k1",
        "number": "+441632960001", "number_kind": "phone", "trunk": "carrier", "caller_id": "", "agent": "8001",
        "mode": "progressive", "ring_timeout_s": 20.0, "claimed_at": START - 9, "state": "originating",
        "dialed_at": START - 9,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


def recovered(*attempts: AttemptRecord, lines: Mapping[str, str] | None = None) -> e.Recovered:
    """What the ledger held, with the campaign on."""
    return e.Recovered(attempts, lines or {}, {"spring": CampaignState.ON})
