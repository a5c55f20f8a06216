"""Tones in synthesised sound: what is found, when, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from dialerd.core.tones import Heard, Tone, ToneListener
from lab.corpus import sounds
from lab.corpus.sounds import Sound


def heard(*parts: Sound, portion: int = 160) -> list[Heard]:
    """What is heard in these sounds, one after another, fed in portions, with a little noise as a line has."""
    whole = np.concatenate(parts)
    noise = np.random.default_rng(1).normal(0, 0.0005, len(whole))
    samples = ((whole + noise) * 32000).astype(np.int16)
    listener = ToneListener()
    return [one for i in range(0, len(samples), portion) for one in listener.feed(samples[i : i + portion])]


def vowel(seconds: float) -> Sound:
    """A voice: many harmonics of 140 Hz."""
    time_s = np.arange(round(seconds * 8000)) / 8000
    return sounds.level(sum(np.sin(2 * np.pi * 140 * n * time_s) / n for n in range(1, 20)), -8)


@pytest.mark.parametrize("portion", [37, 160, 4000])
def test_an_answering_fax_is_told_while_it_sounds(portion: int) -> None:
    fax = sounds.answering_fax(2100, 3.0, -15, reversals=True, modulated=True)
    (found,) = heard(sounds.silence(1.0), fax, portion=portion)
    assert found.tone is Tone.FAX_CED
    assert found.from_ms == pytest.approx(1000, abs=40)
    assert found.to_ms == pytest.approx(1400, abs=60)


def test_a_calling_fax_but_no_beep_of_its_frequency_after_speech() -> None:
    assert [one.tone for one in heard(sounds.silence(0.5), sounds.calling_fax(1100, -12, 2))] == [Tone.FAX_CNG]
    after_speech = heard(vowel(1.5), sounds.silence(0.5), sounds.tone(1100, 0.5), sounds.silence(0.5))
    assert [one.tone for one in after_speech] == [Tone.BEEP]


@pytest.mark.parametrize(
    ("frequencies", "lengths", "tone"),
    [
        ((985.2, 1428.5, 1776.7), (0.38, 0.38, 0.38), Tone.SIT_NO_CIRCUIT),
        ((913.8, 1370.6, 1776.7), (0.274, 0.274, 0.38), Tone.SIT_INTERCEPT),
        ((985.2, 1370.6, 1776.7), (0.38, 0.274, 0.38), Tone.SIT_VACANT),
        ((913.8, 1428.5, 1776.7), (0.274, 0.38, 0.38), Tone.SIT_REORDER),
        ((950.0, 1400.0, 1800.0), (0.33, 0.33, 0.33), Tone.SIT),
    ],
)
def test_special_information_tones(
    frequencies: tuple[float, float, float], lengths: tuple[float, float, float], tone: Tone
) -> None:
    announced = sounds.information_tones(frequencies, lengths, -20)
    assert [one.tone for one in heard(sounds.silence(0.3), announced, sounds.silence(0.2), vowel(1.0))] == [tone]


def test_falling_tones_are_no_information_tones() -> None:
    falling = sounds.information_tones((1800, 1400, 950), (0.33, 0.33, 0.33), -20)
    assert Tone.SIT not in [one.tone for one in heard(falling, sounds.silence(0.5))]


@pytest.mark.parametrize("hz", [440, 800, 1000, 1400, 2000])
def test_a_beep_is_told_when_it_is_over_and_quiet(hz: float) -> None:
    (found,) = heard(vowel(1.0), sounds.silence(0.4), sounds.tone(hz, 0.35), sounds.silence(0.6))
    assert found.tone is Tone.BEEP
    assert found.hz == pytest.approx(hz, abs=8)
    assert found.to_ms == pytest.approx(1750, abs=40)


def test_a_beep_in_the_middle_of_a_greeting_does_not_count() -> None:
    assert not heard(vowel(1.0), sounds.tone(900, 0.3), vowel(1.0), sounds.silence(0.5))


def test_of_several_beeps_each_is_told() -> None:
    beep, pause = sounds.tone(900, 0.2), sounds.silence(0.4)
    assert len(heard(vowel(0.5), pause, beep, pause, beep, pause)) == 2


@pytest.mark.parametrize("sound", [sounds.silence(2.0), vowel(3.0), sounds.noise(np.random.default_rng(3), 3.0, -20)])
def test_what_is_no_tone(sound: Sound) -> None:
    assert not heard(sound, sounds.silence(0.5))


def test_quiet_tones_below_the_floor_are_nothing() -> None:
    assert not heard(sounds.tone(1000, 0.5, -60), sounds.silence(0.5))
