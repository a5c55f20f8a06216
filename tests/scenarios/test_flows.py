"""Calls that walk through a flow, second by second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import AbandonKey, CampaignSettings, Mode
from dialerd.core.contact import ContactState
from dialerd.core.flow.nodes import Callback, Flow, Gather, HangUp, Node, OptOut, Play, Record, ToNumber, ToQueue
from dialerd.core.flow.prompts import Media, Prompt, Slot, Text
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.timeline import START, Timeline, campaign, contact, member, recovered

HELLO, ASK, BYE, HOLD = (Prompt((Media(f"sound:{name}"),)) for name in ("hello", "ask", "bye", "hold"))
NODES: dict[str, Node] = {
    "hello": Play(HELLO, "ask"),
    "ask": Gather(
        ASK,
        {"1": "bye", "2": "day", "9": "out", "0": "agent", "5": "memo", "6": "elsewhere", "7": "later"},
        retries=0,
    ),
    "day": Gather(ASK, least=4, most=4, into="new_day", next="bye"),
    "out": OptOut("bye"),
    "agent": ToQueue("sales", "later", 20.0, HOLD),
    "memo": Record(HELLO, "bye", "memo"),
    "elsewhere": ToNumber(Text((Slot("branch"),)), "later"),
    "later": Callback("bye", 1800.0),
    "bye": HangUp("done", BYE),
}


def delivery(**changes: Any) -> CampaignSettings:
    values: dict[str, Any] = {
        "opt_out_list": "optouts", "mode": Mode.AGENTLESS, "queue": None, "max_lines": 1, "flow": "delivery",
        "flows": {"delivery": Flow("delivery", "hello", NODES)}, "responses": {CallAnalysis.PERSON: Treatment.FLOW},
    }  # fmt: skip
    return campaign(**(values | changes))


class Call:
    """One answered call in the flow."""

    def __init__(self, line: Timeline, columns: dict[str, str] | None = None) -> None:
        self.line = line
        line.started(contact(1, columns=columns or {"branch": "+441632960777"}))
        self.id = line.the(c.OriginateCall).attempt_id
        line.look_away().at(5.0, e.ChannelAnswered(self.id))

    @property
    def playing(self) -> c.PlayMessage:
        return self.line.wanted(c.PlayMessage)[-1]

    def hears(self, *media: str) -> None:
        """This is played now, and heard to its end."""
        prompt = self.playing
        assert prompt.media == media
        self.line.look_away().then(e.PlaybackStarted(prompt.playback_id))
        self.line.at(self.line.now + 2, e.PlaybackFinished(prompt.playback_id))

    def presses(self, keys: str) -> None:
        self.line.look_away()
        for key in keys:
            self.line.at(self.line.now + 0.5, e.DigitPressed(self.id, key))

    def asked(self) -> Call:
        self.hears("sound:hello")
        assert self.playing.media == ("sound:ask",)
        return self

    def ends(self) -> AttemptRecord:
        self.line.look_away().at(self.line.now + 0.1, e.ChannelEnded(self.id, 16))
        return self.line.closed()

    @property
    def outcome(self) -> Any:
        return self.line.wanted(c.CloseAttempt)[-1].outcome


def call(*agents: str, **changes: Any) -> Call:
    if not agents:
        return Call(Timeline(delivery(**changes)).ready())
    return Call(Timeline(delivery(**changes)).ready(*agents))


def test_from_the_answer_to_the_end() -> None:
    one = call().asked()
    one.presses("1")
    assert one.line.the(c.StopPlayback)
    one.hears("sound:bye")
    assert one.line.the(c.HangUp) == c.HangUp(one.id)
    record = one.ends()
    assert (record.disposition, record.flow_result, record.treatment) == ("answered_flow", "done", "flow")
    assert record.message_at == 1_000_005.0
    assert record.flow is not None
    assert [step[2:] for step in record.flow["path"]] == [["hello", ""], ["ask", "1"], ["bye", ""]]
    assert one.outcome.contact.state is ContactState.UNCALLABLE


def test_keys_land_in_the_contacts_columns() -> None:
    one = call().asked()
    one.presses("20512")
    one.hears("sound:bye")
    one.ends()
    assert one.outcome.contact.columns == {"new_day": "0512"}


def test_opting_out_is_asked_for_at_once() -> None:
    one = call().asked()
    one.presses("9")
    opt_out = one.line.the(c.OptOut)
    assert opt_out == c.OptOut("optouts", "+441632960001", one.id, "key")
    assert one.line.the(c.BarNumber) == c.BarNumber("optouts", "+441632960001"), "claims need not wait for the record"
    one.ends()
    assert (one.outcome.contact.state, one.outcome.contact.reason) == (ContactState.UNCALLABLE, "opted_out")


def test_a_call_back_is_a_time_for_the_contact() -> None:
    one = call().asked()
    one.presses("7")
    one.hears("sound:bye")
    one.ends()
    after = one.outcome.contact
    assert (after.state, after.reason) == (ContactState.WAITING, "callback")
    assert after.at == pytest.approx(1_000_000 + one.line.now + 1800)


class TestAgent:
    def test_an_idle_one_takes_the_caller(self) -> None:
        one = call("8001").asked()
        one.presses("0")
        assert one.line.live(one.id).state == "waiting_agent"
        enter = one.line.wanted(c.EnterBridge)[-1]
        assert enter.channel_id == one.id
        one.line.then(e.BridgeEntered(one.id, enter.bridge_id))
        assert one.line.live(one.id).state == "connected"
        assert one.line.agent("8001") == "on_call"
        record = one.ends()
        assert (record.disposition, record.agent, record.queue) == ("answered_agent", "8001", "sales")
        assert (record.flow_result, record.abandoned) == ("transferred", False)

    def test_what_plays_is_stopped_before_the_bridge(self) -> None:
        one = call("8001").asked()
        one.presses("0")
        order = [type(command) for _, command in one.line.done if isinstance(command, c.StopPlayback | c.EnterBridge)]
        assert order.index(c.StopPlayback) < len(order) - 1 - order[::-1].index(c.EnterBridge)

    def test_nobody_at_work_is_known_at_once(self) -> None:
        one = call().asked()
        one.presses("0")
        one.hears("sound:bye")
        one.ends()
        assert one.outcome.contact.reason == "callback"

    def test_nobody_in_time(self) -> None:
        one = busy_agent()
        one.presses("0")
        assert one.playing.media == ("sound:hold",)
        one.hears("sound:hold")
        one.line.look_away().at(one.line.now + 20)
        assert one.playing.media == ("sound:bye",)
        assert one.line.live(one.id).state == "treating"
        one.hears("sound:bye")
        record = one.ends()
        assert (record.disposition, record.abandoned, record.queue) == ("answered_flow", False, None)

    def test_one_who_comes_free_takes_the_waiting_caller(self) -> None:
        one = busy_agent()
        one.presses("0")
        one.line.look_away().at(one.line.now + 5, e.ChannelEnded("1763-inbound.1", 16))
        one.line.at(one.line.now + 20)
        assert one.line.wanted(c.EnterBridge)[-1].channel_id == one.id
        assert one.line.wanted(c.StopPlayback)


def busy_agent() -> Call:
    """In the question, and the only agent has a call of the queue's own."""
    line = Timeline(replace(delivery(), wrap_up_s=5.0)).ready("8001")
    line.then(e.InboundOffered("1763-inbound.1", "8001"))
    bridge = line.wanted(c.EnterBridge)[-1].bridge_id
    line.then(e.BridgeEntered("1763-inbound.1", bridge))
    assert line.agent("8001") == "on_call"
    return Call(line).asked()


def test_a_recording_is_named_in_a_column() -> None:
    one = call().asked()
    one.presses("5")
    one.hears("sound:hello")
    recording = one.line.the(c.StartRecording)
    one.presses("#")
    assert one.line.the(c.StopRecording).recording_id == recording.recording_id
    one.line.look_away().then(e.RecordingFinished(one.id, recording.recording_id))
    one.hears("sound:bye")
    one.ends()
    assert one.outcome.contact.columns == {"memo": recording.recording_id}


def test_a_recording_that_fails_ends_the_call_and_is_told() -> None:
    one = call().asked()
    one.presses("5")
    one.hears("sound:hello")
    recording = one.line.the(c.StartRecording)
    one.line.look_away().then(e.RecordingFinished(one.id, recording.recording_id, failed=True))
    assert "recording_failed" in one.line.told()
    record = one.ends()
    assert (record.disposition, record.flow_result, record.abandoned) == ("flow_failed", "recording_failed", False)


def test_another_number_that_does_not_answer_brings_the_caller_back() -> None:
    one = call().asked()
    one.presses("6")
    transfer = one.line.the(c.TransferOut)
    assert (transfer.number, transfer.caller_id) == ("+441632960777", "+441632960900")
    one.line.look_away().at(one.line.now + 30, e.TransferFailed(one.id, "NOANSWER"))
    one.hears("sound:bye")
    assert one.ends().disposition == "answered_flow"


def test_another_number_that_answers() -> None:
    one = call().asked()
    one.presses("6")
    one.line.at(one.line.now + 90)
    record = one.ends()
    assert (record.disposition, record.flow_result) == ("answered_flow", "transferred")


def test_hanging_up_within() -> None:
    one = call().asked()
    record = one.ends()
    assert (record.disposition, record.flow_result, record.hung_up_by) == ("left_flow", "hung_up", "callee")
    assert record.flow is not None
    assert record.flow["node"] == "ask"


def test_hanging_up_before_a_word_was_heard() -> None:
    one = call()
    record = one.ends()
    assert (record.disposition, record.abandoned) == ("hung_up_early", False)


def test_a_first_prompt_that_cannot_be_played_is_a_silent_call() -> None:
    one = call()
    playing = one.playing.playback_id
    one.line.look_away().then(e.PlaybackFinished(playing, failed=True))
    one.line.at(6.0)
    assert "prompt_not_played" in one.line.told()
    record = one.ends()
    assert (record.disposition, record.abandoned, record.flow_result) == ("abandoned", True, "prompt_failed")


def test_a_failed_prompt_of_a_caller_who_hung_up_says_nothing() -> None:
    one = call().asked()
    playing = one.playing.playback_id
    one.line.look_away().then(e.PlaybackFinished(playing, failed=True))
    assert one.ends().disposition == "left_flow"
    assert one.line.at(20.0).told() == []


def test_a_text_that_was_not_rendered_ends_the_call() -> None:
    flow = Flow("delivery", "a", {"a": HangUp("done", Prompt((Text(("Hello ", Slot("name"))),)))})
    line = Timeline(delivery(flows={"delivery": flow})).ready()
    line.dialer.floor.prompts.objection = lambda *asked: None  # type: ignore[method-assign]
    one = Call(line)
    assert "prompt_not_rendered" in one.line.told()
    assert one.ends().disposition == "abandoned"


def test_the_longest_time() -> None:
    flow = Flow("delivery", "hello", NODES, longest_s=30.0)
    one = call(flows={"delivery": flow}).asked()
    one.line.look_away().at(36.0)
    assert one.line.the(c.HangUp)
    assert one.ends().flow_result == "too_long"


def test_stopped_prompts_say_no_more() -> None:
    one = call().asked()
    stopped = one.playing.playback_id
    one.presses("1")
    one.line.look_away().then(e.PlaybackFinished(stopped))
    assert one.line.wanted(c.PlayMessage) == []
    assert one.line.wanted(c.HangUp) == []


def successor(settings: CampaignSettings, *left: AttemptRecord, in_app: bool = True) -> Timeline:
    """Another daemon, which finds these attempts in the ledger and their channels up."""
    line = Timeline(settings)
    line.then(e.PlanChanged(line.plan), recovered(*left)).look_away()
    up = tuple(e.LiveChannel(record.id, "Up", in_app) for record in left)
    return line.then(e.TelephonyBack(up, {}, frozenset()))


def test_a_successor_asks_the_question_again() -> None:
    one = call().asked()
    left = replace(one.line.live(one.id).record)
    playing = one.playing.playback_id
    line = successor(delivery(), left)
    assert line.wanted(c.StopPlayback)[-1].playback_id == playing
    assert line.the(c.PlayMessage).media == ("sound:ask",)
    line.at(8.0, e.DigitPressed(one.id, "1"))
    assert line.wanted(c.PlayMessage)[-1].media == ("sound:bye",)


def test_a_flow_that_is_gone_after_a_restart_ends_the_call() -> None:
    one = call().asked()
    left = replace(one.line.live(one.id).record)
    line = successor(campaign(mode=Mode.AGENTLESS, queue=None), left)
    assert line.told().count("flow_gone") == 1
    assert line.wanted(c.HangUp)
    line.then(e.ChannelEnded(one.id, 16))
    assert (line.closed().disposition, line.closed().flow_result) == ("flow_failed", "flow_gone")


def test_a_successor_takes_back_a_caller_whom_the_other_number_did_not_answer() -> None:
    one = call().asked()
    one.presses("6")
    left = replace(one.line.live(one.id).record)
    line = Timeline(delivery())
    line.then(e.PlanChanged(line.plan), recovered(left)).look_away()
    line.then(e.TelephonyBack((e.LiveChannel(one.id, "Up", in_app=False),), {}, frozenset()))
    assert line.wanted(c.HangUp) == []
    assert not line.live(one.id).record.abandoned
    line.look_away().at(30, e.TransferFailed(one.id, "NOANSWER"))
    assert line.wanted(c.PlayMessage)[-1].media == ("sound:bye",)
    line.then(e.ChannelEnded(one.id, 16))
    assert line.closed().disposition == "left_flow"


def test_a_successor_that_never_heard_of_the_transfer_asks_again() -> None:
    one = call().asked()
    left = replace(one.line.live(one.id).record)
    line = Timeline(delivery())
    line.then(e.PlanChanged(line.plan), recovered(left)).look_away()
    line.then(e.TelephonyBack((e.LiveChannel(one.id, "Up", in_app=False),), {}, frozenset()))
    line.look_away().at(30, e.TransferFailed(one.id, "NOANSWER"))
    assert line.wanted(c.PlayMessage)[-1].media == ("sound:ask",)


class TestAbandoned:
    KEYS = {"9": AbandonKey.OPT_OUT, "1": AbandonKey.CALLBACK}  # noqa: RUF012

    def abandoned(self) -> Call:
        line = Timeline(campaign(abandon_keys=self.KEYS, opt_out_list="optouts"))
        attempt = line.dialing("8001")
        line.look_away().at(5.0, e.ChannelAnswered(attempt), e.MemberGone("sales", "8001"))
        line.at(7.5)
        one = Call.__new__(Call)
        one.line, one.id = line, attempt
        assert one.playing.media == ("sound:dialerd/abandoned",)
        assert line.second_of(c.PlayMessage) == pytest.approx(7.0)
        return one

    def test_a_key_opts_out_and_the_call_stays_abandoned(self) -> None:
        one = self.abandoned()
        one.presses("9")
        assert one.line.the(c.OptOut).number == "+441632960001"
        record = one.ends()
        assert (record.disposition, record.abandoned, record.flow_result) == ("abandoned", True, "opted_out")
        assert one.outcome.contact.reason == "opted_out"

    def test_a_key_asks_for_a_call_back(self) -> None:
        one = self.abandoned()
        one.presses("1")
        record = one.ends()
        assert (record.disposition, one.outcome.contact.reason) == ("abandoned", "callback")

    def test_without_a_key_the_call_ends_soon_after_the_message(self) -> None:
        one = self.abandoned()
        one.hears("sound:dialerd/abandoned")
        one.line.look_away().at(one.line.now + 3)
        assert one.line.the(c.HangUp)
        assert one.ends().disposition == "abandoned"


class TestAbandonedAndConnected:
    """`abandon_connect`: an agent who comes free during the message takes the call."""

    other = ""
    """The agent who is at work, and busy with a caller of the queue's own."""

    def abandoned(self) -> Call:
        """At second 7 the message begins."""
        keys = {"9": AbandonKey.OPT_OUT}
        line = Timeline(campaign(abandon_connect=True, abandon_keys=keys, opt_out_list="optouts"))
        attempt = line.dialing("8001", "8002")
        reserved = line.live(attempt).record.agent or ""
        self.other = "8002" if reserved == "8001" else "8001"
        line.at(4.0, e.InboundOffered("inbound-1", self.other))
        line.look_away().at(5.0, e.ChannelAnswered(attempt), e.MemberGone("sales", reserved)).at(7.5)
        one = Call.__new__(Call)
        one.line, one.id = line, attempt
        assert one.playing.media == ("sound:dialerd/abandoned",)
        assert line.second_of(c.PlayMessage) == pytest.approx(7.0)
        assert line.live(attempt).record.abandoned
        return one

    def test_an_agent_comes_free(self) -> None:
        one = self.abandoned()
        one.line.look_away().at(9.0, e.ChannelEnded("inbound-1", 16))
        enter = one.line.the(c.EnterBridge)
        assert (enter.channel_id, one.line.the(c.StopPlayback).channel_id) == (one.id, one.id)
        one.line.at(9.1, e.BridgeEntered(one.id, enter.bridge_id))
        assert one.line.agent(self.other) == "on_call"
        one.line.at(60.0)
        record = one.ends()
        assert (record.disposition, record.agent, record.connected_at) == ("answered_agent", self.other, START + 9.1)
        assert (record.abandoned, record.reached) == (True, False), "counted, whatever happened next"

    def test_the_message_stops_before_the_bridge_is_entered(self) -> None:
        """Asterisk tells of the end of the message first; the agent is not given back for it."""
        one = self.abandoned()
        playing = one.playing.playback_id
        one.line.look_away().at(9.0, e.ChannelEnded("inbound-1", 16))
        one.line.at(9.05, e.PlaybackFinished(playing))
        assert not one.line.wanted(c.PlayMessage)
        assert one.line.agent(self.other) == "reserved"
        one.line.at(9.1, e.BridgeEntered(one.id, one.line.the(c.EnterBridge).bridge_id)).at(20.0)
        assert (one.line.agent(self.other), one.line.wanted(c.HangUp)) == ("on_call", [])

    def test_the_bridge_never_comes(self) -> None:
        """The message is heard once more rather than nothing."""
        one = self.abandoned()
        playing = one.playing.playback_id
        one.line.look_away().at(9.0, e.ChannelEnded("inbound-1", 16))
        one.line.at(9.05, e.PlaybackFinished(playing)).at(11.0)
        assert one.playing.media == ("sound:dialerd/abandoned",)
        assert one.line.agent(self.other) == "available"

    def test_nobody_comes_free(self) -> None:
        one = self.abandoned()
        one.hears("sound:dialerd/abandoned")
        one.line.look_away().at(one.line.now + 4)
        assert one.line.the(c.HangUp).channel_id == one.id
        one.line.look_away().then(e.ChannelEnded("inbound-1", 16))
        assert not one.line.wanted(c.EnterBridge)
        assert one.ends().disposition == "abandoned"

    def test_keys_mean_what_they_say(self) -> None:
        one = self.abandoned()
        one.presses("9")
        assert one.line.the(c.OptOut).number == "+441632960001"
        one.line.look_away().at(9.0, e.ChannelEnded("inbound-1", 16))
        assert not one.line.wanted(c.EnterBridge)
        record = one.ends()
        assert (record.disposition, record.flow_result, record.abandoned) == ("abandoned", "opted_out", True)

    def test_without_anybody_at_work_the_message_is_heard_all_the_same(self) -> None:
        line = Timeline(campaign(abandon_connect=True))
        attempt = line.dialing("8001")
        line.look_away().at(5.0, e.ChannelAnswered(attempt), e.MemberGone("sales", "8001")).at(7.5)
        assert line.the(c.PlayMessage).media == ("sound:dialerd/abandoned",)


def test_who_can_be_reached_in_time_comes_before_who_hears_the_message() -> None:
    line = Timeline(campaign(abandon_connect=True))
    line.ready("8001", "8002", "8003").started(contact(1), contact(2), contact(3))
    calls = {line.live(call.attempt_id).record.agent: call.attempt_id for call in line.wanted(c.OriginateCall)}
    first, second, third = calls["8001"], calls["8002"], calls["8003"]
    # The third keeps its agent, who is busy with it; the other two lose theirs at the answer.
    line.at(3.0, e.ChannelAnswered(third)).then(e.BridgeEntered(third, line.wanted(c.EnterBridge)[-1].bridge_id))
    line.at(4.0, e.ChannelAnswered(first), e.MemberGone("sales", "8001"))
    line.at(7.0, e.ChannelAnswered(second), e.MemberGone("sales", "8002")).look_away()
    assert (line.live(first).record.abandoned, line.live(second).record.abandoned) == (True, False)
    line.then(member("8001")).then(e.InboundOffered("inbound-1", "8001"))
    for dial in line.wanted(c.DialAgent):
        line.at(7.5, e.ChannelAnswered(dial.channel_id))
        line.then(e.BridgeEntered(dial.channel_id, ids.sibling(dial.channel_id, ids.BRIDGE)))
    taken = [enter.channel_id for enter in line.wanted(c.EnterBridge) if enter.channel_id in (first, second)]
    assert taken == [second]
