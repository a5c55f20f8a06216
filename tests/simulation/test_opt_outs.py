"""Opt-outs at any moment: nobody who has asked is called afterwards, and what rang for them is ended."""

from __future__ import annotations

import pytest

from dialerd.core.campaign import Mode, PacingSettings
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

PER_TEST = 10


def lived(shift: Shift) -> World:
    world = World(shift)
    world.run()
    assert not world.truth.findings, findings_of(world)
    return world


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.POWER])
@pytest.mark.parametrize("seed", range(3))
def test_everybody_who_asks_is_left_alone_and_no_phone_rings_on(seed: int, mode: Mode) -> None:
    world = lived(Shift(seed, opt_outs=True, mode=mode, pacing=PacingSettings(progressive_until=5)))
    assert world.opt_outs.posted > 20
    reasons = {row.standing.reason for row in world.record.contacts.values()}
    assert "dnc:opt_outs" in reasons
    cancelled = [record for record in world.record.attempts.values() if record.reason == "dnc:opt_outs"]
    assert {record.disposition for record in cancelled} <= {"cancelled", "not_placed", "abandoned"}
    assert any(record.disposition == "cancelled" for record in cancelled), "nobody's phone was ringing"


@pytest.mark.parametrize("first", range(70_000, 70_000 + 5 * PER_TEST, PER_TEST))
def test_whatever_else_goes_wrong(first: int) -> None:
    worlds = [lived(Shift(seed, faults=True, opt_outs=True)) for seed in range(first, first + PER_TEST)]
    assert sum(world.opt_outs.posted for world in worlds) > 50
    assert any(world.opt_outs.wiped for world in worlds)
    assert any("dnc_loading" in reason for world in worlds for life in world.lives
               for run in life.dialer.floor.campaigns.values() for reason in run.refused)  # fmt: skip
