"""Two recordings of one call become one file: left is what the called party said, right is what they heard."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from dialerd.app.whole_file import whole_file

_FRAMES = 1 << 16


class NotAudio(Exception):
    """A half is not what Asterisk records: 16-bit mono WAV."""


def join(left: Path, right: Path, to: Path) -> float:
    """Write the stereo file; the shorter half is filled up with silence. Returns its duration in seconds. The file is
    on the disk, whole and under its name, or not there at all.

    Raises:
        NotAudio: one of the halves cannot be read as audio.
        OSError: the file cannot be written.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(to) as file:
        return _write(left, right, file)


def _write(left: Path, right: Path, to: object) -> float:
    try:
        with wave.open(str(left), "rb") as a, wave.open(str(right), "rb") as b:
            rate = a.getframerate()
            if {a.getnchannels(), b.getnchannels()} != {1} or {a.getsampwidth(), b.getsampwidth()} != {2}:
                raise NotAudio("not 16-bit mono")
            if b.getframerate() != rate:
                raise NotAudio(f"{rate} and {b.getframerate()} samples a second")
            frames = 0
            with wave.open(to, "wb") as out:  # type: ignore[call-overload]
                out.setnchannels(2)
                out.setsampwidth(2)
                out.setframerate(rate)
                while True:
                    one, two = (np.frombuffer(half.readframes(_FRAMES), dtype="<i2") for half in (a, b))
                    length = max(len(one), len(two))
                    if not length:
                        return frames / rate
                    both = np.zeros((length, 2), dtype="<i2")
                    both[: len(one), 0], both[: len(two), 1] = one, two
                    out.writeframes(both.tobytes())
                    frames += length
    except (wave.Error, EOFError) as error:
        raise NotAudio(str(error)) from error
