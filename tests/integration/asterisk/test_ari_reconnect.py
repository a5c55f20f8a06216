"""What the core is told when connections break, Asterisk restarts, or another instance comes."""

from __future__ import annotations

import random

import pytest
from asterisk_inbox import Inbox, new_id, until
from asterisk_pair import TRUNK, ami_settings, answered, ari_settings, gone, originate, telephony_on

from dialerd.asterisk.roster import AmiRoster
from dialerd.asterisk.telephony import REPLACED, AriTelephony
from dialerd.asterisk.wire import Reply, Request
from dialerd.core import ids
from dialerd.core.commands import AnnounceAgent, CreateBridge, EnterBridge, HangUp, ProbeChannel
from dialerd.core.events import (
    BridgeEntered,
    CallLost,
    ChannelEnded,
    ChannelProbed,
    ChannelRinging,
    InboundOffered,
    OriginateRefused,
    OriginateUnknown,
    TelephonyBack,
    TelephonyLost,
)
from lab import Behaviour, Callee, Lab, number_for
from lab.pytest_plugin import LabFactory

pytestmark = pytest.mark.integration

PATIENT = Callee(Behaviour.SILENT, ring_s=0.1, talk_s=60, patience_s=60)


def roster_on(lab: Lab, inbox: Inbox) -> AmiRoster:
    return AmiRoster(ami_settings(lab), inbox, rng=random.Random(2))


async def cut(telephony: AriTelephony) -> None:
    """Break the WebSocket under the client's feet, as a network would."""
    socket = telephony.client._socket
    assert socket is not None
    socket._frames.abort()


async def test_a_cut_socket_is_lost_once_and_reconciled(lab: Lab, inbox: Inbox) -> None:
    lab.assign("+442079460921", PATIENT)
    async with telephony_on(ari_settings(lab), inbox) as telephony:
        bridge, empty = new_id(ids.BRIDGE), new_id(ids.BRIDGE)
        up = await answered(lab, telephony, inbox, "+442079460921")
        telephony.submit(CreateBridge(bridge))
        telephony.submit(CreateBridge(empty))
        telephony.submit(EnterBridge(up, bridge))
        await inbox.expect(BridgeEntered, channel_id=up)
        ringing = originate(lab, number_for(Behaviour.RINGS_OUT, 4), ring_s=20)
        telephony.submit(ringing)
        await inbox.expect(ChannelRinging, channel_id=ringing.attempt_id)

        await cut(telephony)
        lost = await inbox.expect(TelephonyLost)
        assert not telephony.connected
        refused = originate(lab, number_for(Behaviour.BUSY, 1))
        telephony.submit(refused)
        said_no = await inbox.expect(OriginateRefused, attempt_id=refused.attempt_id)
        assert said_no.status == 0
        # These two still work, over HTTP.
        telephony.submit(ProbeChannel(up))
        assert (await inbox.expect(ChannelProbed, channel_id=up)).state == "Up"

        back = await inbox.expect(TelephonyBack, nth=1)
        states = {channel.id: (channel.state, channel.in_app) for channel in back.channels}
        assert states[up] == ("Up", True)
        assert states[ringing.attempt_id][0] == "Ringing"
        assert back.bridges[bridge] == {up}
        assert back.bridges[empty] == frozenset()
        assert len(inbox.all(TelephonyLost)) == 1
        assert inbox.index(lost) < inbox.index(back)

        # Events flow again, for the trunk's calls too.
        telephony.submit(HangUp(ringing.attempt_id))
        await inbox.expect(ChannelEnded, channel_id=ringing.attempt_id)
        busy = originate(lab, number_for(Behaviour.BUSY, 1))
        telephony.submit(busy)
        assert (await inbox.expect(ChannelEnded, channel_id=busy.attempt_id)).sip_status == 486
        telephony.submit(HangUp(up))
        await inbox.expect(ChannelEnded, channel_id=up)


async def test_a_hang_up_while_the_socket_is_down_still_ends_the_call(lab: Lab, inbox: Inbox) -> None:
    lab.assign("+442079460922", PATIENT)
    async with telephony_on(ari_settings(lab, backoff_min_s=2.0), inbox) as telephony:
        up = await answered(lab, telephony, inbox, "+442079460922")
        await cut(telephony)
        await inbox.expect(TelephonyLost)
        telephony.submit(HangUp(up))
        await gone(telephony, up)
        telephony.submit(ProbeChannel(up))
        assert (await inbox.expect(ChannelProbed, channel_id=up)).state is None
        assert not telephony.connected
        back = await inbox.expect(TelephonyBack, nth=1)
        assert up not in {channel.id for channel in back.channels}


async def test_another_instance_takes_over_and_is_not_fought(lab: Lab, inbox: Inbox) -> None:
    lab.assign("+442079460923", PATIENT)
    settings, theirs = ari_settings(lab), Inbox()
    async with telephony_on(settings, inbox) as ours:
        up = await answered(lab, ours, inbox, "+442079460923")
        async with telephony_on(settings, theirs) as other:
            assert (await inbox.expect(TelephonyLost)).reason == REPLACED
            back = theirs.all(TelephonyBack)[0]
            assert up in {channel.id for channel in back.channels if channel.in_app}
            other.submit(ProbeChannel(up))
            await theirs.expect(ChannelProbed, channel_id=up)
            assert ours.replaced
            assert not theirs.all(TelephonyLost)
            assert len(inbox.all(TelephonyBack)) == 1
            ours.reclaim()
            await inbox.expect(TelephonyBack, nth=1)
            assert (await theirs.expect(TelephonyLost)).reason == REPLACED
            ours.submit(HangUp(up))
            await inbox.expect(ChannelEnded, channel_id=up)


async def test_calls_lost_while_away_are_handed_over_and_their_marks_removed(
    private_lab: LabFactory, inbox: Inbox
) -> None:
    lab = private_lab()
    lab.assign("+442079460924", PATIENT)
    settings, roster = ari_settings(lab, lost_mark_kept_s=0.2), roster_on(lab, Inbox())
    await roster.start()
    try:
        async with telephony_on(settings, inbox, roster.lost_calls) as telephony:
            assert inbox.all(TelephonyBack)[0].lost_calls == frozenset()
            await telephony.client.request_over_http(_plain_originate(lab, settings.app, lost := new_id(ids.ATTEMPT)))
            await telephony.stop()

        async def marks_are(*wanted: str) -> bool:
            return await roster.lost_calls.read() == set(wanted)

        await until(lambda: marks_are(lost))
        async with telephony_on(settings, inbox, roster.lost_calls):
            assert inbox.all(TelephonyBack)[1].lost_calls == {lost}
            await until(lambda: marks_are())
        async with telephony_on(settings, inbox, roster.lost_calls):
            assert inbox.all(TelephonyBack)[2].lost_calls == frozenset()
    finally:
        await roster.stop()


def _plain_originate(lab: Lab, app: str, attempt: str) -> Request:
    query = {
        "endpoint": "PJSIP/442079460924@carrier", "context": "dialerd-out", "extension": f"{app}-nobody*0",
        "priority": "1",
    }  # fmt: skip
    variables = {"DIALERD_ABANDON_SOUND": lab.settings.abandon_sound}
    return Request("POST", f"channels/{attempt}", tuple(query.items()), {"variables": variables})


async def test_nobody_takes_the_call_in_time(lab: Lab, inbox: Inbox) -> None:
    lab.assign("+442079460925", PATIENT)
    async with telephony_on(ari_settings(lab), inbox) as telephony:
        up = await answered(lab, telephony, inbox, "+442079460925", dead_man_s=1)
        await inbox.expect(CallLost, attempt_id=up)
        telephony.submit(ProbeChannel(up))
        assert (await inbox.expect(ChannelProbed, channel_id=up)).state == "Up"  # it hears the message
        telephony.submit(HangUp(up))
        await inbox.expect(ChannelEnded, channel_id=up)


async def test_a_call_in_the_dialplans_hands_is_not_in_the_application(lab: Lab, inbox: Inbox) -> None:
    lab.assign("+442079460926", PATIENT)
    async with telephony_on(ari_settings(lab), inbox) as telephony:
        up = await answered(lab, telephony, inbox, "+442079460926", dead_man_s=1)
        await inbox.expect(CallLost, attempt_id=up)
        await cut(telephony)
        back = await inbox.expect(TelephonyBack, nth=1)
        assert [channel.in_app for channel in back.channels if channel.id == up] == [False]
        telephony.submit(HangUp(up))


async def test_asterisk_restarts(private_lab: LabFactory, inbox: Inbox) -> None:
    lab = private_lab()
    lab.assign("+442079460927", PATIENT)
    async with telephony_on(ari_settings(lab), inbox) as telephony:
        up = await answered(lab, telephony, inbox, "+442079460927")
        telephony.submit(AnnounceAgent("8001", "NOT_INUSE"))
        lab.pbx.kill()
        await inbox.expect(TelephonyLost)
        telephony.submit(AnnounceAgent("8001", "INUSE"))
        lab.pbx.restart()
        back = await inbox.expect(TelephonyBack, nth=1, timeout_s=60)
        assert up not in {channel.id for channel in back.channels}
        assert len(inbox.all(TelephonyLost)) == 1
        busy = originate(lab, number_for(Behaviour.BUSY, 2))
        telephony.submit(busy)
        assert (await inbox.expect(ChannelEnded, channel_id=busy.attempt_id)).sip_status == 486
        # What was to be announced meanwhile has been.
        await until(lambda: device_state_is(telephony, "8001", "INUSE"))


async def device_state_is(telephony: AriTelephony, agent: str, state: str) -> bool:
    result = await telephony.client.request(Request("GET", f"deviceStates/Stasis:agent-{agent}"))
    return isinstance(result, Reply) and result.body["state"] == state


async def test_asterisk_freezes(private_lab: LabFactory, inbox: Inbox) -> None:
    """Nothing answers for a while: unknown stays unknown, and the truth comes when it thaws."""
    lab = private_lab()
    settings = ari_settings(lab, request_timeout_s=1.0, ping_interval_s=1.0)
    async with telephony_on(settings, inbox) as telephony:
        lab.pbx.freeze()
        try:
            command = originate(lab, number_for(Behaviour.RINGS_OUT, 5), ring_s=20)
            telephony.submit(command)
            await inbox.expect(OriginateUnknown, attempt_id=command.attempt_id)
            await inbox.expect(TelephonyLost, timeout_s=20)
        finally:
            lab.pbx.thaw()
        await inbox.expect(TelephonyBack, nth=1, timeout_s=30)
        telephony.submit(ProbeChannel(command.attempt_id))
        probed = await inbox.expect(ChannelProbed, channel_id=command.attempt_id)
        assert probed.state is not None  # Asterisk had read the request: the call was placed
        telephony.submit(HangUp(command.attempt_id))
        await inbox.expect(ChannelEnded, channel_id=command.attempt_id)


async def test_an_inbound_call_reaches_the_nailed_agent(private_lab: LabFactory, inbox: Inbox) -> None:
    lab = private_lab()
    lab.add_members("sales", nailed=["8001"])
    async with telephony_on(ari_settings(lab, app=lab.ari_app), inbox) as telephony:
        bridge = new_id(ids.BRIDGE)
        telephony.submit(CreateBridge(bridge))
        telephony.submit(AnnounceAgent("8001", "NOT_INUSE"))
        await until(lambda: device_state_is(telephony, "8001", "NOT_INUSE"))
        lab.call_in("1000")
        offered = await inbox.expect(InboundOffered, agent="8001")
        telephony.submit(EnterBridge(offered.channel_id, bridge))
        await inbox.expect(BridgeEntered, channel_id=offered.channel_id, bridge_id=bridge)
        await cut(telephony)
        back = await inbox.expect(TelephonyBack, nth=1)
        assert back.bridges[bridge] == {offered.channel_id}
        assert len(inbox.all(InboundOffered)) == 1
        telephony.submit(HangUp(offered.channel_id))
        await inbox.expect(ChannelEnded, channel_id=offered.channel_id)


async def test_trunks_change(lab: Lab, inbox: Inbox) -> None:
    async with telephony_on(ari_settings(lab), inbox) as telephony:

        async def followed(*endpoints: str) -> bool:
            result = await telephony.client.applications.get(telephony.client.settings.app)
            return isinstance(result, Reply) and result.body["endpoint_ids"] == list(endpoints)

        assert await followed("PJSIP/carrier")
        telephony.set_trunks([])
        await until(lambda: followed())
        telephony.set_trunks([TRUNK, "endpoint:PJSIP/no-such-trunk"])
        await until(lambda: followed("PJSIP/carrier"))
