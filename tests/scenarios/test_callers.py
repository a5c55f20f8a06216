"""People who call back: who they are, what they get, how the call ends, second by second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.caller import CallerRecord, CallerState, InboundOutcome, same_number
from dialerd.core.campaign import CampaignSettings, CampaignState
from dialerd.core.flow.nodes import Flow, Gather, HangUp, ToNumber
from dialerd.core.flow.prompts import Prompt, Slot, Text, sound
from dialerd.core.inbound_settings import AfterConversation, InboundKey, InboundSettings, InboundTreatment
from dialerd.core.weekly_hours import WHOLE_DAY, WeeklyHours
from tests.scenarios.timeline import START, Timeline, campaign, contact

CHANNEL = "1795337358.7"
PERSON = contact().numbers[0].e164
KEYS = {"9": InboundKey.OPT_OUT, "1": InboundKey.CALLBACK, "2": InboundKey.AGENT}
QUEUE, MESSAGE, FLOW = InboundTreatment.QUEUE, InboundTreatment.MESSAGE, InboundTreatment.FLOW


def taking(known: InboundTreatment = MESSAGE, **changes: Any) -> CampaignSettings:
    """A campaign that treats callers so."""
    inbound = InboundSettings(known=known, **({"keys": KEYS, "message": sound("sound:who")} | changes))
    return campaign(inbound=inbound, opt_out_list="stop", variables={"NAME": "name", "FIX": "=x"})


def arrived(*, caller: str = PERSON, shown: str = "01632960900") -> e.CallArrived:
    return e.CallArrived(CHANNEL, caller, shown)


def found(line: Timeline, **changes: Any) -> e.CallerFound:
    """The record knows the caller: its only contact."""
    asked = line.the(c.FindCaller)
    who = contact(columns={"name": "Ada"})
    return replace(e.CallerFound(asked.call_id, PERSON, "spring", "dlr-1", who), **changes)


def greeted(settings: CampaignSettings, *agents: str) -> Timeline:
    """A known caller was answered."""
    line = Timeline(settings).ready(*agents).then(arrived())
    return line.then(found(line))


def ends(line: Timeline) -> CallerRecord:
    """The channel ends, and the record takes the call."""
    line.then(e.ChannelEnded(CHANNEL, 16))
    record = line.the(c.RecordCaller).record
    line.then(e.CallerRecorded(record.id, record.contact_list))
    assert line.wanted(c.ForgetCaller) == [c.ForgetCaller(record.id)]
    assert not line.dialer.floor.callers
    assert not line.dialer.floor.calling
    assert not [key for key in line.dialer.floor.timers.pending() if key[1] == CHANNEL]
    return record


def plays_out(line: Timeline, *, failed: bool = False) -> Timeline:
    """What plays now comes to its end."""
    playback = line.wanted(c.PlayMessage)[-1].playback_id
    return line.then(e.PlaybackStarted(playback), e.PlaybackFinished(playback, failed))


def test_a_number_is_recognised_as_carriers_write_it() -> None:
    for written in ("+441632960900", "00441632960900", "441632960900", "01632960900", "1632960900"):
        assert same_number(written, "+441632960900")
    for other in ("", "900", "+441632960901", "960900"):
        assert not same_number(other, "+441632960900")


def test_the_message_is_heard_and_nothing_becomes_of_the_contact() -> None:
    line = greeted(taking())
    take = line.the(c.TakeCaller)
    assert (take.channel_id, take.variables["NAME"], take.variables["FIX"]) == (CHANNEL, "Ada", "x")
    assert line.the(c.PlayMessage).media == ("sound:who",)
    plays_out(line).at(3.9)
    assert not line.wanted(c.HangUp)
    line.at(4.1)
    assert line.the(c.HangUp).channel_id == CHANNEL
    record = ends(line)
    assert (record.outcome, record.treatment, record.contact_id, record.following) == ("message", "message", 1, None)
    assert record.attempt_id == "dlr-1"


def test_key_9_opts_out_at_once_and_retires_the_contact() -> None:
    line = greeted(taking())
    line.then(e.DigitPressed(CHANNEL, "9"))
    assert line.the(c.BarNumber) == c.BarNumber("stop", PERSON)
    assert (line.the(c.OptOut).number, line.the(c.OptOut).how) == (PERSON, "key")
    record = ends(line)
    assert record.outcome == "opted_out"
    assert record.following is not None
    assert (record.following["state"], record.following["reason"]) == ("uncallable", "opted_out")


def test_key_1_asks_for_a_call() -> None:
    line = greeted(taking(callback_after_s=600.0)).at(2, e.DigitPressed(CHANNEL, "1"))
    record = ends(line)
    assert record.outcome == "callback"
    assert record.following is not None
    assert (record.following["state"], record.following["at"]) == ("waiting", START + 602)


def test_an_agent_takes_the_caller_and_the_contact_is_done_with() -> None:
    line = greeted(taking(QUEUE), "8001")
    lead = line.the(c.LeadToQueue)
    assert (lead.queue, lead.patience_s) == ("sales", 300.0)
    line.at(7, e.CallerTaken(CHANNEL, "8001")).at(60)
    record = ends(line)
    assert (record.outcome, record.agent, record.waited_s) == ("agent", "8001", 7.0)
    assert record.following is not None
    assert record.following["reason"] == "reached"


def test_what_a_conversation_means_is_the_campaigns_to_say() -> None:
    line = greeted(taking(QUEUE, after_conversation=AfterConversation.KEEP), "8001")
    line.at(7, e.CallerTaken(CHANNEL, "8001"))
    record = ends(line)
    assert (record.outcome, record.following) == ("agent", None)


def test_whoever_loses_patience_in_the_queue_has_left_it() -> None:
    line = greeted(taking(QUEUE), "8001").at(20)
    record = ends(line)
    assert (record.outcome, record.waited_s, record.following) == ("left_queue", 20.0, None)


def test_no_agent_in_time_then_the_message_with_its_keys() -> None:
    line = greeted(taking(QUEUE), "8001").at(300, e.CallerBack(CHANNEL, "TIMEOUT"))
    assert line.the(c.PlayMessage).media == ("sound:who",)
    line.then(e.DigitPressed(CHANNEL, "9"))
    record = ends(line)
    assert (record.outcome, record.waited_s, record.reason) == ("opted_out", 300.0, "timeout")


def test_nobody_at_work_then_the_message_at_once() -> None:
    line = greeted(taking(QUEUE))
    assert not line.wanted(c.LeadToQueue)
    assert line.the(c.PlayMessage).media == ("sound:who",)
    plays_out(line).at(10)
    assert ends(line).outcome == "message"


def test_the_opt_out_counts_while_waiting_for_an_agent() -> None:
    line = greeted(taking(QUEUE), "8001").at(5, e.DigitPressed(CHANNEL, "9"))
    assert line.the(c.BarNumber) == c.BarNumber("stop", PERSON)
    line.at(8, e.CallerTaken(CHANNEL, "8001"))
    record = ends(line)
    assert (record.outcome, record.opted_out) == ("agent", True)
    assert record.following is not None
    assert record.following["reason"] == "opted_out"


@pytest.mark.parametrize("caller", ["", "+12025550123"], ids=["withheld", "never called"])
def test_unknown_callers_get_what_is_said_for_them(caller: str) -> None:
    line = Timeline(taking(QUEUE, unknown=MESSAGE)).ready("8001").then(arrived(caller=caller))
    if caller:
        line.then(found(line, number=caller, campaign="", attempt_id="", contact=None))
    else:
        assert not line.wanted(c.FindCaller)
    assert line.the(c.PlayMessage).media == ("sound:who",)
    line.then(e.DigitPressed(CHANNEL, "9"))
    assert len(line.wanted(c.BarNumber)) == bool(caller)
    record = ends(line)
    assert (record.outcome, record.contact_id, record.following) == ("opted_out", None, None)


def test_a_record_that_does_not_answer_makes_nobody_wait() -> None:
    line = Timeline(taking(QUEUE)).ready("8001").then(arrived()).at(1.9)
    assert not line.wanted(c.TakeCaller)
    line.at(2.1)
    assert line.the(c.PlayMessage)
    line.then(replace(found(line), number=PERSON))  # Too late: it changes nothing.
    assert ends(line).contact_id is None


def test_outside_of_hours_it_is_the_message_and_no_key_leads_to_an_agent() -> None:
    never = WeeklyHours(((),) * 7)  # type: ignore[arg-type]
    line = greeted(taking(QUEUE, hours=never), "8001")
    assert line.the(c.PlayMessage)
    line.then(e.DigitPressed(CHANNEL, "2"))
    assert not line.wanted(c.LeadToQueue)
    assert ends(line).treatment == "closed"
    always = WeeklyHours((WHOLE_DAY,) * 7)
    assert greeted(taking(QUEUE, hours=always), "8001").the(c.LeadToQueue)


def test_the_number_is_not_dialed_while_its_owner_talks_to_us() -> None:
    line = Timeline(taking()).ready("8001").then(arrived())
    line.then(found(line)).started(contact())
    assert not line.wanted(c.Claim)
    record = ends(line)
    line.then(e.CallerRecorded(record.id, "leads")).at(60)
    assert line.the(c.Claim).record.number == PERSON


def test_a_call_that_rings_there_is_ended_and_the_person_is_known_by_it() -> None:
    line = Timeline(taking())
    attempt = line.dialing()
    line.then(e.ChannelRinging(attempt), arrived())
    line.then(found(line, campaign="", attempt_id="", contact=None))
    assert [one.channel_id for one in line.wanted(c.HangUp)] == [attempt]
    assert line.the(c.TakeCaller).variables["DIALERD_ATTEMPT"] == attempt
    line.then(e.ChannelEnded(attempt, 16))
    assert line.closed().reason == "called_back"
    assert ends(line).contact_id == 1


def test_an_inbound_call_is_no_attempt() -> None:
    line = greeted(taking(QUEUE), "8001").at(7, e.CallerTaken(CHANNEL, "8001"))
    ends(line)
    run = line.dialer.floor.campaigns["spring"]
    assert (run.placed, run.answered, run.connected, run.abandoned, run.dispositions) == (0, 0, 0, 0, {})
    assert not line.wanted(c.Claim)
    assert not line.wanted(c.CloseAttempt)


def test_a_flow_of_the_site_writes_columns_and_ends_with_its_result() -> None:
    flow = Flow("door", "ask", {
        "ask": Gather(sound("sound:ask"), {"1": "fine"}, into="answer"),
        "fine": HangUp("confirmed"),
    })  # fmt: skip
    line = greeted(taking(FLOW, flow="door", flows={"door": flow})).then(e.DigitPressed(CHANNEL, "1"))
    record = ends(line)
    assert (record.outcome, record.flow_result) == ("flow", "confirmed")
    assert record.following is not None
    assert (record.following["columns"], record.following["reason"]) == ({"answer": "1"}, "reached")


def test_a_flow_may_lead_to_another_number_and_back() -> None:
    flow = Flow("door", "out", {
        "out": ToNumber(Text(("+441632960555",)), "sorry"), "sorry": HangUp("nobody", sound("sound:sorry")),
    })  # fmt: skip
    settings = taking(FLOW, flow="door", flows={"door": flow})
    line = greeted(settings)
    assert line.the(c.TransferOut).number == "+441632960555"
    assert ends(line).outcome == "transferred"
    line = greeted(settings).at(30, e.CallerBack(CHANNEL, "NOANSWER"))
    assert line.the(c.PlayMessage).media == ("sound:sorry",)


def test_speech_is_made_while_it_rings() -> None:
    text = Text(("Hello ", Slot("name")))
    line = greeted(taking(message=Prompt((text,))))
    wish = line.the(c.RenderPrompts)
    assert not line.wanted(c.TakeCaller)
    media = {one.key: "sound:said" for one in wish.utterances}
    line.at(1, e.PromptsRendered("spring", 1, wish.serial, media))
    assert line.the(c.TakeCaller)
    assert line.the(c.PlayMessage).media == ("sound:said",)


@pytest.mark.parametrize("how", ["failed", "late", "column"])
def test_without_speech_the_dialplan_plays_the_sites_message(how: str) -> None:
    text = Text(("Hello ", Slot("city" if how == "column" else "name")))
    line = greeted(taking(message=Prompt((text,))))
    if how == "failed":
        wish = line.the(c.RenderPrompts)
        line.then(e.PromptsFailed("spring", 1, wish.serial, "no voice", None))
    elif how == "late":
        line.at(4.1)
    assert line.the(c.LeaveCaller).channel_id == CHANNEL
    assert "caller_without_speech" in line.told()
    assert ends(line).outcome == "not_taken"


def test_a_number_that_no_campaign_shows_is_the_dialplans() -> None:
    line = Timeline(taking()).ready().then(arrived(shown="+441632960111"))
    assert line.the(c.LeaveCaller).channel_id == CHANNEL
    record = ends(line)
    assert (record.outcome, record.campaign, record.reason) == ("not_taken", "", "no_campaign_shows_it")


def test_a_prompt_that_cannot_be_played_ends_the_call() -> None:
    line = plays_out(greeted(taking()), failed=True).at(1)
    assert line.the(c.HangUp).channel_id == CHANNEL
    assert "prompt_not_played" in line.told()
    assert ends(line).outcome == "failed"


@pytest.mark.parametrize("moment", ["arrived", "found", "greeted", "queued", "taken", "left"])
def test_a_hang_up_at_every_moment_leaves_nothing_behind(moment: str) -> None:
    text = Prompt((Text(("Hello",)),))
    settings = {
        "arrived": taking(), "found": taking(message=text), "greeted": taking(),
        "queued": taking(QUEUE), "taken": taking(QUEUE), "left": taking(),
    }[moment]  # fmt: skip
    shown = "+441632960111" if moment == "left" else "+441632960900"
    line = Timeline(settings).ready("8001").then(arrived(shown=shown))
    if moment not in ("arrived", "left"):
        line.then(found(line))
    if moment == "taken":
        line.then(e.CallerTaken(CHANNEL, "8001"))
    expected = {"queued": "left_queue", "taken": "agent", "left": "not_taken"}.get(moment, "hung_up")
    assert ends(line).outcome == expected


def test_an_end_that_was_not_told_is_asked_for() -> None:
    line = greeted(taking()).then(e.CallerLeft(CHANNEL)).look_away().at(2.1)
    assert line.the(c.ProbeChannel).channel_id == CHANNEL
    line.then(e.ChannelProbed(CHANNEL, None))
    assert line.the(c.RecordCaller).record.outcome == "hung_up"


def left_over(**changes: Any) -> CallerRecord:
    """A call that an earlier run looked after."""
    values: dict[str, Any] = {
        "id": f"inb-{7:024x}", "channel": CHANNEL, "shown": "+441632960900", "arrived_at": START - 9,
        "caller": PERSON, "number": PERSON, "campaign": "spring", "contact_list": "leads", "contact_id": 1,
        "contact_key": "k1", "attempt_id": "dlr-1", "state": "treating", "answered_at": START - 8,
    }  # fmt: skip
    return CallerRecord(**(values | changes))


def after_restart(record: CallerRecord, *seen: e.LiveCaller) -> Timeline:
    """A new daemon finds this call in the ledger, and these people in Asterisk."""
    line = Timeline(taking(QUEUE))
    line.then(e.PlanChanged(line.plan))
    line.then(e.Recovered((), {}, {"spring": CampaignState.ON}, callers=(record,)))
    assert line.dialer.floor.calling.get(PERSON) == (record.id if record.state != "ended" else None)
    return line.then(e.TelephonyBack((), {}, frozenset(), seen))


def walk(node: str, **changes: Any) -> dict[str, Any]:
    return {"flow": "inbound", "node": node, "playing": True, "playback": f"msg-{3:024x}"} | changes


IN_APP = e.LiveCaller(CHANNEL, PERSON, "+441632960900", in_app=True)
IN_QUEUE = replace(IN_APP, in_app=False, queued=True)


def test_after_a_restart_the_message_is_heard_again() -> None:
    line = after_restart(left_over(flow=walk("message")), IN_APP)
    assert line.the(c.StopPlayback).playback_id == f"msg-{3:024x}"
    assert line.the(c.PlayMessage).media == ("sound:who",)
    line.then(e.DigitPressed(CHANNEL, "9"))
    record = ends(line)
    assert (record.outcome, record.contact_id) == ("opted_out", 1)


def test_after_a_restart_whoever_waits_goes_on_waiting() -> None:
    record = left_over(state="queued", queue="sales", queued_at=START - 5, flow=walk("agent", playing=False))
    line = after_restart(record, IN_QUEUE).at(10, e.CallerTaken(CHANNEL, "8001"))
    assert (ends(line).outcome, record.waited_s) == ("agent", 15.0)
    record = left_over(state="queued", queue="sales", queued_at=START - 5, flow=walk("agent", playing=False))
    line = after_restart(record, replace(IN_QUEUE, talking=True))
    assert ends(line).outcome == "agent"


def test_after_a_restart_a_caller_whom_the_queue_gave_back_hears_the_message() -> None:
    record = left_over(state="queued", queue="sales", queued_at=START - 5, flow=walk("agent", playing=False))
    line = after_restart(record, IN_APP)
    assert line.the(c.PlayMessage).media == ("sound:who",)


def test_after_a_restart_a_flow_that_is_gone_ends_with_the_sites_message() -> None:
    line = after_restart(left_over(flow=walk("gone", flow="nowhere")), IN_APP)
    assert line.the(c.LeaveCaller).channel_id == CHANNEL
    assert ends(line).outcome == "not_taken"


def test_after_a_restart_who_is_gone_is_closed_and_what_they_pressed_counts() -> None:
    line = after_restart(left_over(opted_out=True, opt_out_list="stop", flow=walk("opt_out", opted_out=True)))
    assert line.wanted(c.BarNumber)[0] == c.BarNumber("stop", PERSON)
    assert line.the(c.RecordCaller).record.outcome == "opted_out"


def test_after_a_restart_a_call_that_was_over_is_recorded() -> None:
    line = after_restart(left_over(state="ended", outcome="agent", ended_at=START - 1))
    assert line.the(c.RecordCaller).record.outcome == "agent"


def test_a_caller_whom_nobody_knew_of_is_looked_after() -> None:
    line = Timeline(taking())
    line.then(e.PlanChanged(line.plan), e.Recovered((), {}, {}))
    line.then(e.TelephonyBack((), {}, frozenset(), (IN_APP,)))
    line.then(found(line))
    assert line.the(c.TakeCaller)


def test_asterisk_out_of_sight_for_a_moment() -> None:
    line = greeted(taking()).then(e.TelephonyLost("cut"))
    plays_out(line, failed=True).look_away().at(1)
    assert not line.wanted(c.HangUp)
    line.then(e.TelephonyBack((), {}, frozenset(), (IN_APP,)))
    assert line.the(c.PlayMessage)


def test_a_daemon_that_ends_leaves_callers_to_the_dialplan() -> None:
    line = greeted(taking()).then(e.ShutdownAsked())
    assert not line.wanted(c.LeaveCaller)
    line.then(e.ShutdownAsked(cancel_ringing=True))
    assert line.the(c.LeaveCaller).channel_id == CHANNEL
    other = Timeline(taking()).ready().then(e.ShutdownAsked(), arrived())
    assert other.the(c.LeaveCaller).channel_id == CHANNEL


def test_every_outcome_is_reached_somewhere_above() -> None:
    reached = {"agent", "transferred", "opted_out", "callback", "left_queue", "message", "flow", "hung_up", "failed",
               "not_taken"}  # fmt: skip
    assert {one.value for one in InboundOutcome} == reached
    assert CallerState.CLOSED.value == "closed"


def marked(**changes: Any) -> e.LostCaller:
    return replace(e.LostCaller(CHANNEL, START - 60, PERSON, "+441632960900", ""), **changes)


def after_marks(
    *marks: e.LostCaller, seen: tuple[e.LiveCaller, ...] = (), settings: CampaignSettings | None = None
) -> Timeline:
    """A daemon comes, and finds what the dialplan has noted."""
    line = Timeline(settings or taking())
    line.then(e.PlanChanged(line.plan), e.Recovered((), {}, {}))
    return line.then(e.TelephonyBack((), {}, frozenset(), seen, marks))


def test_what_the_dialplan_was_told_while_nobody_was_there_counts() -> None:
    line = after_marks(marked(key="9"))
    assert line.wanted(c.BarNumber) == [c.BarNumber("stop", PERSON)]
    line.then(found(line))
    record = line.the(c.RecordCaller).record
    assert (record.outcome, record.contact_id, record.arrived_at, record.reason) == (
        "opted_out", 1, START - 60, "no_daemon",
    )  # fmt: skip
    assert record.following is not None
    assert record.following["reason"] == "opted_out"
    line.then(e.CallerRecorded(record.id, "leads"))
    assert line.the(c.ForgetLostCaller) == c.ForgetLostCaller(CHANNEL)
    assert not line.dialer.floor.callers


def test_a_caller_who_heard_the_sites_message_is_in_the_record() -> None:
    line = after_marks(marked())
    line.then(found(line))
    record = line.the(c.RecordCaller).record
    assert (record.outcome, record.contact_id, record.following) == ("not_taken", 1, None)


def test_a_mark_that_nobody_knows_of_is_recorded_without_asking() -> None:
    line = after_marks(marked(shown="+441632960111", key="9"))
    assert (line.the(c.RecordCaller).record.outcome, line.wanted(c.BarNumber)) == ("opted_out", [])
    line = after_marks(marked(caller=""))
    assert line.the(c.RecordCaller).record.number == ""


def test_a_mark_that_is_read_twice_is_one_call() -> None:
    first, second = after_marks(marked()), after_marks(marked())
    for line in (first, second):
        line.then(found(line))
    assert first.the(c.RecordCaller).record.id == second.the(c.RecordCaller).record.id
    again = first.look_away().then(e.TelephonyBack((), {}, frozenset(), (), (marked(key="9"),)))
    assert not again.wanted(c.RecordCaller)


def test_the_dialplans_key_counts_while_its_message_plays() -> None:
    there = replace(IN_APP, in_app=False, left=True)
    line = after_marks(marked(), seen=(there,))
    line.then(found(line))
    assert not line.wanted(c.RecordCaller)
    line.then(e.DigitPressed(CHANNEL, "9"))
    assert line.the(c.BarNumber) == c.BarNumber("stop", PERSON)
    record = ends(line)
    assert record.outcome == "opted_out"
    assert line.the(c.ForgetLostCaller) == c.ForgetLostCaller(CHANNEL)


def test_a_caller_whom_we_left_to_the_dialplan_may_still_opt_out() -> None:
    line = greeted(taking(message=Prompt((Text(("Hello ", Slot("city"))),))))
    assert line.the(c.LeaveCaller)
    line.then(e.DigitPressed(CHANNEL, "9"))
    assert line.the(c.BarNumber) == c.BarNumber("stop", PERSON)
    assert ends(line).outcome == "opted_out"


def test_agents_are_left_to_callers_who_wait() -> None:
    line = greeted(taking(QUEUE), "8001").look_away()
    other = contact(2)
    line.started(other)
    assert not line.wanted(c.Claim)
    assert line.dialer.viewer.dialer(START + line.now).campaigns[0].not_dialing == {"callers_wait_for_agents": 1}
    line.at(5, e.CallerTaken(CHANNEL, "8002"))
    assert line.the(c.Claim).record.number == other.numbers[0].e164


def test_a_caller_who_gives_up_frees_the_agent() -> None:
    line = greeted(taking(QUEUE), "8001").look_away().started(contact(2))
    assert not line.wanted(c.Claim)
    ends(line)
    assert line.the(c.Claim)
