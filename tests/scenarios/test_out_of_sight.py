"""Asterisk out of sight, the daemon restarted, the configuration changed, second by second."""

from __future__ import annotations

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignState, Connection, Plan
from tests.scenarios.timeline import START, Timeline, campaign, contact, left_over, member, recovered

LINE = "agt-" + "f" * 24
BRIDGE = "brg-" + "f" * 24
ATTEMPT = left_over().id


def back(
    *channels: e.LiveChannel, bridges: dict[str, frozenset[str]] | None = None, lost: str = ""
) -> e.TelephonyBack:
    return e.TelephonyBack(channels, bridges or {}, frozenset({lost} if lost else ()))


def roster(line: Timeline, *agents: str) -> Timeline:
    for agent in agents:
        line.then(member(agent))
    return line.then(e.RosterSynced(frozenset(("sales", agent) for agent in agents), frozenset({"sales"})))


# --- the event socket is lost ---------------------------------------------------------------------------


def test_ringing_calls_are_cancelled_when_nobody_would_notice_an_answer() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(2.0, e.ChannelRinging(attempt)).at(3.0, e.TelephonyLost("reset"))
    assert line.the(c.HangUp) == c.HangUp(attempt)
    line.look_away().at(5.0, back())
    record = line.closed()
    assert (record.disposition, record.reason) == ("cancelled", "telephony_lost")


def test_a_cancelled_call_that_is_still_there_is_ended_again() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(3.0, e.TelephonyLost("reset")).look_away().at(4.0, back(e.LiveChannel(attempt, "Ringing")))
    assert line.the(c.HangUp) == c.HangUp(attempt)


def test_answered_while_nobody_listened_is_abandoned() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(3.0, e.TelephonyLost("reset")).look_away().at(20.0, back(lost=attempt))
    record = line.closed()
    assert (record.disposition, record.abandoned) == ("abandoned", True)


def test_lost_while_connected_changes_nothing() -> None:
    line = Timeline()
    attempt = line.dialing()
    nailed = line.dialer.floor.agents["8001"].line or ""
    bridge = ids.sibling(nailed, ids.BRIDGE)
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, bridge)).look_away()
    line.at(6.0, e.TelephonyLost("reset"))
    up = (e.LiveChannel(attempt, "Up"), e.LiveChannel(nailed, "Up"))
    line.at(9.0, back(*up, bridges={bridge: frozenset({attempt, nailed})}))
    assert not line.wanted(c.HangUp)
    assert line.live(attempt).state.value == "connected"


def test_lost_while_connected_and_the_person_is_gone() -> None:
    line = Timeline()
    attempt = line.dialing()
    nailed = line.dialer.floor.agents["8001"].line or ""
    bridge = ids.sibling(nailed, ids.BRIDGE)
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, bridge)).at(6.0, e.TelephonyLost("reset"))
    line.look_away().at(9.0, back(e.LiveChannel(nailed, "Up"), bridges={bridge: frozenset({nailed})}))
    assert line.closed().disposition == "answered_agent"
    assert line.agent("8001") == "wrap_up"


def test_lost_while_analysing_and_the_person_is_gone_counts_as_abandoned() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.TelephonyLost("reset")).look_away().at(9.0, back())
    assert (line.closed().disposition, line.closed().abandoned) == ("abandoned", True)


def test_found_answered_is_not_analysed_any_more() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    nailed = line.dialer.floor.agents["8001"].line or ""
    line.at(4.0, e.OriginateUnknown(attempt)).look_away().at(4.5, e.ChannelProbed(attempt, "Up"))
    assert line.the(c.EnterBridge) == c.EnterBridge(attempt, ids.sibling(nailed, ids.BRIDGE))
    assert not line.wanted(c.StartAmd)


def test_the_dialplan_took_the_call_back() -> None:
    line = Timeline(campaign(analysis=profile_named("connect_first")))
    attempt = line.dialing()
    line.at(5.0, e.ChannelAnswered(attempt)).at(5.5, e.CallLost(attempt)).look_away()
    line.at(11.0, e.ChannelEnded(attempt, 16))
    assert (line.closed().disposition, line.closed().abandoned) == ("abandoned", True)


def test_asterisk_restarted() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.TelephonyLost("gone")).look_away().at(30.0, back())
    assert line.closed().id == attempt
    assert line.the(c.DialAgent).dial_string == "PJSIP/8001"  # the line is opened anew
    assert line.agent("8001") == "not_responding"


# --- a restart of the daemon --------------------------------------------------------------------------------


def test_a_connected_call_is_adopted_and_never_cut() -> None:
    record = left_over(state="connected", answered_at=START - 5, connected_at=START - 4, bridge_id=BRIDGE)
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(record, lines={"8001": LINE}))
    up = (e.LiveChannel(ATTEMPT, "Up"), e.LiveChannel(LINE, "Up"))
    line.then(back(*up, bridges={BRIDGE: frozenset({ATTEMPT, LINE})}))
    roster(line, "8001")
    assert line.wanted(c.HangUp | c.DestroyBridge) == []  # type: ignore[arg-type]
    assert line.agent("8001") == "on_call"
    line.look_away().at(60.0, e.ChannelEnded(ATTEMPT, 16))
    closed = line.closed()
    assert (closed.disposition, closed.adopted) == ("answered_agent", True)
    assert line.agent("8001") == "wrap_up"


def test_a_conversation_that_the_ledger_does_not_know_of_yet_is_not_cut_either() -> None:
    record = left_over(state="analysing", answered_at=START - 5)
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(record, lines={"8001": LINE}))
    up = (e.LiveChannel(ATTEMPT, "Up"), e.LiveChannel(LINE, "Up"))
    line.then(back(*up, bridges={BRIDGE: frozenset({ATTEMPT, LINE})}))
    roster(line, "8001")
    assert line.live(ATTEMPT).state.value == "connected"
    assert line.wanted(c.HangUp | c.EnterBridge) == []  # type: ignore[arg-type]


def test_a_rung_agents_conversation_is_adopted_with_its_bridge() -> None:
    ring, own = "agt-" + "e" * 24, ids.sibling(ATTEMPT, ids.BRIDGE)
    record = left_over(state="connected", answered_at=START - 5, connected_at=START - 4, bridge_id=own)
    line = Timeline(campaign(connection=Connection.RING))
    line.then(e.PlanChanged(line.plan), recovered(record))
    up = (e.LiveChannel(ATTEMPT, "Up"), e.LiveChannel(ring, "Up"))
    line.then(back(*up, bridges={own: frozenset({ATTEMPT, ring})}))
    assert not line.wanted(c.HangUp)
    line.look_away().at(60.0, e.ChannelEnded(ATTEMPT, 16))
    assert line.the(c.DestroyBridge) == c.DestroyBridge(own)
    assert c.HangUp(ring) in line.wanted(c.HangUp)


def test_an_inbound_call_under_way_keeps_its_agent_from_other_calls() -> None:
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(lines={"8001": LINE}))
    up = (e.LiveChannel("1763.1", "Up"), e.LiveChannel(LINE, "Up"))
    line.then(back(*up, bridges={BRIDGE: frozenset({"1763.1", LINE})}))
    roster(line, "8001")
    assert line.agent("8001") == "on_call"
    line.at(9.0, e.ChannelEnded("1763.1", 16))
    assert line.agent("8001") == "available"


def test_a_claimed_call_that_was_never_dialed_is_not_dialed_again() -> None:
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(left_over(state="claiming", dialed_at=None)))
    line.then(back())
    assert line.closed().disposition == "outcome_unknown"
    assert not line.wanted(c.OriginateCall)


def test_a_ringing_call_goes_on_and_is_ended_in_time() -> None:
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(left_over(state="ringing")))
    line.then(back(e.LiveChannel(ATTEMPT, "Ringing"))).look_away().at(60.0)
    assert c.HangUp(ATTEMPT) in line.wanted(c.HangUp)


def test_an_answered_call_gets_an_agent_or_the_message_at_once() -> None:
    record = left_over(state="analysing", answered_at=START - 3)
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(record, lines={"8001": LINE}))
    line.then(back(e.LiveChannel(ATTEMPT, "Up"))).at(1.0)
    assert line.the(c.PlayMessage).channel_id == ATTEMPT
    assert line.live(ATTEMPT).record.abandoned is True


def test_a_verdict_of_the_earlier_run_is_closed() -> None:
    record = left_over(state="ended", disposition="busy", ended_at=START - 1)
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered(record))
    assert line.closed().disposition == "busy"
    assert line.dialer.floor.attempts == {}


@pytest.mark.parametrize("plan_first", [True, False])
def test_lines_count_right_whatever_comes_first(plan_first: bool) -> None:
    line = Timeline()
    events: list[e.Event] = [e.PlanChanged(line.plan), recovered(left_over())]
    line.then(*(events if plan_first else events[::-1]))
    assert line.dialer.floor.trunks["carrier"].live == 1
    line.then(back())
    assert line.dialer.floor.trunks["carrier"].live == 0
    assert line.state() is CampaignState.ON


def test_orphans_are_ended() -> None:
    stray, snoop, foreign = "dlr-" + "a" * 24, "amd-" + "b" * 24, "1763.9"
    line = Timeline().then(e.PlanChanged(Timeline().plan), recovered())
    line.then(
        back(
            *(e.LiveChannel(name, "Up") for name in (stray, snoop, foreign)), bridges={"brg-" + "c" * 24: frozenset()}
        )
    )
    assert {hang_up.channel_id for hang_up in line.wanted(c.HangUp)} == {stray, snoop, foreign}
    assert line.the(c.DestroyBridge).bridge_id == "brg-" + "c" * 24


def test_a_pause_left_over_from_an_earlier_wrap_up_is_taken_away() -> None:
    line = Timeline().ready("8001").at(1.0, member(paused=True, pause_reason="dialerd:wrap-up"))
    assert line.the(c.PauseMember) == c.PauseMember("8001", "Local/8001@dialerd-agent/n", False, "")


# --- reload and shutdown ----------------------------------------------------------------------------------


def test_a_reload_in_mid_call_leaves_the_call_its_settings() -> None:
    line = Timeline()
    attempt = line.dialing()
    nailed = line.dialer.floor.agents["8001"].line or ""
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, ids.sibling(nailed, ids.BRIDGE)))
    changed = Plan({"spring": campaign(wrap_up_s=99.0)}, line.plan.trunks)
    line.at(6.0, e.PlanChanged(changed)).look_away().at(20.0, e.ChannelEnded(attempt, 16)).at(30.1)
    assert line.agent("8001") == "available"  # 10 s, as when the call began


def test_a_campaign_taken_out_finishes_its_calls_and_goes() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(5.0, e.PlanChanged(Plan({}, line.plan.trunks)))
    assert line.state() is CampaignState.STOPPING
    assert not line.wanted(c.HangUp)
    line.at(9.0, e.ChannelEnded(attempt, 17, 486))
    assert line.closed().disposition == "busy"
    assert "spring" not in line.dialer.floor.campaigns or not line.dialer.floor.campaigns["spring"].live


def test_shutdown_places_nothing_and_cancels_ringing_calls_at_the_end_of_the_grace_time() -> None:
    line = Timeline().ready("8001", "8002").started(contact(1))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(1.0, e.ShutdownAsked()).at(2.0, e.ContactsFetched("spring", (contact(2),), None, 2))
    assert not line.wanted(c.Claim)
    assert not line.wanted(c.HangUp)
    line.at(10.0, e.ShutdownAsked(cancel_ringing=True))
    assert line.the(c.HangUp) == c.HangUp(attempt)


def test_shutdown_leaves_bridged_calls_up() -> None:
    line = Timeline()
    attempt = line.dialing()
    nailed = line.dialer.floor.agents["8001"].line or ""
    line.at(5.0, e.ChannelAnswered(attempt)).then(e.BridgeEntered(attempt, ids.sibling(nailed, ids.BRIDGE)))
    line.look_away().at(6.0, e.ShutdownAsked(cancel_ringing=True)).at(9.0)
    assert not line.wanted(c.HangUp)


def test_answered_unseen_by_an_earlier_run_is_connected_and_counted() -> None:
    """When it was is not known, but a daemon takes longer to begin than a person may wait."""
    line = Timeline()
    line.then(e.PlanChanged(line.plan), recovered(left_over(state="ringing"))).look_away()
    line.then(e.TelephonyBack((e.LiveChannel(left_over().id, "Up"),), {}, frozenset()), member())
    line.then(e.RosterSynced(frozenset({("sales", "8001")}), frozenset({"sales"})))
    line.then(e.ChannelAnswered(line.wanted(c.DialAgent)[-1].channel_id))
    nailed = line.wanted(c.EnterBridge)[-1]
    line.then(e.BridgeEntered(nailed.channel_id, nailed.bridge_id))
    entered = line.wanted(c.EnterBridge)[-1]
    assert entered.channel_id == left_over().id
    line.then(e.BridgeEntered(entered.channel_id, entered.bridge_id)).look_away()
    line.at(30.0, e.ChannelEnded(left_over().id, 16))
    assert (line.closed().disposition, line.closed().abandoned) == ("answered_agent", True)


@pytest.mark.parametrize(("away_s", "abandoned"), [(1.5, False), (2.5, True)])
def test_answered_while_asterisk_was_out_of_sight_counts_from_there(away_s: float, abandoned: bool) -> None:
    line = Timeline()
    attempt = line.dialing("8001")
    agent_line = line.dialer.floor.agents["8001"].line
    assert agent_line is not None
    bridge = ids.sibling(agent_line, ids.BRIDGE)
    line.at(5.0, e.ChannelRinging(attempt)).at(6.0, e.TelephonyLost("closed"))
    line.dialer.floor.attempts[attempt].record.cancelled = False  # the request to end it did not reach Asterisk
    channels = (e.LiveChannel(attempt, "Up"), e.LiveChannel(agent_line, "Up"))
    line.look_away().at(6.0 + away_s, e.TelephonyBack(channels, {bridge: frozenset({agent_line})}, frozenset()))
    assert line.live(attempt).record.answered_at == pytest.approx(1_000_006.0)
    entered = line.wanted(c.EnterBridge)[-1]
    assert entered.channel_id == attempt
    line.then(e.BridgeEntered(attempt, entered.bridge_id))
    assert line.live(attempt).record.abandoned is abandoned
