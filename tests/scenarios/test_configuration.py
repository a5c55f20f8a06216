"""Reloads while the dialer is at work: campaigns that go and come back."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, Plan
from tests.scenarios.timeline import Timeline, campaign, contact, recovered


def _without_campaigns(line: Timeline) -> e.PlanChanged:
    return e.PlanChanged(Plan({}, line.plan.trunks))


def test_a_campaign_that_was_stopped_does_not_start_by_coming_back() -> None:
    """It was on when the daemon started; somebody stopped it since. Taken out of the file and put back, it waits to
    be started."""
    line = Timeline().ready("8001", recovered=recovered())
    assert line.state() is CampaignState.ON
    line.at(1, e.ContactsFetched("spring", (), None, 0), e.CampaignStopAsked("spring"))
    line.at(2, _without_campaigns(line))
    assert "spring" not in line.dialer.floor.campaigns
    line.look_away().at(3, e.PlanChanged(line.plan)).at(9)
    assert line.state() is CampaignState.OFF
    assert not line.wanted(c.FetchContacts)


def test_a_campaign_that_is_taken_out_while_calls_live_lets_them_finish() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(1, _without_campaigns(line), e.ChannelRinging(attempt))
    assert line.state() is CampaignState.STOPPING
    line.at(2, e.ChannelAnswered(attempt))
    enter = line.the(c.EnterBridge)
    line.at(2.1, e.BridgeEntered(attempt, enter.bridge_id)).at(9, e.ChannelEnded(attempt, 16, None, ""))
    assert line.closed().disposition == "answered_agent"
    line.at(40)  # the fetch that was on its way is given up
    assert "spring" not in line.dialer.floor.campaigns
    assert line.dialer.floor.trunks["carrier"].live == 0


def test_put_back_while_its_last_call_lives_it_stays_as_it_was_told() -> None:
    line = Timeline()
    attempt = line.dialing()
    line.at(1, _without_campaigns(line)).at(2, e.PlanChanged(line.plan))
    line.look_away().at(3, e.ChannelEnded(attempt, 17, 486, ""))
    assert line.closed().disposition == "busy"
    assert line.state() is CampaignState.OFF
    assert not line.wanted(c.OriginateCall)


def test_contacts_of_the_old_list_are_not_dialed_after_the_list_was_changed() -> None:
    """The fetch was on its way when the file was applied."""
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring"))
    serial = line.the(c.FetchContacts).serial
    others = {"spring": replace(campaign(), contact_list="others")}
    line.at(1, e.PlanChanged(Plan(others, line.plan.trunks)))
    line.look_away().at(2, e.ContactsFetched("spring", (contact(1),), None, 1, serial))
    assert not line.wanted(c.Claim)
    assert line.the(c.ReturnContacts).contact_ids == (1,)
    assert line.the(c.FetchContacts).contact_list == "others"
