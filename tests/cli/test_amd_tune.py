"""`amd tune` on folders of recordings, good and bad."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 8000


def write(path: Path, *stretches: tuple[float, int], rate: int = RATE) -> None:
    """A WAV file of noise: (seconds, amplitude) one after another."""
    rng = np.random.default_rng(1)
    parts = [rng.normal(0, amplitude, round(seconds * rate)) for seconds, amplitude in stretches]
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.concatenate(parts).clip(-32000, 32000).astype("<i2").tobytes())
