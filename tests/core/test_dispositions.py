"""Every ending of an unanswered call has a disposition; those that are documented are exact."""

from __future__ import annotations

from itertools import product

import pytest

from dialerd.core.disposition import ANSWERED, HEARD, Disposition, of_unanswered

D = Disposition
RING_TIMEOUT_S = 20.0


@pytest.mark.parametrize("rang_s", [0.0, 5.0, RING_TIMEOUT_S, 90.0])
def test_the_table_is_complete(rang_s: float) -> None:
    for sip_status, cause in product((None, *range(300, 700)), (None, *range(128))):
        for cancelled in (False, True):
            disposition = of_unanswered(cause, sip_status, rang_s, RING_TIMEOUT_S, cancelled)
            assert isinstance(disposition, Disposition)
            assert disposition not in (D.ANSWERED_AGENT, D.ANSWERED_MESSAGE, D.ABANDONED, D.NOT_PLACED, D.MACHINE)
            assert (disposition is D.CANCELLED) is cancelled


@pytest.mark.parametrize(
    ("cause", "sip_status", "expected"),
    [
        (17, 486, D.BUSY), (21, 403, D.REJECTED), (34, 503, D.CONGESTION), (1, 404, D.INVALID_NUMBER),
        (22, 410, D.NUMBER_CHANGED), (19, 480, D.NO_ANSWER),
    ],
)  # fmt: skip
def test_what_a_real_asterisk_was_seen_to_report(cause: int, sip_status: int, expected: Disposition) -> None:
    assert of_unanswered(cause, sip_status, 3.0, RING_TIMEOUT_S, False) is expected


@pytest.mark.parametrize(
    ("sip_status", "expected"),
    [
        (404, D.INVALID_NUMBER), (410, D.NUMBER_CHANGED), (484, D.INVALID_NUMBER), (604, D.INVALID_NUMBER),
        (486, D.BUSY), (600, D.BUSY), (403, D.REJECTED), (603, D.REJECTED), (607, D.REJECTED), (608, D.REJECTED),
        (408, D.NO_ANSWER), (480, D.NO_ANSWER), (487, D.NO_ANSWER), (488, D.TRUNK_FAILURE), (500, D.TRUNK_FAILURE),
        (502, D.TRUNK_FAILURE), (503, D.CONGESTION), (504, D.CONGESTION),
    ],
)  # fmt: skip
def test_the_sip_status_outranks_the_cause(sip_status: int, expected: Disposition) -> None:
    for cause in (None, 0, 16, 17, 34, 127):
        assert of_unanswered(cause, sip_status, 3.0, RING_TIMEOUT_S, False) is expected


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (1, D.INVALID_NUMBER), (3, D.TRUNK_FAILURE), (17, D.BUSY), (18, D.NO_ANSWER), (19, D.NO_ANSWER),
        (21, D.REJECTED), (22, D.NUMBER_CHANGED), (27, D.TRUNK_FAILURE), (28, D.INVALID_NUMBER), (34, D.CONGESTION),
        (38, D.TRUNK_FAILURE), (42, D.CONGESTION), (16, D.NO_ANSWER), (0, D.NO_ANSWER), (31, D.NO_ANSWER),
    ],
)  # fmt: skip
def test_causes_without_a_sip_status(cause: int, expected: Disposition) -> None:
    assert of_unanswered(cause, None, 3.0, RING_TIMEOUT_S, False) is expected


def test_our_own_timer_is_the_authority_on_a_ring_time_out() -> None:
    assert of_unanswered(0, None, RING_TIMEOUT_S, RING_TIMEOUT_S, False) is D.NO_ANSWER
    assert of_unanswered(None, None, RING_TIMEOUT_S, RING_TIMEOUT_S, False) is D.NO_ANSWER
    assert of_unanswered(None, None, 3.0, RING_TIMEOUT_S, False) is D.OUTCOME_UNKNOWN


def test_what_nobody_knows_has_a_name() -> None:
    assert of_unanswered(99, None, 3.0, RING_TIMEOUT_S, False) is D.UNMAPPED
    assert of_unanswered(16, 699, 3.0, RING_TIMEOUT_S, False) is D.REJECTED
    assert of_unanswered(16, 420, 3.0, RING_TIMEOUT_S, False) is D.TRUNK_FAILURE


def test_whoever_heard_something_had_picked_up() -> None:
    assert HEARD <= ANSWERED
