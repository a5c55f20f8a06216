"""Which recordings a corpus has: drawn from a seed, without a sound being made."""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.corpus import texts


class Half(enum.IntEnum):
    """Of each corpus: one half to choose parameters on, one to judge them."""

    TUNING = 0
    HELD_OUT = 1


class Kind(enum.StrEnum):
    """What a recording is of."""

    HELLO = "hello"
    NAME = "name"
    LATE = "late"
    AGAIN = "again"
    NOISY = "noisy"
    STREET = "street"
    CHILD = "child"
    BUSINESS = "business"
    SILENT = "silent"
    PERSONAL = "personal"
    CARRIER = "carrier"
    SHORT = "short"
    MUSIC = "music"
    FAX = "fax"
    CALLING_FAX = "calling_fax"
    SIT = "sit"

    @property
    def label(self) -> str:
        """``person``, ``machine``, ``fax``, ``sit`` or ``silence``."""
        return _LABELS[self]


_PERSONS = (Kind.HELLO, Kind.NAME, Kind.LATE, Kind.AGAIN, Kind.NOISY, Kind.STREET, Kind.CHILD, Kind.BUSINESS)
_MACHINES = (Kind.PERSONAL, Kind.CARRIER, Kind.SHORT, Kind.MUSIC)
_LABELS = {
    **dict.fromkeys(_PERSONS, "person"), **dict.fromkeys(_MACHINES, "machine"),
    Kind.SILENT: "silence", Kind.FAX: "fax", Kind.CALLING_FAX: "fax", Kind.SIT: "sit",
}  # fmt: skip
SHARES = {
    Kind.HELLO: 18, Kind.NAME: 10, Kind.LATE: 6, Kind.AGAIN: 4, Kind.NOISY: 6, Kind.STREET: 4, Kind.CHILD: 4,
    Kind.BUSINESS: 6, Kind.SILENT: 4, Kind.PERSONAL: 10, Kind.CARRIER: 7, Kind.SHORT: 4, Kind.MUSIC: 3,
    Kind.FAX: 7, Kind.CALLING_FAX: 3, Kind.SIT: 8,
}  # fmt: skip
"""Of a hundred recordings. More faxes and announcements than in the field: a share of few calls says little."""
SIT_TONES = (
    ((985.2, 1428.5, 1776.7), (0.38, 0.38, 0.38)),
    ((913.8, 1370.6, 1776.7), (0.276, 0.276, 0.38)),
    ((985.2, 1370.6, 1776.7), (0.38, 0.276, 0.38)),
    ((913.8, 1428.5, 1776.7), (0.276, 0.38, 0.38)),
    ((950.0, 1400.0, 1800.0), (0.33, 0.33, 0.33)),
)
"""Telcordia GR-1162's no circuit, intercept, vacant code and reorder, and ITU-T E.180's one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One recording to be made. Times in seconds, levels in dB below full scale."""

    name: str
    kind: Kind
    seed: int
    language: str = ""
    text: str = ""
    voice: str = ""
    words_per_minute: int = 165
    pitch: int = 50
    pause_s: float = 0.0
    """From the answer to the first sound."""
    dbfs: float = -8.0
    noise_dbfs: float | None = None
    beep_hz: float | None = None
    beep_s: float = 0.0
    beep_gap_s: float = 0.0
    tones_hz: tuple[float, float, float] | None = None
    durations_s: tuple[float, ...] = ()


_NOISE_DBFS = {Kind.NOISY: (-46, -32), Kind.STREET: (-34, -22)}


def draw(half: Half, count: int, seed: int = 1) -> tuple[Part, ...]:
    """``count`` recordings of one half, each kind by its share. The first n are the same for every larger count."""
    rng = random.Random(f"{half.name}:{seed}")
    kinds = _spread(rng)
    return tuple(_part(rng, half, f"{half.name.lower()}-{i:04d}", next(kinds)) for i in range(count))


def _spread(rng: random.Random) -> Iterator[Kind]:
    """Kinds in such an order that every beginning has about the right shares."""
    owed = dict.fromkeys(SHARES, 0.0)
    while True:
        for kind, share in SHARES.items():
            owed[kind] += share * rng.uniform(0.8, 1.2)
        best = max(owed, key=lambda kind: owed[kind])
        owed[best] -= sum(SHARES.values())
        yield best


_LINES = {
    Kind.HELLO: texts.HELLOS, Kind.LATE: texts.HELLOS, Kind.AGAIN: texts.HELLOS, Kind.NOISY: texts.HELLOS,
    Kind.STREET: texts.HELLOS, Kind.CHILD: texts.HELLOS, Kind.NAME: texts.NAMES, Kind.BUSINESS: texts.BUSINESSES,
    Kind.PERSONAL: texts.PERSONAL, Kind.MUSIC: texts.PERSONAL, Kind.CARRIER: texts.CARRIERS,
    Kind.SHORT: texts.SHORT_MACHINES, Kind.SIT: texts.ANNOUNCEMENTS,
}  # fmt: skip


def _part(rng: random.Random, half: Half, name: str, kind: Kind) -> Part:
    language, text = rng.choice(_LINES[kind][half]) if kind in _LINES else ("", "")
    late, child, machine = kind is Kind.LATE, kind is Kind.CHILD, kind in _MACHINES
    tones, durations = rng.choice(SIT_TONES)
    beeps = machine and rng.random() < 0.93
    noisy = kind in _NOISE_DBFS or (kind is Kind.SILENT and rng.random() < 0.5) or rng.random() < 0.15
    return Part(
        name,
        kind,
        rng.randrange(2**31),
        language,
        text,
        rng.choice(texts.VOICES[half]),
        rng.randint(150, 190) if child or machine else rng.randint(130, 200),
        rng.randint(75, 95) if child else rng.randint(30, 65),
        round(rng.uniform(1.0, 2.6) if late else rng.uniform(0.1, 0.8), 2),
        round(rng.uniform(-22, -4), 1),
        round(rng.uniform(*_NOISE_DBFS.get(kind, (-60, -45))), 1) if noisy else None,
        rng.choice((440, 500, 620, 800, 941, 1000, 1050, 1200, 1400)) + rng.randint(-15, 15) if beeps else None,
        round(rng.uniform(0.18, 0.9), 2),
        round(rng.uniform(0.15, 1.4), 2),
        (tones[0] * rng.uniform(0.996, 1.004), tones[1] * rng.uniform(0.996, 1.004), tones[2]),
        durations,
    )
