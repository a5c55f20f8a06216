"""Limits by contact and number, counted in the contact's tallies, and the gates that keep them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.attempts_control import AttemptLimits
from dialerd.core.choosing import Chosen, choose
from dialerd.core.contact import Contact, Number
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse
from dialerd.core.gates import Case, contact_within_limits
from dialerd.core.tallies import calls_today, counted, number_calls, number_calls_today, stamped
from tests.core.test_gates import SPRING, case
from tests.core.test_retry import record

DAY = 86_400
TODAY = 20_406
NOW = TODAY * DAY + 43_200.0
NUMBERS = (Number("+441632960001", "mobile"), Number("+441632960002", "home"))


def called(*calls: tuple[int, int, str]) -> dict[str, int]:
    """Tallies after calls of (number index, day, disposition)."""
    tallies: dict[str, int] = {}
    for attempts, (index, day, disposition) in enumerate(calls, start=1):
        over = (day + 1) * DAY
        tries = stamped(tallies, day * DAY + 43_200.0, over, over, {0})
        tallies = counted(tallies, record(number_index=index, disposition=disposition, contact_tries=tries), attempts)
    return tallies


def case_of(tallies: dict[str, int], attempts: int = 0, **limits: int | bool) -> tuple[Case, Contact]:
    contact = Contact(1, "leads", "a", NUMBERS, {}, attempts=attempts, tries=tallies)
    settings = replace(SPRING, attempt_limits=AttemptLimits(**limits))  # type: ignore[arg-type]
    return case(contact, now=NOW, settings=settings), contact


def test_a_contact_has_its_calls_of_a_day_and_waits_for_the_next() -> None:
    tallies = called((0, TODAY - 1, "busy"), (0, TODAY, "busy"), (1, TODAY, "no_answer"))
    assert contact_within_limits(case_of(tallies, per_contact=3, daily=True)[0]) is ALLOW
    held = contact_within_limits(case_of(tallies, per_contact=2, daily=True)[0])
    assert held == Hold("max_attempts_today", (TODAY + 1) * DAY)
    assert contact_within_limits(case_of(called((0, TODAY - 1, "busy")), per_contact=1, daily=True)[0]) is ALLOW
    assert contact_within_limits(case_of({}, attempts=2, per_contact=2)[0]) == Refuse("max_attempts")


def test_a_number_that_has_had_its_calls_gives_way_to_the_other() -> None:
    once = called((0, TODAY, "busy"))
    both = called((0, TODAY, "busy"), (1, TODAY, "busy"))
    assert choose(*case_of(once, per_number=1, daily=True)) == Chosen(1)
    assert choose(*case_of(both, per_number=1, daily=True)) == Hold("max_attempts_of_number_today", (TODAY + 1) * DAY)
    assert choose(*case_of(both, per_number=1)) == Refuse("max_attempts_of_number")
    assert choose(*case_of(called((0, TODAY - 1, "busy")), per_number=1, daily=True)) == Chosen(0)


def test_a_dead_number_is_never_chosen_again() -> None:
    assert choose(*case_of(called((0, TODAY, "invalid_number")))) == Chosen(1)
    assert choose(*case_of(called((0, TODAY, "fax"), (1, TODAY, "number_changed")))) == Refuse("dead_number")


def test_what_was_never_dialed_uses_up_nothing() -> None:
    assert called((0, TODAY, "not_placed")) == {"not_placed": 1}


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.sampled_from(["busy", "not_placed"])), max_size=30)
)
def test_tallies_are_the_calls(calls: list[tuple[int, int, str]]) -> None:
    calls.sort(key=lambda call: call[1])
    tallies = called(*calls)
    dialed = [(index, day) for index, day, disposition in calls if disposition == "busy"]
    last = max((day for _, day in dialed), default=0)
    noon = last * DAY + 43_200.0
    for index in range(10):
        assert number_calls(tallies, index) == sum(1 for i, _ in dialed if i == index)
        assert number_calls_today(tallies, index, noon)[0] == dialed.count((index, last))
    assert calls_today(tallies, noon)[0] == sum(1 for _, day in dialed if day == last)
    assert calls_today(tallies, noon + DAY) == (0, noon + DAY)
