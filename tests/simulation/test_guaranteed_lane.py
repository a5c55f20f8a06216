"""The guaranteed-agent lane in a simulated shift: numbers under the 72 h rule, in a campaign that dials ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core.attempts_control import AttemptCap, Counted, Scope
from dialerd.core.campaign import Connection, Mode, PacingSettings
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import EPOCH, World

RULE = AttemptCap(Scope.NUMBER, 1, 72 * 3600.0, Counted.ABANDONED, unless_guaranteed=True, name="abandoned_72h")
STEEP = PacingSettings(ratio=3.0, progressive_until=0)


def lived(shift: Shift, lane: bool = True) -> tuple[World, set[str]]:
    """The world after its shift, and the numbers that were abandoned an hour before it."""
    world = World(shift)
    campaigns = world.plan.campaigns
    assert isinstance(campaigns, dict)
    campaigns["spring"] = replace(campaigns["spring"], attempt_caps=(RULE,), guaranteed_agent_lane=lane)
    marked = {f"+441632960{n:06d}" for n in range(0, 20_000, 4)}
    world.hot.calls_known[Scope.NUMBER] = RULE.window_s
    for number in marked:
        world.hot.calls[Scope.NUMBER, number] = [(int(EPOCH) - 3600, Counted.ABANDONED.mask)]
    world.run()
    assert not world.truth.findings, findings_of(world)
    return world, marked


def calm(seed: int, mode: Mode, minutes: float = 60.0, agents: int = 8) -> Shift:
    return Shift(
        seed, agents=agents, minutes=minutes, mode=mode, connection=Connection.NAILED, profile="off",
        agentless=False, restless=False, pacing=STEEP,
    )  # fmt: skip


@pytest.mark.parametrize("mode", [Mode.PREDICTIVE, Mode.POWER])
@pytest.mark.parametrize("seed", [1, 2])
def test_numbers_under_the_rule_are_called_with_an_agent_and_never_abandoned(seed: int, mode: Mode) -> None:
    world, marked = lived(calm(seed, mode))
    records = [outcome.record for outcome in world.truth.outcomes.values()]
    in_lane = [record for record in records if record.lane]
    assert {record.lane for record in records if record.number in marked and record.dialed_at} == {"guaranteed"}
    assert all(record.number in marked or record.contact_attempts for record in in_lane)
    assert len(in_lane) > 60, "the lane is served beside the calls that are placed ahead"
    reached = [record for record in in_lane if record.connected_at is not None]
    assert len(reached) > 15
    assert not [record.id for record in in_lane if record.abandoned]
    ahead = [record for record in records if not record.lane and record.connected_at is not None]
    assert len(ahead) > 100, "and does not keep them from being placed"


def test_without_the_lane_they_wait_in_the_record() -> None:
    world, marked = lived(calm(3, Mode.PREDICTIVE, minutes=20.0), lane=False)
    assert not [o for o in world.truth.outcomes.values() if o.record.number in marked and o.record.dialed_at]
    held = [row for row in world.record.contacts.values() if row.standing.reason == "cap:abandoned_72h"]
    assert held
    assert {row.standing.next_at for row in held} == {int(EPOCH) - 3600 + RULE.window_s}


def test_a_progressive_campaign_guarantees_every_agent() -> None:
    world, marked = lived(calm(4, Mode.PROGRESSIVE, minutes=20.0), lane=False)
    called = [o.record for o in world.truth.outcomes.values() if o.record.number in marked and o.record.dialed_at]
    assert called
    assert not [record.id for record in called if record.lane]


@pytest.mark.parametrize("first", [70_000, 70_010])
def test_promises_hold_whatever_goes_wrong(first: int) -> None:
    for seed in range(first, first + 10):
        mode = (Mode.PREDICTIVE, Mode.POWER)[seed % 2]
        lived(Shift(seed, faults=True, inbound_per_hour=6.0, mode=mode, pacing=STEEP))
