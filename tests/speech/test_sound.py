"""What voices give becomes what a telephone line carries, or is refused."""

from __future__ import annotations

import io
import math
import struct
import wave

import numpy as np
import pytest

from dialerd.speech.sound import Unusable, seconds_of, telephone_wav
from tests.speech.voices import tone


def samples(content: bytes) -> tuple[np.ndarray, int]:  # type: ignore[type-arg]
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float), file.getframerate()


@pytest.mark.parametrize(("rate", "channels"), [(22_050, 1), (48_000, 2), (8000, 1), (11_025, 1)])
@pytest.mark.parametrize("wanted", [8000, 16_000])
def test_rate_channels_and_level(rate: int, channels: int, wanted: int) -> None:
    heard, had = samples(telephone_wav(tone(0.5, rate, channels=channels), wanted))
    assert had == wanted
    assert len(heard) / had == pytest.approx(0.5, abs=0.03)
    assert np.abs(heard).max() == pytest.approx(24_000, abs=2)
    crossings = np.count_nonzero(np.diff(np.signbit(heard))) / (len(heard) / had)
    assert crossings / 2 == pytest.approx(440, rel=0.05), "it is the same tone"


def test_what_lies_above_the_line_does_not_come_back_as_another_tone() -> None:
    rate = 48_000
    high = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * 7000 * at / rate))) for at in range(rate))
    low = b"".join(struct.pack("<h", int(300 * math.sin(2 * math.pi * 500 * at / rate))) for at in range(rate))
    both = (np.frombuffer(high, "<i2") + np.frombuffer(low, "<i2")).astype("<i2").tobytes()
    heard, had = samples(telephone_wav(wav(both, rate), 8000))
    spectrum = np.abs(np.fft.rfft(heard[:8000]))
    assert spectrum[450:550].max() > 3 * spectrum[900:1100].max(), "7 kHz would come back as 1 kHz"
    assert had == 8000


def wav(frames: bytes, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return out.getvalue()


def test_long_silence_at_both_ends_is_cut() -> None:
    inside = wave.open(io.BytesIO(tone(0.5, 8000))).readframes(4000)  # noqa: SIM115
    assert seconds_of(telephone_wav(wav(bytes(16_000) + inside + bytes(32_000)))) == pytest.approx(0.65, abs=0.02)


def test_a_voice_that_does_not_know_its_length_beforehand() -> None:
    content = bytearray(tone(0.5))
    content[40:44] = struct.pack("<I", 0x7FFFF000)
    content[4:8] = struct.pack("<I", 0x7FFFF024)
    assert seconds_of(telephone_wav(bytes(content))) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no WAV"),
        (b"<html>quota exceeded</html>", "no WAV"),
        (tone()[:30], "no WAV"),
        (wav(b""), "no sound"),
        (wav(bytes(16_000)), "silence"),
        (wav(b"\x01\x00" * 8000), "silence"),
        (tone(0.01), "no sound"),
        (wav(b"\x00\x40" * 8000 * 301), "more than 300 s"),
    ],
    ids=["empty", "a web page", "cut off", "no samples", "zeros", "almost zeros", "a click", "too long"],
)
def test_what_is_no_speech_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        telephone_wav(content)
