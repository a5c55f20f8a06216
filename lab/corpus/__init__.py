"""Recordings of what answers calls, made when they are needed: people, voicemails, faxes, tones, silence.

Each half has texts, voices, tones and noises of its own: parameters are looked for on ``tuning`` and judged on
``held_out``. The speech is espeak-ng's, so absolute rates are not those of the field.
"""

from lab.corpus.drawing import Half, Kind, Part, draw
from lab.corpus.making import Recording, make, read_folder

__all__ = ["Half", "Kind", "Part", "Recording", "draw", "make", "read_folder"]
