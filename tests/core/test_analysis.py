"""What the evidence about an answer means; where the legal two seconds begin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core import legal_clock
from dialerd.core.analysis import PROFILE_NAMES, Evidence, judge, profile_named
from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.floor import LiveAttempt
from dialerd.core.treatment import AGENT_RESPONSES, AGENTLESS_RESPONSES, CallAnalysis

PERSON, MACHINE, UNSURE = CallAnalysis.PERSON, CallAnalysis.MACHINE, CallAnalysis.UNSURE
NOTHING = Evidence("spring", "+441632960001", None, None, None, None, 0, None)


def heard(status: str | None, cause: str | None = None) -> Evidence:
    return replace(NOTHING, amd_status=status, amd_cause=cause)


@pytest.mark.parametrize(
    ("evidence", "analysis", "rule"),
    [
        (heard("HUMAN", "HUMAN-1000-1000"), PERSON, "amd_human"),
        (heard("MACHINE", "LONGGREETING-1750-1750"), MACHINE, "amd_machine"),
        (heard("MACHINE", "MAXWORDS-3-2"), MACHINE, "amd_machine"),
        (heard("MACHINE", "INITIALSILENCE-2500-2500"), UNSURE, "R1_no_evidence"),
        (heard("NOTSURE", "TOOLONG-5000-1200"), UNSURE, "R1_no_evidence"),
        (heard("MACHINE", "TOOLONG-5000-1200"), UNSURE, "R1_no_evidence"),
        (heard("NOTSURE"), UNSURE, "R1_no_evidence"),
        (heard(None), UNSURE, "R3_deadline"),
        (heard("FAILED", ""), UNSURE, "amd_failed"),
        (heard("GIBBERISH", "X"), UNSURE, "unmapped"),
        (heard(""), UNSURE, "unmapped"),
    ],
)
def test_rules(evidence: Evidence, analysis: CallAnalysis, rule: str) -> None:
    verdict = judge(evidence)
    assert (verdict.analysis, verdict.rule) == (analysis, rule)


@given(st.one_of(st.none(), st.text(max_size=12)), st.one_of(st.none(), st.text(max_size=30)))
def test_nothing_is_unmapped_in_silence(status: str | None, cause: str | None) -> None:
    verdict = judge(heard(status, cause))
    assert isinstance(verdict.analysis, CallAnalysis)
    assert verdict.rule


def test_a_sites_own_rule_goes_first_and_may_leave_it() -> None:
    def own(evidence: Evidence) -> CallAnalysis | None:
        return CallAnalysis.FAX if evidence.number.endswith("1") else None

    assert judge(heard("HUMAN"), own).rule == "site"
    assert judge(replace(heard("HUMAN"), number="+441632960002"), own).rule == "amd_human"


def test_every_result_has_a_treatment() -> None:
    assert set(AGENT_RESPONSES) == set(AGENTLESS_RESPONSES) == set(CallAnalysis)


def test_profiles() -> None:
    assert set(PROFILE_NAMES) == {"off", "connect_first", "balanced", "catch_machines"}
    assert profile_named("off").amd is None
    for name in PROFILE_NAMES[1:]:
        amd = profile_named(name).amd
        assert amd is not None
        assert len(amd.values()) == 9
    with pytest.raises(KeyError):
        profile_named("none")


def live(profile: str, **changes: float) -> LiveAttempt:
    record = AttemptRecord("dlr-1", "spring", 1, "l", "k", "+44", "", "t", "", "progressive", 20.0, answered_at=100.0)
    settings = CampaignSettings("spring", Mode.PROGRESSIVE, "l", "t", "", analysis=profile_named(profile))
    attempt = LiveAttempt(record, settings)
    for name, value in changes.items():
        setattr(attempt if hasattr(attempt, name) else record, name, value)
    return attempt


@pytest.mark.parametrize(
    ("profile", "known", "start"),
    [
        ("connect_first", {}, 100.0),
        ("connect_first", {"speech_at": 101.0}, 101.0),
        ("off", {"speech_at": 99.0}, 99.0),
        ("balanced", {}, None),
        ("balanced", {"speech_at": 101.0}, None),
        ("balanced", {"speech_at": 101.0, "greeting_end_at": 103.0, "analysed_at": 104.0}, 103.0),
        ("balanced", {"analysed_at": 104.0}, 104.0),
    ],
)
def test_where_the_legal_clock_begins(profile: str, known: dict[str, float], start: float | None) -> None:
    attempt = live(profile, **known)
    assert legal_clock.clock_start(attempt) == start
    if start is None:
        assert not legal_clock.is_over(attempt, 9999.0)
    else:
        assert not legal_clock.is_over(attempt, start + 2.0)
        assert legal_clock.is_over(attempt, start + 2.001)
