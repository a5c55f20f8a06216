"""A site's own rule: what it may be, and that nothing it does gets into the core."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from config_texts import BASE, changed

from dialerd.config.campaigns_file import check, load_campaigns
from dialerd.config.plan_diff import FieldChange, plan_diff
from dialerd.config.site_rules import RuleFailure, SiteRuleError, load_site_rule
from dialerd.core.analysis import Evidence, Verdict, judge
from dialerd.core.treatment import CallAnalysis

EVIDENCE = Evidence("sale", "+441632960001", "MACHINE", "MAXWORDS-3-2", 1.4, 0.4, 0, None)
WITH_RULES = changed(BASE, "queue: sales", "queue: sales\n    rules: rules.py")


def rule_file(folder: Path, text: str) -> Path:
    path = folder / "rules.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_is_loaded_beside_the_yaml_and_judges(tmp_path: Path) -> None:
    rule_file(tmp_path, "def classify(evidence):\n    if evidence.amd_cause.startswith('MAXWORDS'):\n"
              "        return 'person'\n")  # fmt: skip
    (tmp_path / "campaigns.yaml").write_text(WITH_RULES, encoding="utf-8")
    result = load_campaigns(tmp_path / "campaigns.yaml")
    assert result.problems == ()
    assert result.plan is not None
    rule = result.plan.campaigns["sale"].site_rule
    assert judge(EVIDENCE, rule) == Verdict(CallAnalysis.PERSON, "site")
    other = Evidence("sale", "+441632960001", "MACHINE", "LONGGREETING-2000-1700", 1.9, 0.4, 0, None)
    assert judge(other, rule) == Verdict(CallAnalysis.MACHINE, "amd_machine")


@pytest.mark.parametrize(
    ("body", "line", "error"),
    [
        ("    raise RuntimeError('no idea')", 2, "RuntimeError: no idea"),
        ("    x = 1\n    return evidence.nothing", 3, "AttributeError"),
        ("    import sys\n    sys.exit(1)", 3, "SystemExit: 1"),
        ("    return 'human'", 0, "ValueError: 'human' is not a valid CallAnalysis"),
        ("    return True", 0, "TypeError: classify returned bool"),
        ("    return classify(evidence)", 2, "RecursionError"),
    ],
)
def test_a_failure_is_reported_and_the_call_judged_without_the_rule(
    tmp_path: Path, body: str, line: int, error: str
) -> None:
    path = rule_file(tmp_path, f"def classify(evidence):\n{body}\n")
    told: list[RuleFailure] = []
    rule = load_site_rule(path, told.append)
    assert judge(EVIDENCE, rule) == Verdict(CallAnalysis.MACHINE, "amd_machine")
    (failure,) = told
    assert (failure.file, failure.line, failure.campaign) == (str(path), line, "sale")
    assert error in failure.error
    assert load_site_rule(path)(EVIDENCE) is None, "nobody needs to listen"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("def classify(evidence)\n    return None\n", 1, 23, "not valid Python: expected ':'"),
        ("x = 1\n\ndef classify(evidence):\nreturn None\n", 4, 1, "not valid Python"),
        ("import nothing_of_that_name\n", 1, 1, "ModuleNotFoundError"),
        ("x = 1\n1 / 0\n", 2, 1, "ZeroDivisionError"),
        ("raise SystemExit(3)\n", 1, 1, "SystemExit"),
        ("def clasify(evidence):\n    return None\n", 1, 1, "there is no `classify`"),
        ("classify = 3\n", 1, 1, "not a function"),
        ("\ndef classify():\n    return None\n", 2, 1, "does not take one argument"),
        ("def classify(a, b):\n    return None\n", 1, 1, "does not take one argument"),
        ("async def classify(evidence):\n    return None\n", 1, 1, "does not return at once"),
        ("def classify(evidence):\n    yield 'person'\n", 1, 1, "does not return at once"),
        ("x = '\0'\n", 1, 1, "not valid Python"),
    ],
)
def test_a_file_that_is_no_rule(tmp_path: Path, text: str, line: int, column: int, says: str) -> None:
    path = rule_file(tmp_path, text)
    (problem,) = check(WITH_RULES, str(tmp_path / "campaigns.yaml")).problems
    assert (problem.file, problem.line, problem.column) == (str(path), line, column)
    assert problem.path == "campaigns.sale.rules"
    assert says in problem.message
    with pytest.raises(SiteRuleError, match=re.escape(says)):
        load_site_rule(path)


def test_a_wrong_rule_file_of_many_campaigns_is_told_once(tmp_path: Path) -> None:
    text = changed(BASE, "campaigns:\n", "defaults:\n  rules: rules.py\ncampaigns:\n")
    text += text.split("campaigns:\n")[1].replace("sale:", "other:")
    problems = [p for p in check(text, str(tmp_path / "c.yaml")).problems if p.severity == "error"]
    assert [(p.path, p.line, p.column) for p in problems] == [("defaults.rules", 12, 10)]
    assert "cannot be read: No such file" in problems[0].message


def test_a_reload_sees_whether_a_rule_changed(tmp_path: Path) -> None:
    rule_file(tmp_path, "def classify(evidence):\n    return None\n")
    first, same = (check(WITH_RULES, base=tmp_path).plan for _ in range(2))
    rule_file(tmp_path, "def classify(evidence):\n    return 'fax'\n")
    changed_plan = check(WITH_RULES, base=tmp_path).plan
    assert first is not None
    assert same is not None
    assert changed_plan is not None
    assert first == same
    assert plan_diff(first, same).empty
    (change,) = plan_diff(first, changed_plan).campaigns.changed["sale"]
    assert isinstance(change, FieldChange)
    assert change.field == "site_rule"
    assert change.old != change.new
