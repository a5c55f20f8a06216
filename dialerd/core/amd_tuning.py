"""Profiles judged on labelled recordings, and parameters of ``AMD()`` looked for on them.

What a profile would do is worked out from a recording alone: :mod:`dialerd.core.amd_model` for ``AMD()``, the levels
for ``TALK_DETECT``, :mod:`dialerd.core.tones` for tones. One part of the recordings chooses, the other judges: a
search that is judged on what it chose from overfits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from dialerd.core.amd_model import FRAME_MS, AmdWord, amd
from dialerd.core.analysis import AmdArguments, AnalysisProfile, Clock
from dialerd.core.wilson import Share

TALK_LEVEL = 256
TALK_SILENCE_MS = 800
"""What the dialplan's ``TALK_DETECT`` is set to."""
IN_TIME_MS = 2000
BRIDGING_MS = 60
"""From the verdict to the agent's first word."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording of an answer, from the answer on. ``label``: ``person``, ``machine``, ``fax``, ``sit``,
    ``silence``. ``tone``: what was heard in it, and when that was known."""

    name: str
    label: str
    levels: tuple[int, ...]
    tone: str | None = None
    tone_ms: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a profile makes of a recording: the analysis, when, and by which rule."""

    analysis: str
    after_ms: int
    rule: str
    speech_ms: int | None

    @property
    def in_time(self) -> bool:
        """A person would be with an agent within two seconds of the start of speech."""
        return self.speech_ms is not None and self.after_ms + BRIDGING_MS - self.speech_ms <= IN_TIME_MS


def judged(recording: Labelled, profile: AnalysisProfile, word: AmdWord | None = None) -> Judged:
    """What the profile makes of it; ``word``: what ``AMD()`` says, where that is known already."""
    speech_ms, greeting_end_ms = _talk(recording.levels)
    if profile.amd is None:
        return Judged("person", 0, "amd_off", speech_ms)
    said = word or amd(recording.levels, profile.amd)
    ends: list[tuple[int, str, str]] = [(said.after_ms, *_meaning(said))]
    if profile.deadline_s is not None:
        deadline_ms = round(profile.deadline_s * 1000)
        if profile.clock is Clock.SPEECH_START:
            # Nothing heard yet: it runs from the answer, and anew from a first sound before it is over.
            late = speech_ms is None or speech_ms > deadline_ms
            ends.append((deadline_ms + (0 if late else speech_ms or 0), "unsure", "R3_deadline"))
        elif greeting_end_ms is not None:
            ends.append((greeting_end_ms + max(deadline_ms, TALK_SILENCE_MS), "unsure", "R3_deadline"))
    if profile.tones and recording.tone is not None:
        kind = recording.tone.split("_", 1)[0]
        ends.append((recording.tone_ms, "machine" if kind == "beep" else kind, f"tone_{recording.tone}"))
    after_ms, analysis, rule = min(ends)
    return Judged(analysis, after_ms, rule, speech_ms)


def _meaning(word: AmdWord) -> tuple[str, str]:
    if word.status == "NOTSURE" or word.cause == "INITIALSILENCE":
        return "unsure", "R1_no_evidence"
    return ("person", "amd_human") if word.status == "HUMAN" else ("machine", "amd_machine")


def _talk(levels: Sequence[int]) -> tuple[int | None, int | None]:
    """The first sound and the end of the first stretch of speech, as ``TALK_DETECT`` tells them."""
    first = next((i for i, level in enumerate(levels) if level >= TALK_LEVEL), None)
    if first is None:
        return None, None
    quiet, wanted = 0, TALK_SILENCE_MS // FRAME_MS
    for i in range(first, len(levels) + wanted):
        quiet = quiet + 1 if i >= len(levels) or levels[i] < TALK_LEVEL else 0
        if quiet >= wanted:
            return first * FRAME_MS, (i + 1 - quiet) * FRAME_MS
    return first * FRAME_MS, None


@dataclass(frozen=True, slots=True)
class Score:
    """How a profile does on recordings."""

    false_machines: Share
    """Of the people, those taken for a machine (or fax, or announcement)."""
    in_time: Share
    """Of the people who speak, those who are with an agent within two seconds of the start of speech."""
    caught: Share
    """Of the machines, those known as one."""
    fax_and_sit: Share
    silent_machines: Share
    """Of those who say nothing, those taken for a machine."""


def score(recordings: Iterable[Labelled], profile: AnalysisProfile) -> Score:
    """Judge every recording."""
    results = [(recording, judged(recording, profile)) for recording in recordings]

    def share(hit: Iterable[bool]) -> Share:
        hits = list(hit)
        return Share(sum(hits), len(hits))

    not_person = {"machine", "fax", "sit"}
    people = [j for r, j in results if r.label == "person"]
    return Score(
        share(j.analysis in not_person for j in people),
        share(j.in_time and j.analysis not in not_person for j in people if j.speech_ms is not None),
        share((j.analysis == "machine" for r, j in results if r.label == "machine")),
        share((j.analysis == r.label for r, j in results if r.label in ("fax", "sit"))),
        share((j.analysis in not_person for r, j in results if r.label == "silence")),
    )


GRID: dict[str, tuple[int, ...]] = {
    "silence_threshold": (192, 256, 320, 384, 448, 512),
    "greeting_ms": (1400, 1500, 1750, 2000, 2250, 2500),
    "after_greeting_silence_ms": (600, 800, 1000),
    "min_word_ms": (60, 100, 160, 200),
    "between_words_silence_ms": (60, 120, 240),
    "max_words": (2, 3, 4, 6),
}
"""Values that are tried; the other arguments stay as they are."""


def candidates(base: AmdArguments) -> Iterator[AmdArguments]:
    """``base`` itself, and each combination of the grid's values with it."""
    yield base
    for values in product(*GRID.values()):
        yield replace(base, **dict(zip(GRID, values, strict=True)))


_SCATTER, _MODULUS = 2654435761, 2**32
"""Knuth's multiplicative hash: a part of the grid that favours no value of any argument."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Arguments that were found, and how they do on the recordings that had no part in the choice."""

    arguments: AmdArguments
    chosen_on: Score
    held_out: Score


def split(recordings: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Every second recording of each label, in the order of names: to choose on, and to judge on."""
    ordered = sorted(recordings, key=lambda one: (one.label, one.name))
    return ordered[::2], ordered[1::2]


def suggest(
    recordings: Sequence[Labelled], profile: AnalysisProfile, most_false: float, every: int = 1
) -> Suggestion | None:
    """The arguments that catch most machines among those that take at most ``most_false`` (a fraction) of people for
    machines; then those that are quickest for people. ``every``: only
    each so-many-th of the grid's combinations is tried. None: the profile runs no ``AMD()``, or none keeps the limit.
    """
    if profile.amd is None:
        return None
    choosing, judging = split(recordings)
    best: tuple[tuple[float, float, float], AmdArguments, Score] | None = None
    for index, arguments in enumerate(candidates(profile.amd)):
        if index and index * _SCATTER % _MODULUS % every:
            continue
        found = score(choosing, replace(profile, amd=arguments))
        if found.false_machines.value > most_false or found.silent_machines.hits:
            continue
        rank = (round(found.caught.value, 2), round(found.in_time.value, 2), -found.false_machines.value)
        if best is None or rank > best[0]:
            best = (rank, arguments, found)
    if best is None:
        return None
    return Suggestion(best[1], best[2], score(judging, replace(profile, amd=best[1])))
