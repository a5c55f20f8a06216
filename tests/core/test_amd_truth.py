"""How often call analysis is wrong: shares, intervals, and the sample that they come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.amd_truth import MarkCounts, amd_truth, is_sampled, share_of
from dialerd.core.ids import ATTEMPT, SerialNumbers


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        # Published values of the score interval: Newcombe, Statistics in Medicine 17 (1998), table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval(found: int, of: int, low: float, high: float) -> None:
    share = share_of(found, of)
    assert share.share == found / of
    assert (share.low, share.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_seen_says_nothing() -> None:
    share = share_of(0, 0)
    assert (share.share, share.low, share.high) == (None, None, None)


@given(st.integers(1, 5000), st.data())
def test_an_interval_holds_its_share_and_narrows_with_more(of: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, of))
    few, many = share_of(found, of), share_of(10 * found, 10 * of)
    for share in (few, many):
        assert share.low is not None
        assert share.high is not None
        assert share.share is not None
        assert 0.0 <= share.low <= share.share <= share.high <= 1.0
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]
    mirrored = share_of(of - found, of)
    assert mirrored.low == pytest.approx(1.0 - (few.high or 0.0))


def test_what_was_counted_becomes_shares() -> None:
    truth = amd_truth(MarkCounts("spring", "carrier", 200, 40, 2, 500, 50, 10))
    assert (truth.false_positive.share, truth.false_negative.share) == (0.05, 0.2)
    assert truth.false_negative_at_least.share == 0.02


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 1.0])
def test_a_sample_is_as_large_as_wanted(share: float) -> None:
    serials = SerialNumbers(1_700_000_000_000, 7)
    ids = [serials.new(ATTEMPT) for _ in range(20_000)]
    sampled = sum(is_sampled(one, share) for one in ids)
    assert abs(sampled - share * len(ids)) <= 0.002 * len(ids)
