"""What the status says of a campaign that dials ahead, and the gauges beside it."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from dialerd.cli.status_view import status_picture
from dialerd.control.floor import with_rate
from dialerd.core import events as e
from dialerd.core.campaign import Mode, PacingSettings
from dialerd.core.pacing_history import SAMPLES, PacingSample
from dialerd.core.view import DialerView
from dialerd.core.windows import DayCount
from dialerd.telemetry.metrics import Metrics
from tests.scenarios.test_ahead import TODAY, opened, power
from tests.scenarios.test_flow_agents import opened as flow_opened
from tests.scenarios.timeline import START


def view(live: int = 390, abandoned: int = 4, **changes: Any) -> DialerView:
    """A power campaign with a shadow, half a second after its start."""
    pacing = PacingSettings(ratio=3.0, progressive_until=0, shadow=Mode.PREDICTIVE)
    counts = {"spring": (DayCount(TODAY, live, abandoned),)}
    line = opened("8001", "8002", settings=power(pacing=pacing), left=e.Recovered((), {}, {}, counts))
    line.at(0.5)
    seen = line.dialer.viewer.dialer(START + line.now)
    return replace(seen, campaigns=tuple(replace(campaign, **changes) for campaign in seen.campaigns))


def said(seen: DialerView, width: int = 200) -> str:
    status = {"version": "1", "instance": "one", **asdict(seen)}
    status["campaigns"] = [with_rate(campaign) for campaign in seen.campaigns]
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(status_picture(status, width))
    return out.getvalue()


def test_a_line_for_the_campaign_and_one_for_its_shadow() -> None:
    text = said(view())
    assert "spring 0 calls: ratio 3.00 x 2 idle agents, 6 calls in progress" in text
    assert "abandoned today ███░░░░░░░ 4 of 11.8; 3.0 calls per agent" in text
    assert "predictive would say: " in text


def test_an_overdrawn_budget_is_a_full_bar() -> None:
    assert "██████████ 40 of 12.0" in said(view(360, 40))
    assert "░░░░░░░░░░ 0 of 0.0" in said(view(0, 0))


def test_a_campaign_that_is_off_has_no_line() -> None:
    assert "calls per agent" not in said(view(state="off"))


def test_gauges() -> None:
    metrics, seen = Metrics(), view()
    metrics.watch(lambda: seen, lambda: 0, lambda: 0.0)
    told = metrics.exposition().decode()
    for line in (
        'dialerd_pacing_calls_wanted{campaign="spring"} 0.0',
        'dialerd_pacing_level{campaign="spring"} 3.0',
        'dialerd_pacing_budget_used{campaign="spring"} 4.0',
        'dialerd_pacing_budget_allowed{campaign="spring"} 11.82',
        'dialerd_pacing_budget_left{campaign="spring"} 7.82',
        'dialerd_pacing_shadow_calls_wanted{campaign="spring",mode="predictive"}',
    ):
        assert line in told


def watched(samples: int, **changes: float) -> DialerView:
    """The same with a history: each figure rises, a sample every five seconds."""
    history = tuple(
        replace(PacingSample(5.0 * i, 0.1 * i, i % 7, i, 0.05 * i, 20.0 - 0.1 * i), **changes) for i in range(samples)
    )
    seen = view()
    (campaign,) = seen.campaigns
    assert campaign.pacing is not None
    return replace(seen, campaigns=(replace(campaign, pacing=replace(campaign.pacing, history=history)),))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 240])
def test_the_last_minutes_are_small_charts_that_fit(width: int) -> None:
    text = said(watched(SAMPLES), width)
    lines = [line for line in text.splitlines() if "▁" in line]
    assert lines
    assert max(len(line) for line in lines) <= width
    for name, value in (
        ("calls/agent", "11.9"),
        ("idle", "0"),
        ("calls out", "119"),
        ("answers", "6.0"),
        ("budget", "8.1"),
    ):
        assert re.search(rf"{name} +[▁▂▃▄▅▆▇█]+ +{value}\b", text), f"{name} in\n{text}"


def test_few_samples_make_a_short_chart_and_one_makes_none() -> None:
    assert re.search(r"calls out +▁▅█ +2\b", said(watched(3)))
    assert "calls/agent" not in said(watched(1))
    assert "calls/agent" not in said(watched(0))


def test_rising_figures_rise_in_the_chart() -> None:
    chart = re.search(r"calls out +([▁▂▃▄▅▆▇█]+)", said(watched(SAMPLES)))
    assert chart is not None
    assert list(chart[1]) == sorted(chart[1])
    assert chart[1][-1] == "█"


def test_an_overdrawn_budget_has_a_flat_chart() -> None:
    assert re.search(r"budget +▁+ +-2\.0", said(watched(9, budget_left=-2.0)))


def test_the_agents_that_a_flow_needs_have_a_line_and_gauges() -> None:
    line = flow_opened("8001", "8002")
    seen = line.dialer.viewer.dialer(START + line.now)
    text = said(seen)
    assert "spring sales: 2.0 callers expected to want an agent within 40 s, 2.0 agents free by then" in text
    assert "25% of those who answer ask for one" in text
    assert "not dialing because callers in its flow will need the agents (sales: 2.0 callers expected" in text
    metrics = Metrics()
    metrics.watch(lambda: seen, lambda: 0, lambda: 0.0)
    for name, value in (("transfer_share", 0.25), ("callers_expected", 2.0), ("agents_expected", 2.0)):
        labels = {"campaign": "spring", "queue": "sales"}
        assert metrics.registry.get_sample_value(f"dialerd_flow_{name}", labels) == pytest.approx(value)
    labels = {"campaign": "spring", "reason": "flow_needs_agents"}
    assert metrics.registry.get_sample_value("dialerd_not_dialing", labels) == 1
