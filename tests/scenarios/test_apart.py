"""Features that know little of each other, at the same call: what one forbids, another does not bring about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptLimits
from dialerd.core.campaign import CampaignState, Mode
from dialerd.core.direction import CampaignRule, Condition, Measure, Order, Threshold
from dialerd.core.dnc import DncEntry, DncKind, DncStanding
from dialerd.core.dnc_events import DncLifted, DncStandingChanged, OptedOut
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.flow.prompts import sound
from dialerd.core.ordering.settings import DialOrder
from tests.scenarios.test_flows import Call, call, delivery, successor
from tests.scenarios.timeline import START, Timeline, campaign, contact, member

NUMBER = contact(1).numbers[0].e164


def in_lane() -> Timeline:
    """Contact 1 waits in the lane of a campaign whose only agent is in a call."""
    line = Timeline(campaign(mode=Mode.POWER, guaranteed_agent_lane=True, dnc=("optouts",)))
    line.ready("8001").then(DncStandingChanged(DncStanding(frozenset({"optouts"}))))
    line.then(e.InboundOffered("1763-inbound.1", "8001"))
    line.then(e.BridgeEntered("1763-inbound.1", line.wanted(c.EnterBridge)[-1].bridge_id))
    line.look_away().started(in_attempt=1)
    line.dialer.floor.campaigns["spring"].lane.append((START, contact(1)))
    return line.look_away()


def agent_comes_free(line: Timeline) -> None:
    line.at(line.now + 5, e.ChannelEnded("1763-inbound.1", 16))
    line.at(line.now + 60)


def test_one_in_the_lane_is_dialed_when_an_agent_comes_free() -> None:
    line = in_lane()
    agent_comes_free(line)
    assert line.the(c.Claim).record.contact_id == 1


def test_one_in_the_lane_who_is_made_uncallable_is_not_dialed() -> None:
    line = in_lane()
    line.then(e.ContactsEdited("leads", (1,), True, (), "uncallable"))
    assert line.the(c.ReturnContacts).contact_ids == (1,)
    agent_comes_free(line)
    assert line.wanted(c.Claim) == []


def test_one_in_the_lane_who_opts_out_is_let_go_at_once() -> None:
    line = in_lane()
    line.then(OptedOut("optouts", DncEntry(DncKind.NUMBER, NUMBER)))
    assert line.the(c.RetireContacts) == c.RetireContacts((1,), "dnc:optouts")
    agent_comes_free(line)
    assert line.wanted(c.Claim) == []


def test_one_who_was_called_often_enough_today_is_not_helped_by_an_agent() -> None:
    today = {"@all": 1, "@until": int(START) + 3600}
    limits = AttemptLimits(per_contact=1, daily=True)
    line = Timeline(campaign(mode=Mode.POWER, guaranteed_agent_lane=True, attempt_limits=limits)).ready("8001")
    line.started(contact(1, tries=today, attempts=1))
    assert line.the(c.ParkContacts).reason == "max_attempts_today"
    assert run(line).refused == {"max_attempts_today": 1}, "not once more on the way out of the lane"


def test_a_number_that_opted_out_is_barred_before_its_contact_is_fetched() -> None:
    """The record, which has the entry, may be ahead of the copy that the claim asks."""
    line = Timeline(campaign(mode=Mode.AGENTLESS, queue=None, message=sound("sound:news"), dnc=("optouts",)))
    line.ready().then(DncStandingChanged(DncStanding(frozenset({"optouts"}))))
    line.then(e.CampaignStartAsked("spring"), OptedOut("optouts", DncEntry(DncKind.NUMBER, NUMBER)))
    line.then(e.ContactsFetched("spring", (contact(1),), None, 1))
    assert line.wanted(c.Claim) == []
    assert line.the(c.RetireContacts).reason == "dnc:optouts"
    line.look_away().then(DncLifted("optouts"), e.ContactsFetched("spring", (contact(1),), None, 1))
    assert line.the(c.Claim).record.number == NUMBER


def test_a_hot_contact_is_not_fetched_past_a_filter() -> None:
    consenting = DialOrder(filter=parse_filter('consent = "yes"'))
    line = Timeline(campaign(order=consenting), campaign(name="open")).ready("8001")
    line.then(e.CampaignStartAsked("spring"), e.ContactsChanged("leads", (7,)))
    assert [fetch for fetch in line.wanted(c.FetchContacts) if fetch.only] == []
    line.look_away().then(e.CampaignStartAsked("open"), e.ContactsChanged("leads", (7,)))
    assert [(f.campaign, f.only) for f in line.wanted(c.FetchContacts) if f.only] == [("open", (7,))]


class TestPauses:
    """Two campaign rules that pause the same campaign."""

    @staticmethod
    def paused() -> Timeline:
        """Both hold it: `few` acted first, then `fewer`."""
        line = Timeline(campaign())
        line.plan = replace(
            line.plan,
            campaign_rules={
                name: CampaignRule(name, "spring", "spring", below(at), above(at), order=Order.PAUSE)
                for name, at in (("few", 3.0), ("fewer", 2.0))
            },
        )
        line.ready("8001", "8002", "8003").then(e.CampaignStartAsked("spring"))
        line.at(10, e.MemberGone("sales", "8003")).at(20)
        assert run(line).paused_by == "few"
        line.at(30, e.MemberGone("sales", "8002")).at(40)
        assert run(line).paused_by == "fewer"
        return line

    def test_one_that_is_undone_leaves_it_to_the_other(self) -> None:
        line = self.paused()
        line.at(50, member("8002")).at(60)
        assert run(line).paused_by == "few"
        line.at(70, member("8003")).at(80)
        assert run(line).paused_by == ""

    def test_a_person_who_starts_it_outranks_both(self) -> None:
        line = self.paused()
        line.at(45, e.CampaignStartAsked("spring"))
        assert run(line).paused_by == ""
        line.at(50, member("8002")).at(60)
        assert run(line).paused_by == ""


def below(value: float) -> Condition:
    return Condition((Threshold(Measure.AGENTS, False, value),))


def above(value: float) -> Condition:
    return Condition((Threshold(Measure.AGENTS, True, value - 0.5),))


def run(line: Timeline) -> Any:
    return line.dialer.floor.campaigns["spring"]


class TestTransferred:
    def test_an_agent_found_with_the_caller_is_not_cut_off_by_the_flows_patience(self) -> None:
        """Put through while Asterisk was out of sight."""
        one = call("8001").asked()
        one.presses("0")
        enter = one.line.wanted(c.EnterBridge)[-1]
        one.line.then(e.TelephonyLost("gone"))
        line_of_agent = one.line.dialer.floor.agents["8001"].line
        assert line_of_agent is not None
        channels = (e.LiveChannel(one.id, "Up"), e.LiveChannel(line_of_agent, "Up"))
        together = {enter.bridge_id: frozenset({one.id, line_of_agent})}
        one.line.at(one.line.now + 1, e.TelephonyBack(channels, together, frozenset()))
        assert one.line.live(one.id).state == "connected"
        one.line.look_away().at(one.line.now + 700)
        assert [hang_up for hang_up in one.line.wanted(c.HangUp) if hang_up.channel_id == one.id] == []
        assert one.line.wanted(c.PlayMessage) == []
        record = one.ends()
        assert (record.disposition, record.flow_result) == ("answered_agent", "transferred")

    def elsewhere(self) -> Call:
        one = call().asked()
        one.presses("6")
        return one

    def test_a_long_conversation_with_another_number_is_not_cut_off(self) -> None:
        one = self.elsewhere()
        one.line.look_away().at(one.line.now + 1800)
        assert one.line.wanted(c.HangUp) == []
        assert one.ends().flow_result == "transferred"

    @pytest.mark.parametrize("daemon", ["same", "another"])
    def test_one_who_speaks_with_another_number_was_not_abandoned(self, daemon: str) -> None:
        one = self.elsewhere()
        line, away = one.line, (e.LiveChannel(one.id, "Up", in_app=False),)
        if daemon == "same":
            line.then(e.TelephonyLost("gone")).then(e.TelephonyBack(away, {}, frozenset()))
        else:
            line = successor(delivery(), replace(line.live(one.id).record), in_app=False)
        line.look_away().at(90.0, e.ChannelEnded(one.id, 16))
        record = line.closed()
        assert (record.disposition, record.abandoned, record.flow_result) == ("answered_flow", False, "transferred")

    def test_one_who_comes_back_to_a_successor_goes_on(self) -> None:
        one = self.elsewhere()
        line = successor(delivery(), replace(one.line.live(one.id).record), in_app=False)
        line.look_away().at(30.0, e.TransferFailed(one.id, "NOANSWER"))
        assert line.the(c.PlayMessage).media == ("sound:bye",)


def test_a_prompt_that_cannot_be_played_suspends_its_campaigns() -> None:
    """Nobody else shall hear silence."""
    one = call()
    playing = one.playing.playback_id
    one.line.look_away().then(e.PlaybackFinished(playing, failed=True)).at(6.0)
    assert one.line.state() is CampaignState.SUSPENDED
    assert one.line.the(c.SaveCampaignState).state is CampaignState.SUSPENDED


def test_an_opt_out_whose_daemon_was_killed_counts_before_the_call_is_over() -> None:
    one = call().asked()
    one.presses("9")
    left = replace(one.line.live(one.id).record)
    line = successor(delivery(dnc=("optouts",), max_lines=5), left)
    again = [command for _, command in line.done if isinstance(command, c.OptOut)]
    assert again == [c.OptOut("optouts", NUMBER, one.id, "key")]
    line.then(DncStandingChanged(DncStanding(frozenset({"optouts"}))))
    line.at(9.0, e.ChannelEnded(one.id, 16), e.CampaignStartAsked("spring"))
    assert line.closed().disposition == "left_flow"
    line.look_away().then(e.ContactsFetched("spring", (contact(5, numbers=contact(1).numbers),), None, 1))
    assert line.wanted(c.Claim) == []
    assert line.the(c.RetireContacts).reason == "dnc:optouts"
