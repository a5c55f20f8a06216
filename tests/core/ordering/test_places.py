"""How many come before a contact, held against the turns that are really taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.ordering.mixing import Line, Stream, Turns
from dialerd.core.ordering.places import before
from dialerd.core.ordering.settings import RETRIED_FIRST, ListShare, Mix

F, R, C = Stream.FRESH, Stream.RETRIED, Stream.CALLBACK
ONE = (ListShare("a"),)
LISTS = (ListShare("a", 5), ListShare("b", 3))


def really(line: Line, index: int, waiting: dict[Line, int], lists: tuple[ListShare, ...], mix: Mix) -> int:
    turns = Turns().take(waiting, lists, mix, sum(waiting.values()))
    places = [place for place, one in enumerate(turns) if one == line]
    return places[index]


def test_retries_come_first() -> None:
    waiting = {("a", F): 10, ("a", R): 4, ("a", C): 2}
    assert before(("a", F), 3, waiting, ONE, RETRIED_FIRST) == 9
    assert before(("a", R), 3, waiting, ONE, RETRIED_FIRST) == 5
    assert before(("a", C), 1, waiting, ONE, RETRIED_FIRST) == 1


streams = st.sampled_from([C, R, F])


@given(st.lists(st.integers(0, 40), min_size=3, max_size=3), streams, st.data())
def test_one_list_without_a_mix_is_exact(counts: list[int], stream: Stream, data: st.DataObject) -> None:
    waiting = {("a", kind): count for kind, count in zip((C, R, F), counts, strict=True)}
    if waiting["a", stream]:
        index = data.draw(st.integers(0, waiting["a", stream] - 1))
        expected = really(("a", stream), index, waiting, ONE, RETRIED_FIRST)
        assert before(("a", stream), index, waiting, ONE, RETRIED_FIRST) == expected


@given(st.integers(0, 9), st.integers(1, 9), st.sampled_from([R, F]), st.integers(0, 199))
def test_turns_of_two_kinds_are_about_right(fresh: int, retried: int, stream: Stream, index: int) -> None:
    waiting, mix = {("a", F): 200, ("a", R): 200}, Mix(fresh, retried)
    found = before(("a", stream), index, waiting, ONE, mix)
    assert abs(found - really(("a", stream), index, waiting, ONE, mix)) <= fresh + retried


@given(st.sampled_from(["a", "b"]), st.integers(0, 199))
def test_turns_of_two_lists_are_about_right(name: str, index: int) -> None:
    waiting = {("a", F): 200, ("b", F): 200, ("b", C): 3}
    found = before((name, F), index, waiting, LISTS, RETRIED_FIRST)
    assert abs(found - really((name, F), index, waiting, LISTS, RETRIED_FIRST)) <= 8
