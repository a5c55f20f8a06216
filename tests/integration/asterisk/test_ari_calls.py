"""Calls on the real pair, once with REST over the WebSocket and once over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from asterisk_inbox import Inbox, new_id
from asterisk_pair import answered, ari_settings, gone, originate, telephony_on

from dialerd.asterisk.telephony import AriTelephony
from dialerd.core import ids
from dialerd.core.commands import (
    CreateBridge,
    DestroyBridge,
    DialAgent,
    EnterBridge,
    HangUp,
    OriginateCall,
    PlayMessage,
    ProbeChannel,
    StartAmd,
    StopAmd,
)
from dialerd.core.events import (
    AmdFinished,
    BridgeEntered,
    BridgeFailed,
    ChannelAnswered,
    ChannelEnded,
    ChannelProbed,
    ChannelRinging,
    OriginateAccepted,
    OriginateRefused,
    PlaybackFinished,
    PlaybackStarted,
    TalkingStarted,
    TalkingStopped,
)
from lab import Behaviour, Callee, Lab, Profile, number_for

pytestmark = pytest.mark.integration

SAFE = (9000, 1750, 1000, 5000, 200, 240, 2, 512, 5000)


@pytest.mark.parametrize(
    ("behaviour", "cause", "sip"),
    [
        (Behaviour.BUSY, 17, 486),
        (Behaviour.REJECTED, 21, 403),
        (Behaviour.CONGESTION, 34, 503),
        (Behaviour.UNALLOCATED, 1, 404),
        (Behaviour.NUMBER_CHANGED, 22, 410),
    ],
)
async def test_refused_calls(
    lab: Lab, telephony: AriTelephony, inbox: Inbox, behaviour: Behaviour, cause: int, sip: int
) -> None:
    command = originate(lab, number_for(behaviour, 0))
    telephony.submit(command)
    ended = await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    assert (ended.cause, ended.sip_status) == (cause, sip)
    assert ended.cause_text
    await inbox.expect(OriginateAccepted, attempt_id=command.attempt_id)
    assert not inbox.all(ChannelAnswered, channel_id=command.attempt_id)


async def test_special_information_tones_count_as_progress(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    command = originate(lab, number_for(Behaviour.SIT, 0))
    telephony.submit(command)
    ended = await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    assert (ended.cause, ended.sip_status) == (1, 404)
    assert len(inbox.all(ChannelRinging, channel_id=command.attempt_id)) == 1


async def test_a_call_that_rings_out(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    command = originate(lab, number_for(Behaviour.RINGS_OUT, 0), ring_s=2)
    telephony.submit(command)
    ended = await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    assert ended.cause == 19
    assert len(inbox.all(ChannelRinging, channel_id=command.attempt_id)) == 1


async def test_a_ringing_call_is_cancelled(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    command = originate(lab, number_for(Behaviour.RINGS_OUT, 1))
    telephony.submit(command)
    await inbox.expect(ChannelRinging, channel_id=command.attempt_id)
    telephony.submit(HangUp(command.attempt_id))
    await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    telephony.submit(HangUp(command.attempt_id))  # gone already: no error
    telephony.submit(ProbeChannel(command.attempt_id))
    assert (await inbox.expect(ChannelProbed, channel_id=command.attempt_id)).state is None


async def test_a_person_is_heard_analysed_and_put_through(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    number = "+442079460911"
    hello = lab.callee(number_for(Behaviour.SHORT_HELLO, 0))
    lab.assign(number, replace(hello, talk_s=30, patience_s=30))
    agent = new_id(ids.AGENT_CHANNEL)
    bridge = ids.sibling(agent, ids.BRIDGE)
    lab.set_phone("8001", Profile.AT_ONCE)
    telephony.submit(DialAgent(agent, "PJSIP/8001", "+441632960999", 10, True, {}))
    await inbox.expect(ChannelAnswered, channel_id=agent)
    telephony.submit(CreateBridge(bridge))
    telephony.submit(CreateBridge(bridge))  # no error if it exists
    telephony.submit(EnterBridge(agent, bridge))
    await inbox.expect(BridgeEntered, channel_id=agent, bridge_id=bridge)

    attempt = await answered(lab, telephony, inbox, number, dead_man_s=8)
    telephony.submit(StartAmd(attempt, SAFE))
    verdict = await inbox.expect(AmdFinished, attempt_id=attempt)
    assert (verdict.status, verdict.cause.split("-")[0]) == ("HUMAN", "HUMAN")
    await gone(telephony, ids.sibling(attempt, ids.AMD))
    await inbox.expect(TalkingStarted, channel_id=attempt)
    stopped = await inbox.expect(TalkingStopped, channel_id=attempt)
    assert stopped.silence_s == 0.8

    telephony.submit(EnterBridge(attempt, bridge))
    await inbox.expect(BridgeEntered, channel_id=attempt, bridge_id=bridge)
    assert len(inbox.all(ChannelAnswered, channel_id=attempt)) == 1
    assert len(inbox.all(ChannelRinging, channel_id=attempt)) == 1
    # Past the dead man's time: the conversation goes on.
    entered = inbox.time_of(inbox.all(ChannelAnswered, channel_id=attempt)[0])
    await asyncio.sleep(max(0.0, 8.5 - (inbox.times[-1] - entered)))
    telephony.submit(ProbeChannel(attempt))
    assert (await inbox.expect(ChannelProbed, channel_id=attempt)).state == "Up"
    assert not inbox.all(ChannelEnded, channel_id=attempt)

    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)
    telephony.submit(DestroyBridge(bridge))
    telephony.submit(HangUp(agent))
    await inbox.expect(ChannelEnded, channel_id=agent)
    await gone(telephony, attempt, agent)


async def test_a_voicemail_is_a_machine(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    attempt = await answered(lab, telephony, inbox, number_for(Behaviour.VOICEMAIL_LONG, 0))
    telephony.submit(StartAmd(attempt, SAFE))
    verdict = await inbox.expect(AmdFinished, attempt_id=attempt)
    assert verdict.status == "MACHINE"
    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)


@pytest.mark.parametrize("app", ["2nd-shard", "a_b-c"])
async def test_analysis_for_any_name_of_the_application(lab: Lab, inbox: Inbox, app: str) -> None:
    """The dialplan finds the name in the extension, whatever settings allow in it."""
    async with telephony_on(ari_settings(lab, app=app), inbox) as telephony:
        attempt = await answered(lab, telephony, inbox, number_for(Behaviour.VOICEMAIL_LONG, 0))
        telephony.submit(StartAmd(attempt, SAFE))
        assert (await inbox.expect(AmdFinished, attempt_id=attempt)).status == "MACHINE"
        telephony.submit(HangUp(attempt))
        await inbox.expect(ChannelEnded, channel_id=attempt)


async def test_analysis_leaves_nothing_behind(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    attempt = await answered(lab, telephony, inbox, number_for(Behaviour.SILENT, 0))
    snoop = ids.sibling(attempt, ids.AMD)
    telephony.submit(StartAmd(attempt, SAFE))
    telephony.submit(ProbeChannel(snoop))
    await inbox.expect(ChannelProbed, channel_id=snoop, state="Up")
    telephony.submit(StopAmd(attempt))
    await gone(telephony, snoop)
    telephony.submit(StartAmd(attempt, SAFE))
    telephony.submit(ProbeChannel(snoop))
    await inbox.expect(ChannelProbed, channel_id=snoop, state="Up", nth=1)
    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)
    await gone(telephony, snoop)
    assert not inbox.all(AmdFinished, attempt_id=attempt, status="FAILED")


async def test_analysis_of_a_call_that_is_gone_fails(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    telephony.submit(StartAmd(attempt, SAFE))
    assert (await inbox.expect(AmdFinished, attempt_id=attempt)).status == "FAILED"


async def test_a_message_is_played_to_its_end(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    number = "+442079460912"
    lab.assign(number, Callee(Behaviour.SILENT, ring_s=0.1, talk_s=30, patience_s=30))
    attempt = await answered(lab, telephony, inbox, number, dead_man_s=2)
    playback = ids.sibling(attempt, ids.PLAYBACK)
    telephony.submit(PlayMessage(attempt, playback, (lab.settings.message_sound,)))
    await inbox.expect(PlaybackStarted, playback_id=playback)
    finished = await inbox.expect(PlaybackFinished, playback_id=playback)
    assert not finished.failed
    assert inbox.time_of(finished) - inbox.time_of(inbox.all(ChannelAnswered, channel_id=attempt)[0]) > 2
    assert (len(inbox.all(PlaybackStarted)), len(inbox.all(PlaybackFinished))) == (1, 1)
    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)


async def test_a_message_that_does_not_exist_fails(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    attempt = await answered(lab, telephony, inbox, number_for(Behaviour.SILENT, 1))
    playback = ids.sibling(attempt, ids.PLAYBACK)
    telephony.submit(PlayMessage(attempt, playback, ("sound:there-is-no-such-sound",)))
    assert (await inbox.expect(PlaybackFinished, playback_id=playback)).failed
    telephony.submit(HangUp(attempt))


async def test_a_bridge_that_does_not_exist(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    attempt, bridge = await answered(lab, telephony, inbox, number_for(Behaviour.SILENT, 2)), new_id(ids.BRIDGE)
    telephony.submit(EnterBridge(attempt, bridge))
    failed = await inbox.expect(BridgeFailed, channel_id=attempt, bridge_id=bridge)
    assert "not found" in failed.reason.lower()
    telephony.submit(HangUp(attempt))


async def test_an_agent_who_does_not_exist(telephony: AriTelephony, inbox: Inbox) -> None:
    agent = new_id(ids.AGENT_CHANNEL)
    telephony.submit(DialAgent(agent, "PJSIP/nobody-there", "+441632960999", 5, False, {}))
    ended = await inbox.expect(ChannelEnded, channel_id=agent)
    assert ended.cause is None
    assert ended.cause_text


async def test_phones_are_told_to_answer_by_themselves(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    for phone, auto_answer in (("8003", True), ("8004", False)):
        lab.set_phone(phone, Profile.AT_ONCE)
        agent = new_id(ids.AGENT_CHANNEL)
        telephony.submit(DialAgent(agent, f"PJSIP/{phone}", "+441632960999", 5, auto_answer, {}))
        await inbox.expect(ChannelAnswered, channel_id=agent)
        telephony.submit(HangUp(agent))
        await inbox.expect(ChannelEnded, channel_id=agent)
    asked = [call for call in lab.truth().phones if call.agent == "8003"][-1]
    assert "answer-after=0" in asked.call_info
    assert "alert-autoanswer" in asked.alert_info
    plain = [call for call in lab.truth().phones if call.agent == "8004"][-1]
    assert (plain.call_info, plain.alert_info) == ("", "")


async def test_an_agent_who_does_not_answer(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    lab.set_phone("8002", Profile.NO_ANSWER)
    agent = new_id(ids.AGENT_CHANNEL)
    telephony.submit(DialAgent(agent, "PJSIP/8002", "+441632960999", 2, True, {}))
    await inbox.expect(ChannelRinging, channel_id=agent)
    ended = await inbox.expect(ChannelEnded, channel_id=agent)
    assert ended.cause == 19
    assert not inbox.all(ChannelAnswered, channel_id=agent)


async def test_the_same_attempt_is_dialed_once(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    command = originate(lab, number_for(Behaviour.RINGS_OUT, 2))
    telephony.submit(command)
    telephony.submit(command)
    await inbox.expect(OriginateAccepted, attempt_id=command.attempt_id, nth=1)
    telephony.submit(HangUp(command.attempt_id))
    await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    assert len(lab.truth().of(number_for(Behaviour.RINGS_OUT, 2))) <= 2  # once in each of the two parameters


async def test_a_trunk_that_does_not_exist(telephony: AriTelephony, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    telephony.submit(OriginateCall(attempt, "PJSIP/441632960001@nowhere", "+441632960999", 5, ("sound:x",), 5, {}))
    refused = await inbox.expect(OriginateRefused, attempt_id=attempt)
    assert refused.status == 500


async def test_commands_about_one_call_are_carried_out_in_order(
    lab: Lab, telephony: AriTelephony, inbox: Inbox
) -> None:
    """Dialed and cancelled in one breath, many times: never a channel that outlives its hang-up."""
    commands = [originate(lab, number_for(Behaviour.RINGS_OUT, 3)) for _ in range(30)]
    for command in commands:
        telephony.submit(command)
        telephony.submit(HangUp(command.attempt_id))
        telephony.submit(ProbeChannel(command.attempt_id))
    for command in commands:
        probed = await inbox.expect(ChannelProbed, channel_id=command.attempt_id)
        if probed.state is not None:  # hang-up is asynchronous in Asterisk
            await inbox.expect(ChannelEnded, channel_id=command.attempt_id)
    await gone(telephony, *(command.attempt_id for command in commands))
