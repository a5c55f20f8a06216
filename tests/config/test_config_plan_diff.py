"""What a reload would change."""

from __future__ import annotations

from config_texts import AGENTLESS, BASE, changed

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import FieldChange, plan_diff
from dialerd.core.campaign import Plan


def plan(text: str) -> Plan:
    result = check(text)
    assert result.plan is not None, [str(p) for p in result.problems]
    return result.plan


def test_nothing_changed() -> None:
    diff = plan_diff(plan(BASE), plan(BASE + "    ring_timeout: 30   # the default\n"))
    assert diff.empty
    assert diff.lines() == []


def test_added_and_removed() -> None:
    diff = plan_diff(plan(BASE), plan(AGENTLESS))
    assert not diff.empty
    assert (diff.campaigns.added, diff.campaigns.removed, diff.campaigns.changed) == (("notice",), ("sale",), {})
    assert diff.trunks.empty
    assert diff.lines() == ["+ campaign notice", "- campaign sale"]


def test_each_setting_old_and_new() -> None:
    new = changed(BASE, "cps: 5", "cps: 7.5") + (
        "    ring_timeout: 45s\n    retry: {busy: {gap: 1m}}\n    responses: {silence: hang_up}\n"
        "    call_analysis: {profile: off}\n    variables: {A: '=b'}\n"
    )
    diff = plan_diff(plan(BASE), plan(new))
    assert diff.trunks.changed == {"carrier": (FieldChange("cps", 5.0, 7.5),)}
    changes = {change.field: (change.old, change.new) for change in diff.campaigns.changed["sale"]}
    amd = {name: change for name, change in changes.items() if name.startswith("analysis.amd")}
    assert amd.pop("analysis.amd") == ("not set", None)
    assert amd["analysis.amd.max_words"] == (2, "not set")
    assert len(amd) == 9
    assert {name: change for name, change in changes.items() if not name.startswith("analysis.amd")} == {
        "ring_timeout_s": (30.0, 45.0),
        "retry.busy.gap_s": ("not set", 60.0),
        "retry.busy.max_tries": ("not set", 5),
        "retry.busy.next": ("not set", "other_number"),
        "retry.busy.hand_over_to": ("not set", None),
        "retry.busy.hand_over_list": ("not set", None),
        "analysis.name": ("connect_first", "off"),
        "analysis.deadline_s": (1.75, None),
        "responses.silence": ("agent", "hang_up"),
        "variables.A": ("not set", "=b"),
    }
    assert "~ campaign sale: ring_timeout_s: 30 -> 45" in diff.lines()
    assert "~ campaign sale: analysis.deadline_s: 1.75 -> none" in diff.lines()
    assert diff.as_dict()["trunks"] == {
        "added": [], "removed": [], "changed": {"carrier": [{"field": "cps", "old": 5.0, "new": 7.5}]},
    }  # fmt: skip
