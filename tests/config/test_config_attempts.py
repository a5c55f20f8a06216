"""`attempt_limits:` in YAML: what it means, and every mistake in it."""

from __future__ import annotations

import pytest

from dialerd.config.campaigns_file import CheckResult, check
from dialerd.core.attempts_control import AttemptCap, AttemptLimits, Counted, Scope
from dialerd.core.campaign import NextTry, RetryRule
from dialerd.core.disposition import Disposition

HOUR, DAY = 3600.0, 86400.0
TEXT = """
version: 1
trunks:
  carrier: {{dial: "PJSIP/{{digits}}@carrier", max_lines: 10, cps: 5}}
contact_lists:
  leads: {{key: id, phones: [{{column: phone}}]}}
  bare: {{phones: [{{column: phone}}]}}
{shared}
campaigns:
  spring:
    mode: {mode}
    contact_list: {contact_list}
    trunk: carrier
    caller_id: "+441632960000"
    queue: sales
    {own}
"""


def checked(own: str = "", shared: str = "", mode: str = "predictive", contact_list: str = "leads") -> CheckResult:
    if mode == "agentless":
        own = f"message: sound:x\n    queue: null\n    {own}"
    return check(TEXT.format(own=own, shared=shared, mode=mode, contact_list=contact_list))


def caps(result: CheckResult) -> dict[str, AttemptCap]:
    assert result.plan is not None, result.problems
    return {cap.label: cap for cap in result.plan.campaigns["spring"].attempt_caps}


def messages(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in result.problems]


def test_ofcoms_rules_are_on_unless_taken_off() -> None:
    found = caps(checked())
    assert found == {
        "after_abandoned": AttemptCap(Scope.NUMBER, 1, 72 * HOUR, Counted.ABANDONED, True, "after_abandoned"),
        "after_machine": AttemptCap(Scope.NUMBER, 1, 24 * HOUR, Counted.MACHINES, True, "after_machine"),
    }
    assert caps(checked("attempt_limits: {after_machine: 48h}"))["after_machine"].window_s == 48 * HOUR


@pytest.mark.parametrize(
    ("key", "value", "said", "rule"),
    [
        ("after_abandoned", "71h", "is looser than profile `default` allows: at least 3d", "abandoned_redial"),
        ("after_machine", "12h", "12h is looser than profile `default` allows: at least", "machine_redial"),
        ("after_abandoned", "null", "no rule at all is looser than profile `default` allows: at least 3d",
         "abandoned_redial"),
    ],
)  # fmt: skip
def test_less_than_the_profile_demands_is_refused_unless_a_reason_is_stated(
    key: str, value: str, said: str, rule: str
) -> None:
    own = f"attempt_limits: {{{key}: {value}}}"
    (problem,) = checked(own).problems
    assert problem.path == f"campaigns.spring.attempt_limits.{key}"
    assert said in problem.message
    assert "Ofcom" in problem.message, "and by which law"
    assert f"looser: {{{rule}: ...}}" in problem.hint
    loosened = checked(f"{own}\n    compliance: {{looser: {{{rule}: agreed with counsel}}}}")
    assert (key in caps(loosened)) is (value != "null")


def test_caps_gap_and_conversation() -> None:
    own = """attempt_limits:
      gap: 2h
      after_conversation: 7d
      caps:
        - {per: number, calls: 3, within: 24h}
        - {per: person, calls: 7, within: 7d, name: reg_f}"""
    found = caps(checked(own))
    assert found["number_3_calls_in_24h"] == AttemptCap(Scope.NUMBER, 3, DAY)
    assert found["reg_f"] == AttemptCap(Scope.PERSON, 7, 7 * DAY, name="reg_f")
    assert found["gap"] == AttemptCap(Scope.NUMBER, 1, 2 * HOUR, name="gap")
    assert found["after_conversation"] == AttemptCap(
        Scope.PERSON, 1, 7 * DAY, Counted.CONVERSATIONS, name="after_conversation"
    )


def test_caps_of_all_campaigns_come_on_top_and_equal_ones_count_once() -> None:
    shared = "attempt_limits: {gap: 1h, caps: [{per: number, calls: 3, within: 24h}]}"
    own = "attempt_limits: {gap: 2h, caps: [{per: number, calls: 3, within: 24h, name: mine}]}"
    result = checked(own, shared)
    assert result.plan is not None
    labels = [cap.label for cap in result.plan.campaigns["spring"].attempt_caps]
    assert labels == ["mine", "gap", "after_abandoned", "after_machine", "gap"]
    assert result.plan.call_windows() == {Scope.NUMBER: round(72 * HOUR)}


@pytest.mark.parametrize(
    ("own", "path", "message"),
    [
        ("attempt_limits: {caps: [{per: house, calls: 3, within: 24h}]}", "caps[0].per", "`house` is not known here"),
        ("attempt_limits: {caps: [{per: number, calls: 0, within: 24h}]}", "caps[0].calls", "`0` is too small"),
        ("attempt_limits: {caps: [{per: number, calls: 3, within: 5s}]}", "caps[0].within", "`5s` is too short"),
        ("attempt_limits: {caps: [{per: number, calls: 3}]}", "caps[0].within", "`within` is missing"),
        ("attempt_limits: {gap: soon}", "gap", "`soon` is not a duration"),
        ("attempt_limits: {cap: []}", "cap", "`cap` is not a setting here"),
        (
            "attempt_limits: {caps: [{per: number, calls: 3, within: 24h, name: gap}]}",
            "caps",
            "another cap is called",
        ),
    ],
)
def test_mistakes_are_told_where_they_are(own: str, path: str, message: str) -> None:
    result = checked(own)
    assert result.plan is None
    assert any(p.endswith(path) and message in m for p, m in messages(result)), messages(result)


def test_a_cap_that_can_never_matter() -> None:
    own = "attempt_limits: {caps: [{per: number, calls: 5, within: 24h}, {per: number, calls: 3, within: 7d}]}"
    assert any("useless" in message for _, message in messages(checked(own)))


@pytest.mark.parametrize(
    "own",
    ["attempt_limits: {after_conversation: 7d}", "attempt_limits: {caps: [{per: person, calls: 7, within: 7d}]}"],
)
def test_a_person_needs_a_key(own: str) -> None:
    assert checked(own).ok
    result = checked(own, contact_list="bare")
    assert not result.ok
    assert any("has no `key:`" in message for _, message in messages(result))
    shared = checked(shared=own, contact_list="bare")
    assert not shared.ok


def test_the_lane() -> None:
    result = checked("guaranteed_agent_lane: true")
    assert result.plan is not None
    assert result.plan.campaigns["spring"].guaranteed_agent_lane
    assert not result.problems
    assert not checked("guaranteed_agent_lane: true", mode="agentless").ok
    progressive = checked("guaranteed_agent_lane: true", mode="progressive")
    assert progressive.ok
    assert [message for _, message in messages(progressive)] == [
        "mode `progressive` reserves an agent for every call anyway"
    ]


HAND_OVER = """
  calm:
    mode: agentless
    contact_list: bare
    trunk: carrier
    caller_id: "+441632960000"
    message: sound:x
    retry: {{machine: {{then: hand_over, hand_over_to: {to}}}}}
"""


def test_limits_and_parts_of_the_day() -> None:
    own = "day_parts: ['17:30', '7:00', '12:00']\n    attempt_limits: {per_contact: 2, per_number: 1, reset: daily}"
    result = checked(own)
    assert result.plan is not None, result.problems
    campaign = result.plan.campaigns["spring"]
    assert campaign.attempt_limits == AttemptLimits(2, 1, True)
    assert campaign.day_parts == (7 * 3600, 12 * 3600, 17 * 3600 + 1800)
    assert not checked("attempt_limits: {reset: daily}").ok
    assert not checked("day_parts: ['25:00', '7:00']").ok


def test_retry_rules() -> None:
    result = checked("retry: {no_answer: {next: other_daypart}, busy: {gap: 5m, next: same_number}}")
    assert result.plan is not None, result.problems
    retry = result.plan.campaigns["spring"].retry
    assert retry[Disposition.NO_ANSWER] == RetryRule(3, 4 * HOUR, NextTry.OTHER_DAYPART)
    assert retry[Disposition.BUSY] == RetryRule(5, 300.0, NextTry.SAME_NUMBER)


def test_a_campaign_hands_contacts_over_to_the_list_of_another() -> None:
    result = check(
        TEXT.format(own="", shared="", mode="predictive", contact_list="leads") + HAND_OVER.format(to="spring")
    )
    assert result.plan is not None, result.problems
    rule = result.plan.campaigns["calm"].retry[Disposition.MACHINE]
    assert (rule.hand_over_to, rule.hand_over_list) == ("spring", "leads")


@pytest.mark.parametrize(
    ("own", "to", "message"),
    [
        ("", "sprnig", "there is no campaign `sprnig`"),
        ("", "calm", "dials the same contact list"),
        ("retry: {busy: {then: hand_over, hand_over_to: calm}}", "spring", "they would go round for ever"),
        ("retry: {busy: {then: hand_over}}", "spring", "to which campaign is not stated"),
        ("retry: {busy: {hand_over_to: calm}}", "spring", "contacts are not handed over"),
    ],
)
def test_contacts_handed_over_to_nobody(own: str, to: str, message: str) -> None:
    result = check(TEXT.format(own=own, shared="", mode="predictive", contact_list="leads") + HAND_OVER.format(to=to))
    assert result.plan is None
    assert any(message in told for _, told in messages(result)), messages(result)
