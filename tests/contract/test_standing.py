"""A contact's standing in another state is the same in everything else."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core.contact import ContactState
from dialerd.store.contact_update import Standing

BEFORE = Standing(ContactState.WAITING, 5.0, 2, 1, "busy", {"busy": 2}, "retry:busy", 4.0)


def test_only_state_and_moment_change() -> None:
    state = ContactState.IN_ATTEMPT
    assert BEFORE.moved(state) == replace(BEFORE, state=state, next_at=None)
    assert BEFORE.moved(ContactState.WAITING, 9.0) == replace(BEFORE, next_at=9.0)


def test_another_reason_where_one_is_given() -> None:
    state = ContactState.UNCALLABLE
    assert BEFORE.moved(state, None, "asked") == replace(BEFORE, state=state, next_at=None, reason="asked")
    assert BEFORE.moved(state, None, "").reason == ""
