"""Campaign rules: edges, distances, and whose word counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, Mode
from dialerd.core.direction import CampaignRule, Condition, Measure, Order, Threshold
from dialerd.core.windows import DayCount
from tests.scenarios.timeline import START, Timeline, campaign, member

TODAY = 719_174  # the ordinal of 12 January 1970


def many(above: bool, value: float, for_s: float = 20.0, measure: Measure = Measure.AGENTS) -> Condition:
    return Condition((Threshold(measure, above, value),), for_s=for_s)


WHEN, UNTIL = many(True, 3), many(False, 2)
"""More than three agents; fewer than two."""


def line(**changes: Any) -> Timeline:
    """Two campaigns, and a rule that looks at the agents of the first."""
    values: dict[str, Any] = {"name": "many", "campaign": "spring", "target": "spring", "when": WHEN, "until": UNTIL}
    recovered = changes.pop("recovered", None)
    timeline = Timeline(campaign(), campaign(name="autumn", contact_list="more", queue="care"))
    timeline.plan = replace(timeline.plan, campaign_rules={"many": CampaignRule(**(values | changes))})
    timeline.ready(recovered=recovered)
    both = frozenset({"sales", "care"})
    return timeline.then(e.RosterSynced(frozenset(), both)).look_away()


def agents(timeline: Timeline, count: int) -> Timeline:
    """So many are logged in."""
    for n in range(1, 7):
        name = f"800{n}"
        there = name in timeline.dialer.floor.agents and timeline.dialer.floor.agents[name].memberships
        if n <= count and not there:
            timeline.then(member(name, nailed=False))
        elif n > count and there:
            timeline.then(e.MemberGone("sales", name))
    return timeline


def acted(timeline: Timeline) -> list[str]:
    return [name for name in timeline.told() if name.startswith("campaign_rule")]


def settings(timeline: Timeline, name: str = "spring") -> Any:
    return timeline.dialer.floor.campaigns[name].settings


def test_it_acts_when_the_condition_has_held_long_enough_and_is_undone_by_the_opposite() -> None:
    timeline = line(order=Order.START, target="autumn", settings={"max_lines": 2})
    agents(timeline, 4).at(19.0)
    assert not acted(timeline)
    timeline.at(30.0)
    assert acted(timeline) == ["campaign_rule_acted"]
    assert timeline.state("autumn") is CampaignState.ON
    assert settings(timeline, "autumn").max_lines == 2
    audit = timeline.the(c.AuditAction)
    assert (audit.who, audit.what) == ("rule:many", "campaign_rule_acted")
    assert audit.detail == {
        "campaign": "autumn", "because": "agents above 3", "order": "start", "max_lines": "2", "agents_now": "4",
    }  # fmt: skip
    agents(timeline, 2).at(100.0)
    assert acted(timeline) == ["campaign_rule_acted"], "between the thresholds nothing happens"
    agents(timeline, 1).at(130.0)
    assert acted(timeline) == ["campaign_rule_acted", "campaign_rule_undone"]
    assert timeline.state("autumn") is not CampaignState.ON
    assert settings(timeline, "autumn").max_lines == 10


def test_figures_that_swing_around_a_threshold_do_not_make_it_swing() -> None:
    timeline = line(settings={"priority": 5})
    for step in range(60):
        agents(timeline, 4 if step % 2 else 3).at(step * 10.0)
    assert acted(timeline) == []
    agents(timeline, 4).at(640.0)
    for step in range(60):
        agents(timeline, 1 if step % 2 else 4).at(640.0 + step * 10.0)
    assert acted(timeline) == ["campaign_rule_acted"]


def test_what_a_person_orders_stands_until_the_next_edge() -> None:
    timeline = agents(line(order=Order.START, target="autumn"), 4).at(30.0)
    timeline.then(e.CampaignStopAsked("autumn")).at(300.0)
    assert timeline.state("autumn") is CampaignState.OFF
    agents(timeline, 1).at(330.0)
    timeline.then(e.CampaignStartAsked("autumn")).at(360.0)
    assert timeline.state("autumn") is CampaignState.ON, "the edge is past"
    agents(timeline, 4).at(400.0)
    agents(timeline, 1).at(440.0)
    assert timeline.state("autumn") is not CampaignState.ON, "a new edge"


def test_a_setting_that_is_stated_anew_outranks_the_rule() -> None:
    timeline = agents(line(settings={"max_lines": 2, "priority": 5}), 4).at(30.0)
    assert (settings(timeline).max_lines, settings(timeline).priority) == (2, 5)
    plan = timeline.plan
    other = replace(plan.campaigns["spring"], max_lines=7)
    timeline.then(e.PlanChanged(replace(plan, campaigns={**plan.campaigns, "spring": other}))).at(100.0)
    assert (settings(timeline).max_lines, settings(timeline).priority) == (7, 5)
    agents(timeline, 1).at(140.0)
    agents(timeline, 4).at(180.0)
    assert settings(timeline).max_lines == 2


def test_a_paused_campaign_is_on_and_held_until_somebody_starts_it() -> None:
    timeline = line(order=Order.PAUSE).then(e.CampaignStartAsked("spring"))
    agents(timeline, 4).at(30.0)
    view = timeline.dialer.viewer.dialer(START + timeline.now)
    spring = next(one for one in view.campaigns if one.name == "spring")
    assert timeline.state() is CampaignState.ON
    assert "paused_by_rule: many" in spring.not_dialing
    timeline.look_away().at(60.0)
    assert not timeline.wanted(c.FetchContacts)
    timeline.then(e.CampaignStartAsked("spring"))
    view = timeline.dialer.viewer.dialer(START + timeline.now)
    assert all("paused" not in reason for one in view.campaigns for reason in one.not_dialing)


def test_without_until_it_acts_once_for_each_time_the_condition_comes_to_hold() -> None:
    timeline = agents(line(order=Order.STOP, until=None), 4).then(e.CampaignStartAsked("spring")).at(30.0)
    assert timeline.state() is CampaignState.OFF
    timeline.then(e.CampaignStartAsked("spring")).at(200.0)
    assert timeline.state() is CampaignState.ON
    agents(timeline, 1).at(210.0)
    agents(timeline, 4).at(260.0)
    assert timeline.state() is CampaignState.OFF
    assert acted(timeline) == ["campaign_rule_acted"] * 2


def test_the_abandon_rate_of_today_changes_the_mode() -> None:
    when, until = many(True, 0.025, 0.0, Measure.ABANDON_RATE), many(False, 0.015, 0.0, Measure.ABANDON_RATE)
    left = e.Recovered((), {}, {}, {"spring": (DayCount(TODAY, 970, 30),)})
    timeline = line(when=when, until=until, settings={"mode": Mode.POWER}, recovered=left).at(6.0)
    assert settings(timeline).mode is Mode.POWER
    few = e.Recovered((), {}, {}, {"spring": (DayCount(TODAY, 16, 2),)})
    timeline = line(when=when, until=until, settings={"mode": Mode.POWER}, recovered=few).at(60.0)
    assert settings(timeline).mode is Mode.PROGRESSIVE, "too few for a rate"


def test_progress_is_counted_by_the_record() -> None:
    when, until = many(True, 0.9, 0.0, Measure.PROGRESS), many(False, 0.8, 0.0, Measure.PROGRESS)
    timeline = line(when=when, until=until, order=Order.START, target="autumn").at(10.0)
    assert [command.contact_lists for _, command in timeline.done if isinstance(command, c.CountContacts)] == [
        ("leads",)
    ]
    timeline.then(e.ContactsCounted("spring", 1000, 890)).at(20.0)
    assert not acted(timeline)
    timeline.then(e.ContactsCounted("spring", 1000, 901)).at(30.0)
    assert timeline.state("autumn") is CampaignState.ON


@pytest.mark.parametrize("order", [None, Order.PAUSE])
def test_a_restart_keeps_what_is_in_force(order: Order | None) -> None:
    before = agents(line(order=order, settings={"max_lines": 2}), 4).at(30.0)
    saved = before.the(c.SaveDirection)
    left = e.Recovered((), {}, {"spring": CampaignState.ON}, directions={("rule", "many"): saved.state})
    after = line(order=order, settings={"max_lines": 2}, recovered=left)
    assert settings(after).max_lines == 2
    assert after.dialer.floor.campaigns["spring"].paused_by == ("many" if order else "")
    (rule,) = after.dialer.viewer.dialer(START).campaign_rules
    assert (rule.active, rule.until) == (True, "agents below 2")
    agents(after, 1).at(40.0)
    assert settings(after).max_lines == 10
    assert after.dialer.floor.campaigns["spring"].paused_by == ""
