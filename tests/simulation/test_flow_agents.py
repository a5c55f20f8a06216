"""A campaign without agents whose flow leads many callers to a queue: it dials no more than the agents can take."""

from __future__ import annotations

import pytest

from dialerd.core.campaign import Connection
from dialerd.core.flow.nodes import Flow, Gather, HangUp, Play, ToQueue
from dialerd.core.flow.prompts import sound
from dialerd.core.flow_demand import QueueNeed
from dialerd.sim.report import findings_of
from dialerd.sim.shift import QUEUE, Shift
from dialerd.sim.world import World

_SAID = sound("sound:dialerd/dates")
AGENT_FOR_ANY_KEY = Flow(
    "any",
    "hello",
    {
        "hello": Play(_SAID, "ask"),
        "ask": Gather(_SAID, dict.fromkeys("0123456789*#", "agent"), retries=0),
        "agent": ToQueue(QUEUE, "later", 25.0, _SAID),
        "later": HangUp("later", _SAID),
    },
)


def reached(seed: int) -> float:
    """Share of the callers who asked for an agent and got one, where forty lines dial for six agents."""
    shift = Shift(
        seed, agents=6, minutes=40, flows=True, flow=AGENT_FOR_ANY_KEY, flow_lines=40, restless=False,
        profile="off", connection=Connection.NAILED,
    )  # fmt: skip
    world = World(shift)
    world.run()
    assert not world.truth.findings, (seed, findings_of(world))
    paths = [
        (record, {node for _, _, node, _ in record.flow["path"]})
        for record in world.record.attempts.values()
        if record.campaign == "reminder" and record.flow is not None
    ]
    asked = [record for record, nodes in paths if "agent" in nodes]
    assert len(asked) > 100
    return sum(record.connected_at is not None for record in asked) / len(asked)


@pytest.mark.parametrize("seed", [1, 2])
def test_callers_who_ask_for_an_agent_get_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held_back = reached(seed)
    monkeypatch.setattr(QueueNeed, "suffices", True)
    unheeded = reached(seed)
    assert held_back > 0.75
    assert unheeded < 0.4, "forty lines are no burden for these agents: the test shows nothing"


@pytest.mark.parametrize("seed", range(300, 306))
def test_promises_hold_whatever_goes_wrong(seed: int) -> None:
    shift = Shift(seed, faults=True, flows=True, flow=AGENT_FOR_ANY_KEY, flow_lines=15, inbound_per_hour=6.0)
    world = World(shift)
    world.run()
    assert not world.truth.findings, (seed, findings_of(world))
