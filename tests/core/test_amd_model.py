"""AMD's rule on levels, profiles judged on recordings, and the search for parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.amd_model import AmdWord, amd
from dialerd.core.amd_tuning import Labelled, candidates, judged, score, split, suggest
from dialerd.core.analysis import AmdArguments, profile_named
from dialerd.core.wilson import Share

ARGUMENTS = AmdArguments(3000, 1500, 800, 5000, 100, 60, 3, 256, 5000)


def sound(*stretches: tuple[int, int]) -> tuple[int, ...]:
    """Levels: (milliseconds, level) one after another."""
    return tuple(level for ms, level in stretches for _ in range(ms // 20))


@pytest.mark.parametrize(
    ("levels", "status", "cause", "after_ms"),
    [
        (sound((400, 0), (500, 900)), "HUMAN", "HUMAN", 1700),
        (sound((3000, 0)), "MACHINE", "INITIALSILENCE", 3000),
        (sound((200, 0), (1600, 900)), "MACHINE", "LONGGREETING", 1700),
        (sound((200, 0), *[(120, 900), (100, 0)] * 5), "MACHINE", "MAXWORDS", 960),
        (sound(*[(80, 900), (700, 0)] * 20), "MACHINE", "INITIALSILENCE", 0),
        (sound((200, 0), *[(400, 900), (700, 0)] * 3), "HUMAN", "HUMAN", 3600),
    ],
)
def test_verdicts(levels: tuple[int, ...], status: str, cause: str, after_ms: int) -> None:
    word = amd(levels, ARGUMENTS)
    if after_ms:
        assert word == AmdWord(status, cause, after_ms)
    else:
        assert word.status != "HUMAN"


@given(st.lists(st.integers(0, 2000), max_size=600))
def test_there_is_always_a_verdict_within_the_total_time(levels: list[int]) -> None:
    word = amd(levels, ARGUMENTS)
    assert word.status in ("HUMAN", "MACHINE", "NOTSURE")
    assert 0 < word.after_ms <= ARGUMENTS.total_analysis_ms


def test_the_deadline_counts_from_the_first_sound_or_the_greetings_end() -> None:
    long_hello = Labelled("a", "person", sound((500, 0), (3000, 900)))
    first = judged(long_hello, replace(profile_named("connect_first"), amd=replace(ARGUMENTS, greeting_ms=9000)))
    assert (first.analysis, first.after_ms, first.rule, first.in_time) == ("unsure", 2250, "R3_deadline", True)
    patient = replace(profile_named("balanced"), amd=replace(ARGUMENTS, greeting_ms=9000, total_analysis_ms=9000,
                                                             after_greeting_silence_ms=3000))  # fmt: skip
    later = judged(long_hello, patient)
    assert (later.analysis, later.after_ms, later.in_time) == ("unsure", 3500 + 1800, False)


def test_a_tone_outweighs_what_comes_later() -> None:
    faxed = Labelled("f", "fax", sound((300, 0), (3000, 3000)), "fax_ced", 740)
    assert judged(faxed, profile_named("balanced")).analysis == "fax"
    assert judged(faxed, replace(profile_named("balanced"), tones=False)).analysis == "machine"


def test_a_search_is_judged_on_what_it_did_not_choose_from() -> None:
    people = [Labelled(f"p{i}", "person", sound((300, 0), (500 + 10 * i, 600))) for i in range(20)]
    machines = [Labelled(f"m{i}", "machine", sound((300, 0), (4000 + 20 * i, 600))) for i in range(20)]
    choosing, judging = split([*people, *machines])
    assert {one.name for one in choosing}.isdisjoint(one.name for one in judging)
    found = suggest([*people, *machines], profile_named("catch_machines"), 0.02, every=200)
    assert found is not None
    assert (found.held_out.caught, found.held_out.false_machines) == (Share(10, 10), Share(0, 10))


def test_no_suggestion_where_none_keeps_the_limit() -> None:
    alike = [Labelled(f"p{i}", "person", sound((300, 0), (4800, 6000))) for i in range(4)]
    assert suggest(alike, profile_named("catch_machines"), 0.0, every=500) is None
    assert suggest(alike, profile_named("off"), 1.0) is None


def test_the_present_arguments_are_among_those_tried() -> None:
    base = profile_named("balanced").amd
    assert base is not None
    assert next(iter(candidates(base))) == base


def test_scores_count_each_label_by_itself() -> None:
    found = score([Labelled("s", "silence", sound((6000, 0)))], profile_named("balanced"))
    assert (found.silent_machines, found.false_machines) == (Share(0, 1), Share(0, 0))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 100, 0.0, 0.0370), (3, 162, 0.0063, 0.0530), (10, 10, 0.7225, 1.0), (0, 0, 0, 1)],
)  # fmt: skip
def test_wilsons_interval(hits: int, count: int, low: float, high: float) -> None:
    assert Share(hits, count).interval == pytest.approx((low, high), abs=0.0001)
