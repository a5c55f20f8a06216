"""The four lifecycles: nothing unreachable, nothing that the code does and the table forbids."""

from __future__ import annotations

import ast
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from dialerd.core.agent import AGENT_LIFECYCLE, AgentState
from dialerd.core.attempt import ATTEMPT_LIFECYCLE, AttemptState
from dialerd.core.campaign import CAMPAIGN_LIFECYCLE, CampaignState, Mode
from dialerd.core.contact import CONTACT_LIFECYCLE, ContactState
from dialerd.core.floor import Floor
from dialerd.core.lifecycle import ImpossibleTransition, Lifecycle
from dialerd.sim.shift import Shift
from dialerd.sim.world import World

CORE = Path(__file__).parents[2] / "dialerd" / "core"
ALL: list[tuple[Lifecycle[Any], type[StrEnum], StrEnum]] = [
    (ATTEMPT_LIFECYCLE, AttemptState, AttemptState.CLAIMING),
    (AGENT_LIFECYCLE, AgentState, AgentState.LOGGED_OUT),
    (CAMPAIGN_LIFECYCLE, CampaignState, CampaignState.OFF),
    (CONTACT_LIFECYCLE, ContactState, ContactState.CALLABLE),
]


@pytest.mark.parametrize(("lifecycle", "states", "first"), ALL, ids=lambda x: getattr(x, "name", None))
def test_every_state_is_reachable_and_has_a_row(
    lifecycle: Lifecycle[Any], states: type[StrEnum], first: StrEnum
) -> None:
    assert set(lifecycle.moves) == set(states)
    reached, frontier = {first}, [first]
    while frontier:
        for following in lifecycle.moves[frontier.pop()] - reached:
            reached.add(following)
            frontier.append(following)
    assert reached == set(states)


@pytest.mark.parametrize(("lifecycle", "states", "first"), ALL, ids=lambda x: getattr(x, "name", None))
def test_what_the_table_does_not_allow_raises(
    lifecycle: Lifecycle[Any], states: type[StrEnum], first: StrEnum
) -> None:
    for old in states:
        for new in states:
            if new in lifecycle.moves[old]:
                lifecycle.check(old, new)
            else:
                with pytest.raises(ImpossibleTransition, match=f"{old} -> {new}"):
                    lifecycle.check(old, new)


@pytest.mark.parametrize(("lifecycle", "states", "first"), ALL, ids=lambda x: getattr(x, "name", None))
def test_the_diagram_shows_every_move(lifecycle: Lifecycle[Any], states: type[StrEnum], first: StrEnum) -> None:
    drawn = {tuple(line.split(" --> ")) for line in lifecycle.mermaid().splitlines()[1:]}
    moves = {(f"    {old}", str(new)) for old, successors in lifecycle.moves.items() for new in successors}
    assert drawn == moves


def test_attempts_end_and_stay_ended() -> None:
    assert ATTEMPT_LIFECYCLE.moves[AttemptState.CLOSED] == frozenset()
    for state, successors in ATTEMPT_LIFECYCLE.moves.items():
        if state not in (AttemptState.CLAIMING, AttemptState.ENDED, AttemptState.CLOSED):
            assert AttemptState.ENDED in successors or state is AttemptState.CLAIMED


def test_every_move_that_the_code_names_leads_somewhere() -> None:
    """Each target that is written down in a room of the core can be reached from some state."""
    tables: dict[str, Lifecycle[Any]] = {
        "move_attempt": ATTEMPT_LIFECYCLE,
        "move_agent": AGENT_LIFECYCLE,
        "move_campaign": CAMPAIGN_LIFECYCLE,
    }
    named = 0
    for path in CORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            lifecycle = tables.get(node.func.attr)
            if lifecycle is None or len(node.args) < 2 or not isinstance(node.args[1], ast.Attribute):
                continue
            target = next(state for state in lifecycle.moves if state.name == node.args[1].attr)
            assert any(target in successors for successors in lifecycle.moves.values()), f"{path.name}: {target}"
            named += 1
    assert named > 20


def test_moves_that_happen_are_nearly_all_moves_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faulty shifts walk through the attempt's table: a move that never happens is a line of it that nobody needs."""
    walked: set[tuple[str, str]] = set()
    move = Floor.move_attempt

    def noted(self: Floor, attempt: Any, state: AttemptState) -> None:
        walked.add((attempt.state.value, state.value))
        move(self, attempt, state)

    monkeypatch.setattr(Floor, "move_attempt", noted)
    for seed in range(300, 360):
        mode = Mode.PREVIEW if seed % 4 == 0 else Mode.PROGRESSIVE
        World(Shift(seed, faults=True, mode=mode)).run()
    allowed = {(old.value, new.value) for old, successors in ATTEMPT_LIFECYCLE.moves.items() for new in successors}
    assert walked <= allowed
    assert len(walked) >= 0.8 * len(allowed), sorted(allowed - walked)
