"""Shifts that dial ahead of their agents: every promise holds, and the abandon cap with them."""

from __future__ import annotations

import pytest

from dialerd.core.campaign import Connection, Mode, PacingSettings
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

AHEAD = (Mode.POWER, Mode.PREDICTIVE)
STEEP = PacingSettings(ratio=4.0, abandon_target=0.03, progressive_until=0)
"""Far ahead from the first call on: many people wait, and many agents are missed."""


def lived(shift: Shift) -> World:
    """The world after its shift; fails the test when a promise was broken."""
    world = World(shift)
    world.run()
    assert not world.truth.findings, findings_of(world)
    return world


def abandon_rate(world: World) -> float:
    """A / (A + L) by the world's own count of conversations."""
    records = [outcome.record for outcome in world.truth.outcomes.values()]
    lost = sum(record.abandoned for record in records)
    live = sum(record.connected_at is not None and not record.abandoned for record in records)
    return lost / (lost + live)


@pytest.mark.parametrize("mode", AHEAD)
@pytest.mark.parametrize("first", [60_000, 60_020, 60_040])
def test_promises_hold_whatever_goes_wrong(first: int, mode: Mode) -> None:
    for seed in range(first, first + 20):
        pacing = STEEP if seed % 2 else PacingSettings()
        lived(Shift(seed, faults=True, inbound_per_hour=6.0, mode=mode, pacing=pacing))


@pytest.mark.parametrize("mode", AHEAD)
def test_equal_shifts_run_equally(mode: Mode) -> None:
    shift = Shift(4711, faults=True, inbound_per_hour=6.0, mode=mode, pacing=STEEP)
    first, second = lived(shift), lived(shift)
    assert first.trace.digest == second.trace.digest
    assert first.trace.commands == second.trace.commands > 300


def calm(seed: int, mode: Mode, agents: int, minutes: float, **changes: object) -> Shift:
    values: dict[str, object] = {
        "connection": Connection.NAILED, "profile": "off", "agentless": False, "restless": False,
    }  # fmt: skip
    return Shift(seed=seed, agents=agents, minutes=minutes, mode=mode, **(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_whole_predictive_day_stays_under_the_cap(seed: int) -> None:
    world = lived(calm(seed, Mode.PREDICTIVE, 10, 480.0, inbound_per_hour=1.0))
    assert world.truth.connected_calls > 3000
    assert 0.005 < abandon_rate(world) <= 0.03


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_power_day_stays_under_the_cap(seed: int) -> None:
    world = lived(calm(seed, Mode.POWER, 8, 480.0, pacing=PacingSettings(ratio=2.5)))
    assert world.truth.connected_calls > 2000
    assert 0.005 < abandon_rate(world) <= 0.03


def test_a_day_with_restless_agents_and_analysis_stays_under_the_cap() -> None:
    shift = calm(5, Mode.PREDICTIVE, 10, 300.0, profile="connect_first", restless=True, inbound_per_hour=2.0)
    world = lived(shift)
    assert world.truth.connected_calls > 700
    assert abandon_rate(world) <= 0.03


def test_predictive_agents_talk_more_than_progressive_ones() -> None:
    talked = {
        mode: sum(lived(calm(seed, mode, 12, 120.0, contacts=6000)).truth.connected_calls for seed in (8, 9))
        for mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE)
    }
    assert talked[Mode.PREDICTIVE] > 1.05 * talked[Mode.PROGRESSIVE]


def test_a_successor_goes_on_with_what_was_learned() -> None:
    world = World(calm(9, Mode.PREDICTIVE, 8, 60.0))
    world.schedule.at(1800.0, world.kill_daemon)
    world.run()
    assert not world.truth.findings, findings_of(world)
    assert len(world.lives) == 2
    assert (world.tells.get("pacing_cold"), world.tells.get("pacing_warm")) == (1, 1)
    assert abandon_rate(world) <= 0.03


def test_without_redis_data_the_successor_begins_progressive() -> None:
    world = World(calm(9, Mode.PREDICTIVE, 8, 40.0))
    world.schedule.at(1800.0, world.kill_daemon)
    world.schedule.at(1800.1, world.hot.pacing.clear)
    world.run()
    assert not world.truth.findings, findings_of(world)
    assert world.tells["pacing_cold"] == 2
    assert abandon_rate(world) <= 0.03
