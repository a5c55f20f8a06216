"""What becomes of a contact after an attempt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import CampaignSettings, Mode, NextTry, RetryRule
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.day_parts import part_at
from dialerd.core.disposition import Disposition
from dialerd.core.retry import DEFAULT_RETRY, next_for_contact, rule_for
from dialerd.core.tallies import promised, renumbered, stamped

D = Disposition
NOW = 1_000_000.0


def settings(**changes: Any) -> CampaignSettings:
    values: dict[str, Any] = {
        "name": "spring", "mode": Mode.PROGRESSIVE, "contact_list": "leads", "trunk": "t", "caller_id": ""
    }  # fmt: skip
    return CampaignSettings(**(values | changes))


def record(**changes: Any) -> AttemptRecord:
    values: dict[str, Any] = {
        "id": "dlr-1", "campaign": "spring", "contact_id": 1, "contact_list": "leads", "contact_key": "1",
        "number": "+441632960001", "number_kind": "", "trunk": "t", "caller_id": "", "mode": "progressive",
        "ring_timeout_s": 20.0,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


def test_waits_for_the_gap_and_takes_the_next_number() -> None:
    following = next_for_contact(record(number_count=2), settings(), D.BUSY, NOW)
    assert (following.state, following.at, following.number_index) == (ContactState.WAITING, NOW + 600.0, 1)
    again = next_for_contact(record(number_count=2, number_index=1), settings(), D.BUSY, NOW)
    assert again.number_index == 0


def test_a_campaigns_own_rule_goes_first() -> None:
    own = settings(retry={D.BUSY: RetryRule(2, 33.0)})
    assert next_for_contact(record(), own, D.BUSY, NOW).at == NOW + 33.0
    last = next_for_contact(record(contact_tries={"busy": 1}), own, D.BUSY, NOW)
    assert (last.state, last.reason) == (ContactState.UNCALLABLE, "max_tries:busy")


@pytest.mark.parametrize("disposition", [D.ANSWERED_AGENT, D.ANSWERED_MESSAGE, D.MACHINE_MESSAGE])
def test_who_was_reached_is_not_called_again(disposition: Disposition) -> None:
    following = next_for_contact(record(), settings(), disposition, NOW)
    assert (following.state, following.reason) == (ContactState.UNCALLABLE, "reached")


def test_a_dead_number_gives_way_to_the_next_at_once() -> None:
    following = next_for_contact(record(number_count=2), settings(), D.INVALID_NUMBER, NOW)
    assert (following.state, following.at, following.number_index) == (ContactState.CALLABLE, None, 1)
    back = next_for_contact(record(number_count=2, number_index=1), settings(), D.INVALID_NUMBER, NOW)
    assert (back.state, back.number_index) == (ContactState.CALLABLE, 0)
    both_dead = record(number_count=2, number_index=1, contact_tries={"@x0": 1})
    last = next_for_contact(both_dead, settings(), D.INVALID_NUMBER, NOW)
    assert (last.state, last.reason) == (ContactState.UNCALLABLE, "invalid_number")
    busy = next_for_contact(record(number_count=3, contact_tries={"@x1": 1}), settings(), D.BUSY, NOW)
    assert busy.number_index == 2, "a dead number is left out of the turns"


PARTS = (8 * 3600, 12 * 3600, 17 * 3600)
NOON = 1_763_121_600.0 - 86_400  # 2025-11-13 12:00 UTC
HOUR = 3600.0


def tried(next_try: NextTry, at: float, gap_s: float = HOUR, **tallies: int) -> ContactNext:
    rules = settings(retry={D.NO_ANSWER: RetryRule(5, gap_s, next_try)}, max_attempts=9, day_parts=PARTS)
    part = part_at(at, PARTS, "UTC")
    before = record(number_count=2, contact_attempts=3, contact_tries=stamped(tallies, at, 0, 0, {part}))
    return next_for_contact(before, rules, D.NO_ANSWER, at)


def test_how_it_is_tried_again() -> None:
    assert (tried(NextTry.OTHER_NUMBER, NOON).number_index, tried(NextTry.SAME_NUMBER, NOON).number_index) == (1, 0)
    assert tried(NextTry.SAME_NUMBER, NOON).at == NOON + HOUR
    assert tried(NextTry.NEXT_DAY, NOON).at == NOON + 20 * HOUR
    assert tried(NextTry.NEXT_DAY, NOON, gap_s=30 * HOUR).at == NOON + 30 * HOUR


def test_another_part_of_the_day_is_the_one_untried_for_longest() -> None:
    assert tried(NextTry.OTHER_DAYPART, NOON).at == NOON + 5 * HOUR, "evening comes first of the untried"
    assert tried(NextTry.OTHER_DAYPART, NOON, **{"@p2": 2}).at == NOON + 20 * HOUR, "the morning is untried"
    assert tried(NextTry.OTHER_DAYPART, NOON, **{"@p2": 3, "@p0": 2}).at == NOON + 20 * HOUR
    assert tried(NextTry.OTHER_DAYPART, NOON, **{"@p2": 1, "@p0": 2}).at == NOON + 5 * HOUR
    assert tried(NextTry.OTHER_DAYPART, NOON, gap_s=6 * HOUR).at == NOON + 6 * HOUR, "the gap ends in the evening"


def test_the_best_time_is_when_it_was_picked_up_before() -> None:
    assert tried(NextTry.BEST_TIME, NOON, **{"@w0": 2, "@h0": 2}).at == NOON + 20 * HOUR
    assert tried(NextTry.BEST_TIME, NOON, **{"@w1": 3, "@h1": 3, "@w0": 1, "@w2": 1}).at == NOON + HOUR
    assert tried(NextTry.BEST_TIME, NOON, **{"@w2": 1}).at == NOON + 20 * HOUR, "what is not known is worth a try"


@pytest.mark.parametrize(
    ("tallies", "attempts"), [({"machine": 1}, 1), ({}, 8)], ids=["its tries are used up", "all attempts are"]
)
def test_a_contact_is_handed_over_when_its_tries_are_used_up(tallies: dict[str, int], attempts: int) -> None:
    rule = RetryRule(2, HOUR, hand_over_to="sales", hand_over_list="agents")
    rules = settings(retry={D.MACHINE: rule}, max_attempts=9)
    before = record(contact_tries=tallies, contact_attempts=attempts)
    following = next_for_contact(before, rules, D.MACHINE, NOW)
    assert (following.state, following.move_to) == (ContactState.CALLABLE, "agents")
    assert following.reason == "handed_over:sales"
    early = next_for_contact(record(), rules, D.MACHINE, NOW)
    assert (early.state, early.move_to) == (ContactState.WAITING, None)


def test_attempts_run_out() -> None:
    following = next_for_contact(record(contact_attempts=2), settings(max_attempts=3), D.NO_ANSWER, NOW)
    assert (following.state, following.reason) == (ContactState.UNCALLABLE, "max_attempts")


def test_what_was_never_dialed_uses_up_nothing() -> None:
    free = next_for_contact(record(contact_attempts=99, reason="campaign_stopping"), settings(), D.NOT_PLACED, NOW)
    assert (free.state, free.at) == (ContactState.CALLABLE, None)
    refused = next_for_contact(record(reason="refused:400 no endpoint"), settings(), D.NOT_PLACED, NOW)
    assert (refused.state, refused.at) == (ContactState.WAITING, NOW + 60.0)


def test_the_waits_that_law_asks_for() -> None:
    assert DEFAULT_RETRY[D.ABANDONED].gap_s == 72 * 3600
    assert DEFAULT_RETRY[D.MACHINE].gap_s == 24 * 3600


@given(
    disposition=st.sampled_from(list(D)), count=st.integers(1, 10), data=st.data(),
    attempts=st.integers(0, 6), tries=st.integers(0, 6), own=st.booleans(),
)  # fmt: skip
def test_every_disposition_has_a_consequence(
    disposition: Disposition, count: int, data: st.DataObject, attempts: int, tries: int, own: bool
) -> None:
    index = data.draw(st.integers(0, count - 1))
    rules = settings(retry={disposition: RetryRule(3, 5.0)} if own else {}, max_attempts=4)
    before = record(
        number_count=count, number_index=index, contact_attempts=attempts, contact_tries={disposition.value: tries}
    )
    following = next_for_contact(before, rules, disposition, NOW)
    assert 0 <= following.number_index < count
    assert (following.at is not None) == (following.state is ContactState.WAITING)
    assert following.reason
    if following.at is not None:
        assert following.at > NOW
    if attempts + 1 >= 4 and disposition is not D.NOT_PLACED:
        assert following.state is ContactState.UNCALLABLE
    rule = rule_for(rules, disposition)
    if following.state is ContactState.WAITING and disposition is not D.NOT_PLACED:
        assert rule is not None
        assert tries + 1 < rule.max_tries


def test_what_is_known_of_a_number_goes_with_it_when_numbers_change() -> None:
    known = {"busy": 2, "@n0": 3, "@x0": 1, "@c0": 1, "@e0": 8, "@n1": 2, "@p1": 4, "@all": 1, "@until": 9}
    rest = {"busy": 2, "@p1": 4, "@all": 1, "@until": 9}
    assert renumbered(known, ("a", "b"), ("b", "c")) == {**rest, "@n0": 2}
    assert renumbered(known, ("a", "b"), ("c", "a")) == {**rest, "@n1": 3, "@x1": 1, "@c1": 1, "@e1": 8}
    assert renumbered(known, ("a", "b"), ("a", "b")) == known


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [(D.NO_ANSWER, "max_attempts"), (D.CONGESTION, "retry:congestion"), (D.CANCELLED, "retry:cancelled")],
)
def test_a_call_back_that_was_asked_for_outlasts_the_attempts_until_it_rang(
    disposition: Disposition, expected: str
) -> None:
    asked = record(contact_attempts=3, contact_tries=stamped(promised({}), NOW, 0, 0, {0}))
    assert next_for_contact(asked, settings(max_attempts=3), disposition, NOW).reason == expected
