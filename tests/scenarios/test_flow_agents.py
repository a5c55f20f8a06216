"""Agents that flows need: a campaign without agents waits for those of the queue that its flow leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignSettings, Mode, PacingSettings
from dialerd.core.flow.nodes import Flow, HangUp, Play, ToQueue
from dialerd.core.flow.prompts import sound
from dialerd.core.flow_demand import FlowDemand
from dialerd.core.pacing_view import FlowAgentsView
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.timeline import START, Timeline, campaign, contact

SAID = sound("sound:hello")
ASKS = Flow(
    "asks", "hello", {"hello": Play(SAID, "agent"), "agent": ToQueue("sales", "bye", 20.0, SAID), "bye": HangUp("no")}
)


def asking(**changes: Any) -> CampaignSettings:
    """Everybody who answers hears a prompt and asks for an agent of sales; thirty lines."""
    values: dict[str, Any] = {
        "name": "spring", "mode": Mode.AGENTLESS, "queue": None, "max_lines": 30, "flow": "asks",
        "flows": {"asks": ASKS}, "responses": {CallAnalysis.PERSON: Treatment.FLOW},
    }  # fmt: skip
    return campaign(**(values | changes))


def dialing(line: Timeline) -> Timeline:
    """The campaign is on for a second, with sixty contacts."""
    return line.started(*(contact(n) for n in range(1, 61))).at(1.0)


def opened(*agents: str, left: e.Recovered | None = None, settings: CampaignSettings | None = None) -> Timeline:
    line = Timeline(settings or asking(), lines=80, cps=500.0)
    return dialing(line.ready(*agents, recovered=left))


def calls(line: Timeline) -> list[str]:
    return [call.attempt_id for call in line.wanted(c.OriginateCall)]


def need(line: Timeline) -> FlowAgentsView:
    (view,) = (one for one in line.dialer.viewer.dialer(START + line.now).campaigns if one.name == "spring")
    (only,) = view.flow_agents
    return only


def reasons(line: Timeline) -> list[str]:
    (view,) = (one for one in line.dialer.viewer.dialer(START + line.now).campaigns if one.name == "spring")
    return list(view.not_dialing)


def asks(line: Timeline, attempt: str) -> None:
    """Somebody answers, hears the prompt and asks for an agent."""
    line.look_away().then(e.ChannelAnswered(attempt))
    playback = line.the(c.PlayMessage).playback_id
    line.then(e.PlaybackStarted(playback), e.PlaybackFinished(playback))


def knowing(share: float, calls_learned: int = 600) -> e.Recovered:
    """An earlier run learned that this share of the calls ask for an agent, 12 s after dialing."""
    line = Timeline(asking())
    demand = FlowDemand(line.dialer.floor, lambda queue: 0.0)
    line.dialer.floor.plan = line.plan
    demand.plan_changed({})
    run = demand._runs["spring"]
    for serial in range(calls_learned):
        queue = "sales" if serial < share * calls_learned else None
        run.shares.learn([("dialed", 0.0), ("answered", 10.0), ("asks/hello", 10.0)], queue, 12.0)
    return e.Recovered((), {}, {}, pacing={"spring": {"with": "predictive", "transfers": demand.state("spring")}})


def test_no_more_calls_than_the_idle_agents_can_take_by_what_is_guessed_at_first() -> None:
    line = opened("8001", "8002")
    # One call in ten is expected to ask for one of the two.
    assert len(calls(line)) == 20
    assert not need(line).suffices
    assert (need(line).agents_free, need(line).agents_at_work) == (2.0, 2)
    (reason,) = reasons(line)
    assert (
        reason
        == "flow_needs_agents: sales: 2.0 callers expected to want an agent within 40 s, 2.0 agents free by then"
    )


@pytest.mark.parametrize(("share", "placed"), [(0.0, 30), (1.0, 2)])
def test_what_an_earlier_run_learned_counts(share: float, placed: int) -> None:
    assert len(calls(opened("8001", "8002", left=knowing(share)))) == placed


def test_it_goes_on_when_calls_end_without_having_asked() -> None:
    line = opened("8001", "8002")
    first = calls(line)
    line.look_away().at(10.0, *(e.ChannelEnded(one, 17) for one in first))
    line.at(12.0)
    assert len(calls(line)) >= 20


def test_nobody_at_work_holds_nothing_back() -> None:
    line = opened()
    assert len(calls(line)) == 30
    assert "callers take the other way" in need(line).explanation


def test_a_busy_floor_still_lets_one_call_out() -> None:
    line = Timeline(asking(), lines=80, cps=500.0).ready("8001")
    dialing(line.then(e.InboundOffered("1763-inbound.1", "8001")).look_away())
    assert len(calls(line)) == 1
    assert need(line).agents_free < 0.5


def test_it_learns_from_those_who_ask_and_from_those_who_do_not_and_keeps_it() -> None:
    line = opened("8001", "8002")
    first = calls(line)
    before = need(line).share
    line.at(5.0)
    for attempt in first[:10]:
        asks(line, attempt)
    line.at(6.0)
    assert need(line).share > before
    line.look_away().at(7.0, *(e.ChannelEnded(one, 17) for one in first[10:]))
    line.at(25.0)
    saved = line.wanted(c.SavePacing)[-1]
    assert saved.campaign == "spring"
    successor = Timeline(asking(), lines=80)
    successor.ready("8001", recovered=e.Recovered((), {}, {}, pacing={"spring": saved.state}))
    assert need(successor).share == pytest.approx(need(line).share, abs=0.05)


def test_what_cannot_be_read_is_told_and_guessed_anew() -> None:
    left = e.Recovered((), {}, {}, pacing={"spring": {"with": "predictive", "transfers": {"shares": {"version": 7}}}})
    line = opened("8001", "8002", left=left)
    assert len(calls(line)) == 20
    assert [t.fields["campaign"] for _, t in line.done if getattr(t, "name", "") == "pacing_cold"] == ["spring"]


def test_a_flow_without_queues_is_left_alone() -> None:
    plain = Flow("asks", "hello", {"hello": Play(SAID, "bye"), "bye": HangUp("no")})
    line = opened("8001", settings=asking(flows={"asks": plain}))
    assert len(calls(line)) == 30
    (view,) = line.dialer.viewer.dialer(START).campaigns
    assert view.flow_agents == ()


def beside(mode: Mode, share: float) -> Timeline:
    """Two agents; the flow's calls are answered first, then another campaign of the queue is turned on."""
    other = campaign(name="other", mode=mode, contact_list="others", max_lines=40,
                     pacing=PacingSettings(ratio=1.0, progressive_until=0))  # fmt: skip
    line = Timeline(asking(max_lines=2), other, lines=80, cps=500.0)
    dialing(line.ready("8001", "8002", recovered=knowing(share)))
    assert len(calls(line)) == 2
    for attempt in calls(line):
        line.then(e.ChannelAnswered(attempt))
    line.look_away().at(8.0, e.CampaignStartAsked("other"))
    people = tuple(replace(contact(n), contact_list="others") for n in range(61, 90))
    return line.look_away().then(e.ContactsFetched("other", people, None, len(people))).at(9.0)


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.POWER])
def test_other_campaigns_leave_agents_to_callers_who_are_about_to_ask(mode: Mode) -> None:
    assert len(calls(beside(mode, 0.0))) == 2
    assert len(calls(beside(mode, 1.0))) == 0
