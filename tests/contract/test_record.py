"""The contract of the record, over the one in memory, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core.attempt import Outcome
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import (
    CountContacts,
    FetchContacts,
    OptOut,
    ParkContacts,
    RetireContacts,
    ReturnContacts,
    SaveCampaignState,
    SaveDirection,
    WakeContacts,
)
from dialerd.core.contact import Contact, ContactNext, ContactState, Number
from dialerd.core.events import ContactsCounted, ContactsFetched
from dialerd.core.tallies import (
    calls_today,
    is_dead,
    is_promised,
    number_calls,
    number_calls_today,
    promised_at,
    stamped,
)
from tests.contract.record_worlds import RecordWorld
from tests.store.store_lab import attempt, closing

NUMBERS = [f"+120255501{n:02d}" for n in range(1, 7)]


def fetch(limit: int, contact_list: str = "leads") -> FetchContacts:
    return FetchContacts("spring", contact_list, limit)


def outcome(serial: int, contact_id: int, disposition: str, state: ContactState, at: float | None = None) -> Outcome:
    record = attempt(serial, contact_id=contact_id, number=f"+120255501{contact_id:02d}")
    return closing(record, disposition, state, at).outcome


async def fetched(world: RecordWorld, limit: int, contact_list: str = "leads") -> ContactsFetched:
    await world.done(fetch(limit, contact_list))
    return world.inbox.of(ContactsFetched)[-1]


async def test_contacts_come_in_order_and_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    first, second = await fetched(record, 4), await fetched(record, 4)
    assert [contact.id for contact in first.contacts] == [1, 2, 3, 4]
    assert [contact.id for contact in second.contacts] == [5, 6]
    assert (first.in_attempt, second.in_attempt) == (4, 6)
    assert (first.campaign, first.next_at) == ("spring", None)
    assert first.contacts[0] == Contact(
        1, "leads", NUMBERS[0], (Number(NUMBERS[0], "mobile"),), {"name": NUMBERS[0], "city": "Oslo"}, tries={}
    )


async def test_lists_are_apart(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await record.add("others", NUMBERS[:3])
    assert len((await fetched(record, 9)).contacts) == 2
    assert len((await fetched(record, 9, "others")).contacts) == 3


async def test_an_empty_or_unknown_list_is_answered(record: RecordWorld) -> None:
    assert await fetched(record, 9, "nowhere") == ContactsFetched("spring", (), None, 0)


async def test_returned_contacts_come_again_first(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await fetched(record, 3)
    await record.done(ReturnContacts((2, 1)))
    assert [contact.id for contact in (await fetched(record, 3)).contacts] == [1, 2, 4]


async def test_returning_what_is_not_in_attempt_changes_nothing(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await fetched(record, 1)
    await record.record(outcome(1, 1, "busy", ContactState.UNCALLABLE))
    await record.done(ReturnContacts((1, 2, 77)))
    assert (await record.standing(1)).state is ContactState.UNCALLABLE
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [2]


async def test_retired_contacts_never_come_again(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await fetched(record, 2)
    await record.done(RetireContacts((1, 3, 77), "max_attempts"))
    assert (await record.standing(1)).state is ContactState.UNCALLABLE
    assert (await record.standing(1)).reason == "max_attempts"
    await record.done(ReturnContacts((1, 2)))
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [2, 3, 4, 5, 6]


async def test_parked_contacts_come_again_at_their_moment(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await fetched(record, 4)
    now = record.clock.at
    await record.done(ParkContacts((1, 3), now + 3600, "quiet_hours"), ParkContacts((2,), now + 60, "cap:daily"))
    standing = await record.standing(3)
    assert (standing.state, standing.next_at, standing.reason) == (ContactState.WAITING, now + 3600, "quiet_hours")
    assert (standing.attempts, dict(standing.tries), standing.last_disposition) == (0, {}, None)
    early = await fetched(record, 9)
    assert [contact.id for contact in early.contacts] == [5, 6]
    assert (early.next_at, early.in_attempt) == (now + 60, 3)
    record.clock.at = now + 3600
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [2, 1, 3]


async def test_parking_what_is_not_in_attempt_changes_nothing(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:3])
    await fetched(record, 2)
    await record.record(outcome(1, 1, "busy", ContactState.UNCALLABLE))
    await record.done(ReturnContacts((2,)), ParkContacts((1, 2, 3, 77), record.clock.at + 3600, "quiet_hours"))
    assert (await record.standing(1)).state is ContactState.UNCALLABLE
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [2, 3]


async def test_who_is_parked_for_a_reason_that_has_gone_is_due_at_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await record.add("others", ["+12025550177"])
    await fetched(record, 4)
    await record.done(fetch(1, "others"))
    now = record.clock.at
    await record.done(
        ParkContacts((1, 7), now + 3600, "callable_time"), ParkContacts((2,), now + 9000, "time_zone_unknown"),
        ParkContacts((3,), now + 60, "cap:daily"),
    )  # fmt: skip
    record.clock.at = now + 10
    await record.done(WakeContacts(("leads",), frozenset({"callable_time", "time_zone_unknown"})))
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [1, 2, 5, 6]
    assert (await record.standing(7)).next_at == now + 3600, "of another list"
    assert (await record.standing(4)).state is ContactState.IN_ATTEMPT


async def test_due_retries_come_before_fresh_contacts(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await fetched(record, 3)
    now = record.clock.at
    await record.record(
        outcome(1, 1, "busy", ContactState.WAITING, now + 60),
        outcome(2, 2, "busy", ContactState.WAITING, now + 30),
        outcome(3, 3, "busy", ContactState.WAITING, now + 900),
    )
    early = await fetched(record, 1)
    assert [contact.id for contact in early.contacts] == [4]
    assert (early.next_at, early.in_attempt) == (now + 30, 1)
    record.clock.at = now + 60
    later = await fetched(record, 3)
    assert [contact.id for contact in later.contacts] == [2, 1, 5]
    assert later.next_at == now + 900


async def test_outcomes_count_attempts_and_tries(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    now = record.clock.at
    await record.record(outcome(1, 1, "busy", ContactState.WAITING, now))
    await fetched(record, 1)
    await record.record(outcome(2, 1, "busy", ContactState.WAITING, now))
    await fetched(record, 1)
    await record.record(outcome(3, 1, "not_placed", ContactState.CALLABLE))
    standing = await record.standing(1)
    assert standing.state is ContactState.CALLABLE
    assert (standing.attempts, dict(standing.tries)) == (2, {"busy": 2, "@n0": 2, "not_placed": 1})
    assert (standing.last_disposition, standing.reason) == ("not_placed", "retry:not_placed")
    (contact,) = (await fetched(record, 1)).contacts
    assert (contact.attempts, contact.tries, contact.last_disposition) == (
        2, {"busy": 2, "@n0": 2, "not_placed": 1}, "not_placed",
    )  # fmt: skip


async def test_a_contact_is_handed_over_to_another_list_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await record.add("agents", NUMBERS[2:3])
    await fetched(record, 2)
    tries = stamped({}, 738_000.0, 739_000, 740_000, {1})
    done = closing(attempt(1, contact_id=1, contact_tries=tries), "machine", ContactState.CALLABLE).outcome
    handed = replace(done, contact=replace(done.contact, move_to="agents", reason="handed_over:sales"))
    assert await record.record(handed) == frozenset({"leads", "agents"})
    assert await record.record(handed) == frozenset({"leads", "agents"})
    standing = await record.standing(1)
    assert (standing.state, standing.attempts, standing.reason) == (ContactState.CALLABLE, 0, "handed_over:sales")
    assert dict(standing.tries) == {
        "@c0": 1, "@e0": 739_000, "@all": 1, "@until": 740_000, "@p1": 1, "@w1": 1, "@h1": 1
    }  # fmt: skip
    taken = await fetched(record, 9, "agents")
    assert sorted((contact.id, contact.contact_list) for contact in taken.contacts) == [(1, "agents"), (3, "agents")]
    left = await fetched(record, 9)
    assert (left.contacts, left.in_attempt) == ((), 1)


async def test_a_contact_goes_to_a_list_that_nobody_has_filled_yet(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    done = outcome(1, 1, "machine", ContactState.CALLABLE)
    await record.record(replace(done, contact=replace(done.contact, move_to="new")))
    assert [contact.id for contact in (await fetched(record, 9, "new")).contacts] == [1]


async def test_who_was_made_uncallable_meanwhile_is_not_handed_over(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    await record.make_uncallable(1, "asked not to be called")
    done = outcome(1, 1, "machine", ContactState.CALLABLE)
    await record.record(replace(done, contact=replace(done.contact, move_to="new")))
    assert (await record.standing(1)).reason == "asked not to be called"
    assert not (await fetched(record, 9, "new")).contacts


async def test_an_outcome_counts_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    done = outcome(1, 1, "busy", ContactState.WAITING, 5.0)
    assert await record.record(done, done) == frozenset({"leads"})
    assert await record.record(done) == frozenset({"leads"})
    assert await record.attempt_ids() == [done.record.id]
    assert (await record.standing(1)).attempts == 1


async def test_a_late_duplicate_does_not_move_a_contact_that_is_dialed_again(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    done = outcome(1, 1, "busy", ContactState.WAITING, record.clock.at)
    await record.record(done)
    await fetched(record, 1)
    await record.record(done)
    assert (await record.standing(1)).state is ContactState.IN_ATTEMPT


async def test_made_uncallable_meanwhile_stays_so(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    await record.make_uncallable(1, "asked not to be called")
    await record.record(outcome(1, 1, "busy", ContactState.WAITING, 5.0))
    standing = await record.standing(1)
    assert (standing.state, standing.reason) == (ContactState.UNCALLABLE, "asked not to be called")
    assert standing.attempts == 1


async def test_an_outcome_of_a_contact_that_is_gone_is_recorded(record: RecordWorld) -> None:
    await record.record(outcome(1, 4711, "busy", ContactState.WAITING, 5.0))
    assert await record.attempt_ids() == [attempt(1).id]


async def test_a_restart_frees_fetched_contacts_without_a_live_attempt(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:4])
    await fetched(record, 3)
    assert await record.reset_in_attempt({2}) == 2
    again = await fetched(record, 9)
    assert [contact.id for contact in again.contacts] == [1, 3, 4]
    assert again.in_attempt == 4


async def test_campaign_states_are_remembered(record: RecordWorld) -> None:
    await record.done(
        SaveCampaignState("spring", CampaignState.ON, ""),
        SaveCampaignState("autumn", CampaignState.SUSPENDED, "trunk down"),
        SaveCampaignState("spring", CampaignState.STOPPING, "operator"),
    )
    assert await record.campaign_states() == {
        "spring": CampaignState.STOPPING, "autumn": CampaignState.SUSPENDED,
    }  # fmt: skip


async def test_order_of_commands_is_kept(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await record.done(fetch(1), ReturnContacts((1,)), fetch(1), fetch(1))
    assert [[c.id for c in event.contacts] for event in record.inbox.of(ContactsFetched)] == [[1], [1], [2]]


async def test_what_a_flow_wrote_is_in_the_contacts_columns(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await fetched(record, 2)
    done = outcome(1, 1, "answered_flow", ContactState.UNCALLABLE)
    written = replace(done, contact=replace(done.contact, columns={"city": "Bergen", "day": "0512"}))
    await record.record(written)
    assert await record.columns(1) == {"name": NUMBERS[0], "city": "Bergen", "day": "0512"}
    assert await record.columns(2) == {"name": NUMBERS[1], "city": "Oslo"}


async def test_an_opt_out_asked_for_in_a_call_is_on_its_list_once(record: RecordWorld) -> None:
    command = OptOut("optouts", NUMBERS[0], "dlr-1", "key")
    await record.done(command, command)
    assert await record.opt_outs("optouts") == {NUMBERS[0]}


async def test_how_sequences_and_rules_stand_is_kept(record: RecordWorld) -> None:
    first, second = (
        SaveDirection("rule", "calm", {"active": True}),
        SaveDirection("sequence", "calm", {"state": "on"}),
    )
    await record.done(first, second, SaveDirection("rule", "calm", {"active": False, "at": 2.5}))
    assert await record.directions() == {
        ("rule", "calm"): {"active": False, "at": 2.5}, ("sequence", "calm"): {"state": "on"},
    }  # fmt: skip


async def test_how_far_lists_are_done(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS)
    await record.add("others", ["+12025550201", "+12025550202", "+12025550203"])
    await fetched(record, 3)
    await record.done(RetireContacts((1, 2), "max_attempts"))
    await record.done(CountContacts("spring", ("leads",)), CountContacts("both", ("leads", "others")))
    counts = record.inbox.of(ContactsCounted)
    assert counts == [ContactsCounted("spring", 6, 2), ContactsCounted("both", 9, 2)]


async def test_contacts_can_be_fetched_by_their_ids(record: RecordWorld) -> None:
    """Hot ones: in the order asked for, and only what can be called now."""
    await record.add("leads", NUMBERS)
    await record.add("others", NUMBERS[:1])
    await fetched(record, 1)
    await record.done(FetchContacts("spring", "leads", 5, only=(5, 1, 4, 7, 99)))
    hot = record.inbox.of(ContactsFetched)[-1]
    assert [contact.id for contact in hot.contacts] == [5, 4], "1 is in the hopper, 7 in another list, 99 nowhere"
    assert [contact.id for contact in (await fetched(record, 9)).contacts] == [2, 3, 6]


async def test_a_call_back_that_was_asked_for_is_known_as_one_until_it_rang(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    asked = Outcome(
        attempt(1, contact_id=1, disposition="answered_flow"),
        ContactNext(ContactState.WAITING, record.clock.at, 0, "callback"),
    )
    await record.record(asked)
    for serial, disposition, promised in ((2, "cancelled", True), (3, "no_answer", False)):
        (contact,) = (await fetched(record, 1)).contacts
        assert is_promised(contact.tries)
        assert promised_at(contact.tries or {}) == int(asked.contact.at or 0.0)
        await record.done(ParkContacts((1,), record.clock.at, "callable_time: nights"))
        (contact,) = (await fetched(record, 1)).contacts
        assert is_promised(contact.tries), "although it was parked for another reason meanwhile"
        await record.record(outcome(serial, 1, disposition, ContactState.CALLABLE))
        assert is_promised((await record.standing(1)).tries) == promised


CORRECT = "+12025550199"


def _gave_up(serial: int, disposition: str, reason: str, **changes: Any) -> Outcome:
    """Contact 1 was called at the first of ``NUMBERS`` and is uncallable for it."""
    called = attempt(serial, contact_id=1, number=NUMBERS[0], disposition=disposition, **changes)
    return Outcome(called, ContactNext(ContactState.UNCALLABLE, None, called.number_index, reason))


@pytest.mark.parametrize(
    ("disposition", "reason", "left"),
    [
        ("invalid_number", "invalid_number", "callable"), ("no_answer", "max_tries:no_answer", "callable"),
        ("cancelled", "dnc:never", "callable"), ("answered_agent", "reached", "uncallable"),
        ("answered_flow", "opted_out", "uncallable"), ("no_answer", "max_attempts", "uncallable"),
    ],
)  # fmt: skip
async def test_a_number_corrected_during_its_call_does_not_get_the_old_ones_verdict(
    record: RecordWorld, disposition: str, reason: str, left: str
) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    await record.change_numbers(1, [CORRECT])
    await record.record(_gave_up(1, disposition, reason, contact_tries=stamped({}, 9.0, 99, 999, {0})))
    standing = await record.standing(1)
    assert (standing.state, standing.attempts, standing.number_index) == (left, 1, 0)
    assert not is_dead(standing.tries, 0)
    assert number_calls(standing.tries, 0) == number_calls_today(standing.tries, 0, 10)[0] == 0
    assert calls_today(standing.tries, 10) == (1, 999)
    assert [c.numbers[0].e164 for c in (await fetched(record, 9)).contacts] == ([CORRECT] * (left == "callable"))


async def test_a_verdict_follows_its_number_to_the_place_it_has_now(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await record.change_numbers(1, NUMBERS[:2])
    await fetched(record, 1)
    await record.change_numbers(1, [CORRECT, NUMBERS[1], NUMBERS[0]])
    dead = attempt(1, contact_id=1, number=NUMBERS[0], number_count=2, disposition="invalid_number")
    await record.record(Outcome(dead, ContactNext(ContactState.CALLABLE, None, 1, "next_number:invalid_number")))
    standing = await record.standing(1)
    assert [is_dead(standing.tries, place) for place in range(3)] == [False, False, True]
    assert standing.number_index == 0, "the one after it"
