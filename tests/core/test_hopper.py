"""The hopper is filled again while what is left in it still lasts for the time that a fetch takes."""

from __future__ import annotations

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.commands import Claim, Command, FetchContacts
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.events import (
    AttemptClosed,
    CampaignStartAsked,
    ChannelEnded,
    ClaimGranted,
    ContactsFetched,
    Event,
    PlanChanged,
    Recovered,
    RosterSynced,
    TelephonyBack,
    TimePassed,
)
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers

LINES = 30


class Run:
    """An agentless campaign; contacts come when the test hands them out."""

    def __init__(self) -> None:
        self.dialer = Dialer(SerialNumbers(1, 1))
        self.now = 1_763_000_000.0
        self.fetches: list[int] = []
        self.claimed: list[str] = []
        self.contacts = 0
        campaign = CampaignSettings(
            "notice", Mode.AGENTLESS, "subscribers", "carrier", "+441632960000", max_lines=LINES,
            message=sound("sound:notice"), analysis=profile_named("off"),
        )  # fmt: skip
        trunk = TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 1000, 500.0)
        self.take(PlanChanged(Plan({"notice": campaign}, {"carrier": trunk})))
        self.take(Recovered((), {}, {}))
        self.take(TelephonyBack((), {}, frozenset()))
        self.take(RosterSynced(frozenset(), frozenset()))
        self.take(CampaignStartAsked("notice"))

    def take(self, event: Event) -> None:
        commands: list[Command] = self.dialer.handle(event, self.now)
        for command in commands:
            if isinstance(command, FetchContacts):
                self.fetches.append(command.limit)
            elif isinstance(command, Claim):
                self.claimed.append(command.record.id)

    def hand_out(self, count: int) -> None:
        first, self.contacts = self.contacts, self.contacts + count
        contacts = tuple(
            Contact(i, "subscribers", str(i), (Number(f"+441632{i:06d}"),), {}) for i in range(first, first + count)
        )
        self.take(ContactsFetched("notice", contacts, None, self.contacts))

    def dial(self) -> None:
        """Let all lines be used, second by second, and every claim be granted."""
        granted = 0
        for _ in range(1000):
            while granted < len(self.claimed):
                self.take(ClaimGranted(self.claimed[granted]))
                granted += 1
            wakeup = self.dialer.next_wakeup()
            if len(self.dialer.floor.campaigns["notice"].live) == LINES or wakeup is None:
                return
            self.now = max(self.now, wakeup)
            self.take(TimePassed())
        raise AssertionError("the lines are never used")

    def end_one_call(self) -> None:
        attempt_id = self.claimed[len(self.claimed) - LINES]
        self.take(ChannelEnded(attempt_id, 16))
        self.take(AttemptClosed(attempt_id))
        self.dial()


def test_contacts_are_fetched_again_while_many_are_left() -> None:
    run = Run()
    assert len(run.fetches) == 1
    run.hand_out(3 * LINES)
    run.dial()
    campaign = run.dialer.floor.campaigns["notice"]
    assert len(campaign.live) == LINES
    assert len(run.fetches) == 1

    left = []
    while len(run.fetches) == 1:
        left.append(len(campaign.hopper))
        run.end_one_call()

    assert run.fetches[1] >= 2 * LINES
    assert LINES <= left[-1] < 2 * LINES
