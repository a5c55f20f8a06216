"""Budget arithmetic, by hand."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.pacing.budget import FLOOR_THETA, Budget, certain_left, tightest_left
from dialerd.core.pacing.contract import PacingInfo, Snapshot, WindowCount


def budget(**rules: float) -> Budget:
    result = Budget()
    result.start(PacingInfo(**rules))  # type: ignore[arg-type]
    return result


def counted(connected: float, abandoned: float, *others: WindowCount) -> Snapshot:
    return Snapshot(now=0.0, idle=1, connected=connected, abandoned=abandoned, other_windows=others)


def working(agents: int, connected: float, abandoned: float) -> Snapshot:
    return Snapshot(now=0.0, idle=agents, connected=connected, abandoned=abandoned)


def test_certain_left_by_hand() -> None:
    # 0.03 x (1,000 + 60) - 20 = 11.8
    assert certain_left(0.03, 980, 20, 5000) == pytest.approx(11.8)
    # Near the end only half of those still to come count: 0.03 x (1,000 + 5) - 20 = 10.15
    assert certain_left(0.03, 980, 20, 10) == pytest.approx(10.15)
    # Early on fewer are taken as certain: 0.03 x (80 + 5 + 8) - 2 = 0.79
    assert certain_left(0.03, 78, 2, 5000) == pytest.approx(0.79)


def test_the_tightest_window_binds() -> None:
    info = PacingInfo()
    snapshot = counted(980, 20, WindowCount(9_500, 280), WindowCount(5_000, 10))
    # 0.03 x (9,780 + 60) - 280 = 15.2 is more than 11.8; with 290 abandons it is less.
    assert tightest_left(info, snapshot, 5000, 60) == pytest.approx(11.8)
    snapshot = counted(980, 20, WindowCount(9_490, 290))
    assert tightest_left(info, snapshot, 5000, 60) == pytest.approx(5.2)


def test_theta_by_hand_in_the_middle_of_a_day() -> None:
    # n 1,000, A 26, 1,000 to come: day 60, gain 0.1, reserve min(3, 7.2) = 3,
    # surplus 0.02925 x 1,000 - 26 - 3 = 0.25; left 31.8 - 26 = 5.8: not yet tight.
    allowance = budget().allowance(counted(974, 26), 1000)
    assert allowance.whole_window == pytest.approx(60.0)
    assert allowance.left == pytest.approx(5.8)
    assert allowance.want == pytest.approx(0.9 * 0.02925 * exp(0.1 * 0.25))
    assert allowance.theta == pytest.approx(allowance.want)


def test_theta_shrinks_when_little_is_left_and_stops_when_nothing_is() -> None:
    # One agent: tight below 3 abandons left.
    tight = budget().allowance(counted(971, 29), 1000)
    assert tight.left == pytest.approx(2.8)
    assert tight.theta == pytest.approx(tight.want * exp(-0.4 * 0.2))
    empty = budget().allowance(counted(969, 31), 1000)
    assert empty.left == pytest.approx(0.8)
    assert empty.theta == FLOOR_THETA


def test_early_on_a_bad_half_minute_must_fit_into_what_the_running_total_bears() -> None:
    # 50 at work: a bad half minute costs a fifth, 10. 3.5 % of 300 bears 10.5, and 2 are lost: 1.5 are missing.
    # By the cap alone, 0.03 x (300 + 35) - 2 = 8.05 are left, more than the 4 below which it would be tight.
    early = budget().allowance(working(50, 298, 2), 4000)
    assert early.left == pytest.approx(8.05)
    assert early.theta == pytest.approx(early.want * exp(-0.4 * 1.5))
    assert early.throttled
    # One more loss of a hundred answers, and a small team, are borne.
    assert not budget().allowance(working(50, 397, 3), 4000).throttled
    assert not budget().allowance(working(10, 298, 2), 4000).throttled


def test_at_the_very_beginning_a_little_is_risked() -> None:
    assert budget().allowance(working(50, 60, 0), 4000).theta == FLOOR_THETA


def test_a_full_second_window_stops_as_well() -> None:
    allowance = budget().allowance(counted(1000, 0, WindowCount(970.0, 31.0)), 1000)
    assert allowance.theta == FLOOR_THETA


def test_a_target_below_the_cap_is_aimed_at() -> None:
    # With one per cent as the target and 15 of 1,000 abandoned, the surplus is 10 - 15 - 3 = -8.
    allowance = budget(abandon_target=0.01).allowance(counted(985, 15), 1000)
    assert allowance.want == pytest.approx(0.9 * 0.01 * exp(0.1 * -8.0))


def test_a_cap_of_zero_risks_nothing() -> None:
    assert budget(abandon_cap=0.0).allowance(counted(1000, 0), 1000).theta == 0.0


def test_the_base_rises_while_losses_stay_below_the_wish_and_falls_above() -> None:
    controller = budget()
    allowance = controller.allowance(counted(980, 20), 1000)
    for _ in range(20):
        controller.accepted([0.5 * allowance.want], 0.2, allowance)
    raised = controller.allowance(counted(980, 20), 1000).theta
    assert raised > allowance.theta
    for _ in range(60):
        controller.accepted([2.0 * allowance.want], 0.2, allowance)
    assert controller.allowance(counted(980, 20), 1000).theta < raised


def test_the_opening_burst_teaches_the_base_nothing() -> None:
    controller = budget()
    opening = controller.allowance(counted(0, 0), 4000)
    for _ in range(300):
        controller.accepted([0.0], 0.2, opening)
    assert controller.allowance(counted(0, 0), 4000).theta == pytest.approx(opening.theta)


def test_the_guard_teaches_the_base_nothing() -> None:
    controller = budget()
    guarded = controller.allowance(counted(970, 30), 1000)
    assert guarded.throttled
    for _ in range(300):
        controller.accepted([0.0], 0.2, guarded)
    easy = counted(980, 20)
    assert controller.allowance(easy, 1000).theta == budget().allowance(easy, 1000).theta


def test_nothing_is_risked_once_exhausted_and_a_little_earlier_near_the_end() -> None:
    # left: 0.03 x (1,000 + 60) - 31.5 = 0.3, then with 100 still to come 0.03 x (1,000 + 50) - 31 = 0.5.
    assert not budget().allowance(counted(968.5, 31.5), 1000).exhausted
    assert budget().allowance(counted(968, 32), 1000).exhausted
    assert budget().allowance(counted(969, 31), 100).exhausted
    assert not budget().allowance(counted(971, 29), 100).exhausted


def test_calibration_is_seen_over_forecast() -> None:
    controller = budget()
    allowance = controller.allowance(counted(980, 20), 1000)
    for _ in range(400):
        controller.accepted([0.1], 0.25, allowance)
    for _ in range(28):
        controller.lost()
    # (28 + 8) / (400 x 0.25 x 0.1 + 8) = 2
    assert controller.calibration == pytest.approx(2.0)


def test_calibration_forgets() -> None:
    controller = budget()
    allowance = controller.allowance(counted(980, 20), 1000)
    for _ in range(4000):
        controller.lost()
    assert controller.calibration > 20
    for _ in range(1000):
        for _ in range(40):
            controller.accepted([0.1], 0.25, allowance)
        controller.lost()
    assert controller.calibration == pytest.approx(1.0, abs=0.5)


def test_state_goes_round() -> None:
    one, other = budget(), budget()
    allowance = one.allowance(counted(980, 20), 1000)
    for _ in range(50):
        one.accepted([0.01], 0.2, allowance)
    one.lost()
    other.restore(one.state())
    assert other.allowance(counted(980, 20), 1000) == one.allowance(counted(980, 20), 1000)
    assert other.calibration == one.calibration


@given(st.integers(0, 20_000), st.floats(0.0, 1.0), st.integers(0, 20_000))
def test_theta_is_a_small_share_and_the_floor_once_the_cap_is_reached(n: int, share: float, future: int) -> None:
    abandoned = int(n * share)
    allowance = budget().allowance(counted(n - abandoned, abandoned), future)
    assert 0.0 <= allowance.theta < 0.8
    if n > 0 and abandoned > 0.03 * (n + 60):
        assert allowance.theta <= FLOOR_THETA
