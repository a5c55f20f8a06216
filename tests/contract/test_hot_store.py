"""The contract of the hot store, over the one in memory and the one in Redis."""

from __future__ import annotations

import pytest

from dialerd.core.commands import ConfirmClaim, MoveReservation, SaveAgentLine, SaveAttempt
from dialerd.core.events import (
    AttemptClosed,
    ClaimConfirmed,
    ClaimGranted,
    ClaimNotConfirmed,
    ClaimRefused,
    StoreBack,
    StoreLost,
)
from tests.contract.hot_worlds import NOTHING, Holds, HotWorld
from tests.store.store_lab import SystemClock, attempt, claim, closing


async def test_a_claim_takes_number_lines_and_agent(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record))
    assert hot.inbox.events == [ClaimGranted(record.id)]
    assert await hot.holds() == Holds({record.number: record.id}, {record.id}, {record.id}, {"8001": record.id})


async def test_a_claim_without_agent_reserves_none(hot: HotWorld) -> None:
    await hot.done(claim(attempt(1)))
    assert (await hot.holds()).agents == {}


async def test_closing_frees_everything_and_fills_the_outbox(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record), closing(record, "busy"))
    assert hot.inbox.events == [ClaimGranted(record.id), AttemptClosed(record.id)]
    assert await hot.holds() == NOTHING
    assert await hot.outcomes() == [(record.id, "busy")]


@pytest.mark.parametrize(
    ("second", "limits", "reason"),
    [
        ({"number": "+12025550101"}, {}, "number_locked"),
        ({"number": "+12025550101", "campaign": "autumn", "trunk": "other"}, {}, "number_locked"),
        ({"agent": "8001"}, {}, "agent_reserved"),
        ({"agent": "8001", "campaign": "autumn", "trunk": "other"}, {}, "agent_reserved"),
        ({"campaign": "autumn"}, {"lines": 1}, "no_line"),
        ({"trunk": "other"}, {"campaign_lines": 1}, "no_campaign_line"),
    ],
)
async def test_refusals_take_nothing(
    hot: HotWorld, second: dict[str, str], limits: dict[str, int], reason: str
) -> None:
    first = attempt(1, agent="8001", number="+12025550101")
    await hot.done(claim(first))
    before = await hot.holds()
    refused = attempt(2, **second)
    await hot.done(claim(refused, lines=limits.get("lines", 9), campaign_lines=limits.get("campaign_lines", 9)))
    assert hot.inbox.of(ClaimRefused) == [ClaimRefused(refused.id, reason)]
    assert await hot.holds() == before
    assert [record.id for record in (await hot.after_crash()).attempts] == [first.id]


async def test_a_freed_line_can_be_claimed_again(hot: HotWorld) -> None:
    first, second = attempt(1), attempt(2)
    await hot.done(claim(first, lines=1), claim(second, lines=1), closing(first), claim(second, lines=1))
    assert hot.inbox.events == [
        ClaimGranted(first.id), ClaimRefused(second.id, "no_line"), AttemptClosed(first.id),
        ClaimGranted(second.id),
    ]  # fmt: skip


async def test_cps_lets_through_so_many_and_says_when_to_ask_again(hot: HotWorld) -> None:
    # 0.02 a second: the window is 50 s, so that no test machine is slow enough for a second one.
    first, second = attempt(1), attempt(2)
    await hot.done(claim(first, cps=0.02), claim(second, cps=0.02))
    (refused,) = hot.inbox.of(ClaimRefused)
    assert (refused.attempt_id, refused.reason) == (second.id, "no_cps")
    assert refused.retry_at is not None
    now = SystemClock().now()
    assert now < refused.retry_at <= now + 50


async def test_cps_counts_per_trunk(hot: HotWorld) -> None:
    await hot.done(claim(attempt(1), cps=0.02), claim(attempt(2, trunk="other"), cps=0.02))
    assert len(hot.inbox.of(ClaimGranted)) == 2


async def test_a_refused_claim_takes_no_cps(hot: HotWorld) -> None:
    await hot.done(
        claim(attempt(1, trunk="other", number="+12025550101")),
        claim(attempt(2, number="+12025550101"), cps=0.02),
        claim(attempt(3), cps=0.02),
    )
    assert hot.inbox.of(ClaimRefused) == [ClaimRefused(attempt(2).id, "number_locked")]


async def test_claiming_again_is_granted_and_takes_nothing_more(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record, lines=1, cps=0.02), claim(record, lines=1, cps=0.02))
    assert hot.inbox.events == [ClaimGranted(record.id)] * 2


async def test_a_closed_attempt_cannot_be_claimed(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record), closing(record), claim(record))
    assert hot.inbox.events[-1] == ClaimRefused(record.id, "already_closed")
    assert await hot.holds() == NOTHING


async def test_closing_twice_records_once(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record), closing(record, "busy"), closing(record, "rejected"))
    assert hot.inbox.of(AttemptClosed) == [AttemptClosed(record.id)] * 2
    assert await hot.outcomes() == [(record.id, "busy")]


async def test_closing_frees_only_what_is_its_own(hot: HotWorld) -> None:
    first, second = attempt(1, number="+12025550101"), attempt(2, number="+12025550101", agent="8001")
    await hot.done(claim(first), closing(first), claim(second), closing(first))
    assert (await hot.holds()).numbers == {second.number: second.id}
    assert (await hot.holds()).agents == {"8001": second.id}


async def test_an_outcome_without_an_entry_is_not_lost(hot: HotWorld) -> None:
    await hot.done(closing(attempt(1), "not_placed"))
    assert await hot.outcomes() == [(attempt(1).id, "not_placed")]


async def test_saving_changes_the_entry_and_takes_a_copy(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record))
    record.state, record.contact_tries = "ringing", {"busy": 1}
    hot.submit(SaveAttempt(record))
    record.state = "answered"
    record.contact_tries["busy"] = 2
    await hot.settled()
    (found,) = (await hot.after_crash()).attempts
    assert (found.state, found.contact_tries) == ("ringing", {"busy": 1})


async def test_the_last_of_many_saves_wins(hot: HotWorld) -> None:
    record = attempt(1)
    hot.submit(claim(record))
    for state in ("originating", "ringing", "answered", "analysing"):
        record.state = state
        hot.submit(SaveAttempt(record))
    await hot.settled()
    assert [found.state for found in (await hot.after_crash()).attempts] == ["analysing"]


async def test_saving_what_is_closed_does_not_bring_it_back(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record), closing(record), SaveAttempt(record))
    assert (await hot.after_crash()).attempts == ()
    assert await hot.holds() == NOTHING


async def test_a_reservation_moves_with_the_attempt(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record))
    record.agent = "8002"
    await hot.done(MoveReservation(record, "8001"))
    assert (await hot.holds()).agents == {"8002": record.id}
    record.agent = None
    await hot.done(MoveReservation(record, "8002"))
    assert (await hot.holds()).agents == {}
    record.agent = "8003"
    await hot.done(MoveReservation(record, None), closing(record))
    assert await hot.holds() == NOTHING


async def test_a_reservation_does_not_move_to_a_taken_agent(hot: HotWorld) -> None:
    first, second = attempt(1, agent="8001"), attempt(2, agent="8002")
    await hot.done(claim(first), claim(second))
    first.agent = "8002"
    await hot.done(MoveReservation(first, "8001"))
    assert (await hot.holds()).agents == {"8002": second.id}
    await hot.done(closing(first))
    assert (await hot.holds()).agents == {"8002": second.id}


async def test_moving_what_is_closed_reserves_nobody(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record), closing(record))
    record.agent = "8002"
    await hot.done(MoveReservation(record, "8001"))
    assert await hot.holds() == NOTHING


async def test_the_agent_of_a_saved_record_does_not_leak(hot: HotWorld) -> None:
    """Only MoveReservation moves reservations; closing frees what was reserved, whatever the record says."""
    record = attempt(1, agent="8001")
    await hot.done(claim(record))
    record.agent = None
    await hot.done(SaveAttempt(record), closing(record))
    assert await hot.holds() == NOTHING


async def test_a_crash_leaves_live_attempts_and_agent_lines(hot: HotWorld) -> None:
    first, second = attempt(1), attempt(2, agent="8001", number_index=1, contact_tries={"busy": 2})
    await hot.done(
        claim(first), claim(second), closing(first), SaveAgentLine("8001", "agt-1"), SaveAgentLine("8002", "agt-2"),
        SaveAgentLine("8002", None),
    )  # fmt: skip
    contents = await hot.after_crash()
    assert contents.attempts == (second,)
    assert contents.agent_lines == {"8001": "agt-1"}


async def test_a_claim_whose_reply_is_lost_is_granted_once(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.lose_after_commit(claim(record, lines=1, cps=0.02))
    await hot.inbox.wait_for(StoreLost)
    hot.submit(claim(attempt(2), lines=1))
    await hot.bring_back()
    await hot.inbox.wait_for(StoreBack)
    assert [type(event).__name__ for event in hot.inbox.events] == [
        "StoreLost", "ClaimGranted", "ClaimRefused", "StoreBack",
    ]  # fmt: skip
    assert (await hot.holds()).trunk == {record.id}


async def test_a_close_whose_reply_is_lost_is_recorded_once(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record))
    await hot.lose_after_commit(closing(record, "busy"))
    await hot.inbox.wait_for(StoreLost)
    await hot.bring_back()
    await hot.inbox.wait_for(StoreBack)
    assert [type(event).__name__ for event in hot.inbox.events[1:]] == ["StoreLost", "AttemptClosed", "StoreBack"]
    assert await hot.outcomes() == [(record.id, "busy")]
    assert await hot.holds() == NOTHING


async def test_an_accepted_offer_is_confirmed_and_in_the_ledger(hot: HotWorld) -> None:
    record = attempt(1, agent="8001")
    await hot.done(claim(record))
    before = await hot.holds()
    record.state = "accepted"
    hot.submit(ConfirmClaim(record, 1000.0))
    record.state = "originating"
    await hot.settled()
    assert hot.inbox.events == [ClaimGranted(record.id), ClaimConfirmed(record.id)]
    assert await hot.holds() == before
    assert [found.state for found in (await hot.after_crash()).attempts] == ["accepted"]


async def test_confirming_needs_a_token_of_the_trunk(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record))
    record.state = "accepted"
    await hot.done(ConfirmClaim(record, 0.02), ConfirmClaim(record, 0.02))
    # The window is 50 s; the claim itself took a token.
    first, second = hot.inbox.events[1:]
    assert isinstance(first, ClaimNotConfirmed)
    assert first.reason == "no_cps"
    assert first.retry_at is not None
    assert SystemClock().now() < first.retry_at <= SystemClock().now() + 50
    assert isinstance(second, ClaimNotConfirmed)
    assert [found.state for found in (await hot.after_crash()).attempts] == ["claiming"], "nothing was written"


async def test_a_confirmation_that_was_given_is_given_again_and_takes_nothing(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record))
    record.state = "accepted"
    # The second one would have to wait for a token, if it took one.
    await hot.done(ConfirmClaim(record, 1000.0), ConfirmClaim(record, 0.02))
    assert hot.inbox.events[1:] == [ClaimConfirmed(record.id)] * 2


async def test_what_is_not_in_the_ledger_is_not_confirmed(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(ConfirmClaim(record, 1000.0), claim(record), closing(record), ConfirmClaim(record, 1000.0))
    assert hot.inbox.of(ClaimNotConfirmed) == [ClaimNotConfirmed(record.id, "gone")] * 2
    assert await hot.holds() == NOTHING


async def test_a_confirmation_whose_answer_was_lost_comes_when_the_store_is_back(hot: HotWorld) -> None:
    record = attempt(1)
    await hot.done(claim(record))
    record.state = "accepted"
    await hot.lose_after_commit(ConfirmClaim(record, 1000.0))
    await hot.inbox.wait_for(StoreLost)
    await hot.bring_back()
    await hot.inbox.wait_for(StoreBack)
    assert hot.inbox.of(ClaimConfirmed) == [ClaimConfirmed(record.id)]
    assert [found.state for found in (await hot.after_crash()).attempts] == ["accepted"]
