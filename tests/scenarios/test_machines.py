"""Machines, faxes and announcements, second by second: tones, the response table, messages after the beep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.contact import Number
from dialerd.core.flow.prompts import sound
from dialerd.core.tones import Tone
from dialerd.core.treatment import CallAnalysis, Treatment
from dialerd.core.voicemail import LeaveMessage, SpokenOver
from tests.scenarios.timeline import Timeline, campaign, contact

MESSAGE = sound("sound:custom/voicemail")
LEAVES = {CallAnalysis.MACHINE: Treatment.MESSAGE_AFTER_BEEP}


def agentless(**changes: Any) -> CampaignSettings:
    values: dict[str, Any] = {
        "mode": Mode.AGENTLESS, "queue": None, "message": MESSAGE, "responses": LEAVES,
        "analysis": profile_named("catch_machines"), "leave_message": LeaveMessage(silence_s=2.5),
    }  # fmt: skip
    return campaign(**(values | changes))


def machine(line: Timeline) -> str:
    """A call to a machine that is judged as one at second 8, two seconds into its greeting."""
    line.ready().started(contact())
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(attempt)).at(6.0, e.TalkingStarted(attempt))
    line.look_away().at(8.0, e.AmdFinished(attempt, "MACHINE", "LONGGREETING-1750-1750"))
    return attempt


def test_the_message_begins_when_the_beep_is_over() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    assert not line.wanted(c.PlayMessage)
    assert line.the(c.HoldDeadMan).seconds == 40.0
    line.at(12.0, e.TalkingStopped(attempt, 0.8)).at(12.5, e.TalkingStarted(attempt))  # the beep is a sound, too
    line.look_away().at(13.2, e.ToneHeard(attempt, Tone.BEEP, 0.2))
    play = line.the(c.PlayMessage)
    assert (play.media, line.second_of(c.PlayMessage)) == (("sound:custom/voicemail",), 13.2)
    assert line.wanted(c.StopListening)
    line.at(13.3, e.PlaybackStarted(play.playback_id)).at(13.9, e.TalkingStopped(attempt, 0.8))
    line.at(20.0, e.PlaybackFinished(play.playback_id))
    line.look_away().at(20.1, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.greeting_end, record.tone) == ("machine_message_left", "tone", "beep")
    assert record.analysis == "machine"
    assert record.abandoned is False


def test_silence_ends_a_greeting_without_a_beep() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.at(12.8, e.TalkingStopped(attempt, 0.8)).look_away().at(14.4)
    assert not line.wanted(c.PlayMessage)
    line.at(15.0)
    assert line.second_of(c.PlayMessage) == pytest.approx(14.5)  # 2.5 s after 12.0
    assert line.live(attempt).record.greeting_end == "silence"


def test_speech_that_goes_on_after_a_pause_is_still_the_greeting() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.at(12.8, e.TalkingStopped(attempt, 0.8)).at(13.5, e.TalkingStarted(attempt)).look_away().at(30.0)
    assert not line.wanted(c.PlayMessage)


@pytest.mark.parametrize(("at_timeout", "disposition"), [(True, "machine_message_left"), (False, "machine")])
def test_a_greeting_that_never_ends(at_timeout: bool, disposition: str) -> None:
    line = Timeline(agentless(leave_message=LeaveMessage(timeout_s=20.0, at_timeout=at_timeout)))
    attempt = machine(line)
    line.look_away().at(28.1)
    if at_timeout:
        play = line.the(c.PlayMessage)
        assert line.second_of(c.PlayMessage) == 28.0
        line.at(28.2, e.PlaybackStarted(play.playback_id)).at(40.0, e.PlaybackFinished(play.playback_id))
    assert line.the(c.HangUp).channel_id == attempt
    line.at(40.1, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert record.disposition == disposition
    assert (record.greeting_end, record.reason) == (("timeout", "") if at_timeout else ("", "greeting_never_ended"))


def test_tone_alone_does_not_heed_silence() -> None:
    line = Timeline(agentless(leave_message=LeaveMessage(silence_s=None)))
    attempt = machine(line)
    line.at(12.8, e.TalkingStopped(attempt, 0.8)).look_away().at(37.9)
    assert not line.wanted(c.PlayMessage)


def test_a_machine_that_hangs_up_in_the_message_has_heard_a_part_of_it() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.at(12.0, e.ToneHeard(attempt, Tone.BEEP, 0.2))
    play = line.the(c.PlayMessage)
    line.at(12.1, e.PlaybackStarted(play.playback_id)).at(14.0, e.ChannelEnded(attempt, 16))
    assert line.closed().disposition == "machine_message"


def test_a_machine_that_hangs_up_while_we_wait_is_a_machine() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.at(12.0, e.ChannelEnded(attempt, 16))
    assert line.closed().disposition == "machine"


def test_whoever_speaks_over_the_message_may_be_a_person_and_gets_an_agent() -> None:
    line = Timeline(campaign(analysis=profile_named("balanced"), responses=LEAVES, message=MESSAGE,
                             leave_message=LeaveMessage(silence_s=2.5)))  # fmt: skip
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.2, e.TalkingStarted(attempt))
    line.at(8.0, e.AmdFinished(attempt, "MACHINE", "LONGGREETING-1750-1750"))
    line.at(8.3, e.TalkingStopped(attempt, 0.8)).at(10.1)
    play = line.the(c.PlayMessage)
    line.at(10.2, e.PlaybackStarted(play.playback_id)).look_away().at(11.5, e.TalkingStarted(attempt))
    assert line.the(c.StopPlayback).playback_id == play.playback_id
    enter = line.the(c.EnterBridge)
    line.at(11.6, e.BridgeEntered(attempt, enter.bridge_id)).at(40.0, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.analysis_rule) == ("answered_agent", "spoke_over_message")
    assert record.abandoned is True  # later than the law allows: counted


def test_without_agents_whoever_speaks_over_the_message_hears_it_to_the_end() -> None:
    for policy, disposition in ((SpokenOver.UNSURE, "answered_message"), (SpokenOver.GO_ON, "machine_message_left")):
        line = Timeline(agentless(leave_message=LeaveMessage(silence_s=2.5, if_spoken_over=policy)))
        attempt = machine(line)
        line.at(9.0, e.TalkingStopped(attempt, 0.8)).at(10.8)
        play = line.the(c.PlayMessage)
        line.at(11.0, e.PlaybackStarted(play.playback_id)).at(12.0, e.TalkingStarted(attempt))
        line.at(20.0, e.PlaybackFinished(play.playback_id)).at(20.1, e.ChannelEnded(attempt, 16))
        assert line.closed().disposition == disposition


def test_a_successor_waits_for_the_greetings_end_anew() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.then(e.TelephonyLost("gone")).look_away().at(10.0)
    live = e.LiveChannel(attempt, "Up", True)
    line.at(10.0, e.TelephonyBack((live,), {}, frozenset()))
    assert line.the(c.StartListening).attempt_id == attempt
    line.at(12.6)
    assert line.second_of(c.PlayMessage) == 12.5


@pytest.mark.parametrize(
    ("tone", "disposition"),
    [
        (Tone.FAX_CED, "fax"), (Tone.FAX_CNG, "fax"), (Tone.SIT, "sit"), (Tone.SIT_VACANT, "sit_vacant"),
        (Tone.SIT_NO_CIRCUIT, "sit_no_circuit"), (Tone.BEEP, "machine"),
    ],
)  # fmt: skip
def test_a_tone_ends_the_analysis(tone: Tone, disposition: str) -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt))
    assert line.the(c.StartListening).attempt_id == attempt
    line.look_away().at(6.0, e.ToneHeard(attempt, tone))
    assert line.the(c.HangUp).channel_id == attempt
    line.at(6.1, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.analysis_rule, record.abandoned) == (disposition, f"tone_{tone}", False)


def test_a_tone_after_the_agent_has_the_call_is_a_hint() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(6.95)
    line.then(e.BridgeEntered(attempt, line.the(c.EnterBridge).bridge_id)).look_away()
    line.at(7.8, e.ToneHeard(attempt, Tone.FAX_CED))
    assert line.the(c.Tell).name == "late_machine_hint"
    assert dict(line.the(c.Tell).fields)["heard"] == "fax"
    line.look_away().at(13.1)
    assert line.second_of(c.StopListening) == 13.0
    line.at(20.0, e.ChannelEnded(attempt, 16))
    record = line.closed()
    assert (record.disposition, record.late_hint, record.tone) == ("answered_agent", "fax", "fax_ced")


def test_a_fax_while_somebody_seems_to_wait_for_an_agent_is_hung_up_on() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first"), abandon_threshold_s=4.0))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(6.0, e.MemberGone("sales", "8001")).at(7.0)
    assert line.live(attempt).state == "waiting_agent"
    line.look_away().at(7.5, e.ToneHeard(attempt, Tone.FAX_CED))
    assert line.the(c.HangUp).channel_id == attempt
    line.at(7.6, e.ChannelEnded(attempt, 16))
    assert (line.closed().disposition, line.closed().abandoned) == ("fax", False)


def test_a_fax_on_its_way_to_an_agent_is_a_hint() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).look_away().at(6.95, e.ToneHeard(attempt, Tone.FAX_CED))
    assert not line.wanted(c.HangUp)
    assert "late_machine_hint" in line.told()


def test_the_off_switch_and_another_way_for_one_type_of_numbers() -> None:
    settings = campaign(
        analysis=profile_named("connect_first"), analysis_by_type={"mobile": profile_named("off")}
    )  # fmt: skip
    for kind, analysed in (("mobile", False), ("home", True)):
        line = Timeline(settings)
        line.ready("8001").started(contact(numbers=(Number("+441632960077", kind),)))
        attempt = line.the(c.OriginateCall).attempt_id
        line.look_away().at(5.0, e.ChannelAnswered(attempt))
        assert bool(line.wanted(c.StartAmd)) is analysed
        assert bool(line.wanted(c.StartListening)) is analysed
        assert bool(line.wanted(c.EnterBridge)) is not analysed


def test_tones_can_be_left_to_others() -> None:
    quiet = replace(profile_named("connect_first"), tones=False)
    line = Timeline(campaign(analysis=quiet))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt))
    assert line.wanted(c.StartAmd)
    assert not line.wanted(c.StartListening)


def test_listening_that_fails_is_told_and_silence_decides() -> None:
    line = Timeline(agentless())
    attempt = machine(line)
    line.then(e.ListeningFailed(attempt, "no socket"))
    assert "listening_failed" in line.told()
    line.at(12.8, e.TalkingStopped(attempt, 0.8)).at(14.6)
    assert line.the(c.PlayMessage).playback_id == ids.sibling(attempt, ids.PLAYBACK)
