"""`preview:` of a campaign, and rules whose contacts nobody can be shown."""

from __future__ import annotations

import pytest

from dialerd.config.campaigns_file import check
from dialerd.core.campaign import Mode
from dialerd.core.preview import OnTimeout, PreviewSettings

TEXT = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 20, cps: 5}
contact_lists:
  leads: {region: GB, phones: [{column: phone}]}
webhooks:
  desktop: {url: http://desktop.example/offers}
rule_sets:
  house:
    pre_call:
      - name: sure
        if: class = "vip"
        do: preview
        webhook: desktop
campaigns:
  spring:
    mode: preview
    contact_list: leads
    queue: sales
    trunk: carrier
    caller_id: "+441632960900"
    preview:
      timeout: 2m
      on_timeout: dial
      may_skip: false
      webhook: desktop
    retry:
      preview_skipped: {max_tries: 9, gap: 30m}
"""


def test_everything_that_can_be_stated() -> None:
    result = check(TEXT, "campaigns.yaml")
    assert result.problems == ()
    assert result.plan is not None
    spring = result.plan.campaigns["spring"]
    assert spring.mode is Mode.PREVIEW
    assert spring.preview == PreviewSettings(120.0, OnTimeout.DIAL, may_skip=False, webhook="desktop")


def test_what_is_usual() -> None:
    begin, end = TEXT.index("    preview:"), TEXT.index("    retry:")
    result = check(TEXT[:begin] + TEXT[end:], "campaigns.yaml")
    assert result.plan is not None
    assert result.plan.campaigns["spring"].preview == PreviewSettings(60.0, OnTimeout.SKIP, may_skip=True)


@pytest.mark.parametrize(
    ("old", "new", "path", "said"),
    [
        ("timeout: 2m", "timeout: 2s", "preview.timeout", "5"),
        ("on_timeout: dial", "on_timeout: call", "preview.on_timeout", "`call`"),
        ("      webhook: desktop\n    retry", "      webhook: desktp\n    retry", "preview.webhook",
         "there is no webhook `desktp`"),
        ("may_skip: false", "may_skipp: false", "preview.may_skipp", "may_skip"),
        ("    queue: sales\n", "", "queue", "a campaign in mode `preview` needs it"),
        ("mode: preview\n", "mode: agentless\n    message: sound:hello\n", "preview", "no agents to show"),
    ],
)  # fmt: skip
def test_mistakes(old: str, new: str, path: str, said: str) -> None:
    assert old in TEXT
    found = check(TEXT.replace(old, new, 1), "campaigns.yaml").problems
    told = [str(problem) for problem in found if problem.path == f"campaigns.spring.{path}"]
    assert any(said in text for text in told), found


def test_a_section_that_changes_nothing_is_told() -> None:
    text = TEXT.replace("mode: preview", "mode: progressive")
    (problem,) = check(text, "campaigns.yaml").problems
    assert "offers nothing to agents" in str(problem)
    assert check(text + "    rule_sets: [house]\n", "campaigns.yaml").problems == ()


def test_an_agentless_campaign_whose_rules_want_agents_is_told() -> None:
    begin, end = TEXT.index("    preview:"), TEXT.index("    retry:")
    text = TEXT[:begin] + TEXT[end:]
    text = text.replace("mode: preview", "mode: agentless\n    message: sound:hello\n    rule_sets: [house]")
    found = [str(problem) for problem in check(text.replace("    queue: sales\n", ""), "campaigns.yaml").problems]
    assert any("nobody can read them" in problem for problem in found), found
