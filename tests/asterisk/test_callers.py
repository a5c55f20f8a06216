"""People who call in, between Asterisk and the core. Raw events are as Asterisk 22.10 sends them, in part."""

from __future__ import annotations

import random
from typing import Any

import pytest
from asterisk_inbox import Inbox, until
from mock_ami import MockAmi, block
from mock_ari import Answer, MockAri
from test_roster_errors import roster_on

from dialerd.asterisk.callers import caller_taken, live_callers
from dialerd.asterisk.lost_callers import lost_caller
from dialerd.asterisk.telephony import AriTelephony, LostCallsUnavailable
from dialerd.asterisk.translate import Translator
from dialerd.core.commands import ForgetLostCaller, HoldDeadMan, LeadToQueue, LeaveCaller, TakeCaller
from dialerd.core.events import (
    CallArrived,
    CallerBack,
    CallerLeft,
    CallerTaken,
    ChannelEnded,
    DigitPressed,
    Event,
    LiveCaller,
    LostCaller,
    TelephonyBack,
)

CHANNEL, CALLER, SHOWN = "1795337358.7", "+442079460801", "+441632960000"


def raw(kind: str, **more: Any) -> Any:
    return {"type": kind, "channel": {"id": CHANNEL, "state": "Up", "name": "PJSIP/carrier-00000007"}, **more}


def play(*events: Any) -> list[Event]:
    translator = Translator(0.8)
    return [event for one in events if (event := translator.translate(one)) is not None]


def test_a_call_from_its_arrival_to_its_end() -> None:
    assert play(
        raw("ChannelDtmfReceived", digit="1", timestamp="t0"),
        raw("StasisStart", args=["inbound", CALLER, SHOWN]),
        raw("ChannelDtmfReceived", digit="9", timestamp="t1"),
        raw("ChannelDtmfReceived", digit="9", timestamp="t1"),
        raw("StasisEnd"),
        raw("StasisStart", args=["inbound-back", "TIMEOUT"]),
        raw("ChannelTalkingStarted"),
        raw("StasisEnd"),
        raw("StasisStart", args=["transfer", "NOANSWER"]),
        raw("ChannelDestroyed", cause=16, cause_txt="Normal Clearing"),
        raw("ChannelDestroyed", cause=16, cause_txt="Normal Clearing"),
    ) == [
        CallArrived(CHANNEL, CALLER, SHOWN), DigitPressed(CHANNEL, "9"), CallerLeft(CHANNEL),
        CallerBack(CHANNEL, "TIMEOUT"), CallerLeft(CHANNEL), CallerBack(CHANNEL, "NOANSWER"),
        ChannelEnded(CHANNEL, 16, None, "Normal Clearing"),
    ]  # fmt: skip


def test_a_withheld_number_is_empty() -> None:
    assert play(raw("StasisStart", args=["inbound", "", SHOWN])) == [CallArrived(CHANNEL, "", SHOWN)]
    assert play(raw("StasisStart", args=["inbound"])) == [CallArrived(CHANNEL, "", "")]
    assert play(raw("StasisStart", args=[])) == []


def test_who_is_forgotten_is_nobodys() -> None:
    translator = Translator(0.8)
    translator.callers.adopt(CHANNEL)
    translator.forget_all_but([])
    assert translator.translate(raw("ChannelDestroyed", cause=16)) is None


def row(context: str, app: str, data: str, channel: str = CHANNEL) -> Any:
    return {"id": channel, "dialplan": {"context": context, "app_name": app, "app_data": data}}


@pytest.mark.parametrize(
    ("rows", "seen"),
    [
        (row("dialerd-inbound", "Stasis", f"app,inbound,{CALLER},{SHOWN}"), LiveCaller(CHANNEL, CALLER, SHOWN, True)),
        (row("dialerd-inbound", "Wait", "0.5"), LiveCaller(CHANNEL, "", "", False)),
        (row("dialerd-inbound-queue", "Queue", "sales,,,,300"), LiveCaller(CHANNEL, "", "", False, queued=True)),
        (row("dialerd-inbound-queue", "Stasis", "app,inbound-back,TIMEOUT"), LiveCaller(CHANNEL, "", "", True)),
        (row("dialerd-inbound-lost", "BackGround", "hello"), LiveCaller(CHANNEL, "", "", False, left=True)),
        (row("dialerd-transfer", "Dial", "PJSIP/1@x"), LiveCaller(CHANNEL, "", "", False)),
        (row("dialerd-inbound", "Stasis", f"other,inbound,{CALLER},{SHOWN}"), None),
        (row("from-carrier", "Queue", "sales"), None),
        ({"id": CHANNEL}, None),
    ],
)
def test_where_a_caller_is(rows: Any, seen: LiveCaller | None) -> None:
    assert live_callers([rows], [], "app") == ((seen,) if seen is not None else ())


def test_who_is_in_a_bridge_talks() -> None:
    (seen,) = live_callers([row("dialerd-inbound-queue", "Queue", "sales")], [{"channels": [CHANNEL]}], "app")
    assert seen.talking


def test_the_agent_whom_the_queue_found() -> None:
    found = {"Event": "AgentConnect", "Uniqueid": CHANNEL, "Interface": "Local/8001@dialerd-agent/n"}
    assert caller_taken(found) == CallerTaken(CHANNEL, "8001")
    assert caller_taken(found | {"Event": "AgentComplete"}) is None


@pytest.mark.parametrize(
    ("key", "value", "mark"),
    [
        (CHANNEL, f"1795337360*{CALLER}*{SHOWN}*9", LostCaller(CHANNEL, 1795337360.0, CALLER, SHOWN, "9")),
        (CHANNEL, f"1795337360**{SHOWN}*", LostCaller(CHANNEL, 1795337360.0, "", SHOWN, "")),
        (CHANNEL, "1795337360", None),
        (CHANNEL, f"soon*{CALLER}*{SHOWN}*9", None),
    ],
)
def test_a_mark_of_the_dialplan(key: str, value: str, mark: LostCaller | None) -> None:
    event = {"Event": "DBGetTreeResponse", "Key": f"/dialerd-inbound/{key}", "Val": value}
    assert lost_caller(event) == mark
    assert lost_caller(event | {"Key": "/other/1"}) is None


async def test_marks_are_read_and_removed(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["DBGetTree"] = (
        block(Response="Success", ActionID="@ID@", EventList="start")
        + block(Event="DBGetTreeResponse", ActionID="@ID@", Key="/dialerd-inbound/2.2", Val="20*a*b*")
        + block(Event="DBGetTreeResponse", ActionID="@ID@", Key="/dialerd-inbound/1.1", Val="10**b*9")
        + block(Event="DBGetTreeComplete", ActionID="@ID@", EventList="Complete")
    )
    async with roster_on(ami, inbox) as running:
        marks = running.lost_callers
        assert await marks.read() == (LostCaller("1.1", 10.0, "", "b", "9"), LostCaller("2.2", 20.0, "a", "b", ""))
        assert ami.requests("DBGetTree")[-1]["Family"] == "dialerd-inbound"
        await marks.forget("1.1")
        assert [(asked["Family"], asked["Key"]) for asked in ami.requests("DBDel")] == [("dialerd-inbound", "1.1")]
        ami.script["DBGetTree"] = block(Response="Error", ActionID="@ID@", Message="Database entry not found")
        assert await marks.read() == ()
        ami.script["DBGetTree"] = block(Response="Error", ActionID="@ID@", Message="Permission denied")
        with pytest.raises(LostCallsUnavailable, match="reporting"):
            await marks.read()
        ami.script["DBDel"] = block(Response="Error", ActionID="@ID@", Message="Permission denied")
        await marks.forget("1.1")  # stays there, raises nothing


class Marks:
    """One mark, until it is removed."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def read(self) -> tuple[LostCaller, ...]:
        return (LostCaller("1.1", 10.0, "", "b", "9"),)

    async def forget(self, channel_id: str) -> None:
        self.forgotten.append(channel_id)


async def test_what_is_done_with_a_caller(ari: MockAri, inbox: Inbox) -> None:
    """Followed at arrival and at reconciliation; answered, led, left; what cannot be done is told."""
    ari.answer("GET channels", Answer(200, [row("dialerd-inbound-queue", "Queue", "sales", "1795337300.1")]))
    marks = Marks()
    running = AriTelephony(ari.settings(), inbox, rng=random.Random(1), trunks=[], lost_callers=marks)
    await running.start()
    try:
        back = await inbox.expect(TelephonyBack)
        assert [one.channel_id for one in back.callers] == ["1795337300.1"]
        assert back.lost_callers == (LostCaller("1.1", 10.0, "", "b", "9"),)
        await ari.send(raw("StasisStart", args=["inbound", CALLER, SHOWN]))
        await inbox.expect(CallArrived, channel_id=CHANNEL)

        async def followed() -> bool:
            asked = [one.query.get("eventSource") for one in ari.requests("POST", "applications/app/subscription")]
            return asked == ["channel:1795337300.1", f"channel:{CHANNEL}"]

        await until(followed)
        running.submit(TakeCaller(CHANNEL, {"NAME": "Ada"}, "de"))
        running.submit(HoldDeadMan(CHANNEL, 119.2))
        running.submit(LeadToQueue(CHANNEL, "sales", 300.0))
        running.submit(LeaveCaller(CHANNEL))
        running.submit(ForgetLostCaller("1.1"))

        async def led() -> bool:
            return len(ari.requests("POST", f"channels/{CHANNEL}/continue")) == 2 and marks.forgotten != []

        await until(led)
        values = [
            (one.query["variable"], one.query["value"])
            for one in ari.requests("POST", f"channels/{CHANNEL}/variable")
        ]
        assert values == [
            ("__NAME", "Ada"), ("CHANNEL(language)", "de"), ("TIMEOUT(absolute)", "120"), ("DIALERD_QUEUE", "sales"),
            ("DIALERD_QUEUE_S", "300"),
        ]  # fmt: skip
        assert len(ari.requests("POST", f"channels/{CHANNEL}/answer")) == 1
        contexts = [one.query["context"] for one in ari.requests("POST", f"channels/{CHANNEL}/continue")]
        assert contexts == ["dialerd-inbound-queue", "dialerd-inbound-lost"]
        assert marks.forgotten == ["1.1"]
        ari.answer(f"POST channels/{CHANNEL}/continue", Answer(409, {"message": "not in Stasis"}))
        running.submit(LeadToQueue(CHANNEL, "sales", 300.0))
        assert (await inbox.expect(CallerBack, channel_id=CHANNEL)).reason == "not in Stasis"
    finally:
        await running.stop(drain_s=0)
