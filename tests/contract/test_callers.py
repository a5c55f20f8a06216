"""Inbound calls over all stores: the lock on their number, what a restart finds, who calls, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core.caller import CallerRecord
from dialerd.core.commands import FindCaller, ForgetCaller, RecordCaller, SaveCaller
from dialerd.core.contact import ContactState
from dialerd.core.events import CallerFound, CallerRecorded, ClaimGranted, ClaimRefused, StoreBack, StoreLost
from dialerd.core.tallies import CALLBACK, is_promised
from dialerd.store.inbound_calls import e164_of
from tests.contract.hot_worlds import HotWorld
from tests.contract.record_worlds import RecordWorld
from tests.store.store_lab import attempt, claim, closing

NUMBER = "+12025550101"
SHOWN = {"spring": "+12025550999"}
CALL = f"inb-{5:024x}"


def call(**changes: Any) -> CallerRecord:
    values: dict[str, Any] = {
        "id": CALL, "channel": "1795337358.7", "shown": "+12025550999", "arrived_at": 1.7e9, "caller": "2025550101",
        "number": NUMBER, "campaign": "spring", "contact_list": "leads", "contact_id": 1, "contact_key": "k1",
        "attempt_id": "dlr-1", "state": "treating", "treatment": "message",
        "flow": {"flow": "inbound", "node": "message", "columns": {"answer": "1"}},
    }  # fmt: skip
    return CallerRecord(**(values | changes))


# --- the hot store -----------------------------------------------------------------------------------------


async def test_no_claim_is_granted_for_the_number_of_somebody_who_calls(hot: HotWorld) -> None:
    await hot.done(SaveCaller(call()), claim(attempt(1, number=NUMBER)))
    assert hot.inbox.of(ClaimRefused)[-1].reason == "number_locked"
    await hot.done(SaveCaller(call(state="ended")), claim(attempt(2, number=NUMBER)))
    assert hot.inbox.of(ClaimGranted)[-1].attempt_id == attempt(2).id
    await hot.done(ForgetCaller(CALL), closing(attempt(2, number=NUMBER), "busy"))
    assert (await hot.holds()).numbers == {}


async def test_a_call_that_is_on_its_way_keeps_its_lock_and_the_caller_gets_it_afterwards(hot: HotWorld) -> None:
    dialed = attempt(1, number=NUMBER)
    await hot.done(claim(dialed), SaveCaller(call()))
    assert (await hot.holds()).numbers == {NUMBER: dialed.id}
    await hot.done(closing(dialed, "cancelled"), SaveCaller(call()))
    assert (await hot.holds()).numbers == {NUMBER: CALL}
    await hot.done(SaveCaller(call(state="ended")))
    assert (await hot.holds()).numbers == {}


async def test_a_withheld_number_locks_nothing(hot: HotWorld) -> None:
    await hot.done(SaveCaller(call(number="")))
    assert (await hot.holds()).numbers == {}


async def test_a_restart_finds_calls_that_are_not_in_the_record(hot: HotWorld) -> None:
    other = call(id=f"inb-{6:024x}", number="", state="ended", outcome="message")
    await hot.done(SaveCaller(call()), SaveCaller(other), SaveCaller(call(state="queued", queue="sales")))
    found = (await hot.after_crash()).callers
    assert found == (call(state="queued", queue="sales"), other)


async def test_what_is_forgotten_is_not_found(hot: HotWorld) -> None:
    await hot.done(SaveCaller(call()), SaveCaller(call(state="ended")), ForgetCaller(CALL))
    assert (await hot.after_crash()).callers == ()


async def test_a_save_whose_reply_was_lost_is_made_again(hot: HotWorld) -> None:
    await hot.lose_after_commit(SaveCaller(call()))
    await hot.inbox.wait_for(StoreLost)
    await hot.bring_back()
    await hot.inbox.wait_for(StoreBack)
    assert (await hot.holds()).numbers == {NUMBER: CALL}


# --- the record --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "e164"),
    [
        ("+12025550101", NUMBER), ("2025550101", NUMBER), ("12025550101", NUMBER),
        ("+442079460801", "+442079460801"), ("", ""), ("911", ""), ("anonymous", ""),
    ],
)  # fmt: skip
def test_a_caller_is_of_our_country_unless_they_say_otherwise(caller: str, e164: str) -> None:
    assert e164_of(caller, "+12025550999") == e164


async def called(record: RecordWorld, *serials: int, **changes: Any) -> None:
    for serial in serials:
        values = {"contact_id": 1, "number": NUMBER, "dialed_at": 1.7e9 + serial} | changes
        await record.record(closing(attempt(serial, **values), "busy", ContactState.WAITING, 1.8e9).outcome)


async def who(record: RecordWorld, caller: str = "2025550101") -> CallerFound:
    await record.done(FindCaller(CALL, caller, SHOWN))
    return record.inbox.of(CallerFound)[-1]


async def test_a_caller_is_known_by_the_newest_call_to_their_number(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER, "+12025550102"])
    await called(record, 1)
    await called(record, 2, contact_id=2)
    await called(record, 3, campaign="another")
    await called(record, 4, dialed_at=None)
    found = await who(record)
    assert (found.number, found.campaign, found.attempt_id) == (NUMBER, "spring", attempt(2).id)
    assert found.contact is not None
    assert (found.contact.id, found.contact.columns["city"]) == (2, "Oslo")


async def test_whoever_was_never_called_is_not_known(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    assert await who(record) == CallerFound(CALL, NUMBER)
    assert await who(record, "911") == CallerFound(CALL)


async def recorded(record: RecordWorld, **following: Any) -> None:
    values = {"state": "uncallable", "at": None, "number_index": 0, "reason": "reached", "columns": {}} | following
    await record.done(RecordCaller(call(state="ended", outcome="agent", following=values)))
    assert record.inbox.of(CallerRecorded)[-1] == CallerRecorded(CALL, "leads")


async def test_a_contact_that_spoke_with_an_agent_is_done_with(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    await called(record, 1)
    await recorded(record, columns={"answer": "1"})
    standing = await record.standing(1)
    assert (standing.state, standing.reason, standing.attempts) == (ContactState.UNCALLABLE, "reached", 1)
    assert (await record.columns(1))["answer"] == "1"


async def test_a_call_is_recorded_once(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    await recorded(record, state=None, columns={"answer": "1"})
    await recorded(record, state="uncallable", columns={"answer": "2"})
    assert (await record.standing(1)).state is ContactState.CALLABLE
    assert (await record.columns(1))["answer"] == "1"


async def test_whoever_asks_is_called_back_though_the_contact_was_done_with(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    await record.record(closing(attempt(1, contact_id=1, number=NUMBER), "busy", ContactState.UNCALLABLE).outcome)
    await recorded(record, state="waiting", at=1.8e9, reason=CALLBACK)
    standing = await record.standing(1)
    assert (standing.state, standing.next_at, standing.reason) == (ContactState.WAITING, 1.8e9, CALLBACK)
    assert is_promised(standing.tries)


async def test_whoever_opted_out_is_not_called_back(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    outcome = closing(attempt(1, contact_id=1, number=NUMBER), "answered_flow", ContactState.UNCALLABLE).outcome
    await record.record(replace(outcome, contact=replace(outcome.contact, reason="opted_out")))
    await recorded(record, state="waiting", at=1.8e9, reason=CALLBACK)
    assert (await record.standing(1)).reason == "opted_out"


async def test_nothing_becomes_of_a_contact_where_nothing_is_said(record: RecordWorld) -> None:
    await record.add("leads", [NUMBER])
    before = await record.standing(1)
    await record.done(RecordCaller(call(state="ended", outcome="message", contact_id=77)))
    await record.done(RecordCaller(call(id=f"inb-{6:024x}", state="ended", outcome="message")))
    assert await record.standing(1) == before
