"""Of a sample of machine verdicts, what was heard is kept for somebody to listen to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.analysis import AMD_GRACE_S, profile_named
from dialerd.core.recording import RecordingSettings, ReviewSettings
from dialerd.core.tones import Tone
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.timeline import START, Timeline, campaign

ALL = ReviewSettings(1.0, 0.0, 86_400.0)
BALANCED = profile_named("balanced")
HELD_S = 6.0 + AMD_GRACE_S
"""As long as `balanced` may take."""


def answered(review: ReviewSettings = ALL, **changes: object) -> tuple[Timeline, str]:
    """Somebody answers at second 5 and speaks half a second later."""
    settings = {"analysis": BALANCED, "review": review, **changes}
    line = Timeline(campaign(**settings))
    attempt = line.dialing()
    return line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TalkingStarted(attempt)), attempt


def machine(attempt: str) -> e.AmdFinished:
    return e.AmdFinished(attempt, "MACHINE", "MAXWORDS-5-4")


def test_a_machine_verdict_is_kept_as_a_recording() -> None:
    line, attempt = answered()
    assert line.the(c.StartListening) == c.StartListening(attempt, HELD_S)
    line.at(7.0, machine(attempt))
    given = [one for _, one in line.done if isinstance(one, c.KeepHeard | c.StopListening | c.HangUp)]
    assert given == [c.KeepHeard(attempt, 0.0), c.StopListening(attempt), c.HangUp(attempt)], "in this order"
    line.at(7.1, e.ChannelEnded(attempt, 16, None))
    assert line.closed().recording == {
        "kind": "review", "state": "over", "name": "review/{year}/{month}/{day}/{campaign}/{attempt}",
        "keep_s": 86_400.0, "pauses": [], "began_at": START + 5.0, "ended_at": START + 7.0,
    }  # fmt: skip


def test_so_is_one_by_a_beep() -> None:
    line, attempt = answered()
    line.look_away().at(7.0, e.ToneHeard(attempt, Tone.BEEP, 0.2))
    assert line.the(c.KeepHeard).attempt_id == attempt


@pytest.mark.parametrize(
    "verdict",
    [e.AmdFinished("", "HUMAN", "HUMAN-1000-1000"), e.AmdFinished("", "NOTSURE", "TOOLONG"),
     e.ToneHeard("", Tone.FAX_CED, 0.1)],
    ids=["person", "unsure", "fax"],
)  # fmt: skip
def test_no_other_verdict_is(verdict: e.AmdFinished | e.ToneHeard) -> None:
    line, attempt = answered()
    line.look_away().at(7.0, replace(verdict, attempt_id=attempt))
    assert line.wanted(c.KeepHeard) == []
    assert line.dialer.floor.attempts[attempt].record.recording is None


def test_without_a_share_nothing_is_held() -> None:
    line, attempt = answered(ReviewSettings())
    assert line.the(c.StartListening) == c.StartListening(attempt, 0.0)
    line.at(7.0, machine(attempt))
    assert line.wanted(c.KeepHeard) == []


def test_what_comes_after_the_verdict_is_kept_where_the_call_goes_on() -> None:
    changes = {"responses": {CallAnalysis.MACHINE: Treatment.MESSAGE_AFTER_BEEP}}
    line, attempt = answered(ReviewSettings(1.0, 3.0, 86_400.0), **changes)
    assert line.the(c.StartListening).keep_s == HELD_S + 3.0
    line.look_away().at(7.0, machine(attempt))
    assert line.the(c.KeepHeard) == c.KeepHeard(attempt, 3.0)
    assert line.wanted(c.StopListening) == []


def test_tones_that_are_not_wanted_are_not_looked_at() -> None:
    line, attempt = answered(analysis=replace(BALANCED, tones=False))
    line.look_away().at(6.0, e.ToneHeard(attempt, Tone.FAX_CED, 0.1))
    assert line.wanted(c.HangUp) == []
    line.at(7.0, machine(attempt))
    assert line.the(c.KeepHeard)
    unheard, _ = answered(ReviewSettings(), analysis=replace(BALANCED, tones=False))
    assert unheard.wanted(c.StartListening) == []


def test_where_nobody_could_listen_there_is_no_recording() -> None:
    line, attempt = answered()
    line.look_away().at(6.0, e.ListeningFailed(attempt, "no address")).at(7.0, machine(attempt))
    assert line.wanted(c.KeepHeard) == []
    assert line.dialer.floor.attempts[attempt].record.recording is None


def test_a_conversation_is_worth_more() -> None:
    """The machine goes to an agent, and the conversation is recorded."""
    changes = {"responses": {CallAnalysis.MACHINE: Treatment.AGENT}}
    line, attempt = answered(recording=RecordingSettings(share=1.0), **changes)
    line.look_away().at(7.0, machine(attempt))
    assert (line.dialer.floor.attempts[attempt].record.recording or {})["kind"] == "review"
    entered = line.the(c.EnterBridge)
    line.then(e.BridgeEntered(entered.channel_id, entered.bridge_id))
    assert line.the(c.StartCallRecording).attempt_id == attempt
    assert "kind" not in (line.dialer.floor.attempts[attempt].record.recording or {})


def test_a_verdict_that_an_agent_checks_is_not_kept() -> None:
    line, attempt = answered(machine_sample=1.0)
    line.look_away().at(7.0, machine(attempt))
    assert line.the(c.EnterBridge)
    assert line.wanted(c.KeepHeard) == []


def test_bad_sound_is_told_once_and_the_call_goes_on_without_tones() -> None:
    line, attempt = answered()
    failed = e.ListeningFailed(attempt, "a frame of kind 0x42")
    line.look_away().at(6.0, failed, failed)
    assert line.told() == ["listening_failed"]
    line.at(7.0, e.AmdFinished(attempt, "HUMAN", "HUMAN-1000-1000"))
    assert line.the(c.EnterBridge).channel_id == attempt
