"""Voices for tests: programs that take note of being started."""

from __future__ import annotations

import io
import math
import struct
import sys
import wave
from pathlib import Path

from dialerd.config.voices import Engine, VoiceSettings


def tone(seconds: float = 0.5, rate: int = 22_050, *, channels: int = 1, level: int = 8000) -> bytes:
    """WAV with a tone of 440 Hz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        for at in range(int(seconds * rate)):
            sample = struct.pack("<h", int(level * math.sin(2 * math.pi * 440 * at / rate)))
            file.writeframesraw(sample * channels)
    return out.getvalue()


def scripted(folder: Path, body: str, *, timeout_s: float = 10.0, name: str = "scripted") -> VoiceSettings:
    """A voice that is a Python program; it notes each start in ``folder/starts`` and has the text in ``text``."""
    script = folder / f"{name}.py"
    script.write_text(
        f"import sys, time, os\nwith open({str(folder / 'starts')!r}, 'a') as f: f.write('x')\n"
        f"text = sys.stdin.read()\nout = sys.stdout.buffer\n{body}\n"
    )
    return VoiceSettings(name, Engine.COMMAND, command=(sys.executable, str(script)), timeout_s=timeout_s)


def starts(folder: Path) -> int:
    """How often programs of :func:`scripted` were started."""
    file = folder / "starts"
    return len(file.read_text()) if file.exists() else 0


def plays(folder: Path) -> str:
    """The body of a program that gives a tone."""
    file = folder / "tone.wav"
    file.write_bytes(tone())
    return f"out.write(open({str(file)!r}, 'rb').read())"
