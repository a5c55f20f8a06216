"""Whose turn it is: shares that are kept over every span, and nobody who starves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core.floor import AgentRun, Membership
from dialerd.core.sharing import CREDIT_CALLS, Sharer, Sharing, agent_groups, share_of
from tests.scenarios.timeline import campaign

TRUNK = ("trunk:carrier",)
shares = st.lists(st.builds(lambda w, p: w * 4.0**p, st.integers(1, 20), st.integers(-2, 2)), min_size=2, max_size=6)


def sharers(of: list[float], needs: tuple[str, ...] = TRUNK) -> list[Sharer]:
    return [Sharer(f"c{n}", share, needs) for n, share in enumerate(of)]


def serve(sharing: Sharing, able: list[Sharer], calls: int) -> dict[str, int]:
    counts = {sharer.name: 0 for sharer in able}
    for _ in range(calls):
        chosen = able[sharing.next_of(able)]
        sharing.charge(chosen, able)
        counts[chosen.name] += 1
    return counts


@pytest.mark.parametrize(("priority", "weight", "share"), [(3, 1, 1.0), (4, 1, 4.0), (1, 2, 0.125), (5, 3, 48.0)])
def test_a_step_of_priority_is_worth_four_weights(priority: int, weight: int, share: float) -> None:
    assert share_of(campaign(priority=priority, weight=weight)) == share


@settings(max_examples=100, deadline=None)
@given(shares, st.integers(0, 300), st.integers(1, 300))
def test_over_any_span_the_shares_hold_to_a_call_each(of: list[float], before: int, span: int) -> None:
    sharing, all_of_them = Sharing(), sharers(of)
    serve(sharing, all_of_them, before)
    counts = serve(sharing, all_of_them, span)
    for one in all_of_them:
        for other in all_of_them:
            apart = counts[one.name] / one.share - counts[other.name] / other.share
            assert apart <= 1 / one.share + 1 / other.share + 1e-9
        fair = span * one.share / sum(of)
        assert counts[one.name] > fair - len(of)


@settings(max_examples=100, deadline=None)
@given(shares, st.data())
def test_who_was_away_makes_up_for_no_more_than_its_credit(of: list[float], data: st.DataObject) -> None:
    sharing, all_of_them = Sharing(), sharers(of)
    serve(sharing, all_of_them, 50)
    away = data.draw(st.sampled_from(all_of_them))
    others = [sharer for sharer in all_of_them if sharer is not away]
    serve(sharing, others, data.draw(st.integers(0, 2000)))
    span = 400
    counts = serve(sharing, all_of_them, span)
    fair = span * away.share / sum(of)
    # Others may have credit of their own to use up.
    slack = CREDIT_CALLS + len(of) + 1
    assert fair - slack < counts[away.name] < fair + slack
    for sharer in others:
        assert counts[sharer.name] > (span - CREDIT_CALLS) * sharer.share / sum(of) - len(of) - 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nobody_starves_who_needs_two_things_that_different_others_need_too(data: st.DataObject) -> None:
    """Any mixture of two trunks and two queues; each has one call to give in every step."""
    trunks, queues = st.sampled_from(["trunk:a", "trunk:b"]), st.sampled_from(["agents:x", "agents:y", None])
    of = data.draw(shares)
    everybody = []
    for sharer in sharers(of):
        queue = data.draw(queues)
        needs = (data.draw(trunks), *([queue] if queue is not None else []))
        everybody.append(replace(sharer, needs=needs))
    sharing, waited = Sharing(), dict.fromkeys([sharer.name for sharer in everybody], 0)
    for _ in range(200):
        free = {need for sharer in everybody for need in sharer.needs}
        able = list(everybody)
        while able:
            chosen = able[sharing.next_of(able)]
            sharing.charge(chosen, able)
            waited[chosen.name] = -1
            free -= set(chosen.needs)
            able = [sharer for sharer in able if free.issuperset(sharer.needs)]
        for sharer in everybody:
            waited[sharer.name] += 1
            assert waited[sharer.name] <= sum(of) / sharer.share + 2 * len(of)


def test_a_call_that_was_not_granted_does_not_count() -> None:
    one, other = sharers([1.0, 1.0])
    sharing = Sharing()
    for _ in range(5):
        sharing.charge(one)
        sharing.refund(one)
    assert sharing.is_before(one, other, TRUNK[0])
    sharing.charge(one)
    assert sharing.is_before(other, one, TRUNK[0])


def test_queues_are_one_thing_where_agents_are_members_of_both() -> None:
    def agent(name: str, *queues: str) -> AgentRun:
        return AgentRun(name, memberships={queue: Membership(0, False, "") for queue in queues})

    agents = [agent("1", "sales"), agent("2", "sales", "care"), agent("3", "care", "west"), agent("4", "tech")]
    groups = agent_groups(agents)
    assert groups == {"sales": groups["care"], "care": groups["west"], "west": groups["sales"], "tech": "tech"}
    assert agent_groups([]) == {}
