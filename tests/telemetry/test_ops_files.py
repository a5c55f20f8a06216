"""Alert rules and dashboard name only metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialerd.config.daemon import ApiSettings
from dialerd.core import events as e
from dialerd.core.amd_truth import Mark, share_of
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import Mode, PacingSettings
from dialerd.core.commands import EnterBridge
from dialerd.core.direction import CampaignRule, Condition, Measure, Sequence, Threshold
from dialerd.core.flow.nodes import Flow, HangUp, ToQueue
from dialerd.telemetry.metrics import Metrics
from dialerd.telemetry.notices import Notices
from tests.control.stage import Stage, contact, reminders, spring

OPS = Path(__file__).parents[2] / "ops"
RULES: dict[str, Any] = yaml.safe_load((OPS / "prometheus" / "alerts.yml").read_text())
SCRAPES: dict[str, Any] = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana" / "dashboard.json").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in ALERTS:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@dataclass(frozen=True)
class Imported:
    """An import that is done."""

    contact_list: str = "customers"
    state: str = "done"
    imported: int = 3
    updated: int = 1
    rejected: int = 1
    started_at: float | None = 1.0
    ended_at: float | None = 3.0


@pytest.fixture(scope="module")
def labels_of() -> dict[str, set[str]]:
    """Sample name -> labels, from a timeline that touches every metric."""
    metrics = Metrics()
    sales = spring(analysis=profile_named("off"), pacing=PacingSettings(shadow=Mode.PREDICTIVE))
    asking = Flow("asks", "agent", {"agent": ToQueue("sales", "bye"), "bye": HangUp("no")})
    leading = reminders(flow="asks", flows={"asks": asking})
    stage = Stage(sales, leading, observers=(metrics.observe,))
    metrics.watch(stage.view, lambda: 0, lambda: 0.0)
    rule = CampaignRule("busy", "spring", "spring", Condition((Threshold(Measure.AGENTS, True, 99.0),)))
    sequences, rules = {"week": Sequence("week", ("spring",))}, {"busy": rule}
    stage.feed(e.PlanChanged(replace(stage.plan, sequences=sequences, campaign_rules=rules)))
    stage.up().agent().start("spring", contact(1), contact(2), contact(3))
    metrics.abandon_counted({("spring", "calendar_day", "us_ratio"): (0.01, 0.03)})
    metrics.amd.reviewed({"spring": share_of(1, 10)})
    metrics.contacts_counted({"spring": {"fresh": 1}})
    metrics.contacts_parked({"spring": {"retry:busy": 1}})
    metrics.provider_asked("registry", "answered", 0.1)
    metrics.provider_answers("registry", "redis", 2)
    metrics.provider_answers_unkept("read")
    stage.feed(e.CallMarked(Mark.PERSON, "8001", attempt_id="dlr-1"))
    metrics.imports.ended(Imported())
    metrics.rule_failed("house:vip")
    metrics.webhook_tried("crm", "refused", 0.1)
    metrics.webhook_tried("crm", "dead", 0.0)
    metrics.spoken("", "cached", 0.001)
    metrics.webhooks_counted({"crm": {"dead": 1}})
    metrics.dnc_counted({"opt_outs": {"number": 1}})
    stage.feed(e.ClaimRefused(stage.claim().record.id, "dnc:opt_outs")).advance(1)
    stage.feed(e.ClaimRefused(stage.claim().record.id, "cap:per_number")).advance(1)
    stage.feed(e.ClaimRefused(stage.claim().record.id, "no_line")).advance(1)
    first = stage.grant()
    of_tone = stage.dialer.floor.attempts[first].record
    metrics.amd.closed(replace(of_tone, analysis_rule="tone_beep", answered_at=1.0, analysed_at=2.0))
    # What a flow left with the call counts, wherever it comes from.
    stage.dialer.floor.attempts[first].record.flow = {"flow": "delivery", "over": True}
    stage.dialer.floor.attempts[first].record.flow_result = "confirmed"
    stage.ring_and_answer(first).feed(e.BridgeEntered(first, stage.last(EnterBridge).bridge_id))
    stage.advance(10).end(first).advance(60)
    second = stage.grant()
    stage.feed(e.ChannelAnswered(second), e.MemberGone("sales", "8001")).advance(3).end(second)

    class Clock:
        def now(self) -> float:
            return stage.now

    Notices(Clock(), metrics).tell("info", "store_back")
    metrics.handled(0.001)
    found: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        assert family.samples, f"{family.name} was not touched"
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize(("title", "expression"), list(expressions()))
def test_every_metric_and_label_exists(labels_of: dict[str, set[str]], title: str, expression: str) -> None:
    names = re.findall(r"\bdialerd_\w+", expression)
    assert names or expression.startswith("up{")
    assert set(names) <= labels_of.keys()
    for name, selector in re.findall(r"\b(dialerd_\w+)\{([^}]*)\}", expression):
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert used <= labels_of[name], name
    known = {label for name in names for label in labels_of[name]}
    for inside in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
        assert {label.strip() for label in inside.split(",")} <= known


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_alerts_say_what_and_what_to_do(labels_of: dict[str, set[str]], rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description"}
    names = re.findall(r"\bdialerd_\w+", rule["expr"])
    known = {label for name in names for label in labels_of[name]} | {"instance"}
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= known


def test_legends_use_labels_that_are_left() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            kept = re.findall(r"\bby \(([^)]*)\)", target["expr"])
            if kept and wanted:
                assert wanted <= {label.strip() for label in kept[0].split(",")}, panel["title"]


def test_prometheus_looks_where_dialerd_listens() -> None:
    (job,) = SCRAPES["scrape_configs"]
    settings = ApiSettings()
    assert job["static_configs"][0]["targets"] == [f"{settings.host}:{settings.port}"]
    assert SCRAPES["rule_files"] == ["alerts.yml"]
    assert (job["job_name"], job["metrics_path"]) == ("dialerd", "/metrics")


def test_the_dashboard_fits_its_grid_and_uses_the_provisioned_source() -> None:
    provisioned = yaml.safe_load((OPS / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == provisioned["datasources"][0]["uid"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
