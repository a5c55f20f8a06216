"""Sequences and campaign rules over HTTP."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core import events as e
from dialerd.core.direction import CampaignRule, Condition, Measure, Order, Sequence, Threshold
from dialerd.telemetry.metrics import Metrics
from tests.control.api_client import Client
from tests.control.stage import Stage
from tests.control.staged_daemon import StagedDaemon

RULE = CampaignRule(
    "calm", "spring", "reminders", Condition((Threshold(Measure.AGENTS, True, 0),)),
    Condition((Threshold(Measure.AGENTS, False, 1),), for_s=10.0), Order.START, {"max_lines": 3},
)  # fmt: skip


def directed(stage: Stage) -> Stage:
    plan = replace(
        stage.plan, sequences={"week": Sequence("week", ("spring", "reminders"))}, campaign_rules={"calm": RULE}
    )
    return stage.feed(e.PlanChanged(plan)).up()


async def test_a_sequence_is_started_stopped_and_audited(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    directed(stage)
    answer = await api.post("/api/v1/sequences/week/start", headers={"X-Dialerd-User": "anna"})
    assert (answer.status, await answer.json()) == (
        202,
        {"sequence": "week", "asked": "start", "state_before": "off"},
    )
    body = await (await api.get("/api/v1/sequences")).json()
    assert body["sequences"] == [
        {
            "name": "week", "state": "on", "campaigns": ["spring", "reminders"], "loop": False, "current": "spring",
            "waiting_for": "campaign spring to complete",
        }
    ]  # fmt: skip
    answer = await api.post("/api/v1/sequences/week/stop")
    assert (await answer.json())["state_before"] == "on"
    assert (await (await api.get("/api/v1/campaigns/spring")).json())["state"] == "off"
    audit = (await (await api.get("/api/v1/audit")).json())["audit"]
    (started,) = [row for row in audit if row["what"] == "sequence_start"]
    assert started["who"].startswith("anna")
    assert started["detail"] == {"sequence": "week", "state_before": "off"}


async def test_an_unknown_sequence_is_not_found(api: Client, stage: Stage) -> None:
    directed(stage)
    answer = await api.post("/api/v1/sequences/weak/start")
    assert answer.status == 404
    assert (await answer.json())["hint"] == "Did you mean `week`?"


async def test_rules_tell_how_they_stand(api: Client, stage: Stage) -> None:
    directed(stage).agent()
    stage.advance(6)
    (rule,) = (await (await api.get("/api/v1/campaign-rules")).json())["campaign_rules"]
    assert (rule["name"], rule["active"], rule["target"]) == ("calm", True, "reminders")
    assert (rule["when"], rule["until"], rule["does"]) == ("agents above 0", "agents below 1", "start, max_lines 3")
    assert rule["changed_at"] is not None
    seen = Metrics()
    seen.watch(stage.view, lambda: 0, lambda: 0.0)
    metrics = seen.exposition().decode()
    assert 'dialerd_campaign_rule_active{rule="calm"} 1.0' in metrics
    assert 'dialerd_sequence_on{sequence="week"} 0.0' in metrics
