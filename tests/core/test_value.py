"""Values: frozen to whoever checks the types, compared and hashed by their fields."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

import pytest

from dialerd.core import commands, events
from dialerd.core.contact import Contact, Number
from dialerd.core.value import value

PASSED = [*get_args(events.Event), *get_args(commands.Command)]


@pytest.mark.parametrize("kind", PASSED, ids=lambda kind: kind.__name__)
def test_facts_and_commands_have_slots_and_no_constructor_of_their_own(kind: Any) -> None:
    assert is_dataclass(kind)
    assert set(kind.__slots__) == {field.name for field in fields(kind)}


def test_values_compare_and_hash_by_their_fields() -> None:
    one = events.ChannelEnded("dlr-1", 16, 200)
    assert one == events.ChannelEnded("dlr-1", 16, 200)
    assert hash(one) == hash(events.ChannelEnded("dlr-1", 16, 200))
    assert one != events.ChannelEnded("dlr-1", 17, 486)
    assert len({one, replace(one), replace(one, cause=17)}) == 2


def test_what_is_left_out_of_comparisons_stays_out() -> None:
    one = Contact(1, "leads", "a", (Number("+441632960001"),), {}, added_at=1.0)
    assert one == replace(one, added_at=2.0)


def test_a_value_says_to_mypy_that_it_is_frozen() -> None:
    def declared(**said: bool) -> None:
        decorate: Any = value
        decorate(**said)(type("Said", (), {"__annotations__": {"a": int}}))

    declared(frozen=True, slots=True)
    with pytest.raises(TypeError, match="frozen"):
        declared(frozen=False, slots=True)
