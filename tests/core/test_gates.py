"""Each gate's verdicts, and the order in which they speak."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import choosing, gates
from dialerd.core.campaign import CampaignSettings, CampaignState, Mode, TrunkSettings
from dialerd.core.gates import ALLOW, Case, Conditions, Gate, Hold, Refuse
from dialerd.core.lines import TrunkRun

NOW = 1000.0
ALL_GATES = (*gates.CAMPAIGN_GATES, *gates.CONTACT_GATES, *choosing.NUMBER_GATES, gates.agent_ready)
UP = Conditions(telephony=None, roster=None, store=None)


def case(**changes: Any) -> Case:
    """A case to which nothing objects."""
    settings = CampaignSettings("spring", Mode.PROGRESSIVE, "leads", "carrier", "", queue="sales", max_lines=5)
    values: dict[str, Any] = {
        "now": NOW, "settings": settings, "state": CampaignState.ON, "state_reason": "", "conditions": UP,
        "trunk": TrunkRun(TrunkSettings("carrier", "", "", 10, 5.0)), "live": 0, "number": "+441632960001",
        "agents_ready": 1,
    }  # fmt: skip
    return Case(**(values | changes))


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
            {"state": CampaignState.SUSPENDED, "state_reason": "no sound"},
            Hold("campaign_suspended: no sound"),
        ),
        (gates.running, {"conditions": replace(UP, shutting_down=True)}, Hold("shutting_down")),
        (gates.telephony_up, {"conditions": replace(UP, telephony="reset")}, Hold("telephony_down: reset")),
        (gates.store_up, {"conditions": replace(UP, store="away")}, Hold("store_down: away")),
        (gates.roster_up, {"conditions": replace(UP, roster="away")}, Hold("roster_down: away")),
        (gates.trunk_takes_calls, {"trunk": None}, Hold("trunk_unknown")),
        (gates.trunk_takes_calls, {"trunk": trunk(hold_until=1010.0)}, Hold("trunk_refuses_everything", 1010.0)),
        (gates.contact_callable, {"uncallable": "asked"}, Refuse("uncallable: asked")),
        (gates.number_present, {"number": ""}, Refuse("no_number")),
        (gates.attempts_left, {"attempts": 3}, Refuse("max_attempts")),
        (gates.gap_passed, {"not_before": 1000.5}, Hold("retry_gap", 1000.5)),
        (gates.number_free, {"number_in_use": True}, Hold("number_in_use")),
        (gates.campaign_line, {"live": 5}, Hold("campaign_max_lines")),
        (gates.trunk_line, {"trunk": trunk(live=10)}, Hold("trunk_max_lines")),
        (gates.trunk_cps, {"trunk": trunk(next_token_at=1000.2)}, Hold("trunk_cps", 1000.2)),
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
            {"conditions": replace(UP, roster="away"), "settings": replace(case().settings, queue=None)},
        ),
        (gates.attempts_left, {"attempts": 2}),
        (gates.gap_passed, {"not_before": NOW}),
        (gates.campaign_line, {"live": 4}),
        (gates.trunk_line, {"trunk": trunk(live=9)}),
        (gates.trunk_cps, {"trunk": trunk(next_token_at=NOW)}),
        (gates.trunk_takes_calls, {"trunk": trunk(hold_until=NOW)}),
        (gates.agent_ready, {"agents_ready": None}),
    ],
)
def test_each_gate_allows_at_its_edge(gate: Gate, changes: dict[str, Any]) -> None:
    assert gate(case(**changes)) is ALLOW


def test_the_first_objection_is_told() -> None:
    many = case(state=CampaignState.OFF, live=9, attempts=9)
    assert gates.first_objection(ALL_GATES, many) == Hold("campaign_off")
    assert len([1 for _, verdict in gates.walk(ALL_GATES, many) if verdict is not ALLOW]) == 3


def test_the_last_moment_runs_what_may_have_changed_since_the_hopper() -> None:
    for gate in (gates.campaign_on, gates.running, gates.telephony_up, gates.store_up, gates.attempts_left):
        assert gate in choosing.LAST_MOMENT_GATES
    assert gates.number_free not in choosing.LAST_MOMENT_GATES
