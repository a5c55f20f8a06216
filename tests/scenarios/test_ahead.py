"""Calls placed ahead of agents, second by second: who gets the agent, the clock, agents who vanish, restarts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, CampaignState, Mode, PacingSettings, Plan
from dialerd.core.pacer_run import LivePredictive
from dialerd.core.pacing import contract as fact
from dialerd.core.pacing_history import EVERY_S, SAMPLES, PacingHistory, PacingSample
from dialerd.core.pacing_view import PacingView
from dialerd.core.windows import DayCount, day_of
from tests.scenarios.timeline import START, Timeline, campaign, contact, member

TODAY = day_of(START, "UTC")
AT_ONCE = PacingSettings(ratio=3.0, progressive_until=0)


def power(**changes: Any) -> CampaignSettings:
    """Three calls for each agent, ahead from the first call on."""
    return campaign(**({"mode": Mode.POWER, "pacing": AT_ONCE, "max_lines": 60} | changes))


def predictive(**changes: Any) -> CampaignSettings:
    """A forecast decides."""
    pacing = PacingSettings(progressive_until=0)
    return campaign(**({"mode": Mode.PREDICTIVE, "pacing": pacing, "max_lines": 60} | changes))


def before(live: int, abandoned: int = 0, day: int = TODAY, **more: Any) -> e.Recovered:
    """The record counts so many people of a day."""
    return e.Recovered((), {}, {}, {"spring": (DayCount(day, live, abandoned),)}, **more)


def opened(*agents: str, settings: CampaignSettings, people: int = 40, left: e.Recovered | None = None) -> Timeline:
    """Agents ready, the campaign started, with so many contacts; by default a day's work lies behind it."""
    line = Timeline(settings, lines=80)
    # What is retried in the background is no part of these timelines.
    line.ready(*agents, recovered=left or before(400)).started(*(contact(n) for n in range(1, people + 1)))
    return line


def calls(line: Timeline) -> list[str]:
    """Attempts dialed since the last look."""
    return [call.attempt_id for call in line.wanted(c.OriginateCall)]


def pacing(line: Timeline) -> PacingView:
    """What an operator sees."""
    (view,) = [one for one in line.dialer.viewer.dialer(START + line.now).campaigns if one.name == "spring"]
    assert view.pacing is not None
    return view.pacing


def answer(line: Timeline, second: float, attempt: str) -> None:
    """The call is answered, and enters the bridge it is sent to."""
    line.look_away().at(second, e.ChannelAnswered(attempt))
    for enter in line.wanted(c.EnterBridge):
        line.then(e.BridgeEntered(enter.channel_id, enter.bridge_id))


# --- power -------------------------------------------------------------------------------------------------


def test_power_places_its_ratio_without_reserving() -> None:
    line = opened("8001", "8002", settings=power())
    line.at(0.5)
    assert len(calls(line)) == 6
    assert {claim.record.agent for claim in line.wanted(c.Claim)} == {None}
    assert (line.agent("8001"), line.agent("8002")) == ("available", "available")
    assert line.wanted(c.OriginateCall)[0].dead_man_s == 3.0
    assert "ratio 3.00 x 2 idle agents" in pacing(line).explanation


def test_who_answers_first_gets_the_agent_idle_longest_and_the_third_is_abandoned_by_the_clock() -> None:
    line = opened("8001", "8002", settings=power())
    line.at(0.5)
    first, second, third, *rest = calls(line)
    answer(line, 4.0, first)
    assert (line.agent("8001"), line.agent("8002")) == ("on_call", "available")
    answer(line, 5.0, second)
    assert line.agent("8002") == "on_call"
    line.look_away().at(6.0, e.ChannelAnswered(third)).at(7.999)
    assert not line.wanted(c.PlayMessage)
    line.at(8.5)
    assert line.second_of(c.PlayMessage) == 8.0
    assert line.the(c.PlayMessage).media == ("sound:dialerd/abandoned",)
    assert pacing(line).abandoned_today == 1
    assert pacing(line).answered_today == 403  # 400, two talking, one abandoned
    line.look_away().at(20.0, e.ChannelEnded(third, 16))
    record = line.closed()
    assert (record.disposition, record.abandoned, record.agent) == ("abandoned", True, None)
    assert pacing(line).abandoned_today == 1
    for attempt in rest:
        assert not line.live(attempt).record.cancelled


def test_an_agent_who_comes_free_in_time_takes_who_waits() -> None:
    line = opened("8001", settings=power(wrap_up_s=0.0))
    line.at(0.5)
    first, second, _ = calls(line)
    answer(line, 4.0, first)
    line.look_away().at(6.0, e.ChannelAnswered(second))
    assert not line.wanted(c.EnterBridge)
    line.at(7.5, e.ChannelEnded(first, 16))
    enter = line.the(c.EnterBridge)
    assert (enter.channel_id, line.second_of(c.EnterBridge)) == (second, 7.5)
    line.then(e.BridgeEntered(enter.channel_id, enter.bridge_id)).at(12.0)
    assert not line.wanted(c.PlayMessage)
    assert line.live(second).record.abandoned is False


def test_analysis_counts_against_the_clock_of_who_is_to_wait() -> None:
    line = opened("8001", settings=power(analysis=profile_named("connect_first")))
    line.at(0.5)
    first, second, _ = calls(line)
    line.at(4.0, e.ChannelAnswered(first)).at(4.2, e.TalkingStarted(first)).at(5.4, e.AmdFinished(first, "HUMAN", ""))
    enter = line.wanted(c.EnterBridge)[-1]
    line.then(e.BridgeEntered(enter.channel_id, enter.bridge_id))
    line.look_away().at(6.0, e.ChannelAnswered(second)).at(6.5, e.TalkingStarted(second))
    line.at(8.0, e.AmdFinished(second, "HUMAN", "")).at(9.0)
    assert line.second_of(c.PlayMessage) == 8.5  # two seconds from the first sound


def test_cap_overdrawn_is_progressive_with_the_reason() -> None:
    line = opened("8001", "8002", settings=power(), left=before(95, 5))
    line.at(0.5)
    assert len(calls(line)) == 2
    assert "budget" in pacing(line).explanation
    assert pacing(line).budget_left == -2.0


def test_the_rolling_thirty_days_bind_as_the_day_does() -> None:
    left = e.Recovered(
        (), {}, {}, {"spring": (DayCount(TODAY - 29, 800, 60), DayCount(TODAY, 400, 0))}
    )  # fmt: skip
    line = opened("8001", "8002", settings=power(), left=left)
    line.at(0.5)
    assert len(calls(line)) == 2
    assert pacing(line).budget_left == pytest.approx(0.03 * 1260 - 60)
    older = e.Recovered((), {}, {}, {"spring": (DayCount(TODAY - 30, 800, 60), DayCount(TODAY, 400, 0))})
    free = opened("8001", "8002", settings=power(), left=older)
    free.at(0.5)
    assert len(calls(free)) == 6


def test_progressive_until_enough_answered_today() -> None:
    settings = power(pacing=PacingSettings(ratio=3.0))
    line = opened("8001", "8002", settings=settings, left=before(49))
    line.at(0.5)
    assert len(calls(line)) == 2
    assert "progressive until 50" in pacing(line).explanation
    answer(line, 3.0, calls(line)[0])
    line.at(4.0)
    assert "progressive until 50" not in pacing(line).explanation


def test_the_new_day_begins_at_midnight_of_the_zone() -> None:
    # Second zero is 13:46:40 UTC on 12 January 1970; in Auckland it is 12 hours (then) later, 10 minutes past 1.
    settings = power(time_zone="Pacific/Auckland")
    day = day_of(START, "Pacific/Auckland")
    assert day == TODAY + 1
    line = opened("8001", settings=settings, left=before(400, 2, day=day))
    assert (pacing(line).answered_today, pacing(line).abandoned_today) == (402, 2)
    line.at(86_400.0)
    assert pacing(line).answered_today == 0
    assert (pacing(line).answered_30_days, pacing(line).abandoned_30_days) == (402, 2)


def test_another_zone_by_reload_begins_its_own_day() -> None:
    line = opened("8001", settings=power(), left=before(400, 2))
    assert pacing(line).answered_today == 402
    line.then(e.PlanChanged(Timeline(power(time_zone="Pacific/Auckland"), lines=80).plan))
    assert pacing(line).answered_today == 0
    assert pacing(line).answered_30_days == 402


def test_a_campaign_that_goes_and_comes_back_knows_what_it_learned() -> None:
    line = opened("8001", settings=predictive(), left=before(400, pacing=experienced()))
    line.at(1.0).then(e.PlanChanged(Plan({}, line.plan.trunks)))
    for attempt in list(line.dialer.floor.attempts):
        line.then(e.ChannelEnded(attempt, 17, 486))
    line.at(5.0).look_away().then(e.PlanChanged(line.plan))
    assert line.told().count("pacing_warm") == 1
    assert pacing(line).answered_today == 400


# --- limits ------------------------------------------------------------------------------------------------


def test_nobody_at_work_nothing_is_dialed() -> None:
    for settings in (power(), predictive()):
        line = Timeline(settings, lines=80)
        line.ready(recovered=before(400)).started(contact(1), contact(2)).at(30.0)
        assert not line.wanted(c.Claim)


def test_lines_of_the_campaign_and_the_trunk_bind() -> None:
    line = opened("8001", "8002", settings=power(max_lines=4))
    line.at(2.0)
    assert len(calls(line)) == 4
    narrow = Timeline(power(), lines=3)
    narrow.ready("8001", "8002", recovered=before(400)).started(*(contact(n) for n in range(1, 20))).at(2.0)
    assert len(calls(narrow)) == 3


def test_calls_per_agent_bind() -> None:
    settings = power(pacing=PacingSettings(ratio=15.0, max_calls_per_agent=2.5, progressive_until=0))
    line = opened("8001", "8002", settings=settings)
    line.at(2.0)
    assert len(calls(line)) == 5


def test_calls_per_second_space_what_was_decided() -> None:
    line = Timeline(power(), lines=80, cps=10.0)
    line.ready("8001", "8002", recovered=before(400)).started(*(contact(n) for n in range(1, 20)))
    line.at(0.25)
    assert len(calls(line)) == 3
    line.at(0.75)
    assert len(calls(line)) == 6


def test_agents_vanish_with_thirty_calls_ringing() -> None:
    settings = power(pacing=PacingSettings(ratio=15.0, progressive_until=0))
    line = opened("8001", "8002", settings=settings, left=before(5000))
    line.at(1.0)
    ringing = calls(line)
    assert len(ringing) == 30
    line.look_away().at(2.0, e.MemberGone("sales", "8001"), member("8002", paused=True))
    line.at(10.0)
    assert not line.wanted(c.Claim)
    assert not line.wanted(c.HangUp) or {hang.channel_id for hang in line.wanted(c.HangUp)}.isdisjoint(ringing)
    line.look_away().at(11.0, *(e.ChannelAnswered(attempt) for attempt in ringing[:4])).at(13.5)
    assert len(line.wanted(c.PlayMessage)) == 4
    assert pacing(line).abandoned_today == 4
    line.look_away().at(14.0, member("8002"))
    answer(line, 15.0, ringing[4])
    assert line.agent("8002") == "on_call"
    line.at(20.0)
    assert not line.wanted(c.Claim)  # 25 still ring for one agent


def test_an_agent_asked_to_leave_after_the_call_is_no_supply() -> None:
    line = opened("8001", settings=power())
    line.at(0.5)
    first, *others = calls(line)
    answer(line, 3.0, first)
    line.then(member("8001", paused=True, pause_reason="lunch"))
    for attempt in others:
        line.then(e.ChannelEnded(attempt, 17, 486))
    line.look_away().at(20.0)
    assert not line.wanted(c.Claim)


# --- predictive --------------------------------------------------------------------------------------------


def taught(line: Timeline, people: int) -> None:
    """Short conversations one after the other: the pacer learns how long they are."""
    second = line.now
    for _ in range(people):
        line.look_away()
        second += 1.0
        line.at(second)
        live = [a for a in line.dialer.floor.attempts.values() if a.state.value == "originating"]
        if not live:
            continue
        attempt = live[0].id
        answer(line, second + 0.1, attempt)
        second += 5.0
        line.at(second, e.ChannelEnded(attempt, 16))
        second += 10.5
        line.at(second)


def experienced() -> dict[str, Any]:
    """What a pacer knows after 900 calls: every third is answered after 8 s, conversations last 20 s or a little
    more, wrap-ups 10 s."""
    pacer = LivePredictive(20.0, 10.0)
    for number in range(900):
        at = 1.5 * number
        pacer.observe(fact.Dialed(at))
        if number % 3:
            pacer.observe(fact.EndedWithoutPerson(at + 1.0, 4.0, "busy"))
            continue
        pacer.observe(fact.LiveReady(at + 1.0, 8.0))
        pacer.observe(fact.TalkEnded(at + 1.0, 20.0 + number % 5))
        pacer.observe(fact.WrapUpEnded(at + 1.0, 10.0))
    return {"spring": {"state": pacer.state()}}


def test_predictive_dials_before_an_agent_is_free_and_says_why() -> None:
    agents = [str(8001 + number) for number in range(10)]
    left = before(3000, pacing=experienced())
    line = opened(*agents, settings=predictive(), people=95, left=left)
    line.at(1.0)
    view = pacing(line)
    assert (view.agents_at_work, view.agents_idle, view.cold) == (10, 10, "")
    assert len(calls(line)) > 10
    talking = calls(line)[:10]
    for attempt in talking:
        answer(line, 1.0, attempt)
    for attempt in [a.id for a in line.dialer.floor.attempts.values() if a.state.value == "originating"]:
        line.then(e.ChannelEnded(attempt, 17, 486))
    line.look_away().at(8.0)
    assert not calls(line), "conversations have just begun"
    line.at(22.0, *(e.ChannelEnded(attempt, 16) for attempt in talking)).at(27.0)
    assert calls(line), "everybody is in wrap-up, which ends at 32 s"
    view = pacing(line)
    assert view.agents_idle == 0
    assert view.forecast_idle > 1.0
    assert view.expected_answers > 0.2
    assert "0 agents idle" in view.explanation
    assert "budget" in view.explanation


def test_decisions_come_twice_a_second_and_not_without_agents() -> None:
    line = opened("8001", settings=predictive())
    line.at(5.0)
    decided = pacing(line).decided_at
    assert decided is not None
    assert START + 5.0 - decided <= 0.5
    line.then(e.MemberGone("sales", "8001")).at(6.0)
    assert line.dialer.floor.timers.at("pace", "spring") is None
    assert pacing(line).agents_at_work == 0


def test_what_was_learned_is_saved_and_a_successor_goes_on_warm() -> None:
    line = opened("8001", "8002", settings=predictive(pacing=PacingSettings()), people=60, left=before(300, 4))
    assert "pacing_cold" in [tell.name for _, tell in line.done if isinstance(tell, c.Tell)]
    taught(line, 6)
    line.look_away().then(e.ShutdownAsked())
    saved = line.the(c.SavePacing)
    assert saved.campaign == "spring"
    assert len([1 for _, command in line.done if isinstance(command, c.SavePacing)]) >= 4  # every 15 s

    warm = Timeline(predictive(pacing=PacingSettings()), lines=80)
    warm.then(e.PlanChanged(warm.plan), before(300, 4, pacing={"spring": saved.state}))
    assert "pacing_warm" in warm.told()
    learner = warm.dialer._forecasting.runs["spring"].learner
    assert learner is not None
    for what in ("talk", "wrap", "probability", "budget"):
        assert learner.state()[what] == saved.state["state"][what]
    assert pacing(warm).cold == ""


def test_without_what_was_learned_it_is_progressive_again_and_says_so() -> None:
    line = opened("8001", "8002", settings=predictive(pacing=PacingSettings()), left=before(300, 4))
    line.at(1.0)
    view = pacing(line)
    assert "not in Redis" in view.cold
    assert "not in Redis" in view.explanation
    assert "progressive until 354" in view.explanation  # the 304 of today, and 50 more
    assert len(calls(line)) == 2


@pytest.mark.parametrize(
    "state", [{}, {"state": {}}, {"state": {"version": 99}}, {"state": {"version": 1, "talk": 3}}]
)
def test_what_cannot_be_read_is_a_cold_start(state: dict[str, Any]) -> None:
    line = opened("8001", settings=predictive(), left=before(0, pacing={"spring": state}))
    line.at(1.0)
    assert "cannot be used" in pacing(line).cold or pacing(line).cold == ""
    assert "pacing_cold" in [tell.name for _, tell in line.done if isinstance(tell, c.Tell)]
    assert calls(line)


# --- several campaigns, shadow, reload ---------------------------------------------------------------------


def two(first: CampaignSettings, second: CampaignSettings, *agents: str) -> Timeline:
    """Two campaigns on one queue, both started."""
    line = Timeline(first, second, lines=80)
    counts = (DayCount(TODAY, 2000, 0),)
    line.ready(*agents, recovered=e.Recovered((), {}, {}, {first.name: counts, second.name: counts}))
    line.then(e.CampaignStartAsked(first.name), e.CampaignStartAsked(second.name))
    for index, settings in enumerate((first, second)):
        people = tuple(contact(40 * index + n, contact_list=settings.contact_list) for n in range(1, 40))
        line.then(e.ContactsFetched(settings.name, people, None, 39))
    return line


def test_campaigns_on_one_queue_share_one_forecast_by_priority() -> None:
    low = power(name="autumn", priority=2, contact_list="more")
    line = two(low, power(priority=4), "8001", "8002")
    line.at(2.0)
    placed = {claim.record.campaign for claim in line.wanted(c.Claim)}
    assert len(calls(line)) == 6, "two agents, three calls each, for both campaigns together"
    assert placed == {"autumn"} or "spring" in placed


def test_the_urgent_campaign_comes_first_when_agents_come() -> None:
    line = two(power(name="autumn", priority=2, contact_list="more"), power(priority=4))
    line.look_away().then(member("8001"))
    for dial in line.wanted(c.DialAgent):
        line.then(e.ChannelAnswered(dial.channel_id))
    for enter in line.wanted(c.EnterBridge):
        line.then(e.BridgeEntered(enter.channel_id, enter.bridge_id))
    line.at(2.0)
    assert [claim.record.campaign for claim in line.wanted(c.Claim)] == ["spring"] * 3


def test_a_progressive_campaign_leaves_agents_to_people_who_are_about_to_answer() -> None:
    line = two(power(priority=4), campaign(name="autumn", contact_list="more", priority=2), "8001", "8002")
    line.at(2.0)
    claims = [claim.record for claim in line.wanted(c.Claim)]
    assert sum(record.agent is not None for record in claims) == 0
    assert len(claims) == 6


def test_agents_reserved_by_a_progressive_campaign_are_not_idle() -> None:
    line = two(campaign(name="autumn", contact_list="more", priority=5), power(priority=2), "8001", "8002")
    line.at(2.0)
    claims = [claim.record for claim in line.wanted(c.Claim)]
    assert [record.campaign for record in claims] == ["autumn", "autumn"]


def test_an_inbound_call_is_a_conversation_on_the_same_agents() -> None:
    line = opened("8001", "8002", settings=power())
    line.at(0.5)
    for attempt in calls(line):
        line.then(e.ChannelEnded(attempt, 17, 486))
    line.look_away().then(e.InboundOffered("caller-1", "8001"))
    line.at(3.0)
    assert pacing(line).agents_at_work == 2
    assert pacing(line).agents_idle == 1


def test_a_shadow_is_asked_told_and_not_obeyed() -> None:
    settings = campaign(pacing=PacingSettings(shadow=Mode.PREDICTIVE, progressive_until=0), max_lines=60)
    line = opened("8001", "8002", settings=settings)
    line.at(70.0)
    assert {claim.record.agent for claim in line.wanted(c.Claim)} == {"8001", "8002"}
    view = pacing(line)
    assert view.shadow is not None
    assert view.shadow.mode == "predictive"
    assert "agents idle" in view.shadow.explanation
    told = [tell for _, tell in line.done if isinstance(tell, c.Tell) and tell.name == "pacing_shadow"]
    assert told
    assert {"would_place", "placed"} <= told[0].fields.keys()


def test_a_shadow_beside_power_sees_the_same_facts() -> None:
    settings = power(pacing=PacingSettings(ratio=3.0, progressive_until=0, shadow=Mode.PREDICTIVE))
    line = opened("8001", "8002", settings=settings)
    line.at(0.5)
    assert len(calls(line)) == 6
    view = pacing(line)
    assert view.shadow is not None
    assert "budget" in view.shadow.explanation


def test_a_reload_changes_the_mode_and_live_calls_go_on() -> None:
    line = opened("8001", "8002", settings=campaign(max_lines=60))
    line.at(0.5)
    assert len(calls(line)) == 2
    line.look_away().then(e.PlanChanged(Timeline(power(), lines=80).plan)).at(1.5)
    assert not calls(line), "both agents are reserved for calls of before"
    reserved = [a.id for a in line.dialer.floor.attempts.values()]
    for attempt in reserved:
        line.then(e.ChannelEnded(attempt, 17, 486))
    line.at(2.5)
    assert len(calls(line)) == 6
    line.look_away().then(e.PlanChanged(Timeline(predictive(), lines=80).plan)).at(3.5)
    assert "budget" in pacing(line).explanation
    assert line.state() is CampaignState.ON


# --- what people watch -------------------------------------------------------------------------------------


def test_the_last_ten_minutes_are_kept_and_no_more() -> None:
    line = opened("8001", "8002", settings=predictive())
    line.at(0.5)
    first = pacing(line).history
    assert [sample.at for sample in first] == [START + 0.5] or len(first) == 1
    for second in range(1, 900):
        line.at(float(second))
    history = pacing(line).history
    gaps = [after.at - before_.at for before_, after in pairwise(history)]
    assert len(history) == SAMPLES
    assert min(gaps) >= EVERY_S
    assert max(gaps) < EVERY_S + 1.5
    newest, view = history[-1], pacing(line)
    assert START + 890 < newest.at <= START + 900
    assert (newest.agents_idle, newest.level) == (view.agents_idle, view.level)
    assert newest.budget_left == view.budget_left == 12.0


def test_a_clock_that_is_set_back_begins_a_new_history() -> None:
    history = PacingHistory()
    sample = PacingSample(100.0, 1.0, 1, 1, 1.0, 1.0)
    assert history.due(100.0)
    history.add(sample)
    assert not history.due(104.9)
    assert history.due(105.0)
    assert history.due(50.0)
    assert history.samples() == ()
