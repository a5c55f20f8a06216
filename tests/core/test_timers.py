"""Timers against a plain dictionary as the model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.timers import Timers

KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.floats(0, 100)),
        st.tuples(st.just("cancel"), KEYS, st.just(0.0)),
        st.tuples(st.just("pop"), st.just(("", "")), st.floats(0, 100)),
    ),
    max_size=60,
)


@given(STEPS)
def test_timers_behave_like_a_dictionary_of_moments(steps: list[tuple[str, tuple[str, str], float]]) -> None:
    timers, model = Timers(), dict[tuple[str, str], float]()
    for step, key, at in steps:
        if step == "set":
            timers.set(*key, at)
            model[key] = at
        elif step == "cancel":
            timers.cancel(*key)
            model.pop(key, None)
        else:
            popped = timers.pop_due(at)
            due = [moment for moment in model.values() if moment <= at]
            assert (popped is None) == (not due)
            if popped is not None:
                assert model.pop(popped) == min(due)
        assert timers.next() == (min(model.values()) if model else None)
        assert set(timers.pending()) == set(model)
        for name, subject in model:
            assert timers.at(name, subject) == model[name, subject]


def test_equal_moments_come_in_the_order_of_setting() -> None:
    timers = Timers()
    for subject in "cab":
        timers.set("t", subject, 5.0)
    assert [timers.pop_due(5.0) for _ in range(4)] == [("t", "c"), ("t", "a"), ("t", "b"), None]


def test_setting_again_replaces() -> None:
    timers = Timers()
    timers.set("t", "x", 5.0)
    timers.set("t", "x", 9.0)
    assert timers.pop_due(8.0) is None
    assert timers.next() == 9.0
    timers.set("t", "x", 3.0)
    assert timers.pop_due(4.0) == ("t", "x")
    assert timers.pop_due(99.0) is None
