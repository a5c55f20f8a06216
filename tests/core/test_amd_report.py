"""Verdicts against marks: the tables of the report."""

from __future__ import annotations

import pytest

from dialerd.core.amd_report import AmdReport, VerdictCount, amd_report, counted
from dialerd.core.amd_truth import share_of


def one(rule: str, analysis: str, calls: int, persons: int = 0, machines: int = 0, **changes: str) -> VerdictCount:
    of = {"campaign": "spring", "trunk": "carrier", "profile": "balanced", "cause": "", **changes}
    return counted(of["campaign"], of["trunk"], of["profile"], analysis, rule, of["cause"], calls, persons, machines)


def lines(report: AmdReport, name: str) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    return {
        (line.name, line.verdict): (line.calls, line.marked_persons, line.marked_machines, line.wrong.found)
        for line in getattr(report, name)
    }


def test_a_call_that_was_given_to_an_agent_to_be_checked_counts_with_the_verdict_that_was_checked() -> None:
    found = one("sample:amd_machine", "unsure", 3, 1, 2, cause="MAXWORDS-5-4")
    assert (found.verdict, found.rule, found.cause) == ("machine", "amd_machine", "MAXWORDS")


@pytest.mark.parametrize(
    ("analysis", "wrong"),
    [("machine", 3), ("fax", 3), ("sit", 3), ("person", 1), ("unsure", 1), ("silence", 1)],
)
def test_what_is_wrong_depends_on_what_was_said(analysis: str, wrong: int) -> None:
    (line,) = amd_report([one("x", analysis, 10, 3, 1)]).by_profile
    assert (line.wrong.found, line.wrong.of) == (wrong, 4)
    assert line.wrong == share_of(wrong, 4)


def test_tables_by_profile_rule_and_cause() -> None:
    report = amd_report(
        [
            one("amd_machine", "machine", 50, 1, 9, cause="LONGGREETING-2000-2000"),
            one("amd_machine", "machine", 20, 0, 3, cause="LONGGREETING-2020-2000"),
            one("sample:amd_machine", "unsure", 2, 1, 1, cause="MAXWORDS-5-4"),
            one("tone_beep", "machine", 7, 0, 7),
            one("amd_human", "person", 90, 30, 2, cause="HUMAN-1000-1000"),
            one("R3_deadline", "unsure", 40, 5, 5, profile="connect_first"),
        ]
    )
    assert (report.calls, report.marked) == (209, 64)
    assert lines(report, "by_profile") == {
        ("balanced", "machine"): (79, 2, 20, 2), ("balanced", "person"): (90, 30, 2, 2),
        ("connect_first", "unsure"): (40, 5, 5, 5),
    }  # fmt: skip
    assert lines(report, "by_rule") == {
        ("balanced/amd_machine", "machine"): (72, 2, 13, 2), ("balanced/tone_beep", "machine"): (7, 0, 7, 0),
        ("balanced/amd_human", "person"): (90, 30, 2, 2), ("connect_first/R3_deadline", "unsure"): (40, 5, 5, 5),
    }  # fmt: skip
    assert lines(report, "by_cause") == {
        ("LONGGREETING", "machine"): (70, 1, 12, 1), ("MAXWORDS", "machine"): (2, 1, 1, 1),
        ("HUMAN", "person"): (90, 30, 2, 2),
    }  # fmt: skip


def test_persons_among_machine_verdicts_by_campaign_and_trunk() -> None:
    report = amd_report(
        [
            one("amd_machine", "machine", 50, 1, 9),
            one("amd_machine", "machine", 8, 0, 2, trunk="other"),
            one("amd_machine", "machine", 5, campaign="autumn"),
            one("tone_fax_ced", "fax", 5, 1, 0),
            one("amd_human", "person", 5, 0, 5),
        ]
    )
    told = {(line.campaign, line.trunk): (line.machine_verdicts, line.persons) for line in report.false_positive}
    assert told == {
        ("autumn", None): (5, share_of(0, 0)), ("autumn", "carrier"): (5, share_of(0, 0)),
        ("spring", None): (58, share_of(1, 12)), ("spring", "carrier"): (50, share_of(1, 10)),
        ("spring", "other"): (8, share_of(0, 2)),
    }  # fmt: skip
    assert told["spring", None][1].low == pytest.approx(0.0149, abs=1e-3), "Wilson's interval"


def test_nothing_was_analysed() -> None:
    assert amd_report([]) == AmdReport(0, 0, (), (), (), ())
