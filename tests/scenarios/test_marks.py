"""Agents say what a call was, during it or in wrap-up; rules ask for it; sampled machine verdicts come to them."""

from __future__ import annotations

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.amd_truth import Mark
from dialerd.core.analysis import profile_named
from dialerd.core.contact import ContactState
from dialerd.core.pre_call import RuleSet
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.test_wrap_up_rules import rule
from tests.scenarios.timeline import START, Timeline, campaign


def talking(line: Timeline) -> str:
    """Agent 8001 is connected with somebody at second 3."""
    attempt = line.dialing()
    line.at(3.0, e.ChannelAnswered(attempt))
    entered = line.wanted(c.EnterBridge)[-1]
    line.then(e.BridgeEntered(entered.channel_id, entered.bridge_id))
    line.look_away()
    return attempt


def machine(agent: str = "8001") -> e.CallMarked:
    return e.CallMarked(Mark.MACHINE, f"{agent} by dialplan", agent=agent)


def test_the_present_call_is_marked_and_the_last_word_counts() -> None:
    line = Timeline()
    attempt = talking(line)
    line.at(4.0, machine())
    assert line.the(c.MarkCall) == c.MarkCall(attempt, Mark.MACHINE, "8001 by dialplan", START + 4.0)
    assert line.the(c.SaveAttempt).record.mark == {"mark": "machine", "by": "8001 by dialplan", "at": START + 4.0}
    line.look_away().at(5.0, e.CallMarked(Mark.PERSON, "anna", attempt_id=attempt))
    assert line.the(c.MarkCall).mark is Mark.PERSON
    line.at(9.0, e.ChannelEnded(attempt, 16, None))
    assert (line.closed().mark or {})["mark"] == "person"


def test_in_wrap_up_the_last_call_is_meant() -> None:
    line = Timeline()
    attempt = talking(line)
    line.at(9.0, e.ChannelEnded(attempt, 16, None)).look_away().at(11.0, machine())
    assert line.the(c.MarkCall).attempt_id == attempt
    assert line.wanted(c.SaveAttempt) == []


@pytest.mark.parametrize("agent", ["8001", "9999"])
def test_without_a_call_it_is_told(agent: str) -> None:
    line = Timeline().ready("8001").then(machine(agent))
    assert line.wanted(c.MarkCall) == []
    assert line.told() == ["mark_without_call"]


def test_a_reserved_agent_who_never_spoke_marks_nothing() -> None:
    line = Timeline()
    line.dialing()
    line.at(1.0, machine())
    assert line.wanted(c.MarkCall) == []


def test_a_rule_after_the_call_may_ask_for_the_mark() -> None:
    rules = (rule("again", "marked = machine", retry_s=3600.0),)
    line = Timeline(campaign(rule_sets=(RuleSet("house", (), True, rules),)))
    attempt = talking(line)
    line.at(4.0, machine()).at(5.0, e.ChannelEnded(attempt, 16, None))
    following = line.the(c.CloseAttempt).outcome.contact
    assert (following.state, following.at) == (ContactState.WAITING, START + 3605.0)


def machine_verdict(share: float, **changes: object) -> Timeline:
    line = Timeline(campaign(analysis=profile_named("balanced"), machine_sample=share, **changes))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TalkingStarted(attempt)).look_away()
    return line.at(7.0, e.AmdFinished(attempt, "MACHINE", "MAXWORDS-3-2"))


def test_a_sampled_machine_verdict_goes_to_the_agent() -> None:
    line = machine_verdict(1.0)
    entered = line.the(c.EnterBridge)
    line.then(e.BridgeEntered(entered.channel_id, entered.bridge_id))
    (attempt,) = line.dialer.floor.attempts.values()
    assert (attempt.record.analysis, attempt.record.analysis_rule) == ("unsure", "sample:amd_machine")
    assert attempt.record.connected_at == START + 7.0


@pytest.mark.parametrize(
    ("share", "changes"),
    [(0.0, {}), (1.0, {"responses": {CallAnalysis.UNSURE: Treatment.HANG_UP}})],
    ids=["no sample", "unsure calls get no agent"],
)
def test_others_are_hung_up_on(share: float, changes: dict[str, object]) -> None:
    line = machine_verdict(share, **changes)
    assert line.the(c.HangUp)
    assert line.wanted(c.EnterBridge) == []
