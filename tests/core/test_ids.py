"""Ids: one length, none a prefix of another, never twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core import ids
from dialerd.core.ids import SerialNumbers

KINDS = (ids.ATTEMPT, ids.AMD, ids.AGENT_CHANNEL, ids.BRIDGE, ids.PLAYBACK)
STARTS = st.tuples(st.integers(0, 2**44 - 1), st.integers(0, 2**20 - 1))


@given(st.lists(STARTS, min_size=1, max_size=4, unique=True), st.integers(1, 20))
def test_no_id_is_a_prefix_of_another(starts: list[tuple[int, int]], each: int) -> None:
    made = [
        serials.new(kind)
        for serials in (SerialNumbers(*start) for start in starts)
        for _ in range(each)
        for kind in KINDS
    ]
    assert len(set(made)) == len(made)
    assert {len(name) for name in made} == {ids.ID_LENGTH}
    assert all(ids.is_ours(name) for name in made)
    # Equal length and no equal pair: none can be another's prefix. Ids in lower case are safe where case is ignored.
    assert len({name.lower() for name in made}) == len(made)


def test_siblings_share_a_serial() -> None:
    attempt = SerialNumbers(5, 1).new(ids.ATTEMPT)
    snoop = ids.sibling(attempt, ids.AMD)
    assert (snoop[:4], ids.serial_of(snoop)) == (ids.AMD, ids.serial_of(attempt))
    assert ids.sibling(snoop, ids.ATTEMPT) == attempt


@given(st.text(max_size=30))
def test_foreign_ids_are_not_ours(name: str) -> None:
    if ids.is_ours(name):
        assert len(name) == ids.ID_LENGTH
        assert name[:4] in KINDS
    assert not ids.is_ours("1763000000.12")
    assert not ids.is_ours("dlr-" + "G" * 24)
    assert not ids.is_ours("xyz-" + "0" * 24)
