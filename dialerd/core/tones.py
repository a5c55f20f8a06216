"""Tones in a call's sound: fax machines, special information tones, and the beep of a voicemail.

Works on 8 kHz sound in steps of 20 ms, as it comes; looks at the last 40 ms, so that frequencies are told apart to
some ten hertz. Asterisk's own ``TONE_DETECT`` was tried first: it knows one frequency per channel, found 6 of 21
answering faxes (phase reversals end its tone) and no beep, whose frequency nobody knows beforehand.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
STEP_MS = 20
STEP_SAMPLES = RATE_HZ * STEP_MS // 1000
_WINDOW = 2 * STEP_SAMPLES
_BIN_HZ = RATE_HZ / _WINDOW
_HANN = np.hanning(_WINDOW)
_LOW, _HIGH = round(250 / _BIN_HZ), round(3500 / _BIN_HZ)
_AROUND = 2
"""Bins on each side of a peak that a pure tone's energy lies in."""

FLOOR_DBFS = -48.0
"""Quieter than this is silence."""
_PURE = 0.85
"""Share of the sound's energy that lies in one frequency: a tone. Speech has it elsewhere, too."""


class Tone(StrEnum):
    """What was heard."""

    FAX_CED = "fax_ced"
    """The answering fax or modem: 2100 Hz (ITU-T T.30, V.8)."""
    FAX_CNG = "fax_cng"
    """A calling fax: 1100 Hz for half a second, with nothing before it but the same (ITU-T T.30)."""
    SIT_NO_CIRCUIT = "sit_no_circuit"
    SIT_INTERCEPT = "sit_intercept"
    SIT_VACANT = "sit_vacant"
    SIT_REORDER = "sit_reorder"
    SIT = "sit"
    """Special information tones of a network that does not say more by them (ITU-T E.180)."""
    BEEP = "beep"
    """A tone that was heard to end, and quiet after it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone and when: ``from_ms`` and ``to_ms`` count from the first sample. A fax is told while it still sounds."""

    tone: Tone
    from_ms: int
    to_ms: int
    hz: float


@dataclass(slots=True)
class _Stretch:
    """A tone of one frequency."""

    from_ms: int
    to_ms: int
    hz: float
    steps: int = 1

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms


_GAP_MS = 60
"""A tone that is interrupted for less (a phase reversal, a lost packet) goes on."""
_DRIFT_HZ = 28.0
_CED_MS, _CED_HZ = 400, (2060.0, 2140.0)
_CNG_MS, _CNG_HZ = (400, 640), (1050.0, 1150.0)
_SIT_HZ = ((880.0, 1020.0), (1330.0, 1470.0), (1730.0, 1850.0))
_SIT_MS = (200, 460)
_SIT_LAST_MS = 140
_SIT_TABLE = {
    Tone.SIT_NO_CIRCUIT: (985.2, 1428.5),
    Tone.SIT_INTERCEPT: (913.8, 1370.6),
    Tone.SIT_VACANT: (985.2, 1370.6),
    Tone.SIT_REORDER: (913.8, 1428.5),
}
"""Telcordia GR-1162-CORE; the third tone, 1776.7 Hz, is the same in all."""
_SIT_TOLERANCE_HZ = 12.0
_BEEP_MS, _BEEP_HZ = (120, 2500), (390.0, 2050.0)
_AFTER_BEEP_MS = 200
_BEEP_DBFS = -40.0


@dataclass(slots=True)
class ToneListener:
    """Listens to one call. Feed it samples in any portions; it says each thing once, beeps each time."""

    _rest: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _before: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(STEP_SAMPLES))
    _now_ms: int = 0
    _current: _Stretch | None = None
    _past: deque[_Stretch] = field(default_factory=lambda: deque(maxlen=4))
    _other_ms: int = 0
    """So much sound was heard that was no tone."""
    _beep: _Stretch | None = None
    """A beep that has ended, if it stays quiet."""
    _told: set[Tone] = field(default_factory=set)

    @property
    def now_ms(self) -> int:
        """How much was listened to."""
        return self._now_ms

    def feed(self, samples: npt.NDArray[np.int16]) -> list[Heard]:
        """What these samples let be known. 16-bit samples at 8 kHz."""
        rest = np.concatenate([self._rest, samples / 32768.0])
        found: list[Heard] = []
        count = len(rest) // STEP_SAMPLES
        for i in range(count):
            found += self._step(rest[i * STEP_SAMPLES : (i + 1) * STEP_SAMPLES])
        self._rest = rest[count * STEP_SAMPLES :]
        return found

    def _step(self, step: npt.NDArray[np.float64]) -> list[Heard]:
        window = np.concatenate([self._before, step])
        self._before = step
        self._now_ms += STEP_MS
        mean_square = float(step @ step) / STEP_SAMPLES
        loud = mean_square > 10 ** (FLOOR_DBFS / 10)
        hz = _pure_tone(window) if loud else None
        found: list[Heard] = []
        if hz is not None:
            self._beep = None
            self._continue(hz)
        else:
            if loud and (self._current is None or self._now_ms - self._current.to_ms > STEP_MS):
                self._other_ms += STEP_MS
            found += self._tone_pauses(loud, mean_square)
        return found + self._known()

    def _continue(self, hz: float) -> None:
        tone = self._current
        if tone is not None and abs(tone.hz - hz) <= _DRIFT_HZ:
            tone.hz += (hz - tone.hz) / (tone.steps + 1)
            tone.steps += 1
            tone.to_ms = self._now_ms
            return
        if tone is not None:
            self._past.append(tone)
        self._current = _Stretch(self._now_ms - STEP_MS, self._now_ms, hz)

    def _tone_pauses(self, loud: bool, mean_square: float) -> list[Heard]:
        tone = self._current
        if tone is not None and self._now_ms - tone.to_ms > _GAP_MS:
            self._past.append(tone)
            self._current = None
            found = self._calling_fax(tone)
            if _within(tone.length_ms, _BEEP_MS) and _within(tone.hz, _BEEP_HZ) and not self._told:
                self._beep = tone
            return found
        beep = self._beep
        if beep is not None:
            if mean_square > 10 ** (_BEEP_DBFS / 10):
                self._beep = None  # somebody goes on speaking: it was part of the greeting
            elif self._now_ms - beep.to_ms >= _AFTER_BEEP_MS:
                self._beep = None
                return [Heard(Tone.BEEP, beep.from_ms, beep.to_ms, beep.hz)]
        return []

    def _calling_fax(self, tone: _Stretch) -> list[Heard]:
        same = all(_within(other.hz, _CNG_HZ) for other in self._past)
        if (
            _within(tone.hz, _CNG_HZ)
            and _within(tone.length_ms, _CNG_MS)
            and same
            and self._other_ms <= 100
            and Tone.FAX_CNG not in self._told
        ):
            self._told.add(Tone.FAX_CNG)
            return [Heard(Tone.FAX_CNG, tone.from_ms, tone.to_ms, tone.hz)]
        return []

    def _known(self) -> list[Heard]:
        """What the tone that sounds now is, as soon as it is certain."""
        tone = self._current
        if tone is None or tone.to_ms != self._now_ms:
            return []
        if _within(tone.hz, _CED_HZ) and tone.length_ms >= _CED_MS and Tone.FAX_CED not in self._told:
            self._told.add(Tone.FAX_CED)
            return [Heard(Tone.FAX_CED, tone.from_ms, tone.to_ms, tone.hz)]
        if len(self._past) >= 2 and tone.length_ms >= _SIT_LAST_MS and Tone.SIT not in self._told:
            first, second = self._past[-2], self._past[-1]
            three = (first, second, tone)
            if (
                all(_within(one.hz, span) for one, span in zip(three, _SIT_HZ, strict=True))
                and all(_within(one.length_ms, _SIT_MS) for one in (first, second))
                and second.from_ms - first.to_ms <= _GAP_MS + STEP_MS
                and tone.from_ms - second.to_ms <= _GAP_MS + STEP_MS
            ):
                self._told.add(Tone.SIT)
                return [Heard(_which_sit(first, second), first.from_ms, tone.to_ms, first.hz)]
        return []


def _within(value: float, span: tuple[float, float]) -> bool:
    return span[0] <= value <= span[1]


def _which_sit(first: _Stretch, second: _Stretch) -> Tone:
    """By the frequencies of the first two tones. A network that uses the code keeps them within 0.2 %."""
    for tone, (first_hz, second_hz) in _SIT_TABLE.items():
        if abs(first.hz - first_hz) <= _SIT_TOLERANCE_HZ and abs(second.hz - second_hz) <= _SIT_TOLERANCE_HZ:
            return tone
    return Tone.SIT


def _pure_tone(window: npt.NDArray[np.float64]) -> float | None:
    """The frequency, in Hz, of a window that is nothing but one tone."""
    spectrum = np.fft.rfft(window * _HANN)
    power = (spectrum.real**2 + spectrum.imag**2)[_LOW:_HIGH]
    peak = int(power.argmax())
    low, high = max(0, peak - _AROUND), peak + _AROUND + 1
    if float(power[low:high].sum()) < _PURE * float(power.sum()):
        return None
    if 0 < peak < len(power) - 1:
        left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-20)
        shift = 0.5 * (left - right) / (left - 2 * middle + right)
    else:
        shift = 0.0
    return float((peak + _LOW + shift) * _BIN_HZ)
