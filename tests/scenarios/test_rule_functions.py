"""Rules that ask a site's own function: before a call they fail closed, after one a failure changes nothing."""

from __future__ import annotations

from dialerd.core import commands as c
from dialerd.core.call_seen import CallSeen, RuleFunction, Said
from dialerd.core.contact import ContactState
from dialerd.core.pre_call import FAILED_LOOK_AGAIN_S, PreCallAction, PreCallRule, RuleSet
from dialerd.core.wrap_up import WrapUpRule
from tests.scenarios.test_wrap_up_rules import WHO, busy
from tests.scenarios.timeline import START, Timeline, campaign

FAILED = Said(failed=True)


def before(*functions: RuleFunction, first: bool = True) -> Timeline:
    rules = tuple(PreCallRule(f"r{n}", None, function=function) for n, function in enumerate(functions))
    line = Timeline(campaign(rule_sets=(RuleSet("house", rules, first),)))
    return line.ready("8001").started(WHO)


def test_it_sees_the_number_and_the_contact_and_sets_what_it_wants() -> None:
    asked: list[CallSeen] = []

    def function(seen: CallSeen) -> Said:
        asked.append(seen)
        return Said(True, changes={"caller_id": "+441632960999", "variables": {"WHO": "=vip"}})

    placed = before(function).the(c.OriginateCall)
    assert (placed.caller_id, placed.variables["WHO"]) == ("+441632960999", "vip")
    seen = asked[0]
    assert (seen.over, seen.number, seen.number_type, seen.attempts) == (False, "+441632960001", "mobile", 1)
    assert (seen.columns["class"], seen.campaign, seen.weekday, seen.hour) == ("vip", "spring", "mon", 13)


def test_a_failure_before_a_call_holds_the_contact() -> None:
    line = before(lambda seen: FAILED, lambda seen: Said(True))
    assert line.wanted(c.OriginateCall) == []
    parked = line.the(c.ParkContacts)
    assert (parked.next_at, parked.reason) == (START + FAILED_LOOK_AGAIN_S, "rule_failed: house.r0")


def test_what_a_rule_before_it_has_said_stands() -> None:
    skip = Said(True, changes={"action": PreCallAction.SKIP, "for_s": 7200.0})
    line = before(lambda seen: skip, lambda seen: FAILED, first=False)
    assert line.the(c.ParkContacts).reason == "rule: house.r0"


def test_one_that_does_not_fire_leaves_it_to_the_next() -> None:
    line = before(lambda seen: Said(), lambda seen: Said(True, changes={"caller_id": "+441632960998"}))
    assert line.the(c.OriginateCall).caller_id == "+441632960998"


def test_after_a_call_a_failure_counts_as_not_fired_and_is_kept() -> None:
    rules = (
        WrapUpRule("a", function=lambda seen: FAILED),
        WrapUpRule("b", function=lambda seen: Said(seen.disposition == "busy", changes={"retry_s": 600.0})),
    )
    line = Timeline(campaign(rule_sets=(RuleSet("house", (), True, rules),))).ready("8001").started(WHO)
    outcome = busy(line)
    assert (outcome.contact.state, outcome.contact.at) == (ContactState.WAITING, START + 603.0)
    stamp = outcome.record.rules or {}
    assert (stamp["wrap_up"], stamp["failed"]) == (["house.b"], ["house.a"])
    assert stamp["columns"] == {"class": "vip", "unasked": "x"}, "a function may look at any of them"
