"""Contacts that are changed while a campaign calls them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.commands import (
    Claim,
    CloseAttempt,
    Command,
    FetchContacts,
    HangUp,
    OriginateCall,
    RetireContacts,
    ReturnContacts,
)
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.events import (
    CampaignStartAsked,
    ChannelEnded,
    ChannelRinging,
    ClaimGranted,
    ContactsChanged,
    ContactsEdited,
    ContactsFetched,
    Event,
    PlanChanged,
    Recovered,
    RosterSynced,
    TelephonyBack,
)
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers


def contact(serial: int, *numbers: Number) -> Contact:
    return Contact(serial, "leads", str(serial), numbers or (Number(f"+44163296{serial:04d}"),), {})


class Run:
    """Two agentless campaigns of one line each over the same list; ``urgent`` goes first."""

    def __init__(self, *on: str) -> None:
        self.dialer = Dialer(SerialNumbers(1, 1))
        self.commands: list[Command] = []
        calm = CampaignSettings(
            "calm", Mode.AGENTLESS, "leads", "carrier", "+441632960000", max_lines=1,
            message=sound("sound:notice"), analysis=profile_named("off"),
        )  # fmt: skip
        trunk = TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 1000, 500.0)
        campaigns = {"calm": calm, "urgent": replace(calm, name="urgent", priority=5)}
        self.take(PlanChanged(Plan(campaigns, {"carrier": trunk})), Recovered((), {}, {}))
        self.take(TelephonyBack((), {}, frozenset()), RosterSynced(frozenset(), frozenset()))
        self.take(*(CampaignStartAsked(name) for name in on or ("calm",)))

    def take(self, *events: Event) -> list[Command]:
        done = []
        for event in events:
            done += self.dialer.handle(event, 1_763_000_000.0)
        self.commands += done
        return done

    def fetches(self, campaign: str) -> list[FetchContacts]:
        return [c for c in self.commands if isinstance(c, FetchContacts) and c.campaign == campaign]

    def fill(self, *contacts: Contact) -> str:
        """Give the calm campaign contacts; returns the id of the attempt that begins."""
        serial = self.fetches("calm")[-1].serial
        done = self.take(ContactsFetched("calm", contacts, None, len(contacts), serial))
        (claim,) = [c for c in done if isinstance(c, Claim)]
        return claim.record.id

    def hopper(self) -> list[int]:
        return [c.id for c in self.dialer.floor.campaigns["calm"].hopper]


def test_a_hot_contact_is_fetched_by_its_id_and_stands_first() -> None:
    run = Run()
    run.fill(*(contact(n) for n in range(1, 20)))
    run.take(ContactsChanged("leads", (77, 78)))
    hot = run.fetches("calm")[-1]
    assert (hot.only, hot.limit) == ((77, 78), 2)
    run.take(ContactsFetched("calm", (contact(77), contact(78)), None, 21, hot.serial))
    assert run.hopper()[:3] == [77, 78, 2]
    run.take(ContactsFetched("calm", (contact(77), contact(78)), None, 21, hot.serial))
    assert run.hopper().count(77) == 1, "an answer that comes twice"


def test_the_most_urgent_campaign_gets_it() -> None:
    run = Run("calm", "urgent")
    run.take(ContactsChanged("leads", (77,)))
    assert [f.only for f in run.fetches("urgent")][-1] == (77,)
    assert all(f.only == () for f in run.fetches("calm"))


def test_without_a_campaign_that_is_on_nothing_is_fetched() -> None:
    run = Run("urgent")
    run.take(ContactsChanged("others", (77,)))
    assert all(f.only == () for f in run.fetches("urgent"))


def test_a_hot_contact_for_a_campaign_that_is_gone_is_returned() -> None:
    run = Run()
    run.fill(contact(1))
    run.take(ContactsChanged("leads", (77,)))
    hot = run.fetches("calm")[-1]
    del run.dialer.floor.campaigns["calm"]
    assert ReturnContacts((77,)) in run.take(ContactsFetched("calm", (contact(77),), None, 1, hot.serial))


def test_an_edited_contact_leaves_the_hopper() -> None:
    run = Run()
    run.fill(contact(1), contact(2), contact(3))
    assert ReturnContacts((2,)) in run.take(ContactsEdited("leads", (2, 9)))
    assert run.hopper() == [3]


@pytest.mark.parametrize("numbers", [(), ("+441632960001",)])
@pytest.mark.parametrize("when", ["claiming", "ringing"])
def test_a_withdrawn_contact_is_not_called(when: str, numbers: tuple[str, ...]) -> None:
    run = Run()
    attempt = run.fill(contact(1), contact(2))
    withdrawn = ContactsEdited("leads", (1,), True, numbers, "uncallable")
    if when == "claiming":
        run.take(withdrawn)
        done = run.take(ClaimGranted(attempt))
        assert not any(isinstance(c, OriginateCall) for c in done)
        (close,) = [c for c in done if isinstance(c, CloseAttempt)]
        assert (close.outcome.record.disposition, close.outcome.record.reason) == ("not_placed", "uncallable")
    else:
        run.take(ClaimGranted(attempt), ChannelRinging(attempt))
        assert HangUp(attempt) in run.take(withdrawn)
        (close,) = [c for c in run.take(ChannelEnded(attempt, 16)) if isinstance(c, CloseAttempt)]
        assert close.outcome.record.disposition == "cancelled"


def test_a_call_of_another_number_goes_on() -> None:
    run = Run()
    attempt = run.fill(contact(1), contact(2))
    run.take(ClaimGranted(attempt), ChannelRinging(attempt))
    assert HangUp(attempt) not in run.take(ContactsEdited("leads", (1,), True, ("+441632961111",), "uncallable"))
    assert HangUp(attempt) not in run.take(ContactsEdited("leads", (2,), True, (), "uncallable"))


def test_an_uncallable_number_gives_way_to_the_next_and_none_left_retires() -> None:
    run = Run()
    bad, good = Number("+441632960011", uncallable="moved"), Number("+441632960012")
    serial = run.fetches("calm")[-1].serial
    done = run.take(ContactsFetched("calm", (contact(1, bad), contact(2, bad, good)), None, 2, serial))
    assert RetireContacts((1,), "number_uncallable") in done
    (claim,) = [c for c in done if isinstance(c, Claim)]
    assert (claim.record.contact_id, claim.record.number) == (2, good.e164)


def test_after_a_file_nobody_is_called_as_the_hopper_remembers_them() -> None:
    """A file may have given anybody of the list another number."""
    run = Run()
    run.fill(contact(1), contact(2), contact(3))
    assert run.take(ContactsChanged("others", any_of_them=True)) == []
    done = run.take(ContactsChanged("leads", any_of_them=True))
    assert [c.contact_ids for c in done if isinstance(c, ReturnContacts)] == [(2, 3)]
    assert run.hopper() == []
    assert not run.dialer.floor.campaigns["calm"].dry, "they are fetched again as they are now"
