"""`rule_sets:` in the campaigns file."""

from __future__ import annotations

import pytest
from config_texts import BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import plan_diff
from dialerd.core.pre_call import PreCallAction
from dialerd.core.skills import Skill
from dialerd.core.webhook import WebhookSettings
from dialerd.core.wrap_up import Uncallable

WITH = (
    BASE
    + """\
    rule_sets: [house]
rule_sets:
  house:
    match: first
    pre_call:
      - name: vip
        if: class = "vip"
        do: preview
      - name: late
        if: attempts > 2 and number_type = "home"
        do: other_number
        for: 2h
      - name: rest
        caller_id: +441632960999
        variables: {GREETING: =hello}
    wrap_up:
      - name: short
        if: talk_time < 5s and disposition = answered_agent
        retry: 2h
        number: other
        columns: {result: disposition}
      - name: wrong
        if: analysis = fax
        uncallable: number
      - name: told
        if: agent = "8001"
        append_to: customers
        webhook: crm
skills:
  french:
    agents: ["8002", "8001"]
    queues: [support_fr]
    max_penalty: 3
  german: {agents: ["8001"]}
webhooks:
  crm:
    url: http://crm.example/calls
    first_gap: 10s
    headers_env: {X-Tenant: CRM_TENANT}
    columns: [ref]
"""
)


def test_what_is_stated_comes_out() -> None:
    plan = check(WITH).plan
    assert plan is not None, check(WITH).problems
    (house,) = plan.campaigns["sale"].rule_sets
    assert (house.name, house.first) == ("house", True)
    vip, late, rest = house.pre_call
    assert (vip.action, str(vip.condition)) == (PreCallAction.PREVIEW, 'class = "vip"')
    assert (late.action, late.for_s) == (PreCallAction.OTHER_NUMBER, 7200.0)
    short, wrong, told = house.wrap_up
    assert (told.append_to, told.webhook) == ("customers", "crm")
    assert str(told) == "append_to customers, webhook crm"
    assert check(WITH).webhooks["crm"] == WebhookSettings(
        "crm", "http://crm.example/calls", first_gap_s=10.0, headers_env={"X-Tenant": "CRM_TENANT"}, columns=("ref",)
    )
    assert (short.retry_s, short.other_number, short.columns) == (7200.0, True, {"result": "disposition"})
    assert (str(wrong), wrong.uncallable) == ("uncallable number", Uncallable.NUMBER)
    assert (rest.condition, rest.caller_id, rest.variables) == (None, "+441632960999", {"GREETING": "=hello"})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[house]", "[«hous]", "there is no rule set `hous`"),
        ('class = "vip"', '«class == "vip', ""),
        ("attempts > 2", "«attempts > two", ""),
        ("attempts > 2", "«talk_time > 2h", "is not known when a number is about to be dialed"),
        ("attempts > 2", "«agent_skill = french", "is not known when a number is about to be dialed"),
        ("attempts > 2", "«idle_skill = frensh", "there is no skill `frensh`"),
        ("attempts > 2", "«idle_skill_frensh > 0", "there is no skill `frensh`"),
        ("analysis = fax", "«agent_skill in (french, dutch)", "there is no skill `dutch`"),
        ("attempts > 2", "«idle_agent = 8001", "is not compared with a number"),
        ("max_penalty: 3", "max_penalty: «-1", ""),
        ('{agents: ["8001"]}', "«{}", "nobody can have this skill"),
        ('{agents: ["8001"]}', '{agents: ["8001"], max_penalty: «2}', "says nothing without `queues`"),
        ('{agents: ["8001"]}', "{agents: [«two words]}", ""),
        ("attempts > 2", "«idle_agents > some", "is not compared with a"),
        ("do: preview", "do: «prevew", "`prevew` is not known here"),
        ("name: late", "name: «vip", "a rule `vip` is there already"),
        ('        if: class = "vip"\n', "", "never read: rule `vip` before it always fires"),
        ("+441632960999", "«1632960999", ""),
        ("for: 2h", "for: «2 hours", ""),
        ("analysis = fax", "«analysis = faxx", "`faxx` is no analysis"),
        ("uncallable: number", "uncallable: «numbers", "`numbers` is not known here"),
        ("        uncallable: number\n", "", "rule `wrong` does nothing"),
        ("uncallable: number", "retry: 1h\n        uncallable: number", "contradict each other"),
        ("        retry: 2h\n", "", "`number` says nothing without `retry`"),
        ("uncallable: number", "dnc: «nobody", "there is no list `nobody`"),
        ("uncallable: number", "move_to: «nowhere", "there is no list `nowhere`"),
        ("uncallable: number", "append_to: «nowhere", "there is no list `nowhere`"),
        ("uncallable: number", "webhook: «cmr", "there is no webhook `cmr`"),
        ("uncallable: number", "move_to: customers\n        append_to: «customers", "name the same list"),
        (
            "        do: preview",
            "        do: skip\n        webhook: «crm",
            "no call that a webhook could",
        ),
        ("http://crm.example/calls", "«http://crm.example/calls x", "cannot be used here"),
        ("http://crm", "«http://user:secret@crm", "cannot be used here"),
        ("X-Tenant", "«Authorization", "`Authorization` cannot be used here"),
        ("first_gap: 10s", "first_gap: «never", ""),
        ("name: wrong", "name: «short", "a rule `short` is there already"),
    ],
)
def test_mistakes(old: str, new: str, says: str) -> None:
    text, mark = marked(changed(WITH, old, new))
    result = check(text)
    assert result.plan is None
    assert len(result.problems) == 1, result.problems
    assert says in result.problems[0].message
    if mark is not None:
        assert result.problems[0].line == mark[0]


def test_skills_come_out_and_rules_may_ask_for_them() -> None:
    text = changed(WITH, "analysis = fax", 'agent_skill = french and idle_agent = "8001" and idle_skill_german < 1')
    plan = check(text).plan
    assert plan is not None, check(text).problems
    assert plan.skills == {
        "french": Skill("french", ("8001", "8002"), ("support_fr",), 3),
        "german": Skill("german", ("8001",)),
    }
    before = check(WITH.replace('["8002", "8001"]', '["8001"]')).plan
    assert before is not None
    assert plan_diff(before, plan).lines()[-1] == "~ skill french: agents: 8001 -> 8001, 8002"
