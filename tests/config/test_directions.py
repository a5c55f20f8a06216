"""`sequences:` and `campaign_rules:` in the campaigns file."""

from __future__ import annotations

import pytest
from config_texts import BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import plan_diff
from dialerd.core.campaign import Mode
from dialerd.core.direction import CampaignRule, Measure, Order, Sequence, Threshold

TWO = BASE + BASE[BASE.index("  sale:") :].replace("  sale:", "  late:")
OFFICE = "schedules:\n  office: {time_zone: UTC, hours: {mon-fri: 9-17}}\n"
RULES = """\
sequences:
  both: {campaigns: [sale, late], loop: yes}
campaign_rules:
  calm:
    campaign: sale
    when: {abandon_rate: above 2.5%}
    for: 2m
    until: {abandon_rate: below 1.5%}
    until_for: 10m
    mode: predictive
    max_lines: 5
  evening:
    campaign: sale
    target: late
    when: {inside: office, idle_agents: above 3}
    until: {outside: office}
    order: start
"""
WITH = TWO + OFFICE + RULES


def test_what_is_stated_comes_out() -> None:
    plan = check(WITH).plan
    assert plan is not None, check(WITH).problems
    assert plan.sequences == {"both": Sequence("both", ("sale", "late"), True)}
    calm = plan.campaign_rules["calm"]
    assert calm == CampaignRule(
        "calm", "sale", "sale", calm.when, calm.until, None, {"mode": Mode.PREDICTIVE, "max_lines": 5}
    )
    assert (calm.when.thresholds, calm.when.for_s) == ((Threshold(Measure.ABANDON_RATE, True, 0.025),), 120.0)
    assert calm.until is not None
    assert (calm.until.thresholds, calm.until.for_s) == ((Threshold(Measure.ABANDON_RATE, False, 0.015),), 600.0)
    assert str(plan.campaign_rules["calm"].until) == "abandon_rate below 1.5%"
    evening = plan.campaign_rules["evening"]
    assert (evening.target, evening.order) == ("late", Order.START)
    assert str(evening.when) == "idle_agents above 3 and inside schedule office"
    assert str(evening.until) == "outside schedule office"
    assert (evening.when.for_s, evening.until.for_s if evening.until else None) == (60.0, 60.0)


def test_a_reload_says_what_changes() -> None:
    old, new = check(WITH).plan, check(changed(WITH, "above 2.5%", "above 2%")).plan
    assert old is not None
    assert new is not None
    (line,) = plan_diff(old, new).lines()
    assert line.startswith("~ campaign rule calm: when")
    assert plan_diff(old, old).empty


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[sale, late]", "[sale, «lat]", "there is no campaign `lat`"),
        ("[sale, late]", "[sale, «sale]", "campaign `sale` is in it already"),
        ("[sale, late]", "«[]", "an empty list"),
        ("    campaign: sale\n    when: {ab", "    campaign: «sal\n    when: {ab", "there is no campaign `sal`"),
        ("target: late", "target: «latte", "there is no campaign `latte`"),
        ("inside: office", "inside: «home", "there is no schedule `home`"),
        ("above 2.5%", "«'> 2.5%'", "is no threshold"),
        ("above 2.5%", "«above 2.5", "should be a percentage"),
        ("above 3", "«above 3%", "should not be a percentage"),
        ("above 2.5%", "«above 250%", "is more than all"),
        ("below 1.5%", "above 1.5%", "can hold at the same time"),
        ("below 1.5%", "below 2.6%", "can hold at the same time"),
        ("    until: {abandon_rate: below 1.5%}\n", "", "`until` is missing"),
        ("when: {abandon_rate: above 2.5%}", "when: «{}", "nothing is stated that could hold"),
        ("    order: start\n", "", "does nothing"),
        ("{outside: office}", "{outside: «office, inside: office}", "do not go together"),
        ("mode: predictive", "mode: «agentless", "`agentless` is not known here"),
        ("  evening:\n", "  other:\n    campaign: sale\n    when: {abandon_rate: above 2.5%}\n    for: 2m\n"
         "    until: {abandon_rate: below 1%}\n    max_lines: 6\n  evening:\n", "contradicts rule `calm`"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, says: str) -> None:
    text, mark = marked(changed(WITH, old, new))
    result = check(text)
    errors = [problem for problem in result.problems if problem.severity == "error"]
    assert [problem.message for problem in errors if says in problem.message], result.problems
    assert len(errors) == 1, errors
    if mark is not None:
        assert (errors[0].line, errors[0].column) == mark
    assert result.plan is None


def test_no_distance_is_warned_of() -> None:
    text = changed(WITH, "below 1.5%}\n    until_for: 10m", "below 2.5%}\n    until_for: 0s")
    text = changed(text, "for: 2m", "for: 0s")
    assert [p.message for p in check(text).problems if "no distance" in p.message]
