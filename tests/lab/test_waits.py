"""Who waited how long, from what the carrier heard; and what a shift's record adds up to."""

from __future__ import annotations

from typing import Any

import pytest

from lab.callees import Behaviour
from lab.hearing import OTHER, Heard
from lab.pacing_run import WRAP_S, Result, measured
from lab.truth import Truth, TruthCall
from lab.waits import waited_ms, waits


def call(number: int, *heard: Heard, behaviour: Behaviour = Behaviour.SHORT_HELLO, **changes: Any) -> TruthCall:
    """A call answered at 10 s whose first word comes 0.4 s later."""
    times: dict[str, Any] = {"answered_ms": 10_000, "spoke_ms": 10_400, "ended_ms": 20_000} | changes
    return TruthCall(f"c{number}", f"+44{number}", behaviour, "", "", 5_000, heard=heard, **times)


def test_everybody_who_waits_is_in_one_class() -> None:
    found = waits(
        Truth(
            (
                call(1, Heard("8001", 10_500, 15_000)),
                call(2, Heard(OTHER, 12_100, 16_000)),
                call(3),
                call(4, Heard(OTHER, 11_000, 16_000), Heard("8002", 16_500, 18_000)),
                call(5, behaviour=Behaviour.VOICEMAIL_LONG),
                call(6, behaviour=Behaviour.QUICK_HANGUP),
                call(7, answered_ms=None, spoke_ms=None),
            ),
            (),
        )
    )
    assert found.with_agent == {"+441", "+444"}
    assert found.with_message == {"+442"}
    assert found.with_nothing == {"+443"}
    assert found.answered == 4
    assert found.longest_ms == 1_700


def test_the_wait_begins_with_the_first_word() -> None:
    assert waited_ms(call(1, Heard("8001", 10_450, 12_000))) == 50
    assert waited_ms(call(1, Heard("8001", 10_100, 12_000))) == 0
    assert waited_ms(call(1, Heard("8001", 12_000, 13_000), spoke_ms=None)) == 2_000
    assert waited_ms(call(1)) is None


def test_utilisation_counts_only_what_lies_in_the_shift() -> None:
    def attempt(connected: float | None, ended: float, abandoned: bool = False) -> dict[str, Any]:
        return {"connected_at": connected, "ended_at": ended, "abandoned": abandoned}

    attempts = [
        attempt(100.0, 130.0),
        attempt(190.0, 230.0),  # 10 s of it inside
        attempt(None, 150.0, abandoned=True),
        attempt(150.0, 160.0, abandoned=True),  # connected late
        attempt(None, 120.0),
    ]
    found = measured(attempts, agents=2, began=100.0, ended=200.0)
    assert found.utilisation == pytest.approx((30 + WRAP_S + 10 + 10 + WRAP_S) / 200)
    assert (found.abandoned, found.answers) == (2, 4)
    assert found.rate == 0.5
    assert Result(0.0, 0, 0).rate == 0.0
