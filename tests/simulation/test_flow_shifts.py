"""Shifts whose callers walk through a flow and press keys: the ten promises hold, whatever happens."""

from __future__ import annotations

import pytest

from dialerd.core.campaign import Mode, PacingSettings
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

PER_TEST = 5


def lived(shift: Shift) -> World:
    world = World(shift)
    world.run()
    assert not world.truth.findings, (shift.seed, findings_of(world))
    return world


def results(world: World) -> set[str | None]:
    return {record.flow_result for record in world.record.attempts.values()}


def test_a_quiet_shift_comes_to_every_end() -> None:
    world = lived(Shift(1, agents=4, minutes=40, flows=True))
    assert {"done", "transferred", "hung_up"} <= results(world)
    reasons = {row.standing.reason for row in world.record.contacts.values()}
    assert {"opted_out", "callback"} <= reasons
    columns = [row.columns for row in world.record.contacts.values()]
    assert any("day" in of_one for of_one in columns)
    assert any("memo" in of_one for of_one in columns)


PACING = PacingSettings(progressive_until=3, abandon_target=0.1, abandon_cap=0.1)


@pytest.mark.parametrize(
    "seed",
    [
        200_001,  # daemon dead while another number was dialed, before the ledger knew of it
        200_018,  # daemon dead while another number was dialed
    ],
)
def test_regressions(seed: int) -> None:
    opt_outs = seed % 2 == 0
    lived(Shift(seed, faults=True, flows=True, opt_outs=opt_outs, inbound_per_hour=6.0, pacing=PACING))


@pytest.mark.parametrize("first", range(90_000, 90_000 + 6 * PER_TEST, PER_TEST))
def test_whatever_goes_wrong(first: int) -> None:
    worlds = [lived(Shift(seed, faults=True, flows=True, inbound_per_hour=6.0))
              for seed in range(first, first + PER_TEST)]  # fmt: skip
    assert set[str | None]().union(*map(results, worlds)) >= {"done", "transferred"}


def test_keys_in_the_abandoned_call_message() -> None:
    worlds = [lived(Shift(seed, faults=True, flows=True, mode=Mode.POWER, pacing=PACING)) for seed in range(4)]
    told = [one for world in worlds for one in world.record.attempts.values()
            if one.abandoned and (one.flow or {}).get("flow") == "abandoned"]  # fmt: skip
    assert told, "nobody heard the message: the test shows nothing"
    assert {one.disposition for one in told} <= {"abandoned", "outcome_unknown", "answered_agent"}
