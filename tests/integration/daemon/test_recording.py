"""Conversations are recorded on the real pair: both voices, each on its side, nothing before the prompt was heard to
its end, and silence while it is paused."""

from __future__ import annotations

import io
import json
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

from lab import Behaviour
from lab.hearing import listen
from tests.harness.aftermath import assert_at_rest
from tests.harness.site import agentless, progressive
from tests.harness.stage import Stage
from tests.harness.waiting import until

SPEECH_AFTER_S = 5.5
"""The called party speaks for about 14 seconds from here on."""
EDGE_S = 0.3
"""Around a pause: what lies between the request and Asterisk's answer."""
QUIET, LOUD = 5.0, 200.0


class Sound:
    """A stereo recording."""

    def __init__(self, content: bytes) -> None:
        with wave.open(io.BytesIO(content)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
            frames = file.readframes(file.getnframes())
        self.samples = np.frombuffer(frames, dtype="<i2").reshape(-1, 2).astype(np.float64)
        self.duration_s = len(self.samples) / 8000

    def level(self, side: int, from_s: float, to_s: float) -> float:
        """Root mean square of a side (0 left, 1 right)."""
        part = self.samples[int(from_s * 8000) : int(to_s * 8000), side]
        return float(np.sqrt((part**2).mean()))


def recorded(stage: Stage, **changes: Any) -> tuple[dict[str, Any], float]:
    """A campaign that records, and how long its prompt is, in seconds."""
    prompt = Path(stage.lab.settings.message_sound.removeprefix("sound:")).parent / "hold"
    with wave.open(f"{prompt}.wav") as file:
        prompt_s = file.getnframes() / file.getframerate()
    recording = {"share": "always", "consent": f"sound:{prompt}", "keep": "30d", "name": "{campaign}/{attempt}"}
    return progressive(recording=recording | changes), prompt_s


def test_both_sides_and_a_pause(stage: Stage) -> None:
    campaign, prompt_s = recorded(stage)
    person = stage.person(behaviour=Behaviour.VOICEMAIL_LONG, clip="vm-long-1", pause_s=SPEECH_AFTER_S, talk_s=0.5)
    site = stage.open({"calls": campaign}, nailed=["8001"], people=[person], start=["calls"])
    until("consent", lambda: [one["recording"] for one in site.api.live()] == ["consent"])
    until("recording", lambda: [one["recording"] for one in site.api.live()] == ["recording"])
    (live,) = site.api.live()
    path = f"/api/v1/attempts/{live['id']}/recording"

    # The called party is speaking by now.
    def spoken_s() -> float:
        return time.time() - float(live["answered_at"])

    until("speech", lambda: spoken_s() > SPEECH_AFTER_S + 1.0)
    answer = site.api.ask("POST", f"{path}?paused=1")
    assert (answer.status, answer.body["recording"]) == (200, "paused")
    until("two seconds of silence", lambda: spoken_s() > SPEECH_AFTER_S + 3.5)
    # Back on by the agent's second line.
    stage.lab.call_in("*88001")
    until("resumed", lambda: [one["recording"] for one in site.api.live()] == ["recording"])
    until("the end", lambda: site.dispositions() == {person: ["answered_agent"]}, 40)
    until("kept", lambda: site.api.get(path)["state"] == "kept")

    (attempt,) = site.rows("select * from recordings")
    (row,) = site.attempts()
    began = attempt["began_at"]
    assert began - row["connected_at"] >= prompt_s - 0.05, "nothing is recorded before the prompt is over"
    assert attempt["file"] == f"calls/{live['id']}.wav"
    sound = Sound(site.api.content(f"{path}/audio"))
    assert abs(sound.duration_s - (row["ended_at"] - began)) < 0.3
    (pause,) = site.api.get(f"/api/v1/attempts/{live['id']}")["recording"]["pauses"]
    from_s, to_s = pause[0] - began, pause[1] - began
    assert to_s - from_s >= 2.0
    speaks_s = row["answered_at"] + SPEECH_AFTER_S + 0.5 - began
    for side in (0, 1):
        assert sound.level(side, speaks_s, from_s - EDGE_S) > LOUD
        assert sound.level(side, from_s + EDGE_S, to_s - EDGE_S) < QUIET
    assert sound.level(0, to_s + EDGE_S, to_s + 2.0) > LOUD
    # Before they spoke, there was the agent alone, and nothing of the prompt.
    assert sound.level(0, 0.0, speaks_s - 1.5) < QUIET
    right = site.folder / "right.sln"
    right.write_bytes(sound.samples[:, 1].astype("<i2").tobytes())
    assert {one.agent for one in listen(right, 0)} == {"8001"}
    assert abs(attempt["paused_s"] - (to_s - from_s)) < 0.01

    # The halves are gone from Asterisk, and with the contact all of it is.
    serial = live["id"].partition("-")[2]
    until("no half left", lambda: not [one for one in stage.pbx.ari("recordings/stored") if serial in one["name"]])
    assert site.api.metric("dialerd_recordings_total", campaign="calls", result="kept") == 1
    file = site.folder / "recordings" / attempt["file"]
    assert file.is_file()
    (contact,) = site.contacts()
    site.api.post("/api/v1/contacts/remove", json.dumps({"list": "people", "ids": [contact["id"]]}).encode())
    until("removed", lambda: site.api.get(path)["state"] == "removed")
    assert not file.exists()
    assert site.api.ask("GET", f"{path}/audio").status == 410
    assert {"recording_heard", "recording_pause"} <= {one["what"] for one in site.api.get("/api/v1/audit")["audit"]}
    assert_at_rest(site)


def test_no_room_on_the_disk_of_asterisk(stage: Stage) -> None:
    """The call goes on, the attempt says that its recording failed, and the operator is told."""
    campaign, _ = recorded(stage)
    person = stage.person(talk_s=4.0)
    spool = stage.lab.pbx.home / "spool/recording"
    aside = spool.with_name("recording-aside")
    spool.rename(aside)
    spool.touch()  # no folder, no room
    try:
        site = stage.open({"calls": campaign}, nailed=["8001"], people=[person], start=["calls"])
        until("failed", lambda: [one["recording"] for one in site.api.live()] == ["failed"])
        assert site.api.states() == {person: "connected"}
        until("the end", lambda: site.dispositions() == {person: ["answered_agent"]}, 40)
    finally:
        spool.unlink()
        aside.rename(spool)
    (attempt,) = site.attempts()
    assert attempt["hung_up_by"] == "callee"
    told = site.api.get(f"/api/v1/attempts/{attempt['id']}")["recording"]
    assert (told["state"], bool(told["reason"])) == ("failed", True)
    assert "call_not_recorded" in site.api.notices()
    until("given up", lambda: [one["state"] for one in site.rows("select state from recordings")] == ["failed"])
    assert_at_rest(site)


def test_a_flow_of_a_campaign_without_agents(stage: Stage) -> None:
    """The prompt comes first, then the flow and the recording of it: the question on the right, the answer on the
    left."""
    clips = Path(stage.lab.settings.message_sound.removeprefix("sound:")).parent
    consent, question = f"sound:{clips / 'hold'}", f"sound:{clips / 'message'}"
    flow = {"nodes": {"ask": {"play": question, "next": "bye"}, "bye": {"hang_up": "heard"}}}
    recording = {"share": "always", "consent": consent, "keep": "30d"}
    campaign = agentless(
        stage.lab, contact_list="people", flow="asks", responses={"person": "flow"}, recording=recording
    )
    person = stage.person(behaviour=Behaviour.VOICEMAIL_LONG, clip="vm-long-1", pause_s=SPEECH_AFTER_S, talk_s=20.0)
    site = stage.open({"calls": campaign}, people=[person], start=["calls"], flows={"asks": flow})
    until("the end", lambda: site.dispositions() == {person: ["answered_flow"]}, 60)
    (row,) = site.attempts()
    path = f"/api/v1/attempts/{row['id']}/recording"
    until("kept", lambda: site.api.get(path)["state"] == "kept")

    (attempt,) = site.rows("select * from recordings")
    first_node_at = json.loads(row["flow"])["path"][0][0]
    assert row["message_at"] < first_node_at <= attempt["began_at"] + 0.001, "the prompt, then flow and recording"
    sound = Sound(site.api.content(f"{path}/audio"))
    assert sound.duration_s > 0.5 * (row["ended_at"] - attempt["began_at"])
    assert sound.level(1, 0.0, sound.duration_s) > LOUD, "what they heard"
    assert sound.level(0, sound.duration_s / 2, sound.duration_s) > LOUD, "what they said"
    assert_at_rest(site)
