"""Agents come and go in Asterisk's queue, and dialerd follows."""

from __future__ import annotations

from lab import Phone, Profile
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.pbx import nailed
from tests.harness.redis_keys import lines
from tests.harness.site import progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until, while_true


def test_login_pause_unpause_logout(stage: Stage) -> None:
    """Each change is followed: state, reservation, and the nailed-up line."""
    site = stage.open({"calls": progressive()}, people=[stage.person()])
    stage.lab.add_members("sales", nailed=["8001"])
    stage.agents_ready(site, ["8001"])
    stage.pbx.pause(nailed("8001"))
    until("paused", lambda: site.api.agent_state("8001") == "paused")
    site.api.start("calls")
    assert site.api.agents()["8001"]["reason"] == "coffee"
    until("why not", lambda: site.api.campaign("calls")["not_dialing"].get("agent_paused") == 1)
    while_true("nothing is dialed for a paused agent", lambda: not site.api.live() and not site.attempts(), 0.5)
    stage.pbx.unpause(nailed("8001"))
    complete(site, "calls")
    assert [one["agent"] for one in site.attempts()] == ["8001"]
    stage.pbx.log_out(nailed("8001"))
    until("logged out", lambda: site.api.agent_state("8001") in ("logged_out", ""))
    until("the line is closed", lambda: not stage.pbx.channels() and not lines(stage.lab))
    assert_at_rest(site)


def test_pause_while_ringing_takes_the_next_agent(stage: Stage) -> None:
    """The call that rings for an agent who pauses goes to another; without another it is ended and made again."""
    person = stage.person(ring_s=4)
    site = stage.open({"calls": progressive()}, nailed=["8001", "8002"], people=[person], start=["calls"])
    until("ringing", lambda: site.api.states().get(person) == "ringing")
    first = site.api.live()[0]["agent"]
    stage.pbx.pause(nailed(first))
    other = "8002" if first == "8001" else "8001"
    until("reserved the other", lambda: site.api.live()[0]["agent"] == other)
    stage.pbx.pause(nailed(other))
    until("cancelled", lambda: site.dispositions() == {person: ["cancelled"]})
    assert site.attempts()[0]["reason"] == "agent_left"
    stage.pbx.unpause(nailed(other))
    complete(site, "calls")
    assert site.dispositions() == {person: ["cancelled", "answered_agent"]}
    assert site.attempts()[1]["agent"] == other
    assert_at_rest(site)


def test_wrap_up_is_a_pause_with_a_reason(stage: Stage) -> None:
    """After a call the member is paused as `dialerd:wrap-up`; unpausing it ends the wrap-up early, else time does."""
    people = [stage.person(talk_s=1) for _ in range(3)]
    site = stage.open({"calls": progressive(wrap_up="3s")}, nailed=["8001"], people=people, start=["calls"])
    until("wrap-up", lambda: stage.pbx.paused(nailed("8001")) == "dialerd:wrap-up")
    assert site.api.agent_state("8001") == "wrap_up"
    assert len(site.api.live()) == 0
    stage.pbx.unpause(nailed("8001"))
    until("the second call", lambda: len(site.api.live()) == 1)
    complete(site, "calls")
    first, second, third = site.attempts()
    assert second["claimed_at"] - first["ended_at"] < 2.9, "unpausing did not end the wrap-up"
    assert third["claimed_at"] - second["ended_at"] >= 2.9, "the wrap-up was not kept"
    until("unpaused at the end", lambda: stage.pbx.paused(nailed("8001")) is None)
    assert_at_rest(site)


def test_dropped_line_is_dialed_again(stage: Stage) -> None:
    """Between calls: the agent is not offered calls until the line is open again. In a call: the call ends, recorded
    as the agent's."""
    site = stage.open({"calls": progressive()}, nailed=["8001"])
    line = lines(stage.lab)["8001"]
    stage.pbx.hang_up(line)
    until("noticed", lambda: site.api.agent_state("8001") == "not_responding")
    until("back", lambda: site.api.agent_state("8001") == "available")
    again = lines(stage.lab)["8001"]
    assert again != line
    person = stage.person(talk_s=20)
    site.api.import_numbers("people", [person])
    site.api.start("calls")
    until("connected", lambda: site.api.states().get(person) == "connected")
    stage.pbx.hang_up(again)
    complete(site, "calls")
    (attempt,) = site.attempts()
    assert (attempt["disposition"], attempt["hung_up_by"], attempt["agent"]) == ("answered_agent", "agent", "8001")
    assert_at_rest(site)


def test_line_that_is_refused(stage: Stage) -> None:
    """A phone that does not answer its line is shown, and does not take anybody's call."""
    stage.lab.set_phone("8062", Phone(Profile.NO_ANSWER, answer_s=0.2))
    stage.lab.add_members("sales", nailed=["8062"])
    site = stage.open({"calls": progressive()}, nailed=["8001"], people=[stage.person()], start=["calls"])
    complete(site, "calls")
    assert [one["agent"] for one in site.attempts()] == ["8001"]
    view = site.api.agents()["8062"]
    assert (view["state"], view["reason"]) == ("not_responding", "line not open")
    assert any(one["fields"]["agent"] == "8062" for one in site.api.notices_of("agent_line_down"))


def test_inbound_call_of_the_queue(stage: Stage) -> None:
    """A customer who calls in reaches the nailed-up line, during which the agent gets no outbound call; and an agent
    in an outbound call is not offered the customer."""
    person = stage.person(talk_s=4)
    site = stage.open({"calls": progressive()}, nailed=["8001"])
    stage.lab.call_in("100")
    until("in the inbound call", lambda: site.api.agent_state("8001") == "on_call")
    line = lines(stage.lab)["8001"]
    (caller,) = until("bridged", lambda: [c for c in _together(stage, line) if c != line])
    site.api.import_numbers("people", [person])
    site.api.start("calls")
    until("why not", lambda: site.api.campaign("calls")["not_dialing"].get("agent_on_call") == 1)
    while_true("the agent has one call", lambda: not site.api.live() and not site.attempts(), 0.7)
    assert "(in use)" in stage.pbx.queue_line(nailed("8001")).lower()
    for channel in [caller, *_callers(stage)]:
        stage.pbx.hang_up(channel)
    until("the outbound call", lambda: site.api.states().get(person) == "connected")
    # The reverse: a customer calls in while the agent talks, and waits until the call is over.
    attempt = site.api.live()[0]["id"]
    stage.lab.call_in("100")
    until("waits in the queue", lambda: _callers(stage))
    seen: set[str] = set()
    while site.api.states().get(person) == "connected":
        seen |= _together(stage, line)
    assert attempt in seen
    until("then the customer", lambda: len(_together(stage, line)) == 2 and not site.api.live())
    assert site.api.agent_state("8001") == "on_call"
    (call,) = truth_since(stage.lab, stage.began_ms).of(person)
    assert (call.agent, call.ended_by) == ("8001", "callee")
    # 350 Hz of the customer reached nobody else: the person heard their agent alone, from first to last.
    assert {stretch.agent for stretch in call.heard} == {"8001"}
    assert [one["disposition"] for one in site.attempts()] == ["answered_agent"]


def _together(stage: Stage, line: str) -> set[str]:
    """Who is in the bridge of an agent's line."""
    return next((set(inside) for inside in stage.pbx.bridges().values() if line in inside), set())


def _callers(stage: Stage) -> list[str]:
    """Channels of customers who wait in, or were put through by, the queue."""
    return [c for c, one in stage.pbx.channels().items() if one["dialplan"]["app_name"] == "Queue"]
