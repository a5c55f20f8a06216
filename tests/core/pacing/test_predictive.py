"""The predictive pacer: what it must never do, and what it says."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core.pacing.contract import (
    Abandoned,
    AgentLoggedIn,
    AgentLoggedOut,
    Connected,
    Dialed,
    EndedWithoutPerson,
    Fact,
    LiveReady,
    PacingInfo,
    PickedUp,
    Snapshot,
    TalkEnded,
    WindowCount,
    WrapUpEnded,
    times,
)
from dialerd.core.pacing.predictive import Predictive

RULES = PacingInfo(window_ends_at=28_800.0)


def history(p: float = 0.25, calls: int = 2000, talk_s: float = 60.0, amd: bool = False) -> list[Fact]:
    """Facts of a floor that dials five times a second."""
    rng = np.random.default_rng(11)
    facts: list[Fact] = []
    for number in range(calls):
        at = number * 0.2
        facts.append(Dialed(at))
        ring = float(8.0 * np.exp(0.5 * rng.standard_normal()))
        if rng.random() < p:
            if amd:
                facts += [PickedUp(at + ring, ring), LiveReady(at + ring + 1.0, ring + 1.0, 1.0)]
            else:
                facts.append(LiveReady(at + ring, ring))
            facts.append(Connected(at + ring, 0.0))
            talk = float(rng.lognormal(math.log(talk_s) - 0.32, 0.8))
            facts += [TalkEnded(at + ring + talk, talk), WrapUpEnded(at + ring + talk + 10.0, 10.0)]
        else:
            facts.append(EndedWithoutPerson(at + 20.0, 20.0, "no_answer"))
    return sorted(facts, key=lambda fact: fact.at)


def learned(rules: PacingInfo = RULES, **of: float) -> Predictive:
    pacer = Predictive()
    pacer.start(rules)
    for fact in history(**of):  # type: ignore[arg-type]
        pacer.observe(fact)
    return pacer


def floor(
    idle: int = 2, talking: int = 15, wrapping: int = 3, ringing: int = 4, now: float = 600.0, **more: object
) -> Snapshot:
    counts: dict[str, object] = {"connected": 980.0, "abandoned": 20.0}
    return Snapshot(
        now=now,
        idle=idle,
        talking_since=now - np.linspace(2.0, 150.0, talking),
        wrapping_since=now - np.linspace(1.0, 12.0, wrapping),
        ringing_since=now - np.linspace(1.0, 20.0, ringing),
        **(counts | more),  # type: ignore[arg-type]
    )


def test_nobody_at_work_means_no_calls() -> None:
    pacer = learned()
    snapshot = floor(idle=0, talking=0, wrapping=0, leaving=12)
    assert pacer.decide(snapshot) == 0
    assert "nobody at work" in pacer.explain()


def test_calls_go_out_ahead_of_agents_who_will_soon_be_free() -> None:
    pacer = learned()
    assert pacer.decide(floor(idle=0, talking=60, wrapping=12, ringing=0)) > 0


def test_more_idle_agents_more_calls_and_more_ringing_fewer() -> None:
    def calls(**of: int) -> int:
        return learned().decide(floor(**of))

    assert calls(idle=10, ringing=0) > calls(idle=3, ringing=0) > calls(idle=3, ringing=25)
    assert calls(idle=0, ringing=60) == 0


def test_a_higher_answer_rate_places_fewer_calls() -> None:
    assert learned(p=0.6).decide(floor(idle=10, ringing=0)) < learned(p=0.15).decide(floor(idle=10, ringing=0))


def test_agents_about_to_leave_are_no_supply() -> None:
    staying = learned().decide(floor(idle=0, talking=60, wrapping=20, ringing=10))
    leaving = learned().decide(floor(idle=0, talking=30, wrapping=10, leaving=40, ringing=10))
    assert leaving < staying


def test_people_waiting_are_demand() -> None:
    assert learned().decide(floor(idle=5, ringing=0, waiting=4)) < learned().decide(floor(idle=5, ringing=0))


def test_calls_under_analysis_are_demand() -> None:
    rules = PacingInfo(window_ends_at=28_800.0, amd=True)
    free = learned(rules, amd=True).decide(floor(idle=8, ringing=0))
    busy = learned(rules, amd=True).decide(floor(idle=8, ringing=0, in_amd_since=times([599.5] * 6)))
    assert 0 < busy < free


def test_a_used_up_budget_falls_back_to_progressive_and_says_so() -> None:
    pacer = learned()
    snapshot = floor(idle=6, talking=10, ringing=2, connected=960.0, abandoned=40.0)
    assert pacer.decide(snapshot) == 4
    assert "progressive, the abandon budget is used up for now" in pacer.explain()


def test_a_used_up_second_window_does_too() -> None:
    pacer = learned()
    snapshot = floor(idle=6, ringing=2, connected=100.0, abandoned=0.0, other_windows=(WindowCount(9600, 400),))
    assert pacer.decide(snapshot) == 4


def test_progressive_until_enough_people_answered() -> None:
    pacer = learned(PacingInfo(progressive_until_answers=50))
    assert pacer.decide(floor(idle=6, ringing=2, connected=30.0, abandoned=0.0)) == 4
    assert "progressive until 50 people answered (30 so far)" in pacer.explain()
    assert pacer.decide(floor(idle=6, ringing=2, connected=60.0, abandoned=0.0)) > 4


def test_caps_hold_and_are_named() -> None:
    pacer = learned(PacingInfo(max_lines=30))
    assert pacer.decide(floor(idle=15, ringing=5, lines_in_use=28)) == 2
    assert "held by lines, contacts or calls per agent" in pacer.explain()
    pacer = learned(PacingInfo(max_calls_per_agent=1.0))
    assert pacer.decide(floor(idle=5, talking=10, wrapping=0, ringing=4)) <= 1


def test_explain_before_any_decision() -> None:
    assert Predictive().explain() == "0 calls: no decision yet"


def test_explain_names_calls_agents_answers_and_budget() -> None:
    pacer = learned()
    calls = pacer.decide(floor())
    match = re.fullmatch(
        r"(\d+) calls?: (\d+) agents idle, ([\d.]+) more free by 9 s, (\d+) calls out expected to give"
        r" ([\d.]+) answers, budget (\d+) left of (\d+)(; .*)?",
        pacer.explain(),
    )
    assert match is not None, pacer.explain()
    assert int(match[1]) == calls
    assert int(match[2]) == 2
    assert 0.5 < float(match[3]) < 18.0
    assert int(match[4]) == 4
    assert 0.0 < float(match[5]) < 4.0
    # 20 are used; 0.03 x (1,000 + about 20 agents x 28,200 s x 0.85 / 70 s) are allowed.
    assert int(match[7]) == pytest.approx(0.03 * (1000 + 20 * 28_200 * 0.85 / 70), rel=0.15)
    assert int(match[7]) - int(match[6]) == pytest.approx(20, abs=1)


def test_state_is_plain_and_a_restart_decides_the_same() -> None:
    pacer = learned()
    saved = json.loads(json.dumps(pacer.state()))
    fresh = Predictive()
    fresh.restore(saved)
    fresh.start(RULES)
    # The same process, its memory of calls that ring cleared by new rules, as a restart would clear it.
    pacer.start(RULES)
    for snapshot in (floor(), floor(idle=10, ringing=0, now=610.0), floor(idle=0, talking=40, now=620.0)):
        assert fresh.decide(snapshot) == pacer.decide(snapshot)
        assert fresh.explain() == pacer.explain()


def test_a_warm_start_knows_the_answer_rate_before_the_first_call() -> None:
    opening = Snapshot(now=0.0, idle=40)

    def calls(yesterday: float | None) -> int:
        pacer = Predictive()
        if yesterday is not None:
            pacer.restore(learned(p=yesterday).state())
        pacer.start(RULES)
        return pacer.decide(opening)

    assert calls(0.6) < 40 / 0.6
    assert calls(0.15) > 1.5 * calls(None)


def test_a_strange_state_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown state version"):
        Predictive().restore({"version": 99})


def test_new_rules_keep_what_was_learned() -> None:
    pacer = learned(p=0.6)
    before = pacer.state()["probability"]
    pacer.start(PacingInfo(window_ends_at=50_000.0, ring_timeout_s=20.0))
    assert pacer.state()["probability"] == before
    assert pacer.decide(floor(idle=4)) >= 0


def test_the_same_facts_give_the_same_decisions() -> None:
    snapshots = [floor(idle=i % 7, ringing=3 * i % 17, now=600.0 + i) for i in range(40)]
    one, other = learned(), learned()
    assert [one.decide(s) for s in snapshots] == [other.decide(s) for s in snapshots]
    assert one.state() == other.state()


moments = st.lists(st.floats(0.0, 2_000.0), max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    idle=st.integers(0, 60),
    talking=moments,
    wrapping=moments,
    ringing=moments,
    in_amd=moments,
    waiting=st.integers(0, 20),
    connected=st.floats(0.0, 5_000.0),
    abandoned=st.floats(0.0, 300.0),
    lines=st.integers(0, 80),
    cap=st.floats(0.0, 0.2),
    per_agent=st.floats(1.0, 15.0),
    amd=st.booleans(),
)
def test_any_floor_gets_a_number_within_all_caps(
    idle: int, talking: list[float], wrapping: list[float], ringing: list[float], in_amd: list[float], waiting: int,
    connected: float, abandoned: float, lines: int, cap: float, per_agent: float, amd: bool,
) -> None:  # fmt: skip
    pacer = Predictive()
    pacer.start(PacingInfo(abandon_cap=cap, max_lines=70, max_calls_per_agent=per_agent, amd=amd))
    # Times ahead of the clock happen when clocks step: they must not break anything.
    snapshot = Snapshot(
        now=1000.0, idle=idle, talking_since=times(talking), wrapping_since=times(wrapping),
        ringing_since=times(ringing), in_amd_since=times(in_amd), waiting=waiting,
        connected=connected, abandoned=abandoned, lines_in_use=lines,
    )  # fmt: skip
    calls = pacer.decide(snapshot)
    assert calls >= 0
    if idle + len(talking) + len(wrapping) == 0:
        assert calls == 0
    if calls:
        assert lines + calls <= 70
        assert len(talking) + snapshot.outstanding + calls <= per_agent * snapshot.at_work + 1e-6
    assert pacer.explain().startswith(f"{calls} calls: ")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(Dialed, st.floats(0, 500)),
            st.builds(PickedUp, st.floats(0, 500), st.floats(0, 90)),
            st.builds(LiveReady, st.floats(0, 500), st.floats(0, 90), st.floats(0, 5)),
            st.builds(EndedWithoutPerson, st.floats(0, 500), st.floats(0, 90), st.just("busy"), st.booleans()),
            st.builds(Connected, st.floats(0, 500), st.floats(0, 5)),
            st.builds(Abandoned, st.floats(0, 500)),
            st.builds(TalkEnded, st.floats(0, 500), st.floats(0, 9000)),
            st.builds(WrapUpEnded, st.floats(0, 500), st.floats(0, 9000)),
            st.builds(AgentLoggedIn, st.floats(0, 500)),
            st.builds(AgentLoggedOut, st.floats(0, 500)),
        ),
        max_size=80,
    ),
    st.booleans(),
)
def test_facts_in_any_order_do_no_harm(facts: list[Fact], amd: bool) -> None:
    pacer = Predictive()
    pacer.start(PacingInfo(amd=amd))
    for fact in facts:
        pacer.observe(fact)
    assert pacer.decide(floor(now=501.0)) >= 0
    json.dumps(pacer.state())


def test_callers_of_flows_are_load_on_the_same_agents() -> None:
    floor = Snapshot(now=400.0, idle=6, talking_since=times([390.0] * 14), connected=900.0)
    soon, later = ((1.0, 3.0),) * 5, ((1.0, 600.0),) * 5
    alone, with_soon, with_later = (
        learned().decide(replace(floor, arriving=arriving)) for arriving in ((), soon, later)
    )
    assert with_soon < with_later <= alone
    busy = replace(floor, talking_since=times([390.0] * 80))
    assert learned().decide(replace(busy, arriving=soon)) < learned().decide(busy), "by the normal approximation too"


def test_callers_of_flows_are_named() -> None:
    pacer = learned()
    pacer.decide(Snapshot(now=400.0, idle=6, connected=900.0, arriving=((0.5, 9.0),) * 3))
    assert "1.5 callers of flows among them" in pacer.explain()
