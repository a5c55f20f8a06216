"""Each gate's verdicts, and the order in which they speak."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import choosing, gates
from dialerd.core.attempt_gates import number_within_limits
from dialerd.core.attempts_control import AttemptLimits
from dialerd.core.campaign import CampaignSettings, CampaignState, Mode, TrunkSettings
from dialerd.core.contact import Contact, Number
from dialerd.core.floor import CampaignRun, Conditions, Floor
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse
from dialerd.core.gates import Case, Gate, Known
from dialerd.core.ids import SerialNumbers
from dialerd.core.lines import TrunkRun
from dialerd.core.tallies import promised

NOW = 1000.0
ALL_GATES = (*gates.CAMPAIGN_GATES, *gates.CONTACT_GATES, *choosing.NUMBER_GATES, gates.agent_ready)
UP = Conditions(telephony=None, roster=None, store=None)


SPRING = CampaignSettings("spring", Mode.PROGRESSIVE, "leads", "carrier", "", queue="sales", max_lines=5)
CONTACT = Contact(1, "leads", "a", (Number("+441632960001"),), {})


def case(
    contact: Contact | None = CONTACT,
    number_index: int = 0,
    now: float = NOW,
    settings: CampaignSettings = SPRING,
    state: CampaignState = CampaignState.ON,
    reason: str = "",
    conditions: Conditions = UP,
    trunks: tuple[TrunkRun, ...] | None = None,
    live: int = 0,
    in_use: tuple[str, ...] = (),
    **known: Any,
) -> Case:
    """A case to which nothing objects, unless something else is said; ``known``: fields of :class:`Known`."""
    floor = Floor(SerialNumbers(0, 0))
    floor.conditions = conditions
    floor.trunks = {run.settings.name: run for run in (trunks if trunks is not None else (trunk(),))}
    floor.numbers = dict.fromkeys(in_use, "dlr-1")
    campaign = CampaignRun(settings, state, reason, live={f"dlr-{n}" for n in range(live)})
    number = contact.numbers[number_index] if contact is not None and contact.numbers else None
    return Case(now, floor, campaign, contact, number, number_index, known=Known(**{"agents_ready": 1, **known}))


def trunk(**changes: Any) -> TrunkRun:
    run = TrunkRun(TrunkSettings("carrier", "", "", 10, 5.0))
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def test_nothing_objects_to_a_good_case() -> None:
    assert all(verdict is ALLOW for _, verdict in gates.walk(ALL_GATES, case()))
    assert gates.first_objection(ALL_GATES, case()) is None


@pytest.mark.parametrize(
    ("gate", "changes", "verdict"),
    [
        (gates.campaign_on, {"state": CampaignState.STOPPING}, Hold("campaign_stopping")),
        (
            gates.campaign_on,
            {"state": CampaignState.SUSPENDED, "reason": "no sound"},
            Hold("campaign_suspended: no sound"),
        ),
        (gates.running, {"conditions": replace(UP, shutting_down=True)}, Hold("shutting_down")),
        (gates.telephony_up, {"conditions": replace(UP, telephony="reset")}, Hold("telephony_down: reset")),
        (gates.store_up, {"conditions": replace(UP, store="away")}, Hold("store_down: away")),
        (gates.roster_up, {"conditions": replace(UP, roster="away")}, Hold("roster_down: away")),
        (gates.trunk_takes_calls, {"trunks": ()}, Hold("trunk_unknown")),
        (gates.trunk_takes_calls, {"trunks": (trunk(hold_until=1010.0),)}, Hold("trunk_refuses_everything", 1010.0)),
        (gates.contact_callable, {"uncallable": "asked"}, Refuse("uncallable: asked")),
        (gates.number_present, {"contact": replace(CONTACT, numbers=())}, Refuse("no_number")),
        (
            gates.callback_not_too_late,
            {"contact": replace(CONTACT, tries=promised({}, 900.0, 999.0))},
            Refuse("callback_missed"),
        ),
        (gates.attempts_left, {"contact": replace(CONTACT, attempts=3)}, Refuse("max_attempts")),
        (gates.gap_passed, {"not_before": 1000.5}, Hold("retry_gap", 1000.5)),
        (gates.number_free, {"in_use": ("+441632960001",)}, Hold("number_in_use")),
        (gates.campaign_line, {"live": 5}, Hold("campaign_max_lines")),
        (gates.trunk_line, {"trunks": (trunk(live=10),)}, Hold("trunk_max_lines")),
        (gates.trunk_cps, {"trunks": (trunk(next_token_at=1000.2),)}, Hold("trunk_cps", 1000.2)),
        (gates.agent_ready, {"agents_ready": 0}, Hold("no_idle_agent")),
    ],
)
def test_each_gate_objects(gate: Gate, changes: dict[str, Any], verdict: Hold | Refuse) -> None:
    assert gate(case(**changes)) == verdict
    assert gate in ALL_GATES
    # Only this gate minds, so that `why` names one reason, not a chain of them.
    others = [name for name, found in gates.walk(ALL_GATES, case(**changes)) if found is not ALLOW]
    assert others == [gate.__name__]


@pytest.mark.parametrize(
    ("gate", "changes"),
    [
        (
            gates.roster_up,
            {"conditions": replace(UP, roster="away"), "settings": replace(SPRING, queue=None)},
        ),
        (gates.attempts_left, {"contact": replace(CONTACT, attempts=2)}),
        (gates.gap_passed, {"not_before": NOW}),
        (gates.campaign_line, {"live": 4}),
        (gates.trunk_line, {"trunks": (trunk(live=9),)}),
        (gates.trunk_cps, {"trunks": (trunk(next_token_at=NOW),)}),
        (gates.trunk_takes_calls, {"trunks": (trunk(hold_until=NOW),)}),
        (gates.agent_ready, {"agents_ready": None}),
    ],
)
def test_each_gate_allows_at_its_edge(gate: Gate, changes: dict[str, Any]) -> None:
    assert gate(case(**changes)) is ALLOW


def test_the_first_objection_is_told() -> None:
    many = case(replace(CONTACT, attempts=9), state=CampaignState.OFF, live=9)
    assert gates.first_objection(ALL_GATES, many) == Hold("campaign_off")
    assert len([1 for _, verdict in gates.walk(ALL_GATES, many) if verdict is not ALLOW]) == 3


def test_the_last_moment_runs_what_may_have_changed_since_the_hopper() -> None:
    for gate in (gates.campaign_on, gates.running, gates.telephony_up, gates.store_up, gates.attempts_left):
        assert gate in choosing.LAST_MOMENT_GATES
    assert gates.number_free not in choosing.LAST_MOMENT_GATES


def used_up(tries: dict[str, int], daily: bool = False) -> Case:
    limits = AttemptLimits(per_contact=1, per_number=1, daily=daily)
    settings = CampaignSettings("spring", Mode.PROGRESSIVE, "leads", "carrier", "", attempt_limits=limits)
    contact = Contact(1, "leads", "1", (Number("+441632960001"),), {}, attempts=3, tries=tries)
    return case(contact, settings=settings)


def test_who_asked_to_be_called_back_is_called_although_the_attempts_are_used_up() -> None:
    limits: tuple[tuple[Gate, str], ...] = (
        (gates.attempts_left, "max_attempts"), (gates.contact_within_limits, "max_attempts"),
        (number_within_limits, "max_attempts_of_number"),
    )  # fmt: skip
    for gate, reason in limits:
        assert gate(used_up({"@n0": 1})) == Refuse(reason)
        assert gate(used_up(promised({"@n0": 1}))) is ALLOW


def test_limits_of_a_day_hold_for_who_asked_to_be_called_back_too() -> None:
    tomorrow = NOW + 3600
    asked = used_up(promised({"@all": 1, "@until": int(tomorrow), "@c0": 1, "@e0": int(tomorrow)}), daily=True)
    assert gates.contact_within_limits(asked) == Hold("max_attempts_today", tomorrow)
    assert number_within_limits(asked) == Hold("max_attempts_of_number_today", tomorrow)
