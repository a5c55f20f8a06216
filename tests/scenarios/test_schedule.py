"""A campaign that is on, inside and outside its schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState
from dialerd.core.schedule import Schedule
from dialerd.core.weekly_hours import CLOSED, DAYS, WeeklyHours
from tests.scenarios.timeline import START, Timeline, campaign, contact

_LOCAL = datetime.fromtimestamp(START, ZoneInfo("UTC"))  # Monday 12 January 1970, 13:46:40
_NOON_S = 3600 * 12
OPENS_S, CLOSES_S = 100, 200
"""Seconds of the timeline."""


def hours(*seconds: tuple[int, int]) -> Schedule:
    """Open today between these seconds of the timeline, and at noon of every Thursday."""
    now = _LOCAL.hour * 3600 + _LOCAL.minute * 60 + _LOCAL.second
    days = [CLOSED] * 7
    days[_LOCAL.weekday()] = tuple((now + begin, now + end) for begin, end in seconds)
    days[DAYS.index("thu")] = ((_NOON_S, _NOON_S + 3600),)
    mon, tue, wed, thu, fri, sat, sun = days
    return Schedule("office", "UTC", WeeklyHours((mon, tue, wed, thu, fri, sat, sun)))


def line() -> Timeline:
    return Timeline(campaign(schedule=hours((OPENS_S, CLOSES_S))))


def why(timeline: Timeline) -> dict[str, int]:
    view = timeline.dialer.viewer.dialer(START + timeline.now)
    return view.campaigns[0].not_dialing


def test_it_waits_for_the_hour_without_a_word_to_anybody() -> None:
    timeline = line().ready("8001").then(e.CampaignStartAsked("spring"))
    assert timeline.state() is CampaignState.ON
    assert why(timeline) == {"outside_its_schedule: until Mon 13:48 UTC": 1}
    timeline.look_away().at(OPENS_S - 1)
    assert {type(command) for command in timeline.wanted(object)} == {c.ProbeChannel}  # the agent's line
    timeline.at(OPENS_S)
    assert timeline.second_of(c.FetchContacts) == OPENS_S
    assert timeline.told() == ["schedule_opened"]
    timeline.then(e.ContactsFetched("spring", (contact(),), None, 1))
    assert timeline.the(c.OriginateCall)
    assert why(timeline) == {"fetching_contacts": 1, "agent_reserved": 1}


def test_when_it_closes_live_calls_finish_and_the_hopper_goes_back() -> None:
    timeline = line().ready("8001").then(e.CampaignStartAsked("spring")).at(OPENS_S)
    timeline.then(e.ContactsFetched("spring", (contact(1), contact(2)), None, 2))
    attempt = timeline.the(c.OriginateCall).attempt_id
    timeline.at(OPENS_S + 15, e.ChannelAnswered(attempt))
    timeline.then(e.BridgeEntered(attempt, timeline.the(c.EnterBridge).bridge_id)).look_away().at(CLOSES_S)
    assert timeline.the(c.ReturnContacts).contact_ids == (2,)
    assert timeline.told() == ["schedule_closed"]
    assert not timeline.wanted(c.HangUp)
    assert why(timeline) == {"outside_its_schedule: until Thu 12:00 UTC": 1}
    timeline.at(CLOSES_S + 30, e.ChannelEnded(attempt, 16))
    assert timeline.closed().disposition == "answered_agent"
    timeline.at(3600.0)
    assert not timeline.wanted(c.OriginateCall)
    assert timeline.state() is CampaignState.ON


def test_a_claim_that_is_granted_too_late_is_not_dialed() -> None:
    timeline = line().ready("8001").then(e.CampaignStartAsked("spring")).at(OPENS_S)
    timeline.store_answers = False
    timeline.at(CLOSES_S - 1, e.ContactsFetched("spring", (contact(),), None, 1))
    claim = timeline.the(c.Claim)
    timeline.at(CLOSES_S, e.ClaimGranted(claim.record.id))
    assert not timeline.wanted(c.OriginateCall)
    record = timeline.closed()
    assert (record.disposition, record.reason.split(":")[0]) == ("not_placed", "outside_its_schedule")


def test_a_reload_changes_the_hours_at_once() -> None:
    timeline = line().ready("8001").then(e.CampaignStartAsked("spring")).look_away()
    plan = timeline.plan
    open_now = replace(plan.campaigns["spring"], schedule=hours((0, CLOSES_S)))
    timeline.at(5.0, e.PlanChanged(replace(plan, campaigns={"spring": open_now})))
    assert timeline.the(c.FetchContacts)
    timeline.then(e.PlanChanged(replace(plan, campaigns={"spring": replace(open_now, schedule=None)}))).look_away()
    timeline.at(CLOSES_S + 1.0)
    assert not timeline.told()
