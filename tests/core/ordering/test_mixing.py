"""Turns of fresh and retried contacts, and of several lists."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.ordering.mixing import Line, Stream, Turns, stream_of
from dialerd.core.ordering.settings import RETRIED_FIRST, ListShare, Mix

F, R, C = Stream.FRESH, Stream.RETRIED, Stream.CALLBACK
ONE = (ListShare("a"),)


def test_three_fresh_to_one_retried() -> None:
    turns = Turns().take({("a", F): 100, ("a", R): 100}, ONE, Mix(3, 1), 8)
    assert [stream for _, stream in turns] == [F, F, R, F, F, F, R, F]


def test_the_ratio_holds_over_single_fetches() -> None:
    turns = Turns()
    taken = [turns.take({("a", F): 9, ("a", R): 9}, ONE, Mix(3, 1), 1)[0][1] for _ in range(40)]
    assert Counter(taken) == {F: 30, R: 10}


def test_what_was_earned_survives_a_restart() -> None:
    first = Turns()
    first.take({("a", F): 9, ("a", R): 9}, ONE, Mix(3, 1), 3)
    again = Turns(dict(first.earned))
    both = {("a", F): 9, ("a", R): 9}
    assert again.take(both, ONE, Mix(3, 1), 9) == first.take(both, ONE, Mix(3, 1), 9)


def test_who_is_alone_takes_all_turns() -> None:
    assert Turns().take({("a", R): 3}, ONE, Mix(1, 0), 9) == [("a", R)] * 3


def test_without_a_mix_retries_come_first() -> None:
    turns = Turns().take({("a", F): 5, ("a", R): 2}, ONE, RETRIED_FIRST, 4)
    assert [stream for _, stream in turns] == [R, R, F, F]


def test_promised_calls_come_before_everything() -> None:
    turns = Turns().take({("b", C): 1, ("a", F): 5, ("b", R): 5}, (*ONE, ListShare("b")), Mix(9, 1), 3)
    assert turns[0] == ("b", C)


def test_lists_by_share() -> None:
    lists = (ListShare("a", 70), ListShare("b", 30))
    turns = Turns().take({("a", F): 1000, ("b", F): 1000, ("b", R): 1000}, lists, Mix(1, 1), 200)
    assert Counter(name for name, _ in turns) == {"a": 140, "b": 60}
    assert Counter(turns)[("b", R)] == 30


def test_streams() -> None:
    assert stream_of(0, "") is F
    assert stream_of(2, "retry:busy") is R
    assert stream_of(2, "callback") is C
    assert stream_of(0, "callback:agent") is C
    assert stream_of(1, "callbackish") is R


lines = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(list(Stream))), st.integers(0, 30), max_size=9
)


@given(lines, st.integers(0, 9), st.integers(1, 9), st.integers(0, 60))
def test_nothing_is_taken_that_is_not_there_and_nothing_is_left(
    waiting: dict[Line, int], fresh: int, retried: int, limit: int
) -> None:
    lists = (ListShare("a", 5), ListShare("b", 3), ListShare("c", 1))
    turns = Turns().take(waiting, lists, Mix(fresh, retried), limit)
    counts = Counter(turns)
    assert all(counts[line] <= waiting[line] for line in counts)
    assert len(turns) == min(limit, sum(waiting.values()))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 200))
def test_nobody_waits_longer_than_a_round(fresh: int, retried: int, limit: int) -> None:
    taken = [s for _, s in Turns().take({("a", F): 999, ("a", R): 999}, ONE, Mix(fresh, retried), limit)]
    longest = max(fresh, retried) + 1
    for start in range(max(0, len(taken) - 2 * longest)):
        assert set(taken[start : start + 2 * longest]) == {F, R}
