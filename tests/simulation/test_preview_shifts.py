"""Agents who read contacts before they are called: nobody is called unread, and promises hold whatever goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core.campaign import Connection, Mode, PacingSettings
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet
from dialerd.core.preview import OnTimeout, PreviewSettings
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

PER_TEST = 15
TEN = PreCallRule("ten", parse_filter("attempts > 0"), PreCallAction.PREVIEW)


def lived(shift: Shift, **changes: object) -> World:
    world = World(shift)
    campaigns = world.plan.campaigns
    assert isinstance(campaigns, dict)
    if changes:
        campaigns["spring"] = replace(campaigns["spring"], **changes)  # type: ignore[arg-type]
    world.run()
    assert not world.truth.findings, findings_of(world)
    return world


@pytest.mark.parametrize("on_timeout", list(OnTimeout))
@pytest.mark.parametrize("connection", list(Connection))
def test_a_calm_shift(connection: Connection, on_timeout: OnTimeout) -> None:
    shift = Shift(
        5, agents=6, minutes=20, mode=Mode.PREVIEW, connection=connection, profile="off", agentless=False,
        restless=False,
    )  # fmt: skip
    world = lived(shift, preview=PreviewSettings(20.0, on_timeout))
    readers, outcomes = world.readers, world.truth.outcomes.values()
    assert len(readers.shown) > 60
    assert readers.decisions["accepted"] > 40
    assert readers.decisions["skipped"] > 3
    assert readers.decisions["timed_out"] > 3
    assert world.truth.connected_calls > 15
    if connection is Connection.NAILED:
        assert world.truth.abandoned == 0
        for outcome in outcomes:
            record = outcome.record
            if record.connected_at is not None:
                assert world.truth.callees[record.id].spoke_with == [readers.shown[record.id]]
    assert all(attempt not in world.truth.callees for attempt in readers.skipped)
    dialed = {o.record.id for o in outcomes if o.record.dialed_at is not None}
    assert dialed <= readers.wanted or on_timeout is OnTimeout.DIAL


@pytest.mark.parametrize("first", range(90_000, 90_000 + 6 * PER_TEST, PER_TEST))
def test_whatever_goes_wrong(first: int) -> None:
    worlds = [
        lived(Shift(seed, faults=True, inbound_per_hour=6.0, mode=Mode.PREVIEW, opt_outs=seed % 3 == 0))
        for seed in range(first, first + PER_TEST)
    ]
    assert sum(len(world.readers.shown) for world in worlds) > 30 * PER_TEST
    reasons = {o.record.reason for world in worlds for o in world.truth.outcomes.values()}
    assert {"daemon_restarted", "agent_left", "telephony_lost", "skipped_by_agent"} <= reasons


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.POWER, Mode.PREDICTIVE])
@pytest.mark.parametrize("faults", [False, True])
def test_second_calls_are_read_first_where_a_rule_wants_it(mode: Mode, faults: bool) -> None:
    read = 0
    for seed in range(91_000, 91_005):
        shift = Shift(seed, faults=faults, mode=mode, minutes=15, pacing=PacingSettings(progressive_until=5))
        world = lived(shift, rule_sets=(RuleSet("house", (TEN,)),), preview=PreviewSettings(20.0))
        for outcome in world.truth.outcomes.values():
            record = outcome.record
            if record.campaign == "spring" and record.contact_attempts and record.dialed_at is not None:
                assert record.preview is not None, f"{seed}: {record.id} was called unread"
                read += 1
    assert read > 10
