"""A campaign that cannot work in the world as it was found is invalid for as long as that is so."""

from __future__ import annotations

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, Plan
from tests.scenarios.timeline import START, Timeline, campaign, contact, recovered

NO_SOUND = e.CampaignFound("spring", "sounds", "Asterisk has no sound:sorry")
NO_LIST = e.CampaignFound("spring", "contact_list", "contact list leads was never imported")


def saved(line: Timeline) -> list[tuple[CampaignState, str]]:
    """What the record was told to remember since the last look."""
    return [(command.state, command.reason) for command in line.wanted(c.SaveCampaignState)]


def synced(*queues: str) -> e.RosterSynced:
    return e.RosterSynced(frozenset({("sales", "8001")} if "sales" in queues else ()), frozenset(queues))


def test_started_with_something_missing_it_waits_and_goes_on_by_itself() -> None:
    line = Timeline().ready("8001").then(NO_SOUND)
    assert line.state() is CampaignState.OFF, "nobody wants it on"
    line.then(e.CampaignStartAsked("spring"))
    assert line.state() is CampaignState.INVALID
    assert saved(line) == [(CampaignState.INVALID, "Asterisk has no sound:sorry")]
    (tell,) = line.wanted(c.Tell)
    assert (tell.level, tell.name) == ("error", "campaign_invalid")
    (view,) = line.dialer.viewer.dialer(START + line.now).campaigns
    assert view.not_dialing == {"campaign_invalid: Asterisk has no sound:sorry": 1}
    assert not line.wanted(c.FetchContacts)
    line.look_away().at(5, NO_SOUND)
    assert not line.done[line._looked :], "nothing new"
    line.at(9, e.CampaignFound("spring", "sounds", None))
    assert line.state() is CampaignState.ON
    assert saved(line) == [(CampaignState.ON, "")]
    line.then(e.ContactsFetched("spring", (contact(),), None, 1, line.the(c.FetchContacts).serial))
    line.the(c.OriginateCall)


def test_found_while_it_dials_no_further_call_is_placed_and_live_ones_go_on() -> None:
    line = Timeline().ready("8001", "8002").started(contact(1), contact(2), contact(3))
    first, second = [command.attempt_id for command in line.wanted(c.OriginateCall)]
    line.look_away().at(1, NO_SOUND, e.ChannelEnded(second, 17, 486, ""), e.ChannelRinging(first))
    assert line.the(c.ReturnContacts).contact_ids == (3,)
    line.at(2, e.ChannelAnswered(first))
    enter = line.the(c.EnterBridge)
    line.at(2.1, e.BridgeEntered(first, enter.bridge_id))
    assert line.live(first).state == "connected"
    assert line.state() is CampaignState.INVALID
    assert not line.wanted(c.OriginateCall)


def test_a_claim_that_was_on_its_way_is_not_dialed() -> None:
    line = Timeline().ready("8001")
    line.store_answers = False
    line.started(contact())
    attempt = line.the(c.Claim).record.id
    line.look_away().at(1, NO_SOUND, e.ClaimGranted(attempt))
    assert not line.wanted(c.OriginateCall)
    assert line.closed().disposition == "not_placed"


def test_all_that_is_missing_is_told_and_all_of_it_must_come() -> None:
    line = Timeline().ready("8001").then(NO_SOUND, NO_LIST, e.CampaignStartAsked("spring"))
    both = "contact list leads was never imported; Asterisk has no sound:sorry"
    assert line.dialer.floor.campaigns["spring"].reason == both
    line.look_away().at(1, e.ContactsChanged("leads"))
    assert saved(line) == [(CampaignState.INVALID, "Asterisk has no sound:sorry")]
    line.at(2, e.CampaignFound("spring", "sounds", None))
    assert line.state() is CampaignState.ON


def test_a_queue_that_asterisk_does_not_have() -> None:
    """The roster knows the queues: nobody else has to look."""
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring"))
    line.at(1, synced("support"))
    assert line.state() is CampaignState.INVALID
    assert line.dialer.floor.campaigns["spring"].reason == "queue sales does not exist in Asterisk"
    line.at(2, e.RosterLost("AMI is gone"))
    assert line.state() is CampaignState.INVALID
    line.at(3, synced("sales", "support"))
    assert line.state() is CampaignState.ON


def test_a_reload_with_another_queue_mends_it_and_breaks_it() -> None:
    line = Timeline().ready("8001").then(e.CampaignStartAsked("spring"))
    for second, queue, state in ((1, "nowhere", CampaignState.INVALID), (2, "sales", CampaignState.ON)):
        line.at(second, e.PlanChanged(Plan({"spring": campaign(queue=queue)}, line.plan.trunks)))
        assert line.state() is state


def test_stopped_it_is_off_and_stays_off() -> None:
    line = Timeline().ready("8001").then(NO_SOUND, e.CampaignStartAsked("spring"))
    line.at(1, e.CampaignStartAsked("spring"))
    assert line.state() is CampaignState.INVALID, "asked again, and nothing has changed"
    line.at(2, e.CampaignStopAsked("spring"))
    assert line.state() is CampaignState.OFF
    line.at(3, e.CampaignFound("spring", "sounds", None))
    assert line.state() is CampaignState.OFF


def test_invalid_before_a_restart_it_is_wanted_on_after_it() -> None:
    """Whether it can work is seen anew; both ways nothing was dialed before that."""
    before = e.Recovered((), {}, {"spring": CampaignState.INVALID})
    assert Timeline().ready("8001", recovered=before).state() is CampaignState.ON
    line = Timeline().then(NO_SOUND).ready("8001", recovered=before)
    assert line.state() is CampaignState.INVALID
    assert not line.dialer.floor.campaigns["spring"].fetching


def test_what_was_found_before_the_ledger_was_read_counts() -> None:
    line = Timeline().then(NO_LIST).ready("8001", recovered=recovered())
    assert line.state() is CampaignState.INVALID


def test_taken_out_of_the_configuration_it_goes_and_nothing_stands_against_its_successor() -> None:
    line = Timeline().ready("8001").then(NO_SOUND, e.CampaignStartAsked("spring"))
    line.at(1, e.PlanChanged(Plan({}, line.plan.trunks)))
    assert "spring" not in line.dialer.floor.campaigns
    line.at(2, e.PlanChanged(line.plan), e.CampaignStartAsked("spring"))
    assert line.state() is CampaignState.ON
