"""The contract: rules that are refused, and the room that lines and agents leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.pacing.contract import PacingInfo, Snapshot, room, times


@pytest.mark.parametrize(
    "wrong",
    [
        {"abandon_cap": -0.01},
        {"abandon_cap": 1.0},
        {"abandon_cap": 0.03, "abandon_target": 0.04},
        {"abandon_target": -0.01},
        {"max_calls_per_agent": 0.9},
        {"max_calls_per_agent": 15.1},
        {"patience_s": -1.0},
        {"ring_timeout_s": 0.0},
    ],
)
def test_rules_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        PacingInfo(**wrong)  # type: ignore[arg-type]


def test_at_work_and_outstanding_count_what_they_say() -> None:
    snapshot = Snapshot(
        now=100.0,
        idle=2,
        talking_since=times([90.0, 80.0]),
        wrapping_since=times([95.0]),
        leaving=4,
        ringing_since=times([99.0, 98.0, 97.0]),
        in_amd_since=times([99.5]),
        waiting=1,
    )
    assert snapshot.at_work == 5
    assert snapshot.outstanding == 5


def test_room_by_calls_per_agent_counts_talking_agents_as_calls() -> None:
    snapshot = Snapshot(now=0.0, idle=2, talking_since=times([0.0] * 8), ringing_since=times([0.0] * 3))
    assert room(PacingInfo(max_calls_per_agent=1.5), snapshot) == 15 - 8 - 3


def test_room_by_lines() -> None:
    snapshot = Snapshot(now=0.0, idle=5, lines_in_use=18)
    assert room(PacingInfo(max_lines=20), snapshot) == 2
    assert room(PacingInfo(max_lines=10), snapshot) == 0


def test_room_by_what_can_be_dialed() -> None:
    assert room(PacingInfo(), Snapshot(now=0.0, idle=5, dialable=3)) == 3
    assert room(PacingInfo(), Snapshot(now=0.0, idle=5, dialable=0)) == 0


@given(st.integers(0, 50), st.integers(0, 50))
def test_nobody_at_work_leaves_no_room(leaving: int, ringing: int) -> None:
    snapshot = Snapshot(now=9.0, leaving=leaving, ringing_since=times([1.0] * ringing))
    assert room(PacingInfo(), snapshot) == 0
