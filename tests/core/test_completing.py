"""Campaigns that hand contacts over are complete when nobody is left in any of them, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, CampaignState, Mode, Plan, RetryRule, TrunkSettings
from dialerd.core.commands import FetchContacts
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.disposition import Disposition
from dialerd.core.events import (
    CampaignStartAsked,
    ContactsFetched,
    Event,
    OutcomesRecorded,
    PlanChanged,
    Recovered,
    RosterSynced,
    TelephonyBack,
    TimePassed,
)
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers
from dialerd.core.pre_call import RuleSet
from dialerd.core.wrap_up import WrapUpRule

PERSON = Contact(1, "north", "1", (Number("+441632960001"),), {})


def settings(name: str, contact_list: str, to: str, by: str) -> CampaignSettings:
    """A campaign that hands contacts over to the list ``to``, by a retry rule or by a rule when a call is over."""
    plain = CampaignSettings(
        name, Mode.AGENTLESS, contact_list, "carrier", "+441632960000", max_lines=1, message=sound("sound:notice"),
        analysis=profile_named("off"),
    )  # fmt: skip
    if by == "retry":
        rule = RetryRule(1, 60.0, hand_over_to={"north": "a", "south": "b"}[to], hand_over_list=to)
        return replace(plain, retry={Disposition.BUSY: rule})
    return replace(plain, rule_sets=(RuleSet("after", wrap_up=(WrapUpRule("on", move_to=to),)),))


class Pair:
    """``a`` dials list ``north`` and hands over to ``south``, ``b`` the other way round."""

    def __init__(self, by: str) -> None:
        self.dialer = Dialer(SerialNumbers(1, 1))
        self.now = 1_763_000_000.0
        self.fetches: list[FetchContacts] = []
        campaigns = {"a": settings("a", "north", "south", by), "b": settings("b", "south", "north", by)}
        trunk = TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 10, 5.0)
        self.take(PlanChanged(Plan(campaigns, {"carrier": trunk})), Recovered((), {}, {}))
        self.take(TelephonyBack((), {}, frozenset()), RosterSynced(frozenset(), frozenset()))
        self.take(CampaignStartAsked("a"), CampaignStartAsked("b"))

    def take(self, *events: Event) -> None:
        for event in events:
            commands = self.dialer.handle(event, self.now)
            self.fetches += [command for command in commands if isinstance(command, FetchContacts)]

    def empty(self, in_attempt: int = 0) -> None:
        """Every fetch finds nobody."""
        fetches, self.fetches = self.fetches, []
        for fetch in fetches:
            self.take(ContactsFetched(fetch.campaign, (), None, in_attempt, fetch.serial))

    def later(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.now += 1.0
            self.take(TimePassed())

    @property
    def states(self) -> list[CampaignState]:
        return [self.dialer.floor.campaigns[name].state for name in ("a", "b")]


@pytest.mark.parametrize("by", ["retry", "rule"])
def test_two_that_hand_over_to_each_other_complete_together(by: str) -> None:
    pair = Pair(by)
    for _ in range(5):
        pair.empty()
        pair.later(6)
    assert pair.states == [CampaignState.COMPLETE, CampaignState.COMPLETE]
    assert not pair.fetches, "and leave the record alone"


@pytest.mark.parametrize("by", ["retry", "rule"])
def test_neither_completes_while_a_contact_of_the_other_is_on_its_way(by: str) -> None:
    pair = Pair(by)
    for _ in range(3):
        pair.empty(in_attempt=1)
        pair.later(6)
    assert pair.states == [CampaignState.ON, CampaignState.ON]


@pytest.mark.parametrize("by", ["retry", "rule"])
def test_the_last_contact_handed_over_is_found_by_a_last_look(by: str) -> None:
    """The news of the record may come behind the answer that says that the other one has nobody."""
    pair = Pair(by)
    pair.empty()
    assert pair.states == [CampaignState.ON, CampaignState.ON]
    seen: set[str] = set()
    while pair.fetches:
        fetch = pair.fetches.pop(0)
        seen.add(fetch.campaign)
        found = (PERSON,) if fetch.campaign == "a" else ()
        pair.take(ContactsFetched(fetch.campaign, found, None, len(found), fetch.serial))
    assert "a" in seen, "there is a last look"
    pair.take(OutcomesRecorded(frozenset({"north"})))
    pair.later(1)
    assert pair.states == [CampaignState.ON, CampaignState.ON]
    assert len(pair.dialer.floor.attempts) == 1
