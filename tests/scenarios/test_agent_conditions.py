"""Rules that look at the agents who are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempt import AttemptRecord
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet
from dialerd.core.rule_trial import RuleTrial
from dialerd.core.skills import Skill
from dialerd.core.wrap_up import WrapUpRule
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


# --- names and skills --------------------------------------------------------------------------------------

SKILLS = {
    "french": Skill("french", agents=("8001",)),
    "german": Skill("german", queues=("german",)),
    "expert": Skill("expert", queues=("sales", "german"), max_penalty=0),
}


def skilled(rules: RuleSet) -> Timeline:
    """8001 and 8002 are idle in the campaign's queue, the latter with a penalty and in `german` too."""
    line = Timeline(campaign(rule_sets=(rules,))).ready("8001")
    line.then(e.PlanChanged(replace(line.dialer.floor.plan, skills=SKILLS)))
    for queue, penalty in (("sales", 5), ("german", 1)):
        line.then(replace(member("8002", queue=queue, nailed=False), name="Anna Smith", penalty=penalty))
    return line


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('idle_agent = "8001"', True),
        ('idle_agent = "anna smith"', True),
        ('idle_agent in ("8009", "8002")', True),
        ('idle_agent = "8009"', False),
        ('idle_agent != "8009"', True),
        ('idle_agent starts with "anna"', True),
        ("idle_agent is empty", False),
        ("idle_skill = french", True),
        ("idle_skill in (german, dutch)", True),
        ("idle_skill = dutch", False),
        ("not idle_skill = dutch", True),
        ("idle_skill_expert = 1", True),
        ("idle_skill_french < 1", False),
        ("idle_skill_dutch = 0", True),
    ],
)
def test_who_is_idle_by_name_and_skill(condition: str, holds: bool) -> None:
    skip = PreCallRule("rest", parse_filter(condition, of_call=True), PreCallAction.SKIP, 600.0)
    line = skilled(RuleSet("house", (skip,))).started(contact(1))
    assert bool(line.wanted(c.OriginateCall)) is not holds


def test_the_answer_changes_with_the_agents() -> None:
    skip = PreCallRule("rest", parse_filter("not idle_skill = german", of_call=True), PreCallAction.SKIP, 600.0)
    line = skilled(RuleSet("house", (skip,)))
    line.then(e.MemberGone("german", "8002")).started(contact(1))
    assert line.wanted(c.OriginateCall) == []
    line.look_away().then(replace(member("8002", queue="german", nailed=False), penalty=1))
    line.then(e.ContactsFetched("spring", (contact(2),), None, 1))
    assert line.the(c.OriginateCall).dial_string.startswith("PJSIP/+441632960002@")


def test_past_calls_know_who_was_idle() -> None:
    rule = PreCallRule("french", parse_filter("idle_skill_french = 9", of_call=True))
    line = skilled(RuleSet("house", (rule,))).started(contact(1))
    record = next(iter(line.dialer.floor.attempts.values())).record
    assert (record.rules or {})["idle_who"] == {
        "8001": [member("8001").name, "expert", "french"], "8002": ["Anna Smith", "german"],
    }  # fmt: skip
    fired = {}
    for text in ('idle_agent = "anna smith" and idle_skill_german = 1', 'idle_agent = "8009"'):
        asked = PreCallRule("asked", parse_filter(text, of_call=True))
        trial = RuleTrial(campaign(rule_sets=(RuleSet("house", (asked,)),)))
        trial.call(record, contact(1))
        fired[text] = sum(tally.fired for tally in trial.rules.values())
    assert list(fired.values()) == [1, 0]


def test_when_a_call_is_over() -> None:
    """The agent's name and skills, and who else is idle then; `rules test` says the same later."""
    told = WrapUpRule(
        "told",
        parse_filter('agent_name = "bea jones" and agent_skill = french and idle_skill = german', of_call=True),
        columns={"seen_by": "agent_name"},
    )
    other = WrapUpRule("other", parse_filter("agent_skill = german or idle_agents > 1", of_call=True), dnc="never")
    rules = RuleSet("house", wrap_up=(told, other), first=False)
    line = skilled(rules)
    line.then(replace(member("8001"), name="Bea Jones")).started(contact(1))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(3.0, e.ChannelAnswered(attempt))
    line.then(e.BridgeEntered(attempt, line.the(c.EnterBridge).bridge_id))
    line.look_away().at(20.0, e.ChannelEnded(attempt, 16, 200))
    closed = line.the(c.CloseAttempt).outcome
    stamp = closed.record.rules or {}
    assert (closed.record.agent, stamp["wrap_up"]) == ("8001", ["house.told"])
    assert (stamp["agent_name"], stamp["agent_skills"]) == ("Bea Jones", ["expert", "french"])
    assert stamp["idle_agents_after"] == {"": 1}
    assert stamp["idle_who_after"] == {"8002": ["Anna Smith", "german"]}
    assert closed.contact.columns == {"seen_by": "Bea Jones"}
    trial = RuleTrial(campaign(rule_sets=(rules,)))
    trial.call(closed.record, contact(1))
    assert {name: tally.fired for (_, name), tally in trial.rules.items()} == {"house.told": 1, "house.other": 0}
