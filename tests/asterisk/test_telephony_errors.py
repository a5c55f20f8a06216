"""What the core is told when the server refuses, is silent, or breaks off."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from asterisk_inbox import Inbox, new_id, until
from mock_ari import Answer, MockAri

from dialerd.asterisk.telephony import AriTelephony, LostCallsUnavailable
from dialerd.core import ids
from dialerd.core.commands import (
    AnnounceAgent,
    CreateBridge,
    DialAgent,
    EnterBridge,
    HangUp,
    OriginateCall,
    PlayMessage,
    ProbeChannel,
    StartAmd,
)
from dialerd.core.events import (
    AmdFinished,
    BridgeFailed,
    ChannelEnded,
    ChannelProbed,
    ChannelRinging,
    InboundOffered,
    LiveChannel,
    OriginateAccepted,
    OriginateRefused,
    OriginateUnknown,
    PlaybackFinished,
    TelephonyBack,
    TelephonyLost,
)

NO = Answer(404, {"message": "not found"})
DROP, HANG = Answer(fault="drop"), Answer(fault="hang")
AMD = (9000, 1750, 1000, 5000, 200, 240, 2, 512, 5000)


def originate(attempt: str) -> OriginateCall:
    sounds = ("sound:sorry",)
    return OriginateCall(attempt, "PJSIP/441632960001@carrier", "+441632960999", 30, sounds, 2.5, {"X": "1"})


# --- originate -------------------------------------------------------------------------------------------


async def test_an_originate_carries_all_of_the_command(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    telephony.submit(originate(attempt))
    await inbox.expect(OriginateAccepted, attempt_id=attempt)
    (asked,) = ari.requests("POST", f"channels/{attempt}")
    assert asked.query == {
        "endpoint": "PJSIP/441632960001@carrier", "callerId": "+441632960999", "timeout": "30",
        "context": "dialerd-out", "extension": "app*2.5", "priority": "1",
    }  # fmt: skip
    assert asked.body == {"variables": {"X": "1", "DIALERD_ABANDON_SOUND": "sorry"}}
    assert asked.over_websocket is telephony.client.over_websocket


@pytest.mark.parametrize("status", [400, 409, 500])
async def test_a_refusal_is_certain_only_when_the_channel_is_not_there(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox, status: int
) -> None:
    attempt = new_id(ids.ATTEMPT)
    ari.answer(f"POST channels/{attempt}", Answer(status, {"message": "because"}))
    telephony.submit(originate(attempt))
    refused = await inbox.expect(OriginateRefused, attempt_id=attempt)
    assert (refused.status, refused.reason) == (status, "because")
    assert ari.requests("GET", f"channels/{attempt}")


async def test_a_409_of_a_live_channel_is_an_earlier_originate(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt = new_id(ids.ATTEMPT)
    ari.answer(f"POST channels/{attempt}", Answer(409, {"message": "exists"}))
    ari.answer(f"GET channels/{attempt}", Answer(200, {"state": "Down"}))
    telephony.submit(originate(attempt))
    await inbox.expect(OriginateAccepted, attempt_id=attempt)


async def test_a_refusal_that_cannot_be_checked_is_unknown(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt = new_id(ids.ATTEMPT)
    ari.answer(f"POST channels/{attempt}", Answer(500, {"message": "oh"}))
    ari.answer(f"GET channels/{attempt}", HANG)
    telephony.submit(originate(attempt))
    await inbox.expect(OriginateUnknown, attempt_id=attempt)


async def test_silence_is_unknown(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    ari.answer(f"POST channels/{attempt}", HANG)
    telephony.submit(originate(attempt))
    await inbox.expect(OriginateUnknown, attempt_id=attempt)
    assert len(ari.requests("POST", f"channels/{attempt}")) == 1


async def test_a_socket_that_breaks_under_an_originate_leaves_it_unknown(ari: MockAri, inbox: Inbox) -> None:
    running = AriTelephony(ari.settings(), inbox, rng=random.Random(1), trunks=[])
    await running.start()
    try:
        await inbox.expect(TelephonyBack)
        attempt = new_id(ids.ATTEMPT)
        ari.answer(f"POST channels/{attempt}", DROP)
        running.submit(originate(attempt))
        await inbox.expect(OriginateUnknown, attempt_id=attempt)
        await inbox.expect(TelephonyBack, nth=1)
        assert len(inbox.all(TelephonyLost)) == 1
        assert len(ari.requests("POST", f"channels/{attempt}")) == 1
    finally:
        await running.stop(drain_s=0)


# --- commands that fail ------------------------------------------------------------------------------------


async def test_amd_that_cannot_be_started(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    ari.answer(f"POST channels/{attempt}/snoop/{ids.sibling(attempt, ids.AMD)}", NO)
    telephony.submit(StartAmd(attempt, AMD))
    assert (await inbox.expect(AmdFinished, attempt_id=attempt)).status == "FAILED"


async def test_amd_whose_snoop_channel_cannot_leave_is_cleaned_up(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt = new_id(ids.ATTEMPT)
    snoop = ids.sibling(attempt, ids.AMD)
    ari.answer(f"POST channels/{snoop}/continue", Answer(409, {"message": "not in Stasis"}))
    telephony.submit(StartAmd(attempt, AMD))

    async def snooped() -> bool:
        return bool(ari.requests("POST", f"channels/{attempt}/snoop/{snoop}"))

    await until(snooped)
    await ari.send({"type": "StasisStart", "args": [], "channel": {"id": snoop, "state": "Up"}})
    failed = await inbox.expect(AmdFinished, attempt_id=attempt)
    assert (failed.status, failed.cause) == ("FAILED", "not in Stasis")

    async def hung_up() -> bool:
        return bool(ari.requests("DELETE", f"channels/{snoop}"))

    await until(hung_up)


async def test_the_amd_extension_and_the_end_of_the_snoop_channel(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt = new_id(ids.ATTEMPT)
    snoop = ids.sibling(attempt, ids.AMD)
    telephony.submit(StartAmd(attempt, AMD))

    async def snooped() -> bool:
        return bool(ari.requests("POST", f"channels/{attempt}/snoop/{snoop}"))

    async def continued() -> bool:
        return bool(ari.requests("POST", f"channels/{snoop}/continue"))

    async def hung_up() -> bool:
        return bool(ari.requests("DELETE", f"channels/{snoop}"))

    await until(snooped)
    assert not await continued()
    await ari.send({"type": "StasisStart", "args": [], "channel": {"id": snoop, "state": "Up"}})
    await until(continued)
    (asked,) = ari.requests("POST", f"channels/{snoop}/continue")
    assert asked.query["extension"] == "app*9000*1750*1000*5000*200*240*2*512*5000"
    await ari.send({"type": "StasisStart", "args": ["amd", "HUMAN", "HUMAN-1-2"], "channel": {"id": snoop}})
    verdict = await inbox.expect(AmdFinished, attempt_id=attempt)
    assert (verdict.status, verdict.cause) == ("HUMAN", "HUMAN-1-2")
    await until(hung_up)


async def test_an_app_name_too_long_for_the_amd_extension(ari: MockAri, inbox: Inbox) -> None:
    running = AriTelephony(replace(ari.settings(), app="a" * 60), inbox, rng=random.Random(1), trunks=[])
    await running.start()
    try:
        await inbox.expect(TelephonyBack)
        running.submit(StartAmd(new_id(ids.ATTEMPT), AMD))
        assert (await inbox.expect(AmdFinished)).status == "FAILED"
    finally:
        await running.stop(drain_s=0)


@pytest.mark.parametrize(("status", "rearmed"), [(409, True), (404, False)])
async def test_a_call_that_did_not_get_into_its_bridge_has_its_timer_again(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox, status: int, rearmed: bool
) -> None:
    attempt, bridge = new_id(ids.ATTEMPT), new_id(ids.BRIDGE)
    ari.answer(f"POST bridges/{bridge}/addChannel", Answer(status, {"message": "no"}))
    telephony.submit(EnterBridge(attempt, bridge))
    assert (await inbox.expect(BridgeFailed, channel_id=attempt, bridge_id=bridge)).reason == "no"
    telephony.submit(ProbeChannel(attempt))  # comes behind it
    await inbox.expect(ChannelProbed, channel_id=attempt)
    timers = [asked.query["value"] for asked in ari.requests("POST", f"channels/{attempt}/variable")]
    assert timers == (["0", "5"] if rearmed else ["0"])


async def test_the_timer_is_off_before_the_message_begins(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt = new_id(ids.ATTEMPT)
    playback = ids.sibling(attempt, ids.PLAYBACK)
    ari.answer(f"POST channels/{attempt}/play/{playback}", Answer(409, {"message": "no"}))
    telephony.submit(PlayMessage(attempt, playback, ("sound:x",)))
    assert (await inbox.expect(PlaybackFinished, playback_id=playback)).failed
    telephony.submit(ProbeChannel(attempt))
    await inbox.expect(ChannelProbed, channel_id=attempt)
    order = [(asked.path.split("/")[2], asked.query.get("value")) for asked in ari.asked
             if asked.method == "POST" and asked.path.startswith(f"channels/{attempt}/")]  # fmt: skip
    assert order == [("variable", "0"), ("play", None), ("variable", "5")]


async def test_an_agent_who_cannot_be_dialed(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    agent = new_id(ids.AGENT_CHANNEL)
    ari.answer(f"POST channels/{agent}", Answer(500, {"message": "Allocation failed"}))
    telephony.submit(DialAgent(agent, "PJSIP/8001", "x", 10, True, {"A": "b"}))
    ended = await inbox.expect(ChannelEnded, channel_id=agent)
    assert (ended.cause, ended.cause_text) == (None, "Allocation failed")
    (asked,) = ari.requests("POST", f"channels/{agent}")
    assert asked.query["app"] == "app"
    assert asked.body["variables"]["A"] == "b"
    assert "PJSIP_HEADER(add,Call-Info)" in asked.body["variables"]


async def test_a_probe_goes_on_until_it_knows(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    channel = new_id(ids.ATTEMPT)
    ari.answer(f"GET channels/{channel}", HANG, Answer(503, None), Answer(200, {"state": "Up"}))
    telephony.submit(ProbeChannel(channel))
    assert (await inbox.expect(ChannelProbed, channel_id=channel)).state == "Up"
    assert len(inbox.all(ChannelProbed)) == 1


async def test_a_hang_up_without_an_answer_is_sent_again(telephony: AriTelephony, ari: MockAri) -> None:
    channel = new_id(ids.ATTEMPT)
    ari.answer(f"DELETE channels/{channel}", HANG, Answer(204, None))
    telephony.submit(HangUp(channel))

    async def twice() -> bool:
        return len(ari.requests("DELETE", f"channels/{channel}")) == 2

    await until(twice)
    assert not ari.requests("DELETE", f"channels/{channel}")[1].over_websocket


async def test_commands_of_one_bridge_wait_for_each_other(
    telephony: AriTelephony, ari: MockAri, inbox: Inbox
) -> None:
    attempt, bridge, other = new_id(ids.ATTEMPT), new_id(ids.BRIDGE), new_id(ids.ATTEMPT)
    ari.answer(f"POST bridges/{bridge}", HANG)
    telephony.submit(CreateBridge(bridge))
    telephony.submit(EnterBridge(attempt, bridge))
    telephony.submit(ProbeChannel(other))  # about something else: does not wait
    await inbox.expect(ChannelProbed, channel_id=other)
    assert not ari.requests("POST", f"bridges/{bridge}/addChannel")

    async def entered() -> bool:
        return bool(ari.requests("POST", f"bridges/{bridge}/addChannel"))

    await until(entered)  # when the first has timed out


# --- connecting --------------------------------------------------------------------------------------------


class Marks:
    """Lost calls as told."""

    def __init__(self, *answers: frozenset[str] | None) -> None:
        self.answers = list(answers)
        self.forgotten: list[frozenset[str]] = []

    async def read(self) -> frozenset[str]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise LostCallsUnavailable("AMI is away")
        return answer

    async def forget(self, attempt_ids: frozenset[str]) -> None:
        self.forgotten.append(attempt_ids)


def ringing(attempt: str) -> dict[str, object]:
    return {"type": "ChannelStateChange", "channel": {"id": attempt, "state": "Ringing"}}


async def started(ari: MockAri, inbox: Inbox, marks: Marks | None = None, **options: object) -> AriTelephony:
    running = AriTelephony(
        ari.settings(**options), inbox, rng=random.Random(1), trunks=["endpoint:PJSIP/carrier"], lost_calls=marks
    )
    await running.start()
    return running


async def test_events_wait_for_the_picture_and_keep_their_order(ari: MockAri, inbox: Inbox) -> None:
    early = [new_id(ids.ATTEMPT) for _ in range(3)]
    ari.on_connect = [ringing(attempt) for attempt in early]
    ari.answer("GET channels", Answer(200, [{"id": early[0], "state": "Ringing"}]))
    running = await started(ari, inbox)
    try:
        await inbox.expect(ChannelRinging, channel_id=early[2])
        assert [type(event) for event in inbox.events] == [TelephonyBack, *[ChannelRinging] * 3]
        assert [event.channel_id for event in inbox.all(ChannelRinging)] == early
        assert [channel.id for channel in inbox.all(TelephonyBack)[0].channels] == [early[0]]
        assert ari.requests("PUT", "applications/app/eventFilter")[0].body["allowed"][0] == {"type": "RESTResponse"}
        assert ari.requests("POST", "applications/app/subscription")[0].query == {
            "eventSource": "endpoint:PJSIP/carrier"
        }
    finally:
        await running.stop(drain_s=0)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"GET asterisk/info": Answer(401, {"message": "Authentication required"})}, "Authentication required"),
        ({"GET asterisk/info": Answer(404, None)}, "404"),
        ({"GET channels": Answer(500, {"message": "broken"})}, "channels: broken"),
        ({"GET bridges": Answer(200, {"not": "a list"})}, "bridges"),
        ({"GET channels": HANG}, "timed out"),
    ],
)
async def test_a_connection_that_cannot_be_made_is_said_once_and_tried_again(
    ari: MockAri, inbox: Inbox, trouble: dict[str, Answer], words: str
) -> None:
    for request, answer in trouble.items():
        ari.answer(request, answer)
    running = await started(ari, inbox, request_timeout_s=0.1)
    try:
        lost = await inbox.expect(TelephonyLost)
        assert words in lost.reason
        (request,) = trouble
        method, path = request.split()

        async def tried_thrice() -> bool:
            return len(ari.requests(method, path)) >= 3

        await until(tried_thrice)
        attempt = new_id(ids.ATTEMPT)
        running.submit(originate(attempt))
        assert (await inbox.expect(OriginateRefused, attempt_id=attempt)).status == 0
        ari.answers.clear()
        await inbox.expect(TelephonyBack)
        assert len(inbox.all(TelephonyLost)) == 1
        assert not ari.requests("POST", f"channels/{attempt}")
    finally:
        await running.stop(drain_s=0)


async def test_the_picture_is_of_our_application_only(ari: MockAri, inbox: Inbox) -> None:
    mine, theirs, bridge = new_id(ids.ATTEMPT), new_id(ids.ATTEMPT), new_id(ids.BRIDGE)

    def row(channel: str, app_data: str) -> dict[str, object]:
        dialplan = {"context": "dialerd-out", "app_name": "Stasis", "app_data": app_data}
        return {"id": channel, "state": "Up", "dialplan": dialplan}

    rows = [row(mine, "app,call"), row(theirs, "app2,call"), row("1.1", "app,agent,8001"), row("1.2", "app,x")]
    ari.answer("GET channels", Answer(200, rows))
    ari.answer("GET bridges", Answer(200, [{"id": bridge, "channels": [mine]}, {"id": "else", "channels": []}]))
    running = await started(ari, inbox)
    try:
        back = await inbox.expect(TelephonyBack)
        assert back.channels == (LiveChannel(mine, "Up", True),)
        assert back.bridges == {bridge: frozenset({mine})}
        assert inbox.all(InboundOffered) == [InboundOffered("1.1", "8001")]
    finally:
        await running.stop(drain_s=0)


async def test_a_refused_socket(ari: MockAri, inbox: Inbox) -> None:
    ari.refuse_sockets_with = 503
    running = await started(ari, inbox)
    try:
        assert "503" in (await inbox.expect(TelephonyLost)).reason
        ari.refuse_sockets_with = 0
        await inbox.expect(TelephonyBack)
    finally:
        await running.stop(drain_s=0)


async def test_no_picture_without_the_marks_of_lost_calls(ari: MockAri, inbox: Inbox) -> None:
    lost = new_id(ids.ATTEMPT)
    marks = Marks(None, None, frozenset({lost}))
    running = await started(ari, inbox, marks, lost_mark_kept_s=0.05)
    try:
        back = await inbox.expect(TelephonyBack)
        assert inbox.all(TelephonyLost)[0].reason == "AMI is away"
        assert back.lost_calls == {lost}

        async def forgotten() -> bool:
            return marks.forgotten == [frozenset({lost})]

        await until(forgotten)
    finally:
        await running.stop(drain_s=0)


async def test_a_daemon_that_ends_soon_leaves_the_marks(ari: MockAri, inbox: Inbox) -> None:
    marks = Marks(frozenset({new_id(ids.ATTEMPT)}))
    running = await started(ari, inbox, marks, lost_mark_kept_s=60)
    await inbox.expect(TelephonyBack)
    await running.stop(drain_s=0)
    assert marks.forgotten == []


@pytest.mark.parametrize(("version", "tried"), [("20.9.3", False), ("22.3.0", False), ("22.4.0", True)])
async def test_old_servers_get_their_requests_over_http(
    ari: MockAri, inbox: Inbox, version: str, tried: bool
) -> None:
    ari.version = version
    running = await started(ari, inbox)
    try:
        await inbox.expect(TelephonyBack)
        assert running.client.over_websocket is tried
        attempt = new_id(ids.ATTEMPT)
        running.submit(originate(attempt))
        await inbox.expect(OriginateAccepted, attempt_id=attempt)
        assert ari.requests("POST", f"channels/{attempt}")[0].over_websocket is tried
    finally:
        await running.stop(drain_s=0)


async def test_a_server_that_should_take_requests_on_the_socket_and_does_not(ari: MockAri, inbox: Inbox) -> None:
    ari.rest_over_websocket = False
    running = await started(ari, inbox)
    try:
        await inbox.expect(TelephonyBack)
        assert not running.client.over_websocket
    finally:
        await running.stop(drain_s=0)


async def test_replaced_is_said_once_and_not_fought(ari: MockAri, inbox: Inbox) -> None:
    running = await started(ari, inbox)
    try:
        await inbox.expect(TelephonyBack)
        await ari.send({"type": "ApplicationReplaced"})
        assert (await inbox.expect(TelephonyLost)).reason == "replaced"

        async def closed() -> bool:
            return ari.sockets[0].closed

        await until(closed)
        channel = new_id(ids.ATTEMPT)
        running.submit(HangUp(channel))
        running.submit(ProbeChannel(channel))
        await inbox.expect(ChannelProbed, channel_id=channel)
        assert len(ari.sockets) == 1
        running.reclaim()
        await inbox.expect(TelephonyBack, nth=1)
        assert len(ari.sockets) == 2
        assert len(inbox.all(TelephonyLost)) == 1
    finally:
        await running.stop(drain_s=0)


async def test_an_application_that_nobody_rightfully_took_is_taken_back(ari: MockAri, inbox: Inbox) -> None:
    running = await started(ari, inbox, reclaim_after_s=0.2)
    try:
        await inbox.expect(TelephonyBack)
        await ari.send({"type": "ApplicationReplaced"})
        assert (await inbox.expect(TelephonyLost)).reason == "replaced"
        await inbox.expect(TelephonyBack, nth=1)
        assert len(ari.sockets) == 2
    finally:
        await running.stop(drain_s=0)


STRANGE = (
    "{", "[]", '"x"', "{}", '{"type": 5}',
    '{"type":"RESTResponse","request_id":"77"}',
    '{"type":"RESTResponse","request_id":"77","status_code":200}',
    '{"type":"Dial"}', '{"type":"StasisStart"}',
    '{"type":"ChannelDestroyed","channel":null}',
    '{"type":"PlaybackFinished","playback":[]}',
    '{"type":"SomethingNew","channel":{"id":"x"}}',
)  # fmt: skip


async def test_frames_that_nobody_understands_do_no_harm(telephony: AriTelephony, ari: MockAri, inbox: Inbox) -> None:
    attempt = new_id(ids.ATTEMPT)
    for text in STRANGE:
        await ari.send_raw(text)
    await ari.send(ringing(attempt))
    await inbox.expect(ChannelRinging, channel_id=attempt)
    assert len(inbox.events) == 2  # TelephonyBack and this
    assert telephony.connected


async def test_announcements_made_while_away_are_made_up_for(ari: MockAri, inbox: Inbox) -> None:
    ari.refuse_sockets_with = 503
    running = await started(ari, inbox)
    try:
        await inbox.expect(TelephonyLost)
        running.submit(AnnounceAgent("8001", "NOT_INUSE"))
        running.submit(AnnounceAgent("8001", "INUSE"))
        running.submit(EnterBridge(new_id(ids.ATTEMPT), new_id(ids.BRIDGE)))
        assert (await inbox.expect(BridgeFailed)).reason == "not connected"
        running.submit(PlayMessage(new_id(ids.ATTEMPT), playback := new_id(ids.PLAYBACK), ("sound:x",)))
        assert (await inbox.expect(PlaybackFinished, playback_id=playback)).failed
        running.submit(DialAgent(agent := new_id(ids.AGENT_CHANNEL), "PJSIP/8001", "x", 5, False, {}))
        assert (await inbox.expect(ChannelEnded, channel_id=agent)).cause_text == "not connected"
        running.submit(StartAmd(attempt := new_id(ids.ATTEMPT), AMD))
        assert (await inbox.expect(AmdFinished, attempt_id=attempt)).status == "FAILED"
        ari.refuse_sockets_with = 0
        await inbox.expect(TelephonyBack)

        async def announced() -> bool:
            return bool(ari.requests("PUT", "deviceStates/Stasis%3Aagent-8001")) or bool(
                ari.requests("PUT", "deviceStates/Stasis:agent-8001")
            )

        await until(announced)
        (asked,) = [asked for asked in ari.asked if asked.path.startswith("deviceStates/")]
        assert asked.query == {"deviceState": "INUSE"}
    finally:
        await running.stop(drain_s=0)


async def test_submit_before_start_is_a_bug(inbox: Inbox, ari: MockAri) -> None:
    running = AriTelephony(ari.settings(), inbox, rng=random.Random(1), trunks=[])
    with pytest.raises(RuntimeError):
        running.submit(HangUp(new_id(ids.ATTEMPT)))
    await running.stop(drain_s=0)
