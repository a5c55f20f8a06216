"""Preview: an agent is shown a contact, and accepts, skips, or lets the time run out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, Mode, Plan, RetryRule
from dialerd.core.contact import Contact, ContactState, Number
from dialerd.core.disposition import Disposition
from dialerd.core.dnc import DncEntry, DncKind, DncStanding
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.inspection import Evidence
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet
from dialerd.core.preview import Decision, OnTimeout, PreviewSettings
from tests.scenarios.test_schedule import hours
from tests.scenarios.timeline import START, Timeline, campaign, contact, left_over, member, recovered

READ_S = 30.0


def settings(**changes: Any) -> Any:
    values: dict[str, Any] = {"mode": Mode.PREVIEW, "preview": PreviewSettings(READ_S), "dnc": ("opt_outs",)}
    return campaign(**(values | changes))


def shown(*contacts: Contact, agents: tuple[str, ...] = ("8001",), **changes: Any) -> tuple[Timeline, str]:
    """A contact is offered to the first agent; the timeline, and the attempt."""
    line = Timeline(settings(**changes)).ready(*agents)
    line.then(e.DncStandingChanged(DncStanding(frozenset({"opt_outs"}))))
    line.started(*(contacts or (contact(),)))
    assert not line.wanted(c.OriginateCall)
    return line, line.wanted(c.AnnounceOffer)[0].record.id


def accepted(line: Timeline, attempt: str, confirmed: bool = True) -> Timeline:
    line.look_away().then(e.PreviewAccepted(attempt, "anna"))
    if confirmed:
        assert line.the(c.ConfirmClaim).record.id == attempt
        assert not line.wanted(c.OriginateCall), "not before the store has confirmed the claim"
        line.then(e.ClaimConfirmed(attempt))
    return line


def decided(line: Timeline) -> tuple[Decision, bool, str]:
    one = line.the(c.AnnounceDecision).decided
    return one.decision, one.dialed, one.reason


def test_nobody_is_called_while_the_agent_reads() -> None:
    line, attempt = shown(contact(1, columns={"name": "Ann"}))
    offer = line.the(c.AnnounceOffer)
    assert (offer.record.agent, offer.contact.columns) == ("8001", {"name": "Ann"})
    assert offer.record.preview == {"rule": "", "offered_at": START, "until": START + READ_S}
    assert (line.live(attempt).state, line.agent("8001")) == ("offered", "reserved")
    assert line.the(c.SaveAttempt).record.state == "offered"
    line.at(READ_S - 1)
    assert not line.wanted(c.OriginateCall)


def test_an_accepted_contact_is_dialed_once_and_its_answer_goes_to_that_agent() -> None:
    line, attempt = shown(contact(1), agents=("8001", "8002"))
    agent = line.live(attempt).record.agent
    accepted(line.at(12.0), attempt)
    assert line.the(c.OriginateCall).attempt_id == attempt
    assert decided(line) == (Decision.ACCEPTED, True, "")
    assert line.the(c.AnnounceDecision).after_s == 12.0
    line.then(e.PreviewAccepted(attempt, "anna"), e.ClaimConfirmed(attempt), e.PreviewSkipped(attempt, "anna"))
    line.then(e.ClaimNotConfirmed(attempt, "no_cps", START + 1), e.ClaimNotConfirmed(attempt, "dnc:opt_outs"))
    line.the(c.OriginateCall)
    assert not line.wanted(c.CloseAttempt)
    line.then(e.ChannelAnswered(attempt))
    enter = line.the(c.EnterBridge)
    line.then(e.BridgeEntered(attempt, enter.bridge_id)).look_away()
    assert (line.agent(agent or ""), line.live(attempt).state) == ("on_call", "connected")
    line.then(e.ChannelEnded(attempt, 16, None, ""))
    record = line.closed()
    assert (record.agent, record.disposition, record.abandoned) == (agent, "answered_agent", False)
    assert record.preview is not None
    assert (record.preview["decision"], record.preview["by"]) == ("accepted", "anna")
    assert record.preview["decided_at"] == START + 12.0


def test_a_skipped_contact_waits_and_the_agent_reads_the_next() -> None:
    line, attempt = shown(contact(1), contact(2), retry={Disposition.PREVIEW_SKIPPED: RetryRule(2, 600.0)})
    line.at(5.0).look_away().then(e.PreviewSkipped(attempt, "anna"))
    close = line.the(c.CloseAttempt).outcome
    assert (close.record.disposition, close.record.reason) == ("preview_skipped", "skipped_by_agent")
    assert (close.contact.state, close.contact.at) == (ContactState.WAITING, START + 605.0)
    assert decided(line) == (Decision.SKIPPED, False, "skipped_by_agent")
    following = line.the(c.AnnounceOffer).record
    assert (following.contact_id, following.agent) == (2, "8001")
    assert not line.wanted(c.OriginateCall)
    assert not line.wanted(c.PauseMember)


def test_a_contact_that_is_skipped_too_often_is_not_offered_again() -> None:
    often = contact(1, tries={"preview_skipped": 1})
    line, attempt = shown(often, retry={Disposition.PREVIEW_SKIPPED: RetryRule(2, 600.0)})
    line.look_away().then(e.PreviewSkipped(attempt, "anna"))
    following = line.the(c.CloseAttempt).outcome.contact
    assert (following.state, following.reason) == (ContactState.UNCALLABLE, "max_tries:preview_skipped")


def test_skips_use_up_no_attempts() -> None:
    line, attempt = shown(contact(1, attempts=2), max_attempts=3)
    line.look_away().then(e.PreviewSkipped(attempt, "anna"))
    assert line.the(c.CloseAttempt).outcome.contact.reason == "retry:preview_skipped"


def test_skips_say_nothing_of_the_trunk() -> None:
    line, attempt = shown()
    trunk = line.dialer.floor.trunks["carrier"]
    trunk.failures_in_a_row = 7
    line.then(e.PreviewSkipped(attempt, "anna"))
    assert trunk.failures_in_a_row == 7


def test_who_may_not_skip_is_not_heard() -> None:
    line, attempt = shown(preview=PreviewSettings(READ_S, may_skip=False))
    line.look_away().then(e.PreviewSkipped(attempt, "anna"))
    assert not line.wanted(c.CloseAttempt)
    assert line.live(attempt).state == "offered"


def test_the_time_out_dials_where_the_campaign_says_so() -> None:
    line, attempt = shown(preview=PreviewSettings(READ_S, OnTimeout.DIAL))
    line.look_away().at(READ_S)
    assert line.second_of(c.ConfirmClaim) == READ_S
    line.then(e.ClaimConfirmed(attempt))
    line.the(c.OriginateCall)
    assert decided(line) == (Decision.TIMED_OUT, True, "")


def test_the_time_out_skips_else_and_the_agent_counts_as_absent() -> None:
    line, attempt = shown(contact(1), contact(2))
    line.look_away().at(READ_S)
    assert line.closed().reason == "preview_timed_out"
    assert decided(line) == (Decision.TIMED_OUT, False, "preview_timed_out")
    assert line.the(c.PauseMember).reason == "dialerd:not-responding"
    assert line.agent("8001") == "not_responding"
    assert not line.wanted(c.AnnounceOffer)
    line.then(e.PreviewAccepted(attempt, "anna"))
    assert not line.wanted(c.ConfirmClaim)


@pytest.mark.parametrize("when", ["before", "while it is confirmed"])
def test_an_opt_out_takes_the_offer_away(when: str) -> None:
    line, attempt = shown()
    if when != "before":
        accepted(line, attempt, confirmed=False)
    line.look_away().then(e.OptedOut("opt_outs", DncEntry(DncKind.NUMBER, "+441632960001")))
    close = line.the(c.CloseAttempt).outcome
    assert (close.record.disposition, close.record.reason) == ("not_placed", "dnc:opt_outs")
    assert close.contact.state is ContactState.UNCALLABLE
    assert decided(line) == (Decision.WITHDRAWN, False, "dnc:opt_outs")
    line.then(e.PreviewAccepted(attempt, "anna"), e.ClaimConfirmed(attempt))
    assert not line.wanted(c.OriginateCall)
    assert line.agent("8001") == "available"


def test_a_list_that_was_loaded_meanwhile_is_asked_by_the_store() -> None:
    line, attempt = shown()
    accepted(line, attempt, confirmed=False)
    assert line.the(c.ConfirmClaim).dnc == ("opt_outs",)
    line.then(e.ClaimNotConfirmed(attempt, "dnc:opt_outs"))
    assert line.closed().reason == "dnc:opt_outs"
    assert decided(line) == (Decision.WITHDRAWN, False, "dnc:opt_outs")
    assert not line.wanted(c.OriginateCall)


def test_the_trunks_rate_is_kept_when_many_accept_at_once() -> None:
    line, attempt = shown()
    accepted(line, attempt, confirmed=False)
    line.look_away().then(e.ClaimNotConfirmed(attempt, "no_cps", START + 2.0))
    line.at(2.0)
    assert line.second_of(c.ConfirmClaim) == 2.0
    line.then(e.ClaimConfirmed(attempt)).the(c.OriginateCall)


def test_what_is_in_the_way_when_the_agent_accepts_prevents_the_call() -> None:
    line, attempt = shown()
    line.dialer.floor.trunks["carrier"].hold_until = START + 60.0
    accepted(line, attempt, confirmed=False)
    assert not line.wanted(c.ConfirmClaim)
    assert line.closed().reason == "trunk_refuses_everything"


def test_while_the_store_is_silent_an_accepted_call_waits_for_its_word() -> None:
    line, attempt = shown()
    line.then(e.StoreLost("Redis does not answer"))
    accepted(line, attempt, confirmed=False)
    line.the(c.ConfirmClaim)  # kept by the adapter until Redis answers, which comes before the word that it is back
    line.at(5.0, e.ClaimConfirmed(attempt), e.StoreBack())
    assert not line.wanted(c.OriginateCall)
    line.look_away().at(6.0)
    line.the(c.ConfirmClaim)
    line.then(e.ClaimConfirmed(attempt))
    line.the(c.OriginateCall)
    assert decided(line) == (Decision.ACCEPTED, True, "")


@pytest.mark.parametrize("gone", [member("8001", paused=True, pause_reason="break"), e.MemberGone("sales", "8001")])
def test_an_offer_goes_with_its_agent_and_nobody_else_gets_the_call(gone: Any) -> None:
    line, attempt = shown(agents=("8001", "8002"))
    if line.live(attempt).record.agent != "8001":
        gone = replace(gone, agent="8002")
    line.look_away().then(gone)
    assert line.closed().reason == "agent_left"
    assert line.the(c.CloseAttempt).outcome.contact.state is ContactState.CALLABLE
    assert decided(line) == (Decision.WITHDRAWN, False, "agent_left")


def test_an_agent_who_leaves_while_it_rings_ends_the_call() -> None:
    line, attempt = shown(agents=("8001", "8002"))
    agent = line.live(attempt).record.agent or ""
    accepted(line, attempt).look_away()
    line.then(member(agent, paused=True, pause_reason="break"))
    assert line.the(c.HangUp).channel_id == attempt
    assert line.live(attempt).record.agent == agent, "nobody else has read the contact"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (e.CampaignStopAsked("spring"), "campaign_stopping"),
        (e.ShutdownAsked(), "shutting_down"),
        (e.TelephonyLost("connection reset"), "telephony_lost"),
        (e.ContactsEdited("leads", (1,), cancel=True, reason="removed"), "removed"),
    ],
)
def test_what_withdraws_an_offer(event: e.Event, reason: str) -> None:
    line, attempt = shown()
    line.look_away().then(event)
    assert line.closed().reason == reason
    assert decided(line) == (Decision.WITHDRAWN, False, reason)
    line.then(e.PreviewAccepted(attempt, "anna"))
    assert not line.wanted(c.OriginateCall)


def test_a_campaign_that_is_stopped_is_off_when_its_offers_are_closed() -> None:
    line, _ = shown()
    line.then(e.CampaignStopAsked("spring"))
    assert line.state() is CampaignState.OFF
    assert not line.dialer.offers.open


@pytest.mark.parametrize(
    ("changes", "withdrawn"),
    [({"wrap_up_s": 99.0}, False), ({"mode": Mode.PROGRESSIVE}, True), ({"contact_list": "others"}, True)],
)
def test_a_reload_closes_the_offers_that_would_not_be_made_by_it(changes: dict[str, Any], withdrawn: bool) -> None:
    line, attempt = shown()
    changed = replace(line.plan.campaigns["spring"], **changes)
    line.look_away().then(e.PlanChanged(Plan({"spring": changed}, line.plan.trunks)))
    assert bool(line.wanted(c.CloseAttempt)) is withdrawn
    assert (attempt in line.dialer.offers.open) is not withdrawn


def test_a_reload_without_the_campaign_closes_its_offers() -> None:
    line, _ = shown()
    line.look_away().then(e.PlanChanged(Plan({}, line.plan.trunks)))
    assert line.closed().disposition == "not_placed"


@pytest.mark.parametrize("state", ["claiming", "offered"])
def test_an_offer_of_an_earlier_run_was_never_dialed(state: str) -> None:
    preview = {"rule": "", "offered_at": START - 9, "until": START + 21} if state == "offered" else {"rule": ""}
    left = left_over(state=state, dialed_at=None, mode="preview", preview=preview)
    line = Timeline(settings())
    line.then(e.PlanChanged(line.plan), recovered(left))
    close = line.the(c.CloseAttempt).outcome
    assert (close.record.disposition, close.record.reason) == ("not_placed", "daemon_restarted")
    assert close.contact.state is ContactState.CALLABLE
    assert bool(line.wanted(c.AnnounceDecision)) is (state == "offered")
    line.then(e.TelephonyBack((), {}, frozenset()))
    line.the(c.CloseAttempt)


def test_an_accepted_one_may_have_been_dialed_and_asterisk_is_asked() -> None:
    preview = {"rule": "", "offered_at": START - 9, "until": START + 21, "decision": "accepted"}
    left = left_over(state="accepted", dialed_at=None, mode="preview", preview=preview)
    line = Timeline(settings())
    line.then(e.PlanChanged(line.plan), recovered(left))
    assert not line.wanted(c.CloseAttempt)
    line.then(e.TelephonyBack((), {}, frozenset()))
    assert line.closed().disposition == "outcome_unknown"


def test_why_says_that_an_agent_is_reading() -> None:
    line, _ = shown(contact(1, numbers=(Number("+441632960001"),)))
    held = line.dialer.inspecting.of("spring", contact(1), Evidence(), START).held
    assert held is not None
    assert (held.kind, held.reason) == ("in_call", "offered")
    (seen,) = line.dialer.viewer.dialer(START).campaigns
    assert (seen.offered, seen.live, seen.ringing) == (1, 1, 0)


def test_lines_are_held_by_offers() -> None:
    line, _ = shown(contact(1), contact(2), agents=("8001", "8002"), max_lines=1)
    assert len(line.wanted(c.AnnounceOffer)) == 1
    (seen,) = line.dialer.viewer.dialer(START).campaigns
    assert "campaign_max_lines" in seen.not_dialing


def test_a_rule_about_the_hour_is_asked_again_when_the_agent_accepts() -> None:
    late = PreCallRule(
        "late", parse_filter("hour >= 14", of_call=True), PreCallAction.SKIP
    )  # the timeline begins at 13:46:40 UTC
    line, attempt = shown(rule_sets=(RuleSet("house", (late,)),), preview=PreviewSettings(3600.0))
    line.at(810.0)
    accepted(line, attempt, confirmed=False)
    assert not line.wanted(c.ConfirmClaim)
    assert line.closed().reason == "rule: house.late"
    assert line.closed().gate_verdicts == "rules_allow hold: rule: house.late"
    assert decided(line) == (Decision.WITHDRAWN, False, "rule: house.late")


def test_offers_end_when_the_schedule_closes() -> None:
    line, _ = shown(schedule=hours((0, 20)))
    line.look_away().at(20.0)
    assert line.second_of(c.CloseAttempt) == 20.0
    assert line.closed().reason.startswith("outside_its_schedule")
