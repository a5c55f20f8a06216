"""A rule wants an agent to read a contact first, in campaigns that are not in preview."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptCap, Counted, Scope
from dialerd.core.campaign import Mode, PacingSettings
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.inspection import Evidence
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet, rule_on
from dialerd.core.preview import PreviewSettings
from tests.scenarios.timeline import START, Timeline, campaign, contact, member

SURE = PreCallRule("sure", parse_filter('class = "vip"'), PreCallAction.PREVIEW)
VIP = contact(1, columns={"class": "vip"})
OTHERS = [contact(serial, columns={"class": "new"}) for serial in range(2, 8)]


def line_of(*rules: PreCallRule, first: bool = True, **changes: Any) -> Timeline:
    values: dict[str, Any] = {
        "preview": PreviewSettings(30.0), "pacing": PacingSettings(ratio=2.0, progressive_until=0), "max_lines": 20,
        "rule_sets": (RuleSet("house", rules or (SURE,), first),),
    }  # fmt: skip
    return Timeline(campaign(**(values | changes)))


def test_a_progressive_campaign_shows_that_contact_and_dials_the_others() -> None:
    line = line_of().ready("8001", "8002").started(VIP, OTHERS[0])
    offer = line.the(c.AnnounceOffer).record
    assert (offer.contact_id, offer.preview and offer.preview["rule"]) == (1, "house.sure")
    dialed = line.the(c.OriginateCall).attempt_id
    assert line.live(dialed).record.contact_id == 2
    line.look_away().then(e.PreviewAccepted(offer.id, "anna"), e.ClaimConfirmed(offer.id))
    assert line.the(c.OriginateCall).attempt_id == offer.id


@pytest.mark.parametrize("mode", [Mode.POWER, Mode.PREDICTIVE])
def test_a_campaign_that_dials_ahead_reserves_an_agent_for_it(mode: Mode) -> None:
    line = line_of(mode=mode).ready("8001", "8002", "8003").started(VIP)
    offer = line.the(c.AnnounceOffer).record
    assert (offer.contact_id, offer.lane) == (1, "guaranteed")
    assert line.agent(offer.agent or "") == "reserved"
    assert not line.wanted(c.OriginateCall)
    line.look_away().then(e.PreviewAccepted(offer.id, "anna"), e.ClaimConfirmed(offer.id))
    line.the(c.OriginateCall)
    line.then(e.ChannelAnswered(offer.id))
    line.then(e.BridgeEntered(offer.id, line.the(c.EnterBridge).bridge_id))
    assert line.agent(offer.agent or "") == "on_call"


def test_in_an_agentless_campaign_nobody_can_read_it() -> None:
    line = line_of(mode=Mode.AGENTLESS, queue=None).ready().started(VIP)
    assert line.the(c.ParkContacts).reason == "precise_dialing: house.sure"
    found = line.dialer.inspecting.of("spring", VIP, Evidence(), START).findings
    assert [(one.gate, one.reason) for one in found if one.verdict != "allow"][:1] == [
        ("rules_allow", "precise_dialing: house.sure")
    ]


def test_why_names_the_call_with_an_agent_where_calls_are_placed_ahead() -> None:
    line = line_of(mode=Mode.PREDICTIVE).ready("8001").started(OTHERS[1])
    found = line.dialer.inspecting.of("spring", VIP, Evidence(), START)
    assert found.with_agent is not None
    assert found.with_agent.at == START
    assert ("rules_allow", "precise_dialing: house.sure") in [(one.gate, one.reason) for one in found.findings]
    plain = line.dialer.inspecting.of("spring", OTHERS[0], Evidence(), START)
    assert all(one.verdict == "allow" for one in plain.findings if one.gate == "rules_allow")


def test_a_rule_against_the_number_outranks_one_that_wants_it_read() -> None:
    no = PreCallRule("no", None, PreCallAction.SKIP)
    ruling = rule_on((RuleSet("house", (SURE, no), False),), VIP, "phone", START, "UTC")
    assert (ruling.preview, ruling.against_name) == ("house.sure", "house.no")
    line = line_of(SURE, no, first=False).ready("8001").started(VIP)
    assert line.the(c.ParkContacts).reason == "rule: house.no"


def test_the_lane_takes_nobody_else_where_the_campaign_has_none() -> None:
    line = line_of(mode=Mode.POWER).ready("8001").started(*OTHERS[:2])
    assert not [claim for claim in line.wanted(c.Claim) if claim.record.lane]
    assert not line.wanted(c.AnnounceOffer)


def test_a_rule_opens_the_lane_to_its_own_contacts_alone() -> None:
    """A number under the 72 h rule waits, where the campaign has no lane, although a rule wants others read."""
    cap = AttemptCap(Scope.NUMBER, 1, 72 * 3600.0, Counted.ABANDONED, unless_guaranteed=True, name="72h")
    line = line_of(mode=Mode.POWER, attempt_caps=(cap,)).ready("8001")
    line.store_answers = False
    line.started(OTHERS[0])
    claim = line.the(c.Claim)
    line.look_away().then(e.ClaimRefused(claim.record.id, "cap:72h", START + 9000.0)).at(1.0)
    assert not [again for again in line.wanted(c.Claim) if again.record.lane]
    assert line.the(c.ParkContacts).reason == "cap:72h"


def test_a_rule_that_wants_it_read_since_the_claim_lets_nobody_be_called_unread() -> None:
    late = PreCallRule(
        "late", parse_filter("hour >= 14", of_call=True), PreCallAction.PREVIEW
    )  # it is 13:46:40 at the beginning
    line = line_of(late).ready("8001")
    line.store_answers = False
    line.started(OTHERS[0])
    attempt = line.the(c.Claim).record.id
    line.look_away().at(810.0, e.ClaimGranted(attempt))
    assert line.closed().reason == "precise_dialing: house.late"
    assert not line.wanted(c.OriginateCall)


def test_the_offer_ends_when_its_agent_goes_though_others_dial_ahead() -> None:
    line = line_of(mode=Mode.POWER).ready("8001", "8002").started(VIP)
    offer = line.the(c.AnnounceOffer).record
    line.look_away().then(member(offer.agent or "", paused=True, pause_reason="break"))
    closed = [close.outcome.record for close in line.wanted(c.CloseAttempt)]
    assert [(record.id, record.reason) for record in closed] == [(offer.id, "agent_left")]
