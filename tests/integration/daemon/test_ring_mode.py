"""Agents whose phones ring for each call."""

from __future__ import annotations

from lab import Phone, Profile
from tests.harness.aftermath import assert_at_rest, assert_audited, truth_since
from tests.harness.site import progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until


def test_members_that_answer_at_once(stage: Stage) -> None:
    """Connected, and each call reaches the agent that the record names."""
    people = [stage.person() for _ in range(4)]
    campaigns = {"calls": progressive(connection="ring")}
    site = stage.open(campaigns, ring=["8051", "8052"], people=people, start=["calls"])
    complete(site, "calls")
    assert site.dispositions() == {number: ["answered_agent"] for number in people}
    assert_audited(site, stage.began_ms)
    assert {call.agent for call in truth_since(stage.lab, stage.began_ms).calls} == {"8051", "8052"}
    assert_at_rest(site)


def test_slow_phone_is_not_waited_for(stage: Stage) -> None:
    """The person hears the message within two seconds, the call counts as abandoned, and the member whose phone did
    not answer is paused with the reason, until somebody unpauses."""
    slow = "8060"
    stage.lab.set_phone(slow, Phone(Profile.SLOW, answer_s=8))
    person = stage.person(patience_s=9)
    site = stage.open({"calls": progressive(connection="ring")}, ring=[slow], people=[person], start=["calls"])
    until("recorded", site.attempts)
    (attempt,) = site.attempts()
    assert (attempt["disposition"], attempt["abandoned"], attempt["connected_at"]) == ("abandoned", 1, None)
    (call,) = truth_since(stage.lab, stage.began_ms).calls
    assert call.message_ms is not None
    assert call.spoke_ms is not None
    assert call.agent is None
    # The agent is not waited for beyond two seconds from the answer; the carrier hears it 0.1 s later at most.
    assert call.message_ms - call.spoke_ms <= 2000
    until("paused", lambda: stage.pbx.paused(f"PJSIP/{slow}") == "dialerd:not-responding")
    assert site.api.agent_state(slow) == "not_responding"
    assert site.api.metric("dialerd_calls_abandoned_total", campaign="calls") == 1
    assert "agent_not_responding" in site.api.notices()
    site.api.import_csv("people", f"phone\n{stage.person()}\n")
    site.api.start("calls")
    until("why not", lambda: site.api.campaign("calls")["not_dialing"].get("agent_not_responding") == 1)
    stage.pbx.unpause(f"PJSIP/{slow}")
    until("available again", lambda: site.api.agent_state(slow) != "not_responding")


def test_agent_hangs_up_first(stage: Stage) -> None:
    """Ends the call, whichever way the agent is connected."""
    stage.lab.set_phone("8061", Phone(Profile.HANGS_UP_FIRST, stay_s=2.5))
    person = stage.person(talk_s=20)
    site = stage.open({"calls": progressive(connection="ring")}, ring=["8061"], people=[person], start=["calls"])
    complete(site, "calls")
    (attempt,) = site.attempts()
    assert (attempt["disposition"], attempt["hung_up_by"]) == ("answered_agent", "agent")
    (call,) = truth_since(stage.lab, stage.began_ms).calls
    assert (call.agent, call.ended_by) == ("8061", "caller")
    assert_at_rest(site)
