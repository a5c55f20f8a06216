"""From ARI's events to the core's. The raw events are as Asterisk 22.10 sends them, less what is not looked at."""

from __future__ import annotations

from typing import Any

import pytest
from asterisk_inbox import new_id

from dialerd.asterisk.reconcile import live_channel
from dialerd.asterisk.translate import Translator
from dialerd.core import ids
from dialerd.core.events import (
    AmdFinished,
    BridgeEntered,
    CallLost,
    ChannelAnswered,
    ChannelEnded,
    ChannelRinging,
    Event,
    InboundOffered,
    LiveChannel,
    PlaybackFinished,
    PlaybackStarted,
    TalkingStarted,
    TalkingStopped,
)

CALL, AGENT, AMD = new_id(ids.ATTEMPT), new_id(ids.AGENT_CHANNEL), new_id(ids.AMD)
INBOUND = "1763762400.17"


@pytest.fixture
def translator() -> Translator:
    return Translator(0.8)


def raw(kind: str, channel: str = CALL, state: str = "Up", name: str = "PJSIP/carrier-00000001", **more: Any) -> Any:
    part = "peer" if kind == "Dial" else "channel"
    return {"type": kind, part: {"id": channel, "state": state, "name": name}, **more}


def play(translator: Translator, *events: Any) -> list[Event]:
    return [event for one in events if (event := translator.translate(one)) is not None]


def test_a_whole_call(translator: Translator) -> None:
    assert play(
        translator,
        raw("Dial", state="Down", dialstatus=""),
        raw("ChannelStateChange", state="Ringing"),
        raw("Dial", state="Ringing", dialstatus="RINGING"),
        raw("ChannelStateChange"),
        raw("Dial", dialstatus="ANSWER"),
        raw("StasisStart", args=["call"]),
        raw("ChannelTalkingStarted"),
        raw("ChannelTalkingStarted"),
        raw("ChannelTalkingFinished", duration=1260),
        raw("ChannelTalkingFinished", duration=1260),
        raw("ChannelTalkingStarted"),
        raw("ChannelEnteredBridge", bridge={"id": "brg-x"}),
        raw("StasisEnd"),
        raw("ChannelDestroyed", cause=16, cause_txt="Normal Clearing"),
    ) == [
        ChannelRinging(CALL),
        ChannelAnswered(CALL),
        TalkingStarted(CALL),
        TalkingStopped(CALL, 0.8),
        TalkingStarted(CALL),
        BridgeEntered(CALL, "brg-x"),
        ChannelEnded(CALL, 16, None, "Normal Clearing"),
    ]
    assert translator._channels == {}


def test_early_media_counts_as_ringing_once(translator: Translator) -> None:
    progress = raw("Dial", state="Down", dialstatus="PROGRESS")
    assert play(translator, progress, progress, raw("ChannelStateChange", state="Ringing")) == [ChannelRinging(CALL)]


def test_no_ringing_after_the_answer(translator: Translator) -> None:
    late = raw("Dial", dialstatus="PROGRESS")
    assert play(translator, raw("StasisStart", args=["call"]), late) == [ChannelAnswered(CALL)]


@pytest.mark.parametrize(
    ("name", "sip"), [("PJSIP/c-1", 486), ("SIP/c-1", 486), ("DAHDI/1-1", None), ("Local/1@x-0;2", None)]
)
def test_only_sip_channels_have_a_sip_status(translator: Translator, name: str, sip: int | None) -> None:
    event = raw("ChannelDestroyed", name=name, cause=17, cause_txt="User busy", tech_cause=486)
    assert play(translator, event) == [ChannelEnded(CALL, 17, sip, "User busy")]


def test_an_agents_channel_is_answered_when_it_is_up(translator: Translator) -> None:
    assert play(
        translator,
        raw("StasisStart", AGENT, state="Down", args=[]),
        raw("ChannelStateChange", AGENT, state="Ringing"),
        raw("StasisStart", AGENT, args=["line"]),
        raw("StasisStart", AGENT, args=["line"]),
    ) == [ChannelRinging(AGENT), ChannelAnswered(AGENT)]


@pytest.mark.parametrize("arguments", [[], ["amd", "HUMAN", "x"], ["agent", "8001"]])
def test_other_ways_into_the_application_are_no_answers(translator: Translator, arguments: list[str]) -> None:
    assert play(translator, raw("StasisStart", args=arguments)) == []


def test_amd_speaks_for_its_attempt(translator: Translator) -> None:
    assert play(
        translator,
        raw("StasisStart", AMD, args=[]),
        raw("ChannelTalkingStarted", AMD),
        raw("StasisStart", AMD, args=["amd", "MACHINE", "LONGGREETING-1500-1500"]),
        raw("StasisStart", AMD, args=["amd", "NOTSURE"]),
        raw("ChannelDestroyed", AMD, cause=16),
    ) == [
        AmdFinished(ids.sibling(AMD, ids.ATTEMPT), "MACHINE", "LONGGREETING-1500-1500"),
        AmdFinished(ids.sibling(AMD, ids.ATTEMPT), "NOTSURE", ""),
    ]


def test_a_lost_call(translator: Translator) -> None:
    assert play(
        translator,
        {"type": "ChannelUserevent", "eventname": "DialerdLost", "channel": {"id": CALL}, "userevent": {}},
        {"type": "ChannelUserevent", "eventname": "SomethingElse", "channel": {"id": CALL}},
        {"type": "ChannelUserevent", "eventname": "DialerdLost"},
    ) == [CallLost(CALL)]


def test_a_message_is_told_once(translator: Translator) -> None:
    playback = ids.sibling(CALL, ids.PLAYBACK)

    def event(kind: str, state: str) -> Any:
        return {"type": kind, "playback": {"id": playback, "state": state}}

    started, done = event("PlaybackStarted", "playing"), event("PlaybackFinished", "done")
    assert play(translator, started, started, done, done) == [PlaybackStarted(playback), PlaybackFinished(playback)]


def test_a_message_that_never_began(translator: Translator) -> None:
    playback = ids.sibling(CALL, ids.PLAYBACK)
    failed = {"type": "PlaybackFinished", "playback": {"id": playback, "state": "failed"}}
    assert play(translator, failed, failed) == [PlaybackFinished(playback, failed=True)]
    assert play(translator, {"type": "PlaybackStarted", "playback": {"id": "somebody-elses"}}) == []


def test_memory_of_messages_is_bounded(translator: Translator) -> None:
    for _ in range(5000):
        translator.translate({"type": "PlaybackStarted", "playback": {"id": new_id(ids.PLAYBACK)}})
    assert len(translator._playbacks) <= 4096


def test_an_inbound_call_for_a_nailed_agent(translator: Translator) -> None:
    assert not translator.is_inbound(INBOUND)
    assert play(translator, raw("StasisStart", INBOUND, state="Ring", args=["agent", "8001"])) == [
        InboundOffered(INBOUND, "8001")
    ]
    assert translator.is_inbound(INBOUND)
    assert play(
        translator,
        raw("ChannelTalkingStarted", INBOUND),
        raw("ChannelEnteredBridge", INBOUND, bridge={"id": "brg-x"}),
        raw("StasisEnd", INBOUND),
        raw("ChannelDestroyed", INBOUND, cause=16),
    ) == [BridgeEntered(INBOUND, "brg-x"), ChannelEnded(INBOUND, None)]
    assert not translator.is_inbound(INBOUND)


def test_other_peoples_channels_are_none_of_our_business(translator: Translator) -> None:
    for channel in (INBOUND, CALL + "0", CALL[:-1], CALL.upper(), ""):
        for kind in ("StasisStart", "Dial", "ChannelStateChange", "ChannelDestroyed", "ChannelTalkingStarted"):
            assert play(translator, raw(kind, channel, args=["call"], dialstatus="RINGING", cause=16)) == []


def test_after_a_look_at_everything_only_what_lives_is_remembered(translator: Translator) -> None:
    other = new_id(ids.ATTEMPT)
    play(translator, raw("ChannelStateChange", state="Ringing"), raw("ChannelStateChange", other, state="Ringing"))
    play(translator, raw("StasisStart", INBOUND, args=["agent", "8001"]))
    translator.forget_all_but([CALL])
    assert play(translator, raw("ChannelStateChange", state="Ringing")) == []
    assert play(translator, raw("ChannelStateChange", other, state="Ringing")) == [ChannelRinging(other)]
    assert not translator.is_inbound(INBOUND)


@pytest.mark.parametrize(
    ("state", "context", "app", "data", "wanted"),
    [
        ("Up", "dialerd-out", "Stasis", "app,call", ("Up", True)),
        ("Up", "dialerd-out", "Wait", "0.3", ("Ringing", True)),
        ("Up", "dialerd-lost", "Playback", "sorry", ("Up", False)),
        ("Ringing", "from-carrier", "AppDial2", "(Outgoing Line)", ("Ringing", False)),
        ("Down", "from-carrier", "AppDial2", "(Outgoing Line)", ("Down", False)),
    ],
)
def test_where_a_channel_stands(state: str, context: str, app: str, data: str, wanted: tuple[str, bool]) -> None:
    row = {"id": CALL, "state": state, "dialplan": {"context": context, "app_name": app, "app_data": data}}
    assert live_channel(row, "app") == LiveChannel(CALL, *wanted)
