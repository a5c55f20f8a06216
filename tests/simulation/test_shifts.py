"""Seeded shifts of a simulated world: the ten promises hold whatever happens. A failure prints its seed."""

from __future__ import annotations

import pytest

from dialerd.core.campaign import Connection
from dialerd.core.commands import AnnounceAgent
from dialerd.sim.daemon import Trace
from dialerd.sim.report import findings_of
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

SHIFTS_PER_TEST = 20


def lived(shift: Shift) -> World:
    """The world after its shift; fails the test when a promise was broken."""
    world = World(shift)
    world.run()
    assert not world.truth.findings, findings_of(world)
    return world


REGRESSIONS = (
    1,  # calls per second when replies came all at once
    100,  # a person stayed in the agent's bridge after the entry was not heard of
    104,  # verdict in the ledger, daemon dead before the close
    140,  # inbound call met a person whose entry into the bridge was not heard of
    201,  # bridge of a line that dropped while the daemon was away
    253,  # ring time-out of an adopted call
    323,  # ring mode: conversation begun while the clock ran out
    439,  # adopted call that Asterisk never timed out
    547,  # conversation under way at the crash, not yet in the ledger
    577,  # two people on one agent's line
    595,  # conversation whose agent left while the daemon was away
    3029,  # ring mode: conversation under way at the crash, roster not yet known
    50_041,  # answer to a probe that was asked before the end was told
    2003,  # inbound caller left alone after a restart
)
"""Seeds of faulty shifts that once broke a promise, and which."""


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_regressions(seed: int) -> None:
    lived(Shift(seed, faults=True, inbound_per_hour=6.0))


@pytest.mark.parametrize("first", range(10_000, 10_000 + 15 * SHIFTS_PER_TEST, SHIFTS_PER_TEST))
def test_promises_hold_whatever_goes_wrong(first: int) -> None:
    for seed in range(first, first + SHIFTS_PER_TEST):
        lived(Shift(seed, faults=True, inbound_per_hour=6.0))


@pytest.mark.parametrize("profile", ["off", "connect_first", "balanced"])
@pytest.mark.parametrize("seed", range(3))
def test_progressive_nailed_never_abandons(seed: int, profile: str) -> None:
    world = lived(
        Shift(
            seed, agents=8, minutes=20, connection=Connection.NAILED, profile=profile, restless=False, agentless=False
        )
    )
    assert world.truth.connected_calls > 20
    assert world.truth.abandoned == 0


@pytest.mark.parametrize("seed", range(3))
def test_ring_mode_seldom_abandons(seed: int) -> None:
    world = lived(
        Shift(
            seed, agents=8, minutes=20, connection=Connection.RING, profile="connect_first", restless=False,
            agentless=False,
        )
    )  # fmt: skip
    assert world.truth.connected_calls > 20
    # A phone that is rung when the person has begun to speak answers in time, but for those who say nothing.
    assert world.truth.abandoned <= 0.1 * world.truth.connected_calls


def test_equal_shifts_run_equally() -> None:
    shift = Shift(4711, faults=True, inbound_per_hour=6.0)
    first, second = lived(shift), lived(shift)
    assert first.trace.digest == second.trace.digest
    assert first.trace.commands == second.trace.commands > 500
    assert [str(o.record) for o in first.truth.outcomes.values()] == [
        str(o.record) for o in second.truth.outcomes.values()
    ]


def test_the_trace_tells_every_command_apart_however_often_it_is_read() -> None:
    def digest_of(agents: list[str], read_at: int | None = None) -> str:
        trace = Trace()
        for number, agent in enumerate(agents):
            if number == read_at:
                assert trace.digest
            trace.note(float(number), AnnounceAgent(agent, "INUSE"))
        return trace.digest

    agents = [str(8000 + number % 7) for number in range(700)]
    assert digest_of(agents) == digest_of(agents) == digest_of(agents, read_at=300)
    for changed in (0, 255, 256, 699):
        assert digest_of([*agents[:changed], "9999", *agents[changed + 1 :]]) != digest_of(agents)
    assert digest_of(agents[:-1]) != digest_of(agents)


def test_other_seeds_run_otherwise() -> None:
    digests = {lived(Shift(seed, faults=True)).trace.digest for seed in range(4711, 4716)}
    assert len(digests) == 5


@pytest.mark.parametrize("faults", [False, True])
def test_a_finished_list_completes(faults: bool) -> None:
    world = World(
        Shift(
            3, minutes=60, contacts=25, faults=faults, connection=Connection.NAILED, agentless=False, restless=False
        )
    )
    world.run()
    assert not world.truth.findings, findings_of(world)
    assert world.record.campaign_states()["spring"] == "complete"
    assert all(row.standing.state == "uncallable" for row in world.record.contacts.values())


def test_faulty_shifts_meet_every_mishap() -> None:
    """The mishaps are real ones: over some shifts every kind strikes, daemons die and calls get lost."""
    from dialerd.sim.mishaps import KINDS

    struck: set[str] = set()
    lives = lost = 0
    for seed in range(20_000, 20_040):
        world = lived(Shift(seed, faults=True))
        struck |= {line.split(": ")[1].split(" (")[0] for line in world.happened}
        lives += len(world.lives)
        lost += sum(callee.blind_s > 0 for callee in world.truth.callees.values())
    assert set(KINDS) <= struck
    assert lives > 50
    assert lost > 50
