"""A real core on a stage: a real engine over ports that only remember, and a clock that stands where it is put."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dialerd.core import events as e
from dialerd.core.campaign import CampaignSettings, Connection, Mode, Plan, TrunkSettings
from dialerd.core.commands import Claim, CloseAttempt, Command, DialAgent, EnterBridge, OriginateCall
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers
from dialerd.core.view import DialerView
from dialerd.engine import Engine, Observer

T0 = 1_700_000_000.0
C = TypeVar("C")

TRUNK = TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", max_lines=10, cps=5.0)


def spring(**changes: Any) -> CampaignSettings:
    """A progressive campaign with a queue."""
    values: dict[str, Any] = {
        "name": "spring", "mode": Mode.PROGRESSIVE, "contact_list": "leads", "trunk": "carrier",
        "caller_id": "+441632960000", "queue": "sales", "connection": Connection.NAILED,
    }  # fmt: skip
    return CampaignSettings(**(values | changes))


def reminders(**changes: Any) -> CampaignSettings:
    """An agentless campaign."""
    values: dict[str, Any] = {
        "name": "reminders", "mode": Mode.AGENTLESS, "contact_list": "patients", "trunk": "carrier",
        "caller_id": "+441632960000", "message": sound("sound:reminder"), "max_lines": 2,
    }  # fmt: skip
    return CampaignSettings(**(values | changes))


def contact(serial: int, contact_list: str = "leads", **changes: Any) -> Contact:
    """A contact with a fictional number of its own."""
    values: dict[str, Any] = {
        "id": serial, "contact_list": contact_list, "key": f"k{serial}",
        "numbers": (Number(f"+441632960{serial:03d}", "mobile"),), "columns": {},
    }  # fmt: skip
    return Contact(**(values | changes))


class Port:
    """Remembers what it is given."""

    def __init__(self, into: list[Command]) -> None:
        self._into = into

    def submit(self, command: Any) -> None:
        self._into.append(command)


class Stage:
    """The core with everything around it imagined. ``feed`` gives it facts, ``advance`` lets time pass."""

    def __init__(
        self,
        *campaigns: CampaignSettings,
        watcher: Any = None,
        observers: Sequence[Observer] = (),
        trunk: TrunkSettings = TRUNK,
    ) -> None:
        self.now = T0
        self.commands: list[Command] = []
        self.dialer = Dialer(SerialNumbers(int(T0 * 1000), 1))
        port = Port(self.commands)
        self.engine = Engine(
            self.dialer,
            port,
            port,
            port,
            port,
            watcher if watcher is not None else port,
            tuple(observers),
            provider=port,
        )
        self.plan = Plan({c.name: c for c in campaigns or (spring(),)}, {trunk.name: trunk})
        self.feed(e.PlanChanged(self.plan))

    def feed(self, *events: e.Event) -> Stage:
        for event in events:
            self.engine.step(event, self.now)
        return self

    def advance(self, seconds: float) -> Stage:
        """Let time pass, stopping at every timer."""
        until = self.now + seconds
        while (due := self.dialer.next_wakeup()) is not None and due <= until:
            self.now = max(self.now, due)
            self.feed(e.TimePassed())
        self.now = until
        return self

    def last(self, kind: type[C]) -> C:
        found = [command for command in self.commands if isinstance(command, kind)]
        assert found, f"no {kind.__name__} in {self.commands[-10:]}"
        return found[-1]

    def up(self) -> Stage:
        """Everything that dialing needs is there."""
        return self.feed(
            e.Recovered((), {}, {}), e.TelephonyBack((), {}, frozenset()),
            e.RosterSynced(frozenset(), frozenset({"sales"})),
        )  # fmt: skip

    def agent(self, name: str = "8001", queue: str = "sales") -> Stage:
        """An agent logs in and the nailed-up line opens."""
        interface = f"Local/{name}@dialerd-agent/n"
        self.feed(e.MemberSeen(queue, name, interface, f"Agent {name}", True, 0, False, "", False))
        line = self.last(DialAgent).channel_id
        self.feed(e.ChannelAnswered(line))
        bridge = self.last(EnterBridge).bridge_id
        return self.feed(e.BridgeEntered(line, bridge))

    def start(self, campaign: str, *contacts: Contact, more_in_attempt: int = 0) -> Stage:
        """The campaign is turned on and fetches these contacts."""
        self.feed(e.CampaignStartAsked(campaign))
        return self.feed(e.ContactsFetched(campaign, contacts, None, len(contacts) + more_in_attempt))

    def claim(self) -> Claim:
        """The claim that was asked for last."""
        return self.last(Claim)

    def grant(self) -> str:
        """The last claim is granted and Asterisk takes the call; returns the attempt's id."""
        attempt = self.claim().record.id
        self.feed(e.ClaimGranted(attempt), e.OriginateAccepted(attempt))
        assert self.last(OriginateCall).attempt_id == attempt
        return attempt

    def ring_and_answer(self, attempt: str, after_s: float = 8.0) -> Stage:
        self.feed(e.ChannelRinging(attempt))
        return self.advance(after_s).feed(e.ChannelAnswered(attempt))

    def end(self, attempt: str, cause: int = 16, sip_status: int | None = None) -> Stage:
        """The channel is gone and the store has the outcome."""
        self.feed(e.ChannelEnded(attempt, cause, sip_status))
        assert self.last(CloseAttempt).outcome.record.id == attempt
        return self.feed(e.AttemptClosed(attempt))

    def view(self) -> DialerView:
        return self.dialer.viewer.dialer(self.now)


Watch = Callable[[Stage], None]
