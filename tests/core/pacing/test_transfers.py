"""What becomes of callers in a flow, learned from those before them."""

from __future__ import annotations

import json

import pytest

from dialerd.core.pacing.transfers import ANSWERED, DIALED, TransferShares

ASK = "delivery/ask"


def learned(calls: int, every: int, after_s: float = 30.0) -> TransferShares:
    """Of so many calls, one in ``every`` asked for an agent of sales, at the question or right after the answer."""
    shares = TransferShares()
    for serial in range(calls):
        began = 100.0 * serial
        stages = [(DIALED, began), (ANSWERED, began + 10.0)]
        if serial % every == 0:
            shares.learn([*stages, (ASK, began + 20.0)], "sales", began + after_s)
        else:
            shares.learn(stages, None, began + 15.0)
    return shares


def test_without_knowledge_it_is_a_careful_guess() -> None:
    shares = TransferShares()
    assert 0.0 < shares.expected(DIALED, "sales").share < shares.expected(ANSWERED, "sales").share < 0.5
    assert shares.expected(DIALED, "sales").after_s > shares.expected(ASK, "sales").after_s > 0


def test_share_and_time_are_those_of_the_stage() -> None:
    shares = learned(2000, every=5)
    dialed, ask = shares.expected(DIALED, "sales"), shares.expected(ASK, "sales")
    assert dialed.share == pytest.approx(0.2, abs=0.02)
    assert dialed.after_s == pytest.approx(30.0, abs=1.0)
    assert ask.share > 0.95, "everybody who came to the question asked for one"
    assert ask.after_s == pytest.approx(10.0, abs=1.0)


def test_another_queue_is_another_matter() -> None:
    assert learned(500, every=1).expected(DIALED, "service").share < 0.01


def test_what_was_long_ago_is_forgotten() -> None:
    shares = learned(1000, every=1)
    for serial in range(2000):
        shares.learn([(DIALED, 1e6 + serial)], None, 1e6 + serial + 20)
    assert shares.expected(DIALED, "sales").share < 0.02


def test_a_stage_that_is_passed_twice_counts_once_from_its_last_beginning() -> None:
    shares = TransferShares()
    for _ in range(500):
        shares.learn([(ASK, 0.0), (ASK, 50.0)], "sales", 55.0)
    assert shares.expected(ASK, "sales").share == pytest.approx(1.0, abs=0.03)
    assert shares.expected(ASK, "sales").after_s == pytest.approx(5.0, abs=0.2)


def test_a_successor_knows_the_same() -> None:
    shares, successor = learned(300, every=3), TransferShares()
    successor.restore(json.loads(json.dumps(shares.state())))
    for stage in (DIALED, ANSWERED, ASK):
        assert successor.expected(stage, "sales") == shares.expected(stage, "sales")


@pytest.mark.parametrize("state", [{}, {"version": 9}, {"version": 1, "passed": [], "asked": []}])
def test_what_is_no_such_state_is_refused(state: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        TransferShares().restore(state)
