"""Asterisk's ``AMD()`` on a recording: the same decision rule, without Asterisk and as fast as it can be read.

Restated from app_amd's documented behaviour and checked against the real application on recordings (``bench``,
``tests/integration/asterisk/test_amd_itself.py``). Sound is looked at in frames of 20 ms, each of them silent when
the mean of its absolute samples is below the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dialerd.core.analysis import AmdArguments

FRAME_MS = 20
_FRAME = 160


@dataclass(frozen=True, slots=True)
class AmdWord:
    """What ``AMD()`` says and how many milliseconds into the recording. ``cause`` is the first part of AMDCAUSE."""

    status: str
    cause: str
    after_ms: int


def levels(samples: npt.NDArray[np.int16]) -> list[int]:
    """The mean of the absolute samples of each frame; 16-bit samples at 8 kHz."""
    count = len(samples) // _FRAME
    frames = np.abs(samples[: count * _FRAME].astype(np.int32)).reshape(count, _FRAME)
    found: list[int] = (frames.sum(axis=1) // _FRAME).tolist()
    return found


def amd(frame_levels: Sequence[int], arguments: AmdArguments) -> AmdWord:
    """The verdict on a recording that is followed by endless silence."""
    a = arguments
    silence_ms = voice_ms = word_ms = total_ms = dsp_silence_ms = words = 0
    in_silence = in_greeting = False
    before_speech = True
    index, count = 0, len(frame_levels)
    while True:
        loud = index < count and frame_levels[index] >= a.silence_threshold
        index += 1
        total_ms += FRAME_MS
        if total_ms >= a.total_analysis_ms:
            return AmdWord("NOTSURE", "TOOLONG", total_ms)
        if loud:
            dsp_silence_ms = 0
            word_ms += FRAME_MS
            voice_ms += FRAME_MS
            if word_ms >= a.min_word_ms and in_silence:
                words += 1
                in_silence = False
            if word_ms >= a.max_word_ms:
                return AmdWord("MACHINE", "MAXWORDLENGTH", total_ms)
            if words > a.max_words:
                return AmdWord("MACHINE", "MAXWORDS", total_ms)
            if in_greeting and voice_ms >= a.greeting_ms:
                return AmdWord("MACHINE", "LONGGREETING", total_ms)
            if voice_ms >= a.min_word_ms:
                silence_ms = 0
            if word_ms >= a.min_word_ms and not in_greeting:
                before_speech, in_greeting = False, True
            continue
        dsp_silence_ms += FRAME_MS
        silence_ms = dsp_silence_ms
        if silence_ms >= a.between_words_silence_ms:
            in_silence, word_ms = True, 0
        if before_speech and silence_ms >= a.initial_silence_ms:
            return AmdWord("MACHINE", "INITIALSILENCE", total_ms)
        if in_greeting and silence_ms >= a.after_greeting_silence_ms:
            return AmdWord("HUMAN", "HUMAN", total_ms)
