"""Rules when a call is over: what becomes of the contact, its number and its columns."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempt import Outcome
from dialerd.core.contact import Contact, ContactNext, ContactState, Number
from dialerd.core.disposition import Disposition
from dialerd.core.dnc import DncStanding
from dialerd.core.dnc_events import DncStandingChanged
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.pre_call import PreCallRule, RuleSet
from dialerd.core.tallies import counted, is_dead
from dialerd.core.wrap_up import Uncallable, WrapUp, WrapUpRule, facts_after, webhooks_wanted, wrapped_up
from tests.scenarios.timeline import START, Timeline, campaign, contact

NUMBERS = (Number("+441632960001", "mobile"), Number("+441632960002", "home"))
WHO = contact(1, numbers=NUMBERS, columns={"class": "vip", "unasked": "x"}, attempts=1)


def rule(name: str, condition: str | None = None, **more: Any) -> WrapUpRule:
    return WrapUpRule(name, parse_filter(condition, of_call=True) if condition else None, **more)


def dialed(*rules: WrapUpRule, first: bool = True, who: Contact = WHO, **more: Any) -> Timeline:
    line = Timeline(campaign(rule_sets=(RuleSet("house", (), first, rules),), **more))
    line.ready("8001").then(DncStandingChanged(DncStanding(frozenset({"optouts"}))))
    return line.started(who)


def busy(line: Timeline) -> Outcome:
    """The called party is busy, three seconds after the dial."""
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(3.0, e.ChannelEnded(attempt, 17, 486, "busy"))
    return line.the(c.CloseAttempt).outcome


def test_a_retry_of_its_own_at_another_number() -> None:
    outcome = busy(dialed(rule("b", "disposition = busy", retry_s=120.0, other_number=True)))
    following = outcome.contact
    assert (following.state, following.at, following.number_index) == (ContactState.WAITING, START + 123.0, 1)
    assert following.reason == "rule: house.b"
    assert outcome.record.rules == {"pre_call": [], "columns": {}, "wrap_up": ["house.b"]}


def test_the_campaigns_attempts_bind_a_retry_and_not_a_callback() -> None:
    used_up = busy(dialed(rule("b", retry_s=120.0), max_attempts=2)).contact
    assert (used_up.state, used_up.reason) == (ContactState.UNCALLABLE, "max_attempts")
    promised = busy(dialed(rule("b", callback_s=3600.0), max_attempts=2)).contact
    assert (promised.state, promised.at, promised.reason) == (ContactState.WAITING, START + 3603.0, "callback")


def test_a_number_is_ruled_out_and_the_contact_with_its_last() -> None:
    outcome = busy(dialed(rule("dead", uncallable=Uncallable.NUMBER)))
    assert (outcome.contact.state, outcome.contact.number_index) == (ContactState.CALLABLE, 1)
    assert is_dead(counted({}, outcome.record, 1), 0)
    alone = busy(dialed(rule("dead", uncallable=Uncallable.NUMBER), who=contact(1)))
    assert (alone.contact.state, alone.contact.reason) == (ContactState.UNCALLABLE, "rule: house.dead")
    whole = busy(dialed(rule("gone", uncallable=Uncallable.CONTACT))).contact
    assert (whole.state, whole.reason) == (ContactState.UNCALLABLE, "rule: house.gone")


def test_onto_a_do_not_call_list() -> None:
    line = dialed(rule("no", 'class = "vip"', dnc="optouts"), dnc=("optouts",))
    outcome = busy(line)
    asked = line.the(c.OptOut)
    assert line.the(c.BarNumber).number == asked.number
    assert (asked.dnc_list, asked.number, asked.how) == ("optouts", "+441632960001", "rule")
    assert line.dialer.floor.campaigns["spring"].barred["+441632960001"].reason == "dnc:optouts"
    assert (outcome.record.rules or {})["dnc"] == ["optouts"], "the outbox writes it again, should the daemon die"


def test_columns_and_another_list() -> None:
    rules = (
        rule("a", columns={"last": "disposition", "kind": "class", "n": "tries"}),
        rule("b", columns={"n": "=x"}),
    )
    following = busy(dialed(*rules, rule("c", move_to="late"), first=False)).contact
    assert following.columns == {"last": "busy", "kind": "vip", "n": "1"}
    assert following.move_to == "late"
    assert following.reason == "retry:busy", "nothing was said of it"


def test_copies_and_webhooks() -> None:
    rules = (rule("a", append_to="survey", webhook="crm"), rule("b", append_to="survey"), rule("c", webhook="bi"))
    outcome = busy(dialed(*rules, first=False))
    assert outcome.contact.append_to == ("survey",)
    assert outcome.contact.reason == "retry:busy", "nothing was said of the contact itself"
    assert webhooks_wanted(outcome.record) == (("crm", "house.a"), ("bi", "house.c"))


def test_a_webhook_of_a_rule_before_the_call_is_told_when_it_is_over() -> None:
    before = PreCallRule("vip", parse_filter('class = "vip"'), webhook="crm")
    for after in ((), (rule("a", webhook="bi"),)):
        line = Timeline(campaign(rule_sets=(RuleSet("house", (before,), True, after),))).ready("8001").started(WHO)
        wanted = webhooks_wanted(busy(line).record)
        assert wanted == (("crm", "house.vip"), *((("bi", "house.a"),) if after else ()))


def test_who_opts_out_is_copied_nowhere() -> None:
    done = busy(dialed(rule("a", retry_s=60.0))).record
    done.flow = {"opted_out": True}
    following = ContactNext(ContactState.UNCALLABLE, None, 0, "opted_out")
    facts = facts_after(done, {}, Disposition.ANSWERED_FLOW, START, "UTC")
    sets = (WrapUp("house", (rule("a", append_to="survey"),), True),)
    assert wrapped_up(sets, done, facts, following, START, "UTC").contact.append_to == ()


@pytest.mark.parametrize(("first", "fired"), [(True, ["house.a"]), (False, ["house.a", "house.c"])])
def test_first_match_or_all(first: bool, fired: list[str]) -> None:
    rules = (rule("a", retry_s=60.0), rule("b", "disposition = machine", retry_s=70.0), rule("c", retry_s=80.0))
    outcome = busy(dialed(*rules, first=first))
    assert (outcome.record.rules or {})["wrap_up"] == fired
    assert outcome.contact.at == START + 63.0, "the first word counts"


@pytest.mark.parametrize(
    ("condition", "fires"),
    [
        ("disposition in (busy, rejected) and tries = 1", True),
        ("attempts = 2", True),
        ("talk_time < 5s", False),
        ("talk_time is empty and agent is empty", True),
        ("tries_busy > 1", False),
        ("weekday = mon and hour = 13", True),
        ("analysis is empty", True),
        ('number_type = "home"', False),
    ],
)
def test_conditions(condition: str, fires: bool) -> None:
    outcome = busy(dialed(rule("r", condition, retry_s=60.0)))
    assert (outcome.contact.reason == "rule: house.r") is fires


def test_talk_time_and_agent_of_a_conversation() -> None:
    line = dialed(rule("short", 'talk_time < 5s and agent = "8001"', retry_s=600.0))
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(3.0, e.ChannelAnswered(attempt))
    entered = line.wanted(c.EnterBridge)[-1]
    line.then(e.BridgeEntered(entered.channel_id, entered.bridge_id))
    line.at(6.0, e.ChannelEnded(attempt, 16, None, "normal"))
    outcome = line.the(c.CloseAttempt).outcome
    assert outcome.record.disposition == "answered_agent"
    assert (outcome.contact.state, outcome.contact.at) == (ContactState.WAITING, START + 606.0)


def test_a_call_that_was_not_placed_is_no_call() -> None:
    line = Timeline(campaign(rule_sets=(RuleSet("house", (), True, (rule("all", retry_s=60.0),)),)))
    line.ready("8001")
    line.store_answers = False
    line.started(WHO)
    claim = line.the(c.Claim).record
    line.then(e.CampaignStopAsked("spring"), e.ClaimGranted(claim.id))
    outcome = line.the(c.CloseAttempt).outcome
    assert outcome.record.disposition == "not_placed"
    assert "wrap_up" not in (outcome.record.rules or {})
