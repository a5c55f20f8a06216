"""What cannot be called now costs nothing: parked in the record for long holds, in memory for short ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import choosing, parking, rounds
from dialerd.core.choosing import Chosen
from dialerd.core.commands import Claim, Command, FetchContacts, ParkContacts, ReturnContacts, SaveCampaignState
from dialerd.core.contact import Contact, Number
from dialerd.core.events import CampaignStopAsked, ClaimGranted, ContactsFetched, TimePassed
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse, Verdict
from dialerd.core.gates import Case, Gate
from tests.core.test_hopper import Run

HOUR = 3600.0


class Night(Run):
    """The same campaign; numbers may not be called before ``opens_at``, and every command is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, opens_in_s: float | None) -> None:
        self.commands: list[Command] = []
        self.opens_at = 1_763_000_000.0 + opens_in_s if opens_in_s is not None else None
        monkeypatch.setattr(rounds, "choose", self._choose)
        super().__init__()

    def _gate(self, case: Case) -> Verdict:
        return (
            ALLOW if self.opens_at is not None and case.now >= self.opens_at else Hold("quiet_hours", self.opens_at)
        )

    def _choose(self, case: Case, contact: Contact, gates: tuple[Gate, ...]) -> Chosen | Hold | Refuse:
        return choosing.choose(case, contact, (*gates, self._gate))

    def take(self, event: object) -> None:
        handle = self.dialer.handle

        def keeping(told: object, now: float) -> list[Command]:
            found = handle(told, now)  # type: ignore[arg-type]
            self.commands += found
            return found

        self.dialer.handle = keeping  # type: ignore[method-assign, assignment]
        try:
            super().take(event)  # type: ignore[arg-type]
        finally:
            del self.dialer.handle

    def of(self, kind: type) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]


def test_a_long_hold_goes_to_the_record_in_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, 8 * HOUR)
    night.hand_out(90)
    assert night.of(ParkContacts) == [ParkContacts(tuple(range(90)), night.now + 8 * HOUR, "quiet_hours")]
    assert not night.claimed
    campaign = night.dialer.floor.campaigns["notice"]
    assert not campaign.hopper
    assert not campaign.parked
    assert campaign.refused == {"quiet_hours": 90}


def test_the_parking_is_written_before_the_next_fetch_which_asks_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, 8 * HOUR)
    limits = []
    for _ in range(6):
        night.hand_out(night.fetches[-1])
        limits.append(night.fetches[-1])
    kinds = [type(command) for command in night.commands if isinstance(command, ParkContacts | FetchContacts)]
    assert kinds == [FetchContacts] + [ParkContacts, FetchContacts] * 6
    assert limits == sorted(limits)
    assert limits[-1] == 1000


def test_an_all_night_campaign_sleeps_until_the_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, 8 * HOUR)
    night.hand_out(50)
    night.take(ContactsFetched("notice", (), night.opens_at, 0))
    assert night.dialer.next_wakeup() == night.opens_at
    campaign = night.dialer.floor.campaigns["notice"]
    assert campaign.state == "on"
    assert night.opens_at is not None
    night.now = night.opens_at
    night.take(TimePassed())
    night.hand_out(5)
    assert len(night.of(Claim)) == 5
    assert SaveCampaignState("notice", campaign.state, "") in night.commands


@pytest.mark.parametrize(("opens_in_s", "later_s"), [(20.0, 20.0), (None, 5.0)])
def test_a_short_or_open_hold_stays_in_memory(
    monkeypatch: pytest.MonkeyPatch, opens_in_s: float | None, later_s: float
) -> None:
    night = Night(monkeypatch, opens_in_s)
    night.hand_out(3)
    night.take(ContactsFetched("notice", (), None, 3))
    assert not night.of(ParkContacts)
    assert len(night.dialer.floor.campaigns["notice"].parked) == 3
    assert night.dialer.floor.timers.at("parked", "notice") == night.now + later_s
    night.now += later_s
    night.opens_at = night.now
    night.take(TimePassed())
    assert len(night.claimed) == 3


def test_a_list_that_opens_within_the_minute_is_not_taken_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, 50.0)
    night.hand_out(parking.MOST_KEPT + 700)
    assert len(night.dialer.floor.campaigns["notice"].parked) == parking.MOST_KEPT
    (parked,) = night.of(ParkContacts)
    assert isinstance(parked, ParkContacts)
    assert (len(parked.contact_ids), parked.next_at) == (700, night.opens_at)


def test_a_campaign_that_stops_returns_what_is_parked_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, None)
    night.hand_out(2)
    night.take(CampaignStopAsked("notice"))
    assert night.of(ReturnContacts) == [ReturnContacts((0, 1))]


def test_another_number_is_dialed_and_its_place_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(monkeypatch, 0.0)
    numbers = (Number("+441632960001", "mobile"), Number("+441632960002", "home"))
    first = Contact(1, "subscribers", "a", numbers[:1], {})
    night.take(ContactsFetched("notice", (first, replace(first, id=2, key="b", numbers=numbers)), None, 2))
    claims = night.of(Claim)
    assert [(c.record.number, c.record.number_index) for c in claims if isinstance(c, Claim)] == [
        ("+441632960001", 0), ("+441632960002", 1),
    ]  # fmt: skip
    night.take(ClaimGranted(night.claimed[1]))
    attempt = night.dialer.floor.attempts[night.claimed[1]]
    assert (attempt.state, attempt.record.number_kind) == ("originating", "home")
