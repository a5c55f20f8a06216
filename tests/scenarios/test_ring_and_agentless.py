"""Ring mode, and campaigns without agents, second by second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignState, Connection, Mode
from dialerd.core.flow.prompts import sound
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.timeline import Timeline, campaign, contact, member

RING = campaign(connection=Connection.RING, analysis=profile_named("connect_first"))
AGENTLESS = campaign(
    mode=Mode.AGENTLESS,
    queue=None,
    max_lines=2,
    message=sound("sound:reminder"),
    analysis=profile_named("catch_machines"),
)


def test_ring_mode_rings_at_the_first_sound() -> None:
    line = Timeline(RING)
    attempt = line.dialing("8001", nailed=False)
    own = ids.sibling(attempt, ids.BRIDGE)
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TalkingStarted(attempt))
    ring = line.the(c.DialAgent)
    assert (ring.dial_string, ring.caller_id, ring.auto_answer) == ("PJSIP/8001", "+441632960001", True)
    assert line.second_of(c.DialAgent) == 5.5
    assert line.the(c.CreateBridge) == c.CreateBridge(own)
    line.look_away().at(6.0, e.ChannelAnswered(ring.channel_id))
    assert line.the(c.EnterBridge) == c.EnterBridge(ring.channel_id, own)
    line.look_away().at(7.5)
    assert line.the(c.EnterBridge) == c.EnterBridge(attempt, own)
    assert line.second_of(c.EnterBridge) == pytest.approx(7.25)
    line.at(7.41, e.BridgeEntered(attempt, own))
    assert line.live(attempt).record.abandoned is False
    line.look_away().at(60.0, e.ChannelEnded(ring.channel_id, 16))
    assert line.the(c.HangUp) == c.HangUp(attempt)
    line.look_away().at(60.01, e.ChannelEnded(attempt, 16))
    assert (line.closed().disposition, line.closed().hung_up_by) == ("answered_agent", "agent")
    assert line.the(c.DestroyBridge) == c.DestroyBridge(own)


def test_ring_mode_lets_the_agent_go_when_it_was_a_machine() -> None:
    line = Timeline(RING)
    attempt = line.dialing("8001", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TalkingStarted(attempt))
    ring = line.the(c.DialAgent).channel_id
    line.at(6.5, e.AmdFinished(attempt, "MACHINE", "MAXWORDS-3-2"))
    assert {hang_up.channel_id for hang_up in line.wanted(c.HangUp)} == {attempt, ring}
    assert line.agent("8001") == "available"


def test_ring_mode_member_who_does_not_answer_is_replaced_and_paused() -> None:
    line = Timeline(campaign(connection=Connection.RING))
    attempt = line.dialing("8001", "8002", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt))
    first = line.the(c.DialAgent)
    line.look_away().at(5.8, e.ChannelEnded(first.channel_id, 21))
    assert line.the(c.PauseMember) == c.PauseMember("8001", "PJSIP/8001", True, "dialerd:not-responding")
    assert line.agent("8001") == "not_responding"
    assert line.the(c.DialAgent).dial_string == "PJSIP/8002"
    line.at(6.0, member("8001", nailed=False))
    assert line.agent("8001") == "available"


@pytest.mark.parametrize(("rung_s", "blamed"), [(0.6, False), (2.2, True)])
def test_a_member_is_blamed_only_for_a_ring_that_was_long_enough(rung_s: float, blamed: bool) -> None:
    line = Timeline(campaign(connection=Connection.RING, abandon_threshold_s=rung_s))
    attempt = line.dialing("8001", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt)).look_away().at(5.1 + rung_s)
    assert line.second_of(c.PlayMessage) == pytest.approx(5.0 + rung_s)
    assert bool(line.wanted(c.PauseMember)) is blamed


def test_ring_mode_busy_phone_of_ones_own_ring_is_no_reason_to_leave() -> None:
    line = Timeline(campaign(connection=Connection.RING))
    attempt = line.dialing("8001", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt)).look_away()
    line.at(5.1, member("8001", nailed=False, in_call=True))
    assert line.live(attempt).record.agent == "8001"
    assert not line.wanted(c.HangUp)


def test_lost_end_of_the_agents_channel_is_found_during_the_call() -> None:
    line = Timeline(campaign(connection=Connection.RING))
    attempt = line.dialing("8001", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt))
    ring = line.the(c.DialAgent).channel_id
    line.at(5.5, e.ChannelAnswered(ring)).at(5.6, e.BridgeEntered(attempt, ids.sibling(attempt, ids.BRIDGE)))
    line.look_away().at(306.0)
    assert c.ProbeChannel(ring) in line.wanted(c.ProbeChannel)
    line.look_away().at(306.1, e.ChannelProbed(ring, None))
    assert line.the(c.HangUp) == c.HangUp(attempt)


def test_agentless_fills_its_lines_and_plays_the_message() -> None:
    line = Timeline(AGENTLESS).ready().started(contact(1), contact(2), contact(3))
    first, second = (call.attempt_id for call in line.wanted(c.OriginateCall))
    line.look_away().at(5.0, e.ChannelAnswered(first)).at(6.0, e.TalkingStarted(first))
    line.at(8.0, e.AmdFinished(first, "HUMAN", "HUMAN-1000-1000"))
    message = line.the(c.PlayMessage)
    assert message.media == ("sound:reminder",)
    line.at(8.1, e.PlaybackStarted(message.playback_id)).look_away()
    line.at(15.0, e.PlaybackFinished(message.playback_id)).at(15.1, e.ChannelEnded(first, 16))
    record = line.closed()
    assert (record.disposition, record.message_at, record.agent) == ("answered_message", 1_000_008.1, None)
    assert line.the(c.OriginateCall).dial_string == "PJSIP/+441632960003@carrier"
    assert second in line.dialer.floor.attempts


def test_agentless_machine_is_hung_up_or_hears_the_message() -> None:
    for responses, wanted, disposition in (
        ({}, c.HangUp, "machine"),
        ({CallAnalysis.MACHINE: Treatment.MESSAGE}, c.PlayMessage, "machine_message"),
    ):
        line = Timeline(
            campaign(
                mode=Mode.AGENTLESS, queue=None, message=sound("sound:reminder"), responses=responses,
                analysis=profile_named("catch_machines"),
            )
        )  # fmt: skip
        line.ready().started(contact())
        attempt = line.the(c.OriginateCall).attempt_id
        line.look_away().at(5.0, e.ChannelAnswered(attempt)).at(
            9.0, e.AmdFinished(attempt, "MACHINE", "LONGGREETING")
        )
        assert line.wanted(wanted)
        line.then(e.PlaybackStarted(ids.sibling(attempt, ids.PLAYBACK))).look_away()
        line.at(20.0, e.ChannelEnded(attempt, 16))
        assert line.closed().disposition == disposition


def test_a_message_that_cannot_be_played_suspends_the_campaign() -> None:
    line = Timeline(AGENTLESS).ready().started(contact(1), contact(2), contact(3))
    first, second = (call.attempt_id for call in line.wanted(c.OriginateCall))
    line.at(5.0, e.ChannelAnswered(first)).at(8.0, e.AmdFinished(first, "HUMAN", ""))
    line.look_away().at(8.1, e.PlaybackFinished(playback_of(first), failed=True)).at(9.0)
    assert line.state() is CampaignState.SUSPENDED
    assert "message_not_played" in line.told()
    assert line.the(c.HangUp) == c.HangUp(first)
    line.look_away().at(9.1, e.ChannelEnded(first, 16))
    record = line.closed()
    assert (record.disposition, record.abandoned) == ("abandoned", True)
    assert not line.wanted(c.OriginateCall)
    line.at(12.0, e.CampaignStartAsked("spring"))
    assert line.state() is CampaignState.ON
    assert second in line.dialer.floor.attempts


def test_a_message_that_fails_while_asterisk_is_out_of_sight_says_nothing_about_the_sound() -> None:
    line = Timeline(AGENTLESS).ready().started(contact(1))
    first = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(first)).at(8.0, e.AmdFinished(first, "HUMAN", "")).look_away()
    line.at(8.1, e.TelephonyLost("reset"), e.PlaybackFinished(playback_of(first), failed=True)).at(11.0)
    assert line.state() is CampaignState.ON
    up = e.LiveChannel(first, "Up")
    line.look_away().at(12.0, e.TelephonyBack((up,), {}, frozenset()))
    assert line.the(c.PlayMessage).media == ("sound:reminder",)  # nobody has heard it yet


def test_hanging_up_in_the_middle_of_a_message_is_no_failed_message() -> None:
    line = Timeline(AGENTLESS).ready().started(contact(1))
    first = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(first)).at(8.0, e.AmdFinished(first, "HUMAN", ""))
    line.at(8.1, e.PlaybackStarted(playback_of(first))).look_away()
    line.at(10.0, e.PlaybackFinished(playback_of(first), failed=True)).at(10.01, e.ChannelEnded(first, 16))
    assert line.closed().disposition == "answered_message"
    assert line.state() is not CampaignState.SUSPENDED


@pytest.mark.parametrize(("ended_at", "disposition"), [(6.5, "hung_up_early"), (8.5, "abandoned")])
def test_whoever_waited_in_vain_for_the_message_was_abandoned(ended_at: float, disposition: str) -> None:
    """A silent call is one, whether an agent or a message was to come."""
    line = Timeline(replace(AGENTLESS, analysis=profile_named("connect_first"))).ready().started(contact(1))
    first = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(first)).at(6.0, e.TalkingStarted(first)).at(ended_at, e.ChannelEnded(first, 16))
    assert line.closed().disposition == disposition
    assert line.closed().abandoned is (disposition == "abandoned")


def test_no_message_is_meant_for_whoever_says_nothing() -> None:
    line = Timeline(replace(AGENTLESS, analysis=profile_named("catch_machines"))).ready().started(contact(1))
    first = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(first)).at(7.8, e.ChannelEnded(first, 16))
    assert (line.closed().disposition, line.closed().abandoned) == ("hung_up_early", False)


def playback_of(attempt: str) -> str:
    return ids.sibling(attempt, ids.PLAYBACK)


def test_a_suspension_outlives_the_daemon_that_made_it() -> None:
    """Or one more person would hear silence after each restart."""
    line = Timeline(AGENTLESS).ready().started(contact(1))
    (call,) = (call.attempt_id for call in line.wanted(c.OriginateCall))
    line.at(5.0, e.ChannelAnswered(call)).at(8.0, e.AmdFinished(call, "HUMAN", "")).look_away()
    line.at(8.1, e.PlaybackFinished(playback_of(call), failed=True)).at(9.0)
    saved = line.the(c.SaveCampaignState)
    assert saved.state is CampaignState.SUSPENDED
    left = e.Recovered((), {}, {saved.campaign: saved.state})
    after = Timeline(AGENTLESS).ready(recovered=left)
    assert after.state() is CampaignState.SUSPENDED
    assert not after.wanted(c.FetchContacts)


def test_news_of_the_member_from_before_our_pause_does_not_hide_its_reason() -> None:
    line = Timeline(campaign(connection=Connection.RING, abandon_threshold_s=2.2))
    attempt = line.dialing("8001", nailed=False)
    line.at(5.0, e.ChannelAnswered(attempt)).at(7.4)
    assert line.agent("8001") == "not_responding"
    line.then(member("8001", nailed=False)).then(
        member("8001", nailed=False, paused=True, pause_reason="dialerd:not-responding")
    )
    assert line.agent("8001") == "not_responding"
    line.then(member("8001", nailed=False))
    assert line.agent("8001") == "available"
