"""Calls of campaigns without agents that are recorded: from the flow's beginning on, second by second."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import Mode
from dialerd.core.commands import SaveAttempt
from dialerd.core.recording import RecordingSettings
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.test_flows import delivery
from tests.scenarios.timeline import START, Timeline, contact, recovered

HELLO, ASK, RECORDED = ("sound:hello",), ("sound:ask",), ("sound:recorded",)


def answered(*agents: str, **recording: Any) -> tuple[Timeline, str]:
    """Somebody answers at second 5, and is led into the flow."""
    settings = delivery(recording=RecordingSettings(**({"share": 1.0} | recording)))
    line = Timeline(settings).ready(*agents).started(contact(1, columns={"branch": "+441632960777"}))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(5.0, e.ChannelAnswered(attempt))
    return line, attempt


def consent(attempt: str) -> str:
    return ids.sibling(attempt, ids.CONSENT)


def played(line: Timeline) -> list[tuple[str, ...]]:
    return [play.media for play in line.wanted(c.PlayMessage)]


def told(line: Timeline, attempt: str) -> dict[str, Any]:
    found = line.live(attempt).record.recording
    assert found is not None
    return found


def closed(line: Timeline, attempt: str, second: float) -> AttemptRecord:
    line.look_away().at(second, e.ChannelEnded(attempt, 16))
    return line.closed()


def to_the_question(line: Timeline) -> None:
    prompt = line.wanted(c.PlayMessage)[-1]
    assert prompt.media == HELLO
    line.then(e.PlaybackStarted(prompt.playback_id)).at(line.now + 2, e.PlaybackFinished(prompt.playback_id))
    assert played(line)[-1] == ASK


def test_without_a_prompt_the_flow_and_the_recording_begin_at_once() -> None:
    line, attempt = answered()
    assert played(line) == [HELLO]
    assert line.the(c.StartCallRecording) == c.StartCallRecording(attempt)
    line.at(5.1, e.CallRecordingStarted(attempt))
    to_the_question(line)
    record = closed(line, attempt, 30.0)
    assert record.recording is not None
    assert (record.recording["state"], record.recording["began_at"]) == ("over", START + 5.1)
    assert record.disposition == "left_flow"


def test_the_prompt_is_heard_before_the_flow() -> None:
    line, attempt = answered(consent="sound:recorded")
    assert (played(line), line.wanted(c.StartCallRecording)) == ([RECORDED], [])
    line.at(5.1, e.PlaybackStarted(consent(attempt)), e.DigitPressed(attempt, "1"))
    assert line.live(attempt).record.message_at == START + 5.1
    line.at(8.0, e.PlaybackFinished(consent(attempt)))
    assert line.second_of(c.StartCallRecording) == 8.0
    assert played(line) == [RECORDED, HELLO]
    to_the_question(line)


def test_a_prompt_that_cannot_be_played_keeps_nobody_from_the_flow() -> None:
    line, attempt = answered(consent="sound:recorded")
    line.at(5.1, e.PlaybackFinished(consent(attempt), failed=True)).at(6.0)
    assert (played(line), line.wanted(c.StartCallRecording)) == ([RECORDED, HELLO], [])
    assert "call_not_recorded" in line.told()
    to_the_question(line)
    record = closed(line, attempt, 30.0)
    assert record.recording is not None
    assert (record.recording["state"], record.recording["reason"]) == ("failed", "consent_not_played")


def test_hanging_up_during_the_prompt_leaves_the_flow_and_no_recording() -> None:
    line, attempt = answered(consent="sound:recorded")
    line.at(5.1, e.PlaybackStarted(consent(attempt)))
    line.at(9.0, e.PlaybackFinished(consent(attempt), failed=True))
    record = closed(line, attempt, 9.1)
    assert record.recording is not None
    assert (record.disposition, record.abandoned, record.recording["state"]) == ("left_flow", False, "none")


def test_who_is_not_chosen_or_belongs_to_agents_is_led_on_at_once() -> None:
    line, attempt = answered(share=0.0, consent="sound:recorded")
    assert (played(line), line.live(attempt).record.recording) == ([HELLO], None)


def test_what_a_campaign_with_agents_leads_into_a_flow_is_recorded_from_the_agent_on() -> None:
    settings = delivery(
        mode=Mode.PROGRESSIVE, queue="sales", recording=RecordingSettings(1.0, "sound:recorded"),
        responses={CallAnalysis.PERSON: Treatment.FLOW},
    )  # fmt: skip
    line = Timeline(settings).ready("8001").started(contact(1))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(5.0, e.ChannelAnswered(attempt))
    assert (played(line), line.live(attempt).record.recording) == ([HELLO], None)


def test_an_agent_who_takes_over_hears_and_sees_it_and_may_pause() -> None:
    line, attempt = answered("8001", consent="sound:recorded")
    line.at(8.0, e.PlaybackFinished(consent(attempt))).at(8.1, e.CallRecordingStarted(attempt))
    to_the_question(line)
    line.look_away().at(12.0, e.DigitPressed(attempt, "0"))
    enter = line.wanted(c.EnterBridge)[-1]
    line.look_away().then(e.BridgeEntered(attempt, enter.bridge_id))
    (prompt,) = line.wanted(c.PlayMessage)
    assert (prompt.media, prompt.channel_id == attempt) == (RECORDED, False)
    assert line.wanted(c.AnnounceRecording)[-1] == c.AnnounceRecording("8001", "INUSE")
    assert not line.wanted(c.StartCallRecording)
    line.at(13.0, e.RecordingPauseAsked(True, "agent 8001", agent="8001"))
    assert line.the(c.PauseCallRecording) == c.PauseCallRecording(attempt, True)
    record = closed(line, attempt, 40.0)
    assert record.recording is not None
    assert (record.disposition, record.recording["state"]) == ("answered_agent", "over")


def test_nobody_else_to_whom_the_flow_connects_is_recorded() -> None:
    line, attempt = answered()
    line.at(5.1, e.CallRecordingStarted(attempt))
    to_the_question(line)
    line.look_away().at(9.0, e.DigitPressed(attempt, "6"))
    line.the(c.TransferOut)
    assert line.the(c.PauseCallRecording) == c.PauseCallRecording(attempt, True)
    line.at(9.1, e.CallRecordingPaused(attempt, True))
    line.look_away().at(20.0, e.TransferFailed(attempt, "NOANSWER"))
    assert line.the(c.PauseCallRecording) == c.PauseCallRecording(attempt, False)
    line.at(20.1, e.CallRecordingPaused(attempt, False))
    assert (told(line, attempt)["state"], told(line, attempt)["pauses"]) == (
        "recording", [pytest.approx([START + 9.1, START + 20.1])],
    )  # fmt: skip


def test_a_recording_that_breaks_off_is_told_and_the_flow_goes_on() -> None:
    line, attempt = answered()
    line.at(5.1, e.CallRecordingStarted(attempt))
    line.at(6.0, e.CallRecordingFailed(attempt, "ended_early")).at(9.0)
    assert (told(line, attempt)["state"], told(line, attempt)["reason"]) == ("failed", "ended_early")
    assert "call_not_recorded" in line.told()
    to_the_question(line)


def taken_over(line: Timeline, attempt: str, *kinds: str) -> Timeline:
    """A successor finds what the ledger had last, and these channels of the recording."""
    left = line.wanted(SaveAttempt)[-1].record
    successor = Timeline(line.plan.campaigns["spring"])
    channels = tuple(e.LiveChannel(one, "Up", True) for one in (attempt, *(ids.sibling(attempt, k) for k in kinds)))
    successor.now = line.now + 1
    successor.then(e.PlanChanged(successor.plan), recovered(left))
    return successor.then(e.TelephonyBack(channels, {}, frozenset()))


BOTH = (ids.RECORDED_IN, ids.RECORDED_OUT)


def test_a_successor_announces_it_again_and_goes_on_with_the_flow() -> None:
    line, attempt = answered(consent="sound:recorded")
    line = taken_over(line, attempt)
    assert played(line) == [RECORDED]
    line.at(12.0, e.PlaybackFinished(consent(attempt)))
    assert played(line) == [RECORDED, HELLO]
    assert line.the(c.StartCallRecording) == c.StartCallRecording(attempt)


@pytest.mark.parametrize(("kinds", "state"), [(BOTH, "recording"), ((), "failed")])
def test_a_successor_finds_the_recording_or_says_that_it_is_lost(kinds: tuple[str, ...], state: str) -> None:
    line, attempt = answered()
    line.at(5.1, e.CallRecordingStarted(attempt))
    line = taken_over(line, attempt, *kinds)
    assert told(line, attempt)["state"] == state
    assert played(line) == [HELLO], "the node is heard once more"
