"""`amd tune` on folders of recordings, good and bad."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running_api import Dialerd, parsed

RATE = 8000


def write(path: Path, *stretches: tuple[float, int], rate: int = RATE) -> None:
    """A WAV file of noise: (seconds, amplitude) one after another."""
    rng = np.random.default_rng(1)
    parts = [rng.normal(0, amplitude, round(seconds * rate)) for seconds, amplitude in stretches]
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.concatenate(parts).clip(-32000, 32000).astype("<i2").tobytes())


def folder_of(folder: Path, count: int) -> Path:
    """So many people who say a word, and so many machines that say a sentence, in folders called as they are."""
    for i in range(count):
        write(folder / "person" / f"{i:03d}.wav", (0.3 + 0.01 * i, 0), (0.4, 4000), (2.0, 0))
        write(folder / "machine" / f"{i:03d}.wav", (0.3 + 0.01 * i, 0), (4.0, 4000), (2.0, 0))
    return folder


def test_a_profile_is_judged_and_better_arguments_are_looked_for(dialerd: Dialerd, folder: Path) -> None:
    recordings = folder_of(folder / "recordings", 20)
    write(recordings / "silence" / "one.wav", (3.0, 0))
    found = parsed(dialerd("amd", "tune", str(recordings), "--every", "100", "--json"))
    assert found["recordings"] == {"person": 20, "machine": 20, "silence": 1}
    assert (found["score"]["caught"]["hits"], found["score"]["false_machines"]["hits"]) == (20, 0)
    assert found["score"]["silent_machines"]["count"] == 1
    assert found["suggestion"]["held_out"]["caught"] == {**found["suggestion"]["held_out"]["caught"], "count": 10}
    told = dialerd("amd", "tune", str(recordings), "--every", "1000").stdout
    assert "41 recordings: 20 person, 20 machine, 1 silence" in told
    assert "silence_threshold:" in told


def test_a_table_names_the_recordings(dialerd: Dialerd, folder: Path) -> None:
    write(folder / "clips" / "a.wav", (0.4, 4000), (2.0, 0))
    (folder / "clips" / "labels.csv").write_text("file,label\na.wav,Person\n")
    told = dialerd("amd", "tune", "clips").stdout
    assert "1 recordings: 1 person" in told
    assert "at least 20 people and 20 machines are needed" in told


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("file,label\na.wav,robot\n", "labels.csv:2: no such label: 'robot'"),
        ("name,kind\na.wav,person\n", "labels.csv:1: no columns `file` and `label`"),
        ("file,label\nmissing.wav,person\n", "missing.wav: cannot be read"),
        ("file,label\nwide.wav,person\n", "wide.wav: 16000 Hz, 1 channels, 16 bit; 8000 Hz, mono, 16 bit is needed"),
        ("file,label\n", "no labelled recordings in clips"),
    ],
)
def test_what_cannot_be_used_is_told(table: str, said: str, dialerd: Dialerd, folder: Path) -> None:
    write(folder / "clips" / "a.wav", (0.4, 4000))
    write(folder / "clips" / "wide.wav", (0.4, 4000), rate=16_000)
    (folder / "clips" / "labels.csv").write_text(table)
    answer = dialerd("amd", "tune", "clips")
    assert answer.exit_code == 1
    assert said in answer.output


def test_there_is_no_folder_or_profile(dialerd: Dialerd, folder: Path) -> None:
    assert "there is no folder nowhere" in dialerd("amd", "tune", "nowhere").output
    assert "no such profile: off" in dialerd("amd", "tune", str(folder), "--profile", "off").output
