"""Rounds in turns, and what comes of them."""

from __future__ import annotations

import pytest

from bench.calls import Round, ratios


def at(rate: float) -> Round:
    return Round(calls=100, took_s=100 / rate, cpu_s={"client": 0.2})


def test_each_round_is_compared_with_its_neighbours() -> None:
    # A machine that gets slower all the time favours neither.
    assert ratios([at(90), at(70)], [at(200), at(160), at(120)]) == pytest.approx([0.5, 0.5])


def test_a_round_without_a_neighbour_is_refused() -> None:
    with pytest.raises(ValueError):
        ratios([at(90), at(70)], [at(200), at(160)])


def test_processor_time_is_told_per_call() -> None:
    assert at(50).cpu_ms("client") == pytest.approx(2.0)
    assert at(50).rate == pytest.approx(50)
