"""Campaigns one after another."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState
from dialerd.core.direction import Sequence
from dialerd.core.direction_view import SequenceView
from tests.scenarios.timeline import START, Timeline, campaign, contact

NAMES = ("one", "two")


def line(loop: bool = False, recovered: e.Recovered | None = None) -> Timeline:
    timeline = Timeline(*(campaign(name=name, contact_list=name) for name in NAMES))
    timeline.plan = replace(timeline.plan, sequences={"spring": Sequence("spring", NAMES, loop)})
    return timeline.ready("8001", recovered=recovered)


def view(timeline: Timeline) -> SequenceView:
    (found,) = timeline.dialer.viewer.dialer(START + timeline.now).sequences
    return found


def finish(timeline: Timeline, name: str, people: int = 0) -> None:
    """The campaign calls so many and is complete."""
    if people:
        who = contact(1 + NAMES.index(name), contact_list=name)
        timeline.then(e.ContactsFetched(name, (who,), None, 1))
        attempt = timeline.wanted(c.OriginateCall)[-1].attempt_id
        timeline.then(e.ChannelEnded(attempt, 1, 404))
    timeline.look_away().then(e.ContactsFetched(name, (), None, 0))


def test_when_one_is_complete_the_next_is_started_and_after_the_last_it_is_over() -> None:
    timeline = line().then(e.SequenceStartAsked("spring"))
    assert [timeline.state(name) for name in NAMES] == [CampaignState.ON, CampaignState.OFF]
    assert view(timeline).waiting_for == "campaign one to complete"
    finish(timeline, "one", people=1)
    assert [timeline.state(name) for name in NAMES] == [CampaignState.COMPLETE, CampaignState.ON]
    assert (view(timeline).state, view(timeline).current) == ("on", "two")
    finish(timeline, "two")
    assert timeline.state("two") is CampaignState.COMPLETE
    assert "sequence_complete" in timeline.told()
    assert (view(timeline).state, view(timeline).current) == ("complete", None)
    assert [audit.what for audit in timeline.wanted(c.AuditAction)] == ["sequence_complete"]


def test_it_begins_anew_only_if_somebody_was_called() -> None:
    timeline = line(loop=True).then(e.SequenceStartAsked("spring"))
    finish(timeline, "one", people=1)
    finish(timeline, "two")
    assert timeline.state("one") is CampaignState.ON, "a call was placed in the round"
    finish(timeline, "one")
    finish(timeline, "two")
    assert "sequence_rests" in timeline.told()
    assert view(timeline).waiting_for.startswith("contacts")
    timeline.look_away().at(timeline.now + 600)
    assert not timeline.wanted(c.FetchContacts)
    timeline.then(e.ContactsChanged("elsewhere"))
    assert not timeline.wanted(c.FetchContacts)
    timeline.then(e.ContactsChanged("two"))
    assert timeline.the(c.FetchContacts).campaign == "one"
    finish(timeline, "one")
    finish(timeline, "two")
    timeline.at(timeline.now + 901)
    assert timeline.state("one") is CampaignState.ON


def test_an_operator_may_stop_the_campaign_and_the_sequence_waits() -> None:
    timeline = line().then(e.SequenceStartAsked("spring"), e.CampaignStopAsked("one"))
    assert timeline.state("one") is CampaignState.OFF
    assert view(timeline).waiting_for == "campaign one, which is off"
    timeline.then(e.CampaignStartAsked("one"))
    finish(timeline, "one")
    assert timeline.state("two") is CampaignState.ON


def test_a_sequence_that_is_stopped_stops_its_campaign_and_goes_on_there() -> None:
    timeline = line().then(e.SequenceStartAsked("spring"))
    finish(timeline, "one")
    timeline.then(e.SequenceStopAsked("spring"))
    assert timeline.state("two") is CampaignState.OFF
    assert view(timeline).state == "off"
    timeline.then(e.SequenceStartAsked("spring"))
    assert timeline.state("two") is CampaignState.ON


def test_a_restart_goes_on_where_it_was() -> None:
    timeline = line().then(e.SequenceStartAsked("spring"))
    finish(timeline, "one")
    saved = [command for _, command in timeline.done if isinstance(command, c.SaveDirection)][-1]
    states = {"one": CampaignState.COMPLETE, "two": CampaignState.ON}
    left = e.Recovered((), {}, states, directions={(saved.kind, saved.name): saved.state})
    again = line(recovered=left)
    assert (view(again).state, view(again).current) == ("on", "two")
    assert again.state("two") is CampaignState.ON
    finish(again, "two")
    assert view(again).state == "complete"


def test_a_campaign_that_is_taken_out_is_passed_over() -> None:
    timeline = line().then(e.SequenceStartAsked("spring"))
    rest = {"two": timeline.plan.campaigns["two"]}
    timeline.then(
        e.PlanChanged(replace(timeline.plan, campaigns=rest, sequences={"spring": Sequence("spring", ("two",))}))
    )
    assert timeline.state("two") is CampaignState.ON
