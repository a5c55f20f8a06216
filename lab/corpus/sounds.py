"""Sounds at 8 kHz as arrays of float64 between -1 and 1: tones, noise, music, the telephone's band, silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 8000
Sound = npt.NDArray[np.float64]


def silence(seconds: float) -> Sound:
    """Nothing."""
    return np.zeros(round(seconds * RATE))


def level(sound: Sound, dbfs: float) -> Sound:
    """The sound with this peak, in dB below full scale."""
    peak = float(np.abs(sound).max()) if len(sound) else 0.0
    return sound if peak == 0.0 else sound * (10 ** (dbfs / 20) / peak)


def tone(hz: float, seconds: float, dbfs: float = -10.0, fade_s: float = 0.004) -> Sound:
    """A sine with short fades."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * hz * time_s)
    ramp = max(1, round(fade_s * RATE))
    edge = np.minimum(1.0, np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / ramp)
    return level(wave * edge, dbfs)


def answering_fax(hz: float, seconds: float, dbfs: float, *, reversals: bool, modulated: bool) -> Sound:
    """CED of ITU-T T.30 (2100 Hz), with the phase reversals every 450 ms of an echo canceller disabler, or as the
    amplitude-modulated ANSam of V.8."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    phase = np.pi * (np.floor(time_s / 0.45) % 2) if reversals else 0.0
    swing = 1.0 + 0.2 * np.sin(2 * np.pi * 15 * time_s) if modulated else 1.0
    return level(np.sin(2 * np.pi * hz * time_s + phase) * swing, dbfs)


def calling_fax(hz: float, dbfs: float, times: int) -> Sound:
    """CNG of ITU-T T.30: 1100 Hz for half a second, every three and a half."""
    once = np.concatenate([tone(hz, 0.5, dbfs), silence(3.0)])
    return np.tile(once, times)


def information_tones(frequencies: tuple[float, float, float], durations_s: tuple[float, ...], dbfs: float) -> Sound:
    """Special information tones (ITU-T E.180, Telcordia GR-1162): three rising tones without a pause."""
    return np.concatenate([tone(hz, s, dbfs) for hz, s in zip(frequencies, durations_s, strict=True)])


def noise(rng: np.random.Generator, seconds: float, dbfs: float) -> Sound:
    """Pink-ish noise, as of a street."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    slope = np.ones(len(spectrum))
    slope[1:] = np.arange(1, len(spectrum)) ** -0.5
    return level(np.fft.irfft(spectrum * slope, count), dbfs)


def music(rng: np.random.Generator, seconds: float, dbfs: float) -> Sound:
    """Plucked chords in some key."""
    parts, left_s = np.zeros(round(seconds * RATE)), 0.0
    root = 130.8 * 2 ** (rng.integers(0, 12) / 12)
    while left_s < seconds:
        start = round(left_s * RATE)
        for step in rng.choice([0, 3, 4, 5, 7, 9, 12, 16], 3, replace=False):
            time_s = np.arange(len(parts) - start) / RATE
            wave = sum(np.sin(2 * np.pi * root * 2 ** (step / 12) * n * time_s) / n for n in (1, 2, 3, 4))
            parts[start:] += wave * np.exp(-time_s * 3)
        left_s += float(rng.uniform(0.25, 0.6))
    return level(parts, dbfs)


def telephone(sound: Sound) -> Sound:
    """Only what a telephone lets through: 300 to 3400 Hz."""
    if not len(sound):
        return sound
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.fft.irfft(spectrum * ((hz >= 250) & (hz <= 3500)), len(sound))


def mixed(one: Sound, other: Sound) -> Sound:
    """Both at once; as long as the longer."""
    both = np.zeros(max(len(one), len(other)))
    both[: len(one)] += one
    both[: len(other)] += other
    return both
