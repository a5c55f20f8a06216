"""What a callee heard, from the recording of the sound that reached it.

A recording is raw 16-bit samples at 8 kHz, from the answer on. Frames of 50 ms are
told apart by their energy at the agents' tones, so the result is a measure of the
audio path itself: which agent's line was joined to this call, from when to when.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.phones import TENS_HZ, UNITS_HZ

_RATE = 8000
_FRAME = 400
_FRAME_MS = 1000 * _FRAME // _RATE
_LOUD = 60.0
_GAP_FRAMES = 8
_LEAST_FRAMES = 3

OTHER = ""
"""The `agent` of sound that is no agent's: a message, music, ringing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of sound. Times in epoch milliseconds, right to about 0.1 s."""

    agent: str
    from_ms: int
    to_ms: int


def listen(recording: Path, started_ms: int) -> tuple[Heard, ...]:
    """The stretches of sound in `recording`, in order; none if the file does not exist."""
    if not recording.exists():
        return ()
    data = recording.read_bytes()
    samples = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float64)
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return ()
    return tuple(
        Heard(agent, started_ms + first * _FRAME_MS, started_ms + (last + 1) * _FRAME_MS)
        for agent, first, last in _stretches(_labels(frames))
    )


def _labels(frames: np.ndarray) -> list[str | None]:
    time_s = np.arange(_FRAME) / _RATE
    window = np.hanning(_FRAME)
    waves = np.exp(-2j * np.pi * np.outer(time_s, [*TENS_HZ, *UNITS_HZ])) * window[:, None]
    # Mean square of a sine at each frequency, comparable to the frame's own mean square.
    power = 2 * np.abs(frames @ waves) ** 2 / window.sum() ** 2
    total = (frames**2).mean(axis=1)
    tens, units = power[:, : len(TENS_HZ)], power[:, len(TENS_HZ) :]
    best_tens, best_units = tens.argmax(axis=1), units.argmax(axis=1)
    strong = np.minimum(tens.max(axis=1), units.max(axis=1))
    labels: list[str | None] = []
    for i, energy in enumerate(total):
        if energy < _LOUD**2:
            labels.append(None)
        elif strong[i] > 0.2 * energy:
            labels.append(f"80{best_tens[i]}{best_units[i]}")
        else:
            labels.append(OTHER)
    return labels


def _stretches(labels: list[str | None]) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    count: list[int] = []
    for i, label in enumerate(labels):
        if label is None:
            continue
        if found and found[-1][0] == label and i - found[-1][2] <= _GAP_FRAMES:
            found[-1] = (label, found[-1][1], i)
            count[-1] += 1
        else:
            found.append((label, i, i))
            count.append(1)
    return [stretch for stretch, frames in zip(found, count, strict=True) if frames >= _LEAST_FRAMES]
