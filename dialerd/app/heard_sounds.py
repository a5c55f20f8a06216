"""The sound of answers that may have to be kept, in memory, until the record says what becomes of them."""

from __future__ import annotations

import wave
from collections import OrderedDict
from pathlib import Path

from dialerd.app.whole_file import whole_file
from dialerd.core.tones import RATE_HZ

MOST_BYTES = 32 << 20
"""More than half an hour; then the oldest go, and their recordings count as failed."""


class HeardSounds:
    """What was heard, by attempt."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def take(self, attempt_id: str, sound: bytes) -> None:
        """This was heard of a call; heard again, the longer one counts."""
        known = self._sounds.get(attempt_id)
        if known is not None and len(known) >= len(sound):
            return
        self.forget(attempt_id)
        self._sounds[attempt_id] = sound
        self._bytes += len(sound)
        while self._bytes > self._most_bytes:
            self.forget(next(iter(self._sounds)))

    def of(self, attempt_id: str) -> bytes | None:
        """What was heard of a call; None: it is not here."""
        return self._sounds.get(attempt_id)

    def forget(self, attempt_id: str) -> None:
        """It is kept elsewhere, or by nobody."""
        self._bytes -= len(self._sounds.pop(attempt_id, b""))


def write_sound(sound: bytes, to: Path) -> float:
    """Write 16-bit samples at 8 kHz as a WAV file; returns its length in seconds. Half a sample at the end is left
    out. The file is there whole or not at all. Raises :class:`OSError`."""
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    whole = sound[: len(sound) // 2 * 2]
    with whole_file(to) as file, wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(whole)
    return len(whole) / 2 / RATE_HZ
