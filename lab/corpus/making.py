"""Makes the recordings of a corpus, and a table of what each one is, in a folder."""

from __future__ import annotations

import csv
import subprocess
import tempfile
import wave
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from lab.corpus import sounds
from lab.corpus.drawing import Kind, Part
from lab.corpus.sounds import RATE, Sound

TABLE = "labels.csv"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording. Times are seconds from its beginning, which is the answer; -1: there is none.

    ``label`` is what a program that takes labelled recordings wants to know: ``person``, ``machine``, ``fax``,
    ``sit`` or ``silence``.
    """

    file: str
    label: str
    kind: str
    speech_at_s: float
    speech_end_s: float
    beep_end_s: float
    length_s: float


def make(parts: Iterable[Part], folder: Path) -> tuple[Recording, ...]:
    """Write ``<name>.wav`` for each part and ``labels.csv``. What is there already is made again.

    Raises:
        subprocess.CalledProcessError: espeak-ng failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory() as work:
        for part in parts:
            sound, recording = _composed(part, Path(work) / "spoken.wav")
            _write(folder / recording.file, sound)
            made.append(recording)
    with (folder / TABLE).open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Recording)])
        writer.writeheader()
        writer.writerows(asdict(recording) for recording in made)
    return tuple(made)


def read_folder(folder: Path) -> tuple[Recording, ...]:
    """The recordings that `make` put there."""
    with (folder / TABLE).open(newline="") as file:
        return tuple(
            Recording(
                row["file"], row["label"], row["kind"],
                *(float(row[name]) for name in ("speech_at_s", "speech_end_s", "beep_end_s", "length_s")),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def _composed(part: Part, spoken: Path) -> tuple[Sound, Recording]:
    rng = np.random.default_rng(part.seed)
    said = _said(part, spoken, rng)
    sound = np.concatenate([sounds.silence(part.pause_s), said])
    end_s, beep_end_s = len(sound) / RATE, -1.0
    if part.beep_hz is not None:
        beep = sounds.tone(part.beep_hz, part.beep_s, max(part.dbfs - 4, -20))
        sound = np.concatenate([sound, sounds.silence(part.beep_gap_s), beep])
        beep_end_s = len(sound) / RATE
    if part.noise_dbfs is not None:
        # A machine that records is silent; a person's surroundings are not.
        quiet_s = 0.0 if part.kind.label == "machine" else 6.0
        around = sounds.noise(rng, len(sound) / RATE + quiet_s, part.noise_dbfs)
        sound = sounds.mixed(sound, around)
    starts_s = part.pause_s if len(said) else -1.0
    recording = Recording(
        f"{part.name}.wav", part.kind.label, part.kind, starts_s, end_s if len(said) else -1.0,
        beep_end_s, round(len(sound) / RATE, 3),
    )  # fmt: skip
    return sounds.telephone(sound), recording


def _said(part: Part, spoken: Path, rng: np.random.Generator) -> Sound:
    if part.kind is Kind.SILENT:
        return sounds.silence(0)
    if part.kind is Kind.FAX:
        return sounds.answering_fax(
            2100 + rng.uniform(-15, 15), rng.uniform(2.6, 4.0), part.dbfs,
            reversals=bool(rng.integers(2)), modulated=bool(rng.integers(2)),
        )  # fmt: skip
    if part.kind is Kind.CALLING_FAX:
        return sounds.calling_fax(1100 + rng.uniform(-38, 38), part.dbfs, 3)
    speech = sounds.level(_spoken(part, spoken), part.dbfs)
    if part.kind is Kind.SIT:
        assert part.tones_hz is not None
        announced = sounds.information_tones(part.tones_hz, part.durations_s, part.dbfs)
        return np.concatenate([announced, sounds.silence(rng.uniform(0.1, 0.6)), speech])
    if part.kind is Kind.AGAIN:
        return np.concatenate([speech, sounds.silence(rng.uniform(1.2, 2.0)), speech])
    if part.kind is Kind.MUSIC:
        return sounds.mixed(speech, sounds.music(rng, len(speech) / RATE, part.dbfs - 8))
    return speech


def _spoken(part: Part, path: Path) -> Sound:
    voice = f"{part.language}{part.voice}"
    rate, pitch = str(part.words_per_minute), str(part.pitch)
    command = ["espeak-ng", "-v", voice, "-s", rate, "-p", pitch, "-w", str(path), part.text]
    subprocess.run(command, check=True, capture_output=True)
    with wave.open(str(path)) as file:
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    cut = samples[loud[0] : loud[-1] + 1]
    # Down to 8 kHz by dropping what a telephone does not carry, and what 8 kHz cannot.
    count = round(len(cut) * RATE / rate_hz)
    return np.asarray(np.fft.irfft(np.fft.rfft(cut)[: count // 2 + 1], count) * (count / len(cut)))


def _write(path: Path, sound: Sound) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32000).astype("<i2").tobytes())
