"""A site's own functions in rule sets: loaded, refused, asked, and stopped."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from config_texts import BASE

from dialerd.config.campaigns_file import CheckResult, check
from dialerd.config.plan_diff import plan_diff
from dialerd.config.rule_functions import MOST_SLOW
from dialerd.config.site_rules import RuleFailure
from dialerd.core.call_seen import CallSeen, RuleFunction
from dialerd.core.pre_call import PreCallAction
from dialerd.core.wrap_up import Uncallable

WITH = (
    BASE
    + """\
    rule_sets: [house]
dnc_lists:
  asked: {}
rule_sets:
  house:
    pre_call:
      - name: vip
        if: attempts > 0
        python: house:before
    wrap_up:
      - name: after
        python: house:after
"""
)
GOOD = "def before(call):\n    return True\ndef after(call):\n    return False\n"


def checked(folder: Path, source: str | None, failures: list[RuleFailure] | None = None) -> CheckResult:
    if source is not None:
        (folder / "house.py").write_text(source)
    return check(WITH, str(folder / "campaigns.yaml"), folder, failures.append if failures is not None else None)


def functions(folder: Path, source: str, failures: list[RuleFailure]) -> tuple[RuleFunction, RuleFunction]:
    plan = checked(folder, source, failures).plan
    assert plan is not None
    (house,) = plan.campaigns["sale"].rule_sets
    before, after = house.pre_call[0].function, house.wrap_up[0].function
    assert before is not None
    assert after is not None
    return before, after


def seen(**changes: Any) -> CallSeen:
    values: dict[str, Any] = {
        "over": False, "now": 1000.0, "campaign": "sale", "contact_list": "customers", "contact_key": "k1",
        "columns": MappingProxyType({"class": "vip"}), "number": "+441632960001", "number_type": "mobile",
        "attempts": 1, "tries": MappingProxyType({"busy": 1}), "hour": 13, "weekday": "mon",
    }  # fmt: skip
    return CallSeen(**(values | changes))


def test_a_function_says_whether_and_with_what(tmp_path: Path) -> None:
    failures: list[RuleFailure] = []
    source = (
        "def before(call):\n"
        "    if call.columns['class'] == 'vip':\n"
        "        return {'do': 'skip', 'for_s': 3600, 'caller_id': '+441632960999',\n"
        "            'variables': {'WHO': call.weekday}}\n"
        "def after(call):\n"
        "    return call.disposition == 'busy' and {'retry_s': 600, 'number': 'other', 'columns': {'n': 'x'},\n"
        "        'dnc': 'asked', 'append_to': 'customers'}\n"
    )
    before, after = functions(tmp_path, source, failures)
    said = before(seen())
    assert (said.fires, said.changes["action"], said.changes["for_s"]) == (True, PreCallAction.SKIP, 3600.0)
    assert (said.changes["caller_id"], said.changes["variables"]) == ("+441632960999", {"WHO": "=mon"})
    assert before(seen(columns={"class": "x"})).fires is False
    done = after(seen(over=True, disposition="busy")).changes
    assert (done["retry_s"], done["other_number"], done["uncallable"]) == (600.0, True, None)
    assert (done["columns"], done["dnc"], done["append_to"]) == ({"n": "=x"}, "asked", "customers")
    assert after(seen(over=True, disposition="machine")).fires is False
    assert failures == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("'yes'", "str is no answer"),
        ("{'doo': 'dial'}", "there is no action 'doo' before a call; did you mean"),
        ("{'do': 'fly'}", "'fly' is not one of dial"),
        ("{'for_s': 5}", "5 is no time in seconds"),
        ("{'for_s': True}", "True is no time in seconds"),
        ("{'caller_id': '01632'}", "a caller ID that is no number"),
        ("{'variables': {'A': 1}}", "a dict of texts"),
        ("{'variables': {'DIALERD_X': 'a'}}", "is no channel variable"),
        ("{'webhook': 'crm'}", "'crm' is no name under `webhooks`"),
        ("{'dnc': 'asked'}", "there is no action 'dnc' before a call"),
        ("call.columns.update(a='b')", "AttributeError"),
        ("setattr(call, 'hour', 1)", "FrozenInstanceError"),
        ("__import__('sys').exit()", "SystemExit"),
    ],
)
def test_what_is_no_answer_fails_and_is_told(tmp_path: Path, answer: str, says: str) -> None:
    failures: list[RuleFailure] = []
    before, _ = functions(tmp_path, f"def before(call):\n    return {answer}\ndef after(call): pass\n", failures)
    said = before(seen())
    assert (said.failed, said.fires) == (True, False)
    (failure,) = failures
    assert says in failure.error
    assert (failure.function, failure.campaign, failure.times) == ("house:before", "sale", 1)


def test_answers_after_a_call_are_checked_too(tmp_path: Path) -> None:
    failures: list[RuleFailure] = []
    source = "def before(call): pass\ndef after(call):\n    return {'uncallable': call.agent, 'retry_s': 60}\n"
    _, after = functions(tmp_path, source, failures)
    assert after(seen(over=True, agent="everything")).failed
    assert after(seen(over=True, agent=Uncallable.NUMBER)).failed
    assert "is not one of number, contact" in failures[0].error
    assert "contradict each other" in failures[1].error
    assert [failure.times for failure in failures] == [1, 0], "told once a minute, counted each time"


def test_one_that_never_answers_is_stopped_and_then_not_asked_any_more(tmp_path: Path) -> None:
    failures: list[RuleFailure] = []
    source = (
        "asked = []\n"
        "def before(call):\n"
        "    asked.append(1)\n"
        "    while True:\n"
        "        try:\n"
        "            len(asked)\n"
        "        except Exception:\n"
        "            pass\n"
        "def after(call):\n"
        "    return len(asked) == 5\n"
    )
    before, after = functions(tmp_path, source, failures)
    for _ in range(MOST_SLOW + 2):
        assert before(seen()).failed
    assert "no answer within 50 ms" in failures[0].error
    assert "not asked any more" in failures[-1].error
    assert after(seen(over=True)).fires, "it ran five times"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "cannot be found"),
        ("def befor(call): pass\ndef after(call): pass\n", "there is no `before` in it"),
        ("def before(): pass\ndef after(call): pass\n", "`before` does not take one argument"),
        ("async def before(call): pass\ndef after(call): pass\n", "does not return at once"),
        ("before = 1\ndef after(call): pass\n", "`before` is not a function"),
        ("def before(call:\n", "not valid Python"),
        ("import nothing_there\n", "running it failed: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_told_with_its_place(tmp_path: Path, source: str | None, says: str) -> None:
    result = checked(tmp_path, source)
    assert result.plan is None
    first = result.problems[0]
    assert says in first.message
    assert first.path in ("rule_sets.house.pre_call[0].python", "rule_sets.house.wrap_up[0].python")
    if source is None:
        assert first.line == WITH[: WITH.index("house:before")].count("\n") + 1


def test_a_name_that_is_no_function_is_refused(tmp_path: Path) -> None:
    (tmp_path / "house.py").write_text(GOOD)
    result = check(WITH.replace("house:before", "house.before"), base=tmp_path)
    assert "cannot be used here" in result.problems[0].message


def test_a_reload_sees_a_changed_function(tmp_path: Path) -> None:
    first, same = checked(tmp_path, GOOD).plan, checked(tmp_path, GOOD).plan
    assert first is not None
    assert same is not None
    assert plan_diff(first, same).empty
    other = checked(tmp_path, GOOD + "# and more\n").plan
    assert other is not None
    assert not plan_diff(first, other).empty
