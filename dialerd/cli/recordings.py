"""Labelled recordings of answers in a folder: read, checked, and made ready for judging."""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialerd.cli.outcome import Exit, Failure
from dialerd.core.amd_model import levels
from dialerd.core.amd_tuning import Labelled
from dialerd.core.tones import RATE_HZ, ToneListener

LABELS = ("person", "machine", "fax", "sit", "silence")
TABLE = "labels.csv"
_AFTERWARDS_S = 0.5
"""Silence put behind a recording, so that a beep at its end is known as one."""
_ON_ITS_WAY_MS = 40


def labelled_recordings(folder: Path) -> list[Labelled]:
    """Every recording that ``labels.csv`` in the folder names (columns ``file`` and ``label``), or that lies in a
    folder of it that is called as its label. Raises :class:`Failure` for what cannot be used, with file and line."""
    if not folder.is_dir():
        raise Failure(f"there is no folder {folder}", code=Exit.USAGE)
    table = folder / TABLE
    named = _from_table(table) if table.exists() else _from_folders(folder)
    if not named:
        kinds = ", ".join(f"{label}/" for label in LABELS)
        raise Failure(
            f"no labelled recordings in {folder}", f"Put WAV files into {kinds} or name them in {TABLE} (file,label)."
        )
    return [_read(path, label) for path, label in named]


def _from_table(table: Path) -> list[tuple[Path, str]]:
    found = []
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not {"file", "label"} <= set(reader.fieldnames or ()):
            raise Failure(f"{table}:1: no columns `file` and `label`", "The first line is: file,label")
        for row in reader:
            label = (row["label"] or "").strip().lower()
            if label not in LABELS:
                raise Failure(f"{table}:{reader.line_num}: no such label: {label!r}", f"One of {', '.join(LABELS)}.")
            found.append((table.parent / (row["file"] or ""), label))
    return found


def _from_folders(folder: Path) -> list[tuple[Path, str]]:
    return [(path, label) for label in LABELS for path in sorted((folder / label).glob("*.wav"))]


def _read(path: Path, label: str) -> Labelled:
    samples = _samples(path)
    after = np.zeros(round(_AFTERWARDS_S * RATE_HZ), dtype=np.int16)
    heard = ToneListener().feed(np.concatenate([samples, after]))
    tone, known_ms = (heard[0].tone, heard[0].to_ms) if heard else (None, 0)
    if tone == "beep":
        known_ms += 200
    return Labelled(path.name, label, tuple(levels(samples)), tone, known_ms + _ON_ITS_WAY_MS)


def _samples(path: Path) -> npt.NDArray[np.int16]:
    hint = f"Convert it: sox {path.name} -r {RATE_HZ} -c 1 -b 16 new.wav"
    try:
        with wave.open(str(path)) as file:
            shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise Failure(f"{path}: cannot be read: {error}", hint) from None
    if shape != (RATE_HZ, 1, 2):
        rate, channels, width = shape
        raise Failure(
            f"{path}: {rate} Hz, {channels} channels, {8 * width} bit; 8000 Hz, mono, 16 bit is needed", hint
        )
    return np.frombuffer(data, dtype="<i2")
