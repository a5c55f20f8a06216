"""Messages on the carrier's voicemails, judged by the carrier's own recording; faxes; people meanwhile."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from lab import Behaviour
from lab.clips import CLIPS
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.site import agentless
from tests.harness.stage import Stage, complete

pytestmark = pytest.mark.timeout(180)
VOICEMAILS = tuple(clip for clip in CLIPS if clip.beep)
HEARING_MS = 100
"""The recording is known to a frame of 50 ms, and so is the callee's own clock."""
LATEST_MS = 1500
"""From the end of the beep to the first word: more of it is silence on the machine's tape."""


def length_ms(path: Path) -> float:
    """How long a WAV file is."""
    with wave.open(str(path)) as file:
        return file.getnframes() * 1000 / file.getframerate()


def test_the_message_begins_after_the_beep_and_people_hear_it_at_once(stage: Stage) -> None:
    """Every voicemail of the lab, of all four kinds; beside them two people who say hello, and a fax."""
    clips = Path(stage.lab.settings.message_sound.removeprefix("sound:")).parent
    machines = {
        stage.person(behaviour=Behaviour(clip.kind), clip=clip.name, talk_s=14.0): clip for clip in VOICEMAILS
    }  # fmt: skip
    assert len({clip.kind for clip in machines.values()}) == 4
    people = [stage.person(clip=name) for name in ("hello-1", "hello-3")]
    faxed = stage.person(behaviour=Behaviour.FAX, talk_s=8.0)
    campaign = agentless(
        stage.lab,
        max_lines=20,
        call_analysis={"profile": "catch_machines"},
        responses={"machine": "message_after_beep"},
        message_after_beep={"wait_for": ["tone", "silence"]},
    )
    site = stage.open({"notice": campaign}, subscribers=[*machines, *people, faxed], start=["notice"])
    complete(site, "notice", limit_s=90)
    truth = truth_since(stage.lab, stage.began_ms)
    attempts = {one["number"]: one for one in site.attempts()}
    for number, clip in machines.items():
        (call,), attempt = truth.of(number), attempts[number]
        assert (attempt["disposition"], attempt["greeting_end"]) == ("machine_message_left", "tone"), (clip, attempt)
        assert call.spoke_ms is not None
        assert call.message_ms is not None
        beep_over_ms = call.spoke_ms + length_ms(clips / f"{clip.name}.wav")
        late_ms = call.message_ms - beep_over_ms
        assert -HEARING_MS <= late_ms <= LATEST_MS, f"{clip.name}: the message began {late_ms:.0f} ms after the beep"
        heard_ms = sum(stretch.to_ms - stretch.from_ms for stretch in call.heard)
        whole_ms = length_ms(Path(stage.lab.settings.message_sound.removeprefix("sound:") + ".wav"))
        assert heard_ms >= 0.7 * whole_ms, f"{clip.name}: heard {heard_ms} of {whole_ms:.0f} ms"
    for number in people:
        assert attempts[number]["disposition"] == "answered_message", attempts[number]
        assert attempts[number]["greeting_end"] == ""
    assert (attempts[faxed]["disposition"], attempts[faxed]["tone"]) == ("fax", "fax_ced"), attempts[faxed]
    counted = site.api.campaign("notice")["dispositions"]
    assert counted["machine_message_left"] == len(machines)
    assert_at_rest(site)
