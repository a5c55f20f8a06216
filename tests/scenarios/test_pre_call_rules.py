"""Rules before a call: whom not to call, on which number, and what is shown and handed on."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.contact import Contact, Number
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.inspection import Evidence
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet, rule_on
from tests.scenarios.timeline import START, Timeline, campaign, contact

MOBILE, HOME = Number("+441632960001", "mobile"), Number("+441632960002", "home")
WHO = contact(1, numbers=(MOBILE, HOME), columns={"class": "vip", "region": "SCT"})


def rule(name: str, condition: str | None, action: str = "dial", **more: Any) -> PreCallRule:
    return PreCallRule(name, parse_filter(condition) if condition else None, PreCallAction(action), **more)


def dialing(*rules: PreCallRule, who: Contact = WHO, first: bool = True) -> Timeline:
    line = Timeline(
        campaign(rule_sets=(RuleSet("house", rules, first),), variables={"A": "=campaign", "B": "region"})
    )
    return line.ready("8001").started(who)


def test_another_number_is_dialed_where_a_rule_forbids_this_one() -> None:
    line = dialing(rule("no_mobile", 'number_type = "mobile"', "other_number"))
    assert line.the(c.Claim).record.number == HOME.e164


def test_a_contact_is_skipped_for_a_time_in_the_record() -> None:
    line = dialing(rule("vip", 'class = "vip"', "skip", for_s=7200.0))
    assert not line.wanted(c.Claim)
    parked = line.the(c.ParkContacts)
    assert (parked.contact_ids, parked.next_at, parked.reason) == ((1,), START + 7200.0, "rule: house.vip")


def test_uncallable_concerns_the_number_and_the_contact_when_none_is_left() -> None:
    line = dialing(rule("mobiles", 'number_type = "mobile"', "uncallable"))
    assert line.the(c.Claim).record.number == HOME.e164
    line = dialing(rule("scots", 'region = "SCT"', "uncallable"))
    retired = line.the(c.RetireContacts)
    assert (retired.contact_ids, retired.reason) == ((1,), "rule: house.scots")


def test_caller_id_and_variables_are_set_over_the_campaigns() -> None:
    line = dialing(rule("local", 'region = "SCT"', caller_id="+441632960999", variables={"A": "class", "C": "=x"}))
    call = line.the(c.OriginateCall)
    assert call.caller_id == line.the(c.Claim).record.caller_id == "+441632960999"
    assert call.variables == {"A": "vip", "B": "SCT", "C": "x"}
    other = dialing(rule("local", 'region = "ENG"', caller_id="+441632960999"))
    assert other.the(c.OriginateCall).caller_id == "+441632960900"


@pytest.mark.parametrize(("first", "fired", "shown"), [(True, 1, None), (False, 3, "+441632960998")])
def test_first_match_or_all(first: bool, fired: int, shown: str | None) -> None:
    rules = (
        rule("a", None), rule("b", None, caller_id="+441632960998"), rule("c", None, caller_id="+441632960997"),
    )  # fmt: skip
    ruling = rule_on((RuleSet("house", rules, first),), WHO, "mobile", START, "UTC")
    assert ruling.fired == tuple(f"house.{name}" for name in "abc"[:fired])
    assert ruling.caller_id == shown
    assert ruling.against is None


def test_sets_are_read_one_after_another_and_the_first_word_against_counts() -> None:
    sets = (
        RuleSet("one", (rule("let", 'class = "vip"'), rule("no", None, "skip"))),
        RuleSet("two", (rule("never", None, "uncallable"),)),
    )
    ruling = rule_on(sets, WHO, "mobile", START, "UTC")
    assert (ruling.fired, ruling.against_name) == (("one.let", "two.never"), "two.never")


def test_the_attempt_keeps_what_fired_and_the_columns_that_were_asked() -> None:
    line = dialing(rule("scots", 'region = "SCT"'), rule("none", 'class = "x"'), first=False)
    assert line.the(c.Claim).record.rules == {
        "pre_call": ["house.scots"], "columns": {"class": "vip", "region": "SCT"},
    }  # fmt: skip
    plain = Timeline(campaign()).ready("8001").started(WHO)
    assert plain.the(c.Claim).record.rules is None


@pytest.mark.parametrize(
    ("condition", "zone", "fires"),
    [
        ("hour = 13 and weekday = mon", "", True),  # 1970-01-12T13:46:40Z
        ("hour = 13", "America/New_York", False),
        ("hour between 8 and 9", "America/New_York +2", True),
        ("weekday in (tue, wed)", "Asia/Tokyo", False),
        ("weekday = mon and hour = 22", "Asia/Tokyo", True),
        ("weekday = tue", "Pacific/Auckland", True),
        ("tries_busy >= 2 and tries_machine = 0", "", True),
        ("tries_busy > 2", "", False),
        ("last_attempt_age > 1h and age < 3d", "", True),
        ("last_attempt_age > 3h", "", False),
        ('campaign = "spring"', "", True),
        ("attempts = 3 and last_disposition = busy", "", True),
    ],
)
def test_conditions_on_time_and_history(condition: str, zone: str, fires: bool) -> None:
    who = contact(
        attempts=3,
        last_disposition="busy",
        tries={"busy": 2},
        last_attempt_at=START - 7200.0,
        added_at=START - 86400.0,
    )
    asked = PreCallRule("r", parse_filter(condition, of_call=True))
    ruling = rule_on(
        (RuleSet("house", (asked,)),), who, "mobile", START, "UTC", campaign="spring", called_zone=lambda: zone
    )
    assert bool(ruling.fired) is fires


@pytest.mark.parametrize("condition", ["weekday = tue", "weekday = mon"])
@pytest.mark.parametrize(
    ("action", "fires"), [(PreCallAction.SKIP, True), (PreCallAction.OTHER_NUMBER, True), (PreCallAction.DIAL, False)]
)
def test_where_clocks_differ_a_rule_against_the_call_holds_by_any_of_them(
    condition: str, action: PreCallAction, fires: bool
) -> None:
    """It is Monday in Tokyo and Tuesday in Auckland, and the number may be in either."""
    asked = PreCallRule("r", parse_filter(condition, of_call=True), action)
    ruling = rule_on(
        (RuleSet("house", (asked,)),), contact(), "mobile", START, "UTC",
        called_zone=lambda: "Asia/Tokyo Pacific/Auckland",
    )  # fmt: skip
    assert bool(ruling.fired) is fires


def test_why_tells_the_rule() -> None:
    line = dialing(rule("vip", 'class = "vip"', "skip"))
    findings = line.dialer.inspecting.of("spring", WHO, Evidence(), START + line.now).findings
    told = [(finding.verdict, finding.reason) for finding in findings if finding.gate == "rules_allow"]
    assert told == [("hold", "rule: house.vip")] * 2
    line.then(e.CampaignStopAsked("spring"))
