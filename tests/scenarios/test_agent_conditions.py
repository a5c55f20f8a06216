"""Rules before a call that look at the agents who are there."""

from __future__ import annotations

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempt import AttemptRecord
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet
from dialerd.core.rule_trial import RuleTrial
from tests.scenarios.timeline import START, Timeline, campaign, contact, member


def dialing(condition: str, *support: str, agents: tuple[str, ...] = ("8001",), **changes: object) -> Timeline:
    """A campaign with a rule that skips where this holds; ``support``: idle members of another queue."""
    skip = PreCallRule("rest", parse_filter(condition, of_call=True), PreCallAction.SKIP, 600.0)
    line = Timeline(campaign(rule_sets=(RuleSet("house", (skip,)),), **changes)).ready(*agents)
    for agent in support:
        line.then(member(agent, queue="support", nailed=False))
    return line.started(contact(1))


@pytest.mark.parametrize(
    ("condition", "dials"),
    [
        ("idle_agents_support < 2", True),
        ("idle_agents_support < 3", False),
        ("idle_agents_nowhere = 0", False),
        # The one who is reserved for this contact counts, so that the answer is the same when the claim is granted.
        ("idle_agents < 1", True),
        ("idle_agents = 1", False),
    ],
)
def test_agents_of_the_own_and_of_other_queues(condition: str, dials: bool) -> None:
    line = dialing(condition, "8011", "8012")
    assert len(line.wanted(c.OriginateCall)) == dials
    if not dials:
        assert line.the(c.ParkContacts).next_at == START + 600.0


def test_an_agent_who_is_reserved_for_somebody_else_is_not_idle() -> None:
    skip = PreCallRule("rest", parse_filter("idle_agents < 2", of_call=True), PreCallAction.SKIP, 600.0)
    line = Timeline(campaign(rule_sets=(RuleSet("house", (skip,)),))).ready("8001", "8002")
    line.started(contact(1), contact(2))
    assert line.the(c.OriginateCall).dial_string.startswith("PJSIP/+441632960001@")
    assert line.the(c.ParkContacts).contact_ids == (2,)


def test_a_busy_agent_is_not_idle() -> None:
    line = dialing("idle_agents_support < 1", "8011")
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().then(member("8011", queue="support", nailed=False, in_call=True))
    line.at(3.0, e.ChannelEnded(attempt, 17, 486)).then(e.ContactsFetched("spring", (contact(2),), None, 1))
    assert line.wanted(c.OriginateCall) == []


def test_past_calls_are_judged_by_the_agents_of_their_time() -> None:
    condition = "idle_agents_support < 3 and idle_agents < 9"
    line = dialing("idle_agents_support > 5 or idle_agents > 5", "8011", "8012")
    record: AttemptRecord = line.the(c.OriginateCall) and next(iter(line.dialer.floor.attempts.values())).record
    assert (record.rules or {})["idle_agents"] == {"": 1, "support": 2}
    rule = PreCallRule("few", parse_filter(condition, of_call=True))
    trial = RuleTrial(campaign(rule_sets=(RuleSet("house", (rule,)),)))
    trial.call(record, contact(1))
    record.rules = {"pre_call": []}
    trial.call(record, contact(1))
    (tally,) = trial.rules.values()
    assert tally.fired == 1, "what was not kept is not known, and the condition does not hold"
