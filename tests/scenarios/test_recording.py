"""Recordings of conversations, second by second."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.attempt import AttemptRecord
from dialerd.core.recording import RecordingSettings, is_chosen, paused_s
from tests.scenarios.timeline import START, Timeline, campaign

LINE = "agt-0000000000100001" + "00000001"
BRIDGE = ids.sibling(LINE, ids.BRIDGE)


def connected(**recording: Any) -> tuple[Timeline, str]:
    """At second 5 the person is in the agent's bridge."""
    line = Timeline(campaign(recording=RecordingSettings(**({"share": 1.0} | recording))))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, BRIDGE))
    return line, attempt


def told(line: Timeline, attempt: str) -> dict[str, Any]:
    found = line.live(attempt).record.recording
    assert found is not None
    return found


def closed(line: Timeline, attempt: str, second: float) -> AttemptRecord:
    line.at(second, e.ChannelEnded(attempt, 16))
    return line.closed()


def test_without_a_prompt_it_begins_at_once() -> None:
    line, attempt = connected()
    assert line.the(c.StartCallRecording) == c.StartCallRecording(attempt)
    line.look_away().at(5.1, e.CallRecordingStarted(attempt))
    assert line.the(c.AnnounceRecording) == c.AnnounceRecording("8001", "INUSE")
    record = closed(line, attempt, 30.0)
    assert record.recording is not None
    assert (record.recording["state"], record.recording["began_at"]) == ("over", START + 5.1)
    assert record.recording["ended_at"] == START + 30.0


def test_the_prompt_comes_first_and_both_hear_it() -> None:
    line, attempt = connected(consent="sound:recorded")
    assert {(play.channel_id, play.media) for play in line.wanted(c.PlayMessage)} == {
        (attempt, ("sound:recorded",)), (LINE, ("sound:recorded",)),
    }  # fmt: skip
    line.at(7.0, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT_OF_AGENT)))
    assert not line.wanted(c.StartCallRecording)
    line.at(7.1, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT)))
    assert line.second_of(c.StartCallRecording) == 7.1
    line.at(7.2, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT)))
    line.the(c.StartCallRecording)


def test_a_prompt_that_cannot_be_played_means_no_recording() -> None:
    line, attempt = connected(consent="sound:recorded")
    line.at(5.2, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT), failed=True)).at(6.0)
    assert not line.wanted(c.StartCallRecording)
    assert "call_not_recorded" in line.told()
    record = closed(line, attempt, 30.0)
    assert record.recording is not None
    assert (record.disposition, record.recording["state"], record.recording["reason"]) == (
        "answered_agent", "failed", "consent_not_played",
    )  # fmt: skip


def test_nothing_heard_of_the_prompts_end_means_no_recording() -> None:
    line, attempt = connected(consent="sound:recorded")
    line.at(70.0)
    assert told(line, attempt)["reason"] == "consent_not_played"
    line.at(71.0, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT)))
    assert not line.wanted(c.StartCallRecording)


def test_hanging_up_during_the_prompt_is_no_failure() -> None:
    line, attempt = connected(consent="sound:recorded")
    line.at(5.2, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT), failed=True))
    record = closed(line, attempt, 5.3)
    assert record.recording is not None
    assert record.recording["state"] == "none"
    assert "call_not_recorded" not in line.told()
    stop = line.the(c.StopPlayback)
    assert (stop.channel_id, stop.playback_id) == (LINE, ids.sibling(attempt, ids.CONSENT_OF_AGENT))


def test_pause_and_resume() -> None:
    line, attempt = connected()
    line.at(5.1, e.CallRecordingStarted(attempt)).look_away()
    line.at(10.0, e.RecordingPauseAsked(True, "agent 8001", agent="8001"))
    assert line.the(c.PauseCallRecording) == c.PauseCallRecording(attempt, True)
    assert told(line, attempt)["state"] == "recording", "not before Asterisk has done it"
    line.at(10.1, e.CallRecordingPaused(attempt, True))
    assert (told(line, attempt)["state"], line.told()) == ("paused", ["recording_paused"])
    line.look_away().at(20.0, e.RecordingPauseAsked(False, "somebody", attempt)).at(
        20.1, e.CallRecordingPaused(attempt, False)
    )
    assert line.the(c.AnnounceRecording).device_state == "INUSE"
    line.at(25.0, e.RecordingPauseAsked(True, "x", attempt)).at(25.1, e.CallRecordingPaused(attempt, True))
    record = closed(line, attempt, 30.1)
    assert record.recording is not None
    assert record.recording["pauses"] == [
        pytest.approx([START + 10.1, START + 20.1]), pytest.approx([START + 25.1, START + 30.1]),
    ]  # fmt: skip
    assert paused_s(record.recording, START + 30.1) == pytest.approx(15.0)


def test_a_pause_that_asterisk_refuses_is_told() -> None:
    line, attempt = connected()
    line.at(5.1, e.CallRecordingStarted(attempt)).at(10.0, e.RecordingPauseAsked(True, "x", attempt)).look_away()
    line.at(10.1, e.CallRecordingPaused(attempt, True, failed=True))
    assert (told(line, attempt)["state"], line.told()) == ("recording", ["recording_not_paused"])


def test_paused_while_the_prompt_is_heard_begins_with_silence() -> None:
    line, attempt = connected(consent="sound:recorded")
    line.at(6.0, e.RecordingPauseAsked(True, "agent 8001", agent="8001"))
    assert not line.wanted(c.PauseCallRecording)
    line.at(7.0, e.PlaybackFinished(ids.sibling(attempt, ids.CONSENT)))
    assert line.the(c.StartCallRecording) == c.StartCallRecording(attempt, paused=True)
    line.at(7.1, e.CallRecordingStarted(attempt))
    assert (told(line, attempt)["state"], told(line, attempt)["pauses"]) == ("paused", [[START + 7.1, None]])


def test_who_may_pause() -> None:
    line, attempt = connected(agents_may_pause=False)
    line.at(5.1, e.CallRecordingStarted(attempt)).look_away()
    line.at(6.0, e.RecordingPauseAsked(True, "agent 8001", agent="8001"))
    assert (line.wanted(c.PauseCallRecording), line.told()) == ([], ["pause_not_allowed"])
    line.look_away().at(7.0, e.RecordingPauseAsked(True, "nobody", agent="8099"))
    assert line.told() == ["nothing_to_pause"]
    line.look_away().at(8.0, e.RecordingPauseAsked(True, "supervisor", attempt))
    line.the(c.PauseCallRecording)


@pytest.mark.parametrize("reason", ["no space", "ended_early"])
def test_a_recording_that_breaks_off_leaves_the_call_alone(reason: str) -> None:
    line, attempt = connected()
    line.at(5.1, e.CallRecordingStarted(attempt)).look_away().at(12.0, e.CallRecordingFailed(attempt, reason)).at(
        15.0
    )
    assert line.told() == ["call_not_recorded"]
    assert not line.wanted(c.HangUp)
    record = closed(line, attempt, 30.0)
    assert record.recording is not None
    assert (record.recording["state"], record.recording["reason"]) == ("failed", reason)


def test_the_end_of_the_call_ends_its_recording_without_a_word() -> None:
    line, attempt = connected()
    line.at(5.1, e.CallRecordingStarted(attempt)).look_away()
    line.at(20.0, e.CallRecordingFailed(attempt, "ended_early"))
    record = closed(line, attempt, 20.1)
    assert record.recording is not None
    assert (record.recording["state"], "call_not_recorded" in line.told()) == ("over", False)


def test_a_share_of_the_conversations() -> None:
    ids_of_a_day = [f"dlr-{0x1A201C44F77F5107:016x}{number:08x}" for number in range(20_000)]
    for share in (0.0, 0.1, 0.5, 1.0):
        chosen = sum(is_chosen(share, attempt) for attempt in ids_of_a_day) / len(ids_of_a_day)
        assert chosen == pytest.approx(share, abs=0.01)
    line, attempt = connected(share=0.0)
    assert line.live(attempt).record.recording is None
    assert not line.wanted(c.StartCallRecording)


@pytest.mark.parametrize("kinds", [(ids.RECORDED_IN, ids.RECORDED_OUT), (ids.RECORDED_IN,)])
def test_after_asterisk_was_out_of_sight(kinds: tuple[str, ...]) -> None:
    line, attempt = connected()
    line.at(5.1, e.CallRecordingStarted(attempt)).at(10.0, e.TelephonyLost("gone")).look_away()
    channels = [e.LiveChannel(attempt, "Up"), e.LiveChannel(LINE, "Up")]
    channels += [e.LiveChannel(ids.sibling(attempt, kind), "Up") for kind in kinds]
    line.at(12.0, e.TelephonyBack(tuple(channels), {BRIDGE: frozenset({attempt, LINE})}, frozenset()))
    whole = len(kinds) == 2
    assert told(line, attempt)["state"] == ("recording" if whole else "failed")
    assert [command.channel_id for command in line.wanted(c.HangUp)] == (
        [] if whole else [ids.sibling(attempt, ids.RECORDED_IN)]
    )
