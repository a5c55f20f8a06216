"""Replies that do not come, claims that are refused, calls that do not end, second by second."""

from __future__ import annotations

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, RetryRule
from dialerd.core.disposition import Disposition
from dialerd.core.lines import BREAKER_FAILURES
from tests.scenarios.timeline import START, Timeline, campaign, contact, member


@pytest.mark.parametrize("reason", ["no_line", "no_campaign_line", "agent_reserved", "lease_lost"])
def test_a_refused_claim_is_asked_again_shortly(reason: str) -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact())
    claim = line.the(c.Claim)
    line.look_away().at(0.1, e.ClaimRefused(claim.record.id, reason))
    assert line.agent("8001") == "available"
    assert not line.wanted(c.Claim | c.CloseAttempt)  # type: ignore[arg-type]
    line.at(0.36)
    assert line.the(c.Claim).record.contact_id == 1
    assert line.second_of(c.Claim) == pytest.approx(0.35)
    assert line.the(c.Claim).record.id != claim.record.id


def test_no_cps_waits_until_the_store_says() -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact())
    line.at(0.1, e.ClaimRefused(line.the(c.Claim).record.id, "no_cps", START + 3.0)).look_away().at(3.1)
    assert line.second_of(c.Claim) == 3.0


def test_a_locked_number_lets_the_next_contact_pass() -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact(1), contact(2))
    line.at(0.1, e.ClaimRefused(line.the(c.Claim).record.id, "number_locked"))
    assert line.wanted(c.Claim)[-1].record.contact_id == 2


def test_stop_while_the_claim_is_on_its_way() -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact())
    claim = line.the(c.Claim).record.id
    line.look_away().at(0.1, e.CampaignStopAsked("spring")).at(0.2, e.ClaimGranted(claim))
    assert not line.wanted(c.OriginateCall)
    record = line.closed()
    assert (record.disposition, record.reason) == ("not_placed", "campaign_stopping")
    assert line.state() is CampaignState.STOPPING
    line.at(0.3, e.AttemptClosed(claim))
    assert line.state() is CampaignState.OFF


def test_stop_while_ringing_lets_the_call_finish_and_places_no_other() -> None:
    line = Timeline().ready("8001").started(contact(1), contact(2))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(1.0, e.CampaignStopAsked("spring"))
    assert line.the(c.ReturnContacts).contact_ids == (2,)
    assert not line.wanted(c.HangUp)
    line.at(5.0, e.ChannelEnded(attempt, 17, 486))
    assert not line.wanted(c.OriginateCall)
    assert line.state() is CampaignState.OFF


def test_claims_granted_all_at_once_are_dialed_at_the_trunks_pace() -> None:
    line = Timeline(cps=2.0).ready("8001", "8002", "8003", "8004")
    line.store_answers = False
    line.started(*(contact(serial) for serial in range(1, 5)))
    line.at(3.0)
    claims = [claim.record.id for claim in line.wanted(c.Claim)]
    assert len(claims) == 4
    line.look_away().at(5.0, *(e.ClaimGranted(claim) for claim in claims)).at(8.0)
    dialed = [second for second, command in line.done if isinstance(command, c.OriginateCall)]
    assert dialed == pytest.approx([5.0, 5.0, 6.0, 6.0])


def test_a_call_cancelled_while_its_claim_was_on_its_way_is_never_dialed() -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact())
    claim = line.the(c.Claim).record.id
    line.at(0.1, e.TelephonyLost("reset")).at(0.2, e.TelephonyBack((), {}, frozenset())).look_away()
    line.at(0.3, e.ClaimGranted(claim))
    assert not line.wanted(c.OriginateCall)
    assert (line.closed().disposition, line.closed().reason) == ("not_placed", "telephony_lost")


def test_an_agent_who_leaves_during_the_claim_moves_the_reservation() -> None:
    line = Timeline().ready("8001", "8002")
    line.store_answers = False
    line.started(contact())
    claim = line.the(c.Claim).record
    line.look_away().at(0.1, member("8001", paused=True, pause_reason="tea"))
    assert line.the(c.MoveReservation) == c.MoveReservation(claim, "8001")
    assert claim.agent == "8002"
    line.at(0.2, e.ClaimGranted(claim.id))
    assert line.the(c.OriginateCall).attempt_id == claim.id


def test_unknown_originate_is_probed_and_never_repeated() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(3.0, e.OriginateUnknown(attempt))
    assert line.the(c.ProbeChannel) == c.ProbeChannel(attempt)
    assert line.live(attempt).state.value == "unconfirmed"
    line.at(3.1, e.ChannelProbed(attempt, "Ringing"))
    line.at(9.0, e.ChannelAnswered(attempt))
    assert line.live(attempt).state.value == "waiting_agent"
    assert not line.wanted(c.OriginateCall)


def test_unknown_originate_without_a_channel_is_given_up_after_two_looks() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(3.0, e.OriginateUnknown(attempt)).at(3.1, e.ChannelProbed(attempt, None)).look_away().at(4.2)
    assert line.second_of(c.ProbeChannel) == pytest.approx(4.1)
    line.look_away().at(4.3, e.ChannelProbed(attempt, None))
    outcome = line.the(c.CloseAttempt).outcome
    assert outcome.record.disposition == "outcome_unknown"
    assert outcome.contact.state.value == "waiting"
    assert outcome.contact.at == pytest.approx(START + 4.3 + 3600)


def test_refused_originate_uses_up_nothing() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(1.0, e.OriginateRefused(attempt, 400, "no such endpoint"))
    outcome = line.the(c.CloseAttempt).outcome
    assert (outcome.record.disposition, outcome.contact.state.value) == ("not_placed", "waiting")
    assert "originate_refused" in line.told()


def test_our_own_timer_ends_a_call_that_asterisk_forgot() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(2.0, e.ChannelRinging(attempt)).look_away().at(21.1)
    assert line.second_of(c.HangUp) == 21.0  # 20 s and a second of grace
    line.look_away().at(21.2, e.ChannelEnded(attempt, 0))
    assert line.closed().disposition == "no_answer"


def test_a_hang_up_that_did_not_arrive_is_repeated() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(21.5).look_away().at(23.1, e.ChannelProbed(attempt, "Ringing")).at(60.0)
    assert line.wanted(c.HangUp)


def test_an_end_that_was_never_told_is_found_by_probing() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(21.0).at(23.1).look_away()
    line.then(e.ChannelProbed(attempt, None)).at(24.2, e.ChannelProbed(attempt, None))
    assert line.closed().disposition == "no_answer"
    assert line.agent("8001") == "available"


def test_a_probe_answered_after_the_end_leaves_no_timer() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.store_answers = False
    line.at(3.0, e.ChannelEnded(attempt, 17, 486)).then(e.ChannelProbed(attempt, "Up"))
    line.then(e.AttemptClosed(attempt))
    assert not [key for key in line.dialer.floor.timers.pending() if key[1] == attempt]


def test_late_and_repeated_facts_change_nothing() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(3.0, e.ChannelEnded(attempt, 17, 486)).look_away()
    line.at(
        4.0, e.ChannelEnded(attempt, 16), e.ChannelAnswered(attempt), e.ClaimGranted(attempt),
        e.AttemptClosed(attempt),
        e.TalkingStarted(attempt), e.TalkingStopped(attempt, 0.8), e.AmdFinished(attempt, "HUMAN", ""),
        e.BridgeEntered(attempt, "brg"), e.BridgeFailed(attempt, "brg", ""), e.ChannelProbed(attempt, "Up"),
        e.OriginateUnknown(attempt), e.OriginateRefused(attempt, 500, ""), e.ChannelRinging(attempt),
        e.CallLost(attempt), e.MemberGone("nowhere", "9999"), e.InboundOffered("1763.1", "9999"),
        e.PlaybackFinished("msg-1"), e.PlaybackStarted("msg-1"), e.ClaimRefused(attempt, "no_line"),
    )  # fmt: skip
    assert line.wanted(c.OriginateCall) == []
    assert line.wanted(c.CloseAttempt) == []
    assert line.wanted(c.Tell) == []


def test_a_trunk_that_refuses_everything_is_left_alone_for_a_while() -> None:
    settings = campaign(max_attempts=99, retry={Disposition.CONGESTION: RetryRule(99, 900.0)})
    line = Timeline(settings).ready("8001").started(*(contact(serial) for serial in range(1, 60)))
    failures = 0
    while "trunk_refuses_everything" not in line.told():
        attempt = line.wanted(c.OriginateCall)[-1].attempt_id
        line.at(line.now + 1.0, e.ChannelEnded(attempt, 34, 503))
        failures += 1
    assert failures == BREAKER_FAILURES
    held_at = line.now
    line.look_away().at(held_at + 9.9)
    assert not line.wanted(c.OriginateCall)
    line.at(held_at + 10.5)
    assert line.second_of(c.OriginateCall) == pytest.approx(held_at + 10.0)
    # One call that rings closes it again.
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(held_at + 12.0, e.ChannelRinging(attempt)).look_away().at(
        held_at + 13.0, e.ChannelEnded(attempt, 17, 486)
    )
    assert line.wanted(c.OriginateCall)


def test_store_lost_holds_dialing_and_live_calls_go_on() -> None:
    line = Timeline().ready("8001", "8002").started(contact(1))
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(1.0, e.StoreLost("Redis does not answer")).look_away()
    line.at(2.0, e.ContactsFetched("spring", (contact(2),), None, 2))
    assert not line.wanted(c.Claim)
    line.at(5.0, e.ChannelAnswered(attempt))
    assert line.wanted(c.EnterBridge)
    line.at(9.0, e.StoreBack())
    assert line.the(c.Claim).record.contact_id == 2


def test_a_fetch_without_an_answer_is_asked_again() -> None:
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring")).look_away().at(30.1)
    assert line.second_of(c.FetchContacts) == 30.0


def test_contacts_that_come_twice_are_called_once() -> None:
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring"))
    fetch = line.the(c.FetchContacts)
    answer = e.ContactsFetched("spring", (contact(),), None, 1, fetch.serial)
    line.then(answer)
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(3.0, e.ChannelEnded(attempt, 17, 486)).look_away().at(4.0, answer)
    assert not line.wanted(c.Claim)


def test_a_list_without_contacts_completes_and_stays_quiet() -> None:
    line = Timeline().ready("8001").started()
    assert line.state() is CampaignState.COMPLETE
    assert line.wanted(c.SaveCampaignState)[-1].state is CampaignState.COMPLETE
    line.look_away().at(3600.0)
    assert line.wanted(c.FetchContacts) == []


def test_waits_for_the_next_contact_without_asking_all_the_time() -> None:
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring")).look_away()
    line.then(e.ContactsFetched("spring", (), START + 3600.0, 0)).look_away().at(3600.5)
    asked = [second for second, command in line.done if isinstance(command, c.FetchContacts) and second > 0]
    assert asked == [3600.0]
