"""Gates that are not asked of a campaign would have allowed every call of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dialerd.core.asked_gates import CAN_OBJECT, AskedOfCampaigns, asked_of
from dialerd.core.attempts_control import AttemptCap, AttemptLimits, Scope
from dialerd.core.callable_time import CallableSet, CallableTime
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.choosing import LAST_MOMENT_GATES, NUMBER_GATES
from dialerd.core.contact import Contact, Number
from dialerd.core.dnc import DncStanding
from dialerd.core.floor import CampaignRun, Conditions, Floor
from dialerd.core.flow.nodes import Flow, ToQueue
from dialerd.core.flow.prompts import Prompt, Text
from dialerd.core.gate_verdicts import ALLOW
from dialerd.core.gates import CAMPAIGN_GATES, CONTACT_GATES, LINE_GATES, Case
from dialerd.core.ids import SerialNumbers
from dialerd.core.pre_call import PreCallRule, RuleSet
from dialerd.core.schedule import Schedule
from dialerd.core.weekly_hours import CLOSED, WeeklyHours

BARE = CampaignSettings("spring", Mode.AGENTLESS, "leads", "carrier", "")
WITH: Mapping[str, Mapping[str, Any]] = {
    "in_schedule": {"schedule": Schedule("office", "UTC", WeeklyHours((CLOSED,) * 7))},
    "roster_up": {"queue": "sales"},
    "dnc_ready": {"dnc": ("opt_outs",)},
    "providers_answer": {"dnc_providers": ("registry",)},
    "provider_clears": {"dnc_providers": ("registry",)},
    "voice_keeps_up": {"message": Prompt((Text(("Hello",)),))},
    "flow_has_agents": {"flow": "asks", "flows": {"asks": Flow("asks", "agent", {"agent": ToQueue("sales", "bye")})}},
    "prompts_ready": {"message": Prompt((Text(("Hello",)),))},
    "contact_within_limits": {"attempt_limits": AttemptLimits(per_contact=1)},
    "within_callable_time": {"callable_time": CallableTime((CallableSet("day"),))},
    "rules_allow": {"rule_sets": (RuleSet("ours", (PreCallRule("all", None),)),)},
    "caps_allow": {"attempt_caps": (AttemptCap(Scope.NUMBER, 1, 3600.0),)},
}
TROUBLE = Conditions(telephony="away", roster="away", store="away", record="away", shutting_down=True)


def everything_in_the_way() -> Floor:
    """A floor on which whatever a gate may look at is bad."""
    floor = Floor(SerialNumbers(0, 0))
    floor.conditions, floor.dnc = TROUBLE, DncStanding()
    floor.inquiries.failed("registry", (), "away", 1e12)
    return floor


@pytest.mark.parametrize("gate", CAN_OBJECT, ids=lambda gate: gate.__name__)
def test_a_gate_that_is_left_out_allows(gate: Any) -> None:
    contact = Contact(1, "leads", "a", (Number("+441632960001"),), {}, attempts=99, tries={"busy": 99, "@n0": 99})
    case = Case(1000.0, everything_in_the_way(), CampaignRun(BARE), contact, contact.numbers[0])
    assert not CAN_OBJECT[gate](BARE)
    assert gate(case) is ALLOW
    assert gate(replace(case, contact=None, number=None)) is ALLOW


@pytest.mark.parametrize("gate", CAN_OBJECT, ids=lambda gate: gate.__name__)
def test_it_is_asked_where_there_is_something_to_look_at(gate: Any) -> None:
    asked = asked_of(replace(BARE, **WITH[gate.__name__]))
    for whole, some in (
        (CAMPAIGN_GATES, asked.campaign), (LINE_GATES, asked.line), (CONTACT_GATES, asked.contact),
        (NUMBER_GATES, asked.number), (LAST_MOMENT_GATES, asked.last_moment),
    ):  # fmt: skip
        assert (gate in whole) == (gate in some)
        assert [each for each in whole if each in some] == list(some)


def test_what_needs_no_settings_is_always_asked() -> None:
    asked = asked_of(BARE)
    assert set(CAMPAIGN_GATES) - set(asked.campaign) == set(CAMPAIGN_GATES) & set(CAN_OBJECT)
    assert set(LAST_MOMENT_GATES) - set(asked.last_moment) == set(LAST_MOMENT_GATES) & set(CAN_OBJECT)


def test_other_settings_other_gates() -> None:
    campaigns = AskedOfCampaigns()
    first = campaigns.of(BARE)
    assert campaigns.of(BARE) is first
    later = campaigns.of(replace(BARE, dnc=("opt_outs",)))
    assert {gate.__name__ for gate in set(later.campaign) - set(first.campaign)} == {"dnc_ready"}
