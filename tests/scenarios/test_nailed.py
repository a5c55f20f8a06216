"""Progressive calls to agents with nailed-up lines, second by second."""

from __future__ import annotations

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.analysis import profile_named
from tests.scenarios.timeline import Timeline, campaign, contact, member

LINE = "agt-0000000000100001" + "00000001"
BRIDGE = ids.sibling(LINE, ids.BRIDGE)


def test_from_claim_to_wrap_up() -> None:
    line = Timeline()
    line.ready("8001").started(contact())
    claim, call = line.the(c.Claim), line.the(c.OriginateCall)
    assert claim.record.agent == "8001"
    assert claim.record.id == call.attempt_id
    assert call.dial_string == "PJSIP/+441632960001@carrier"
    assert line.agent("8001") == "reserved"
    line.look_away().at(4.0, e.ChannelRinging(call.attempt_id)).at(9.0, e.ChannelAnswered(call.attempt_id))
    enter = line.the(c.EnterBridge)
    assert enter == c.EnterBridge(call.attempt_id, BRIDGE)
    line.at(9.004, e.BridgeEntered(call.attempt_id, BRIDGE))
    assert line.agent("8001") == "on_call"
    line.look_away().at(70.0, e.ChannelEnded(call.attempt_id, 16))
    record = line.closed()
    assert (record.disposition, record.agent, record.hung_up_by) == ("answered_agent", "8001", "callee")
    assert (record.ringing_at, record.answered_at, record.connected_at, record.ended_at) == pytest.approx(
        (1_000_004.0, 1_000_009.0, 1_000_009.004, 1_000_070.0)
    )
    assert record.abandoned is False
    assert line.the(c.PauseMember) == c.PauseMember("8001", "Local/8001@dialerd-agent/n", True, "dialerd:wrap-up")
    line.look_away().at(79.9)
    assert line.agent("8001") == "wrap_up"
    assert not line.wanted(c.PauseMember)
    line.at(80.1)
    assert line.second_of(c.PauseMember) == 80.0
    assert line.agent("8001") == "available"


def test_an_agent_in_wrap_up_is_announced_as_busy() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, BRIDGE)).look_away()
    line.at(30.0, e.ChannelEnded(attempt, 16))
    assert not line.wanted(c.AnnounceAgent)  # INUSE since the reservation
    line.at(40.1)
    assert line.the(c.AnnounceAgent) == c.AnnounceAgent("8001", "NOT_INUSE")
    assert line.second_of(c.AnnounceAgent) == 40.0


def test_a_failed_call_is_replaced_at_once() -> None:
    line = Timeline()
    line.ready("8001").started(contact(1), contact(2))
    first = line.the(c.OriginateCall).attempt_id
    line.look_away().at(3.0, e.ChannelEnded(first, 17, 486))
    assert line.closed().disposition == "busy"
    assert line.the(c.OriginateCall).dial_string == "PJSIP/+441632960002@carrier"
    assert line.second_of(c.OriginateCall) == 3.0


def test_a_machine_is_replaced_at_once() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    line.ready("8001").started(contact(1), contact(2))
    first = line.the(c.OriginateCall).attempt_id
    line.look_away().at(5.0, e.ChannelAnswered(first)).at(5.5, e.TalkingStarted(first))
    line.at(7.0, e.AmdFinished(first, "MACHINE", "MAXWORDS-3-2"))
    assert line.the(c.HangUp).channel_id == first
    assert line.the(c.OriginateCall).dial_string == "PJSIP/+441632960002@carrier"
    assert line.second_of(c.OriginateCall) == 7.0
    line.look_away().at(7.01, e.ChannelEnded(first, 16))
    assert line.closed().disposition == "machine"


def test_unsure_by_the_deadline_goes_to_the_agent() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.6, e.TalkingStarted(attempt)).look_away().at(7.6)
    assert line.second_of(c.EnterBridge) == pytest.approx(7.35)  # 1.75 s after the first sound
    assert line.live(attempt).record.analysis_rule == "R3_deadline"
    line.at(7.51, e.BridgeEntered(attempt, BRIDGE))
    assert line.live(attempt).record.abandoned is False


def test_somebody_who_says_nothing_gets_the_agent_within_two_seconds_of_the_answer() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).look_away().at(7.0)
    assert line.second_of(c.EnterBridge) == pytest.approx(6.75)


def test_balanced_waits_from_the_end_of_the_greeting() -> None:
    line = Timeline(campaign(analysis=profile_named("balanced")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TalkingStarted(attempt))
    line.at(8.3, e.TalkingStopped(attempt, 0.8)).look_away().at(9.4)
    assert line.second_of(c.EnterBridge) == pytest.approx(9.3)  # 1.8 s after 7.5
    line.then(e.BridgeEntered(attempt, BRIDGE))
    assert line.live(attempt).record.abandoned is False  # still within 2 s of the greeting's end


def test_late_amd_is_a_hint_only() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.2, e.TalkingStarted(attempt)).at(7.2)
    line.then(e.BridgeEntered(attempt, BRIDGE)).look_away()
    line.at(8.0, e.AmdFinished(attempt, "MACHINE", "LONGGREETING-1750-1700"))
    assert line.told() == ["late_machine_hint"]
    assert not line.wanted(c.HangUp)
    line.at(30.0, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.amd_status) == ("answered_agent", "MACHINE")


def test_agent_vanishes_while_the_phone_rings() -> None:
    line = Timeline()
    attempt = line.dialing("8001", "8002")
    line.at(2.0, e.ChannelRinging(attempt)).look_away()
    line.at(3.0, member("8001", paused=True, pause_reason="lunch"))
    assert line.live(attempt).record.agent == "8002"
    assert not line.wanted(c.HangUp)
    line.look_away().at(4.0, member("8002", paused=True, pause_reason="lunch"))
    assert line.the(c.HangUp) == c.HangUp(attempt)
    line.look_away().at(4.01, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.reason) == ("cancelled", "agent_left")


def test_agent_vanishes_while_the_person_waits_and_another_takes_over() -> None:
    line = Timeline()
    attempt = line.dialing("8001", "8002")
    line.at(5.0, e.ChannelAnswered(attempt)).look_away()
    line.at(5.1, e.MemberGone("sales", "8001"))
    assert line.live(attempt).record.agent == "8002"
    enters = [(enter.channel_id, enter.bridge_id) for enter in line.wanted(c.EnterBridge)]
    # Out of the first agent's bridge, then into the second one's.
    assert enters == [
        (attempt, ids.sibling(attempt, ids.BRIDGE)),
        (attempt, ids.sibling(line.dialer.floor.agents["8002"].line or "", ids.BRIDGE)),
    ]


def test_no_agent_within_two_seconds_is_an_abandoned_call_with_its_message() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.1, e.MemberGone("sales", "8001")).look_away().at(7.1)
    message = line.the(c.PlayMessage)
    assert (message.channel_id, message.media) == (attempt, ("sound:dialerd/abandoned",))
    assert line.second_of(c.PlayMessage) == 7.0
    assert "call_abandoned" in line.told()
    line.at(7.2, e.PlaybackStarted(message.playback_id)).look_away()
    line.at(13.0, e.PlaybackFinished(message.playback_id))
    assert line.the(c.HangUp) == c.HangUp(attempt)
    line.look_away().at(13.01, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.abandoned, record.message_at) == ("abandoned", True, 1_000_007.2)
    assert record.agent is None


def test_an_agent_who_comes_free_serves_the_person_who_waits_first() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.1, member(paused=True, pause_reason="oops")).look_away()
    line.at(6.0, member())
    assert line.live(attempt).record.agent == "8001"
    assert line.wanted(c.EnterBridge)[-1] == c.EnterBridge(attempt, BRIDGE)


def test_an_entry_that_is_under_way_gets_half_a_second_more() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).look_away().at(7.3)
    assert not line.wanted(c.PlayMessage)
    line.at(7.4, e.BridgeEntered(attempt, BRIDGE))
    record = line.live(attempt).record
    assert (line.live(attempt).state.value, record.abandoned) == ("connected", True)
    assert "connected_late" in line.told()


def test_an_entry_that_never_comes_takes_the_person_out_before_the_message() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).look_away().at(7.6)
    own = ids.sibling(attempt, ids.BRIDGE)
    wanted = [x for _, x in line.done[-20:] if isinstance(x, c.CreateBridge | c.EnterBridge | c.PlayMessage)]
    assert [type(x) for x in wanted[-3:]] == [c.CreateBridge, c.EnterBridge, c.PlayMessage]
    assert wanted[-2] == c.EnterBridge(attempt, own)
    assert line.second_of(c.PlayMessage) == 7.5
    assert line.agent("8001") == "available"


def test_agent_hangs_up_first() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, BRIDGE)).look_away()
    line.at(20.0, e.ChannelEnded(LINE, 16))
    assert c.HangUp(attempt) in line.wanted(c.HangUp)
    assert c.DestroyBridge(BRIDGE) in line.wanted(c.DestroyBridge)
    line.look_away().at(20.01, e.ChannelEnded(attempt, 16))
    assert line.closed().hung_up_by == "agent"
    line.look_away().at(22.1)
    assert line.the(c.DialAgent).dial_string == "PJSIP/8001"
    assert line.second_of(c.DialAgent) == 22.0


def test_unpausing_ends_the_wrap_up_early() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, BRIDGE))
    line.at(30.0, e.ChannelEnded(attempt, 16))
    line.at(30.1, member(paused=True, pause_reason="dialerd:wrap-up")).look_away()
    assert line.agent("8001") == "wrap_up"
    line.at(33.0, member())
    assert line.agent("8001") == "available"
    assert not line.wanted(c.PauseMember)
    line.at(45.0)
    assert not line.wanted(c.PauseMember)  # the time-out is forgotten too


def test_a_pause_of_ones_own_outlasts_the_wrap_up() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, BRIDGE))
    line.at(30.0, e.ChannelEnded(attempt, 16)).at(31.0, member(paused=True, pause_reason="lunch")).look_away().at(
        41.0
    )
    assert line.agent("8001") == "paused"
    assert not line.wanted(c.PauseMember)


def test_a_bridge_that_cannot_be_entered_is_mended_and_tried_again() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).look_away()
    line.at(5.1, e.BridgeFailed(attempt, BRIDGE, "no such bridge"))
    assert line.wanted(c.ProbeChannel) == [c.ProbeChannel(LINE)]
    line.look_away().at(5.11, e.ChannelProbed(LINE, "Up"))
    assert line.the(c.CreateBridge) == c.CreateBridge(BRIDGE)
    line.look_away().at(5.12, e.BridgeEntered(LINE, BRIDGE))
    assert line.the(c.EnterBridge) == c.EnterBridge(attempt, BRIDGE)


def test_the_end_of_a_line_that_was_never_told_is_found() -> None:
    line = Timeline().ready("8001").at(33.0)
    assert line.the(c.ProbeChannel) == c.ProbeChannel(LINE)
    line.look_away().at(33.01, e.ChannelProbed(LINE, None))
    assert line.agent("8001") == "not_responding"
    line.look_away().at(36.0)
    assert line.the(c.DialAgent).channel_id != LINE


def test_inbound_calls_on_the_line() -> None:
    line = Timeline().ready("8001")
    line.at(1.0, e.InboundOffered("1763.1", "8001"))
    assert line.the(c.EnterBridge) == c.EnterBridge("1763.1", BRIDGE)
    assert line.agent("8001") == "on_call"
    line.look_away().at(1.1, e.InboundOffered("1763.1", "8001"))
    assert not line.wanted(c.HangUp)  # said twice
    line.at(2.0, e.InboundOffered("1763.2", "8001"))
    assert line.the(c.HangUp) == c.HangUp("1763.2", "busy")
    line.at(3.0, e.ChannelEnded("1763.1", 16))
    assert line.agent("8001") == "available"


def test_an_inbound_call_that_cannot_be_bridged_frees_the_agent() -> None:
    line = Timeline().ready("8001").at(1.0, e.InboundOffered("1763.1", "8001")).look_away()
    line.at(1.1, e.BridgeFailed("1763.1", BRIDGE, "gone"))
    assert line.agent("8001") == "available"
    assert line.the(c.HangUp).channel_id == "1763.1"


def test_an_inbound_call_does_not_disturb_a_reserved_agent() -> None:
    line = Timeline()
    line.dialing()
    line.at(1.0, e.InboundOffered("1763.1", "8001"))
    assert line.the(c.HangUp) == c.HangUp("1763.1", "busy")
    assert line.agent("8001") == "reserved"
