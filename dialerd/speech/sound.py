"""From what a voice gave, in whatever WAV form, to what a telephone line carries."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

SHORTEST_S = 0.05
LONGEST_S = 300.0
_SILENT = 30.0
"""Root mean square, of 32768, below which nothing can be heard."""
_LOUDEST = 24_000.0
"""Peaks are brought to this, 2.7 dB below the limit: voices differ, and people are not to be shouted at."""
_LEAD_S, _TAIL_S = 0.03, 0.12
"""Silence that is left before and after, so that parts of a prompt follow each other without a hole."""
_EDGE = 200.0
_TAPS = 63

Samples = NDArray[np.float64]


class Unusable(Exception):
    """This is no speech: the text says why."""


def telephone_wav(content: bytes, rate: int = 8000) -> bytes:
    """16 bit mono WAV of ``rate`` samples per second, loud enough and without long silence at its ends.

    Raises :class:`Unusable`: no WAV, empty, silent, too short or longer than five minutes."""
    samples, had = _read(content)
    if len(samples) < SHORTEST_S * had:
        raise Unusable("it gave no sound")
    if len(samples) > LONGEST_S * had:
        raise Unusable(f"it gave more than {LONGEST_S:.0f} s of sound")
    if float(np.sqrt(np.mean(samples**2))) < _SILENT:
        raise Unusable("it gave silence")
    return _written(_trimmed(_resampled(samples, had, rate), rate), rate)


def seconds_of(content: bytes) -> float:
    """Length of a WAV file. Raises :class:`Unusable`."""
    samples, rate = _read(content)
    return len(samples) / rate


def is_whole(content: bytes) -> bool:
    """It is a WAV file of :func:`telephone_wav`, with all the sound that its header promises."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            promised = file.getnframes() * file.getsampwidth() * file.getnchannels()
            found = len(file.readframes(file.getnframes()))
            return bool(0 < promised == found)
    except (wave.Error, EOFError, OverflowError):
        return False


def _read(content: bytes) -> tuple[Samples, int]:
    try:
        with wave.open(io.BytesIO(content)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            # A voice that writes as it speaks does not know the length beforehand, and states a huge one.
            frames = file.readframes(min(file.getnframes(), len(content)))
    except (wave.Error, EOFError, OverflowError) as error:
        raise Unusable(f"it gave no WAV file ({error or 'empty'})") from None
    if width not in (1, 2, 4) or not 4000 <= rate <= 192_000 or channels < 1:
        raise Unusable(f"it gave WAV of {8 * width} bits, {channels} channels, {rate} Hz")
    frames = frames[: len(frames) - len(frames) % (width * channels)]
    samples = np.frombuffer(frames, dtype={1: "u1", 2: "<i2", 4: "<i4"}[width]).astype(np.float64)
    if width == 1:
        samples = (samples - 128.0) * 256.0
    elif width == 4:
        samples = samples / 65_536.0
    return samples.reshape(-1, channels).mean(axis=1), rate


def _resampled(samples: Samples, had: int, wanted: int) -> Samples:
    if had == wanted:
        return samples
    if had > wanted:
        # A windowed-sinc low pass a little below half the new rate, against aliases.
        at = np.arange(_TAPS) - (_TAPS - 1) / 2
        cut = 0.9 * wanted / had
        kernel = cut * np.sinc(cut * at) * np.hanning(_TAPS)
        samples = np.convolve(samples, kernel / kernel.sum(), mode="same")
    count = int(len(samples) * wanted / had)
    return np.interp(np.arange(count) * had / wanted, np.arange(len(samples)), samples)


def _trimmed(samples: Samples, rate: int) -> Samples:
    heard = np.flatnonzero(np.abs(samples) > _EDGE)
    if not len(heard):
        raise Unusable("it gave silence")
    first = max(0, int(heard[0]) - int(_LEAD_S * rate))
    return samples[first : int(heard[-1]) + int(_TAIL_S * rate)]


def _written(samples: Samples, rate: int) -> bytes:
    loud = samples * (_LOUDEST / float(np.abs(samples).max()))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(loud).astype("<i2").tobytes())
    return out.getvalue()
