"""What the status says of a campaign that dials ahead, and the gauges beside it."""

from __future__ import annotations

from dataclasses import asdict, replace
from io import StringIO
from typing import Any

from rich.console import Console

from dialerd.cli.status_view import status_picture
from dialerd.control.floor import with_rate
from dialerd.core import events as e
from dialerd.core.campaign import Mode, PacingSettings
from dialerd.core.view import DialerView
from dialerd.core.windows import DayCount
from dialerd.telemetry.metrics import Metrics
from tests.scenarios.test_ahead import TODAY, opened, power
from tests.scenarios.timeline import START


def view(live: int = 390, abandoned: int = 4, **changes: Any) -> DialerView:
    """A power campaign with a shadow, half a second after its start."""
    pacing = PacingSettings(ratio=3.0, progressive_until=0, shadow=Mode.PREDICTIVE)
    counts = {"spring": (DayCount(TODAY, live, abandoned),)}
    line = opened("8001", "8002", settings=power(pacing=pacing), left=e.Recovered((), {}, {}, counts))
    line.at(0.5)
    seen = line.dialer.viewer.dialer(START + line.now)
    return replace(seen, campaigns=tuple(replace(campaign, **changes) for campaign in seen.campaigns))


def said(seen: DialerView) -> str:
    status = {"version": "1", "instance": "one", **asdict(seen)}
    status["campaigns"] = [with_rate(campaign) for campaign in seen.campaigns]
    out = StringIO()
    Console(file=out, width=200, color_system=None).print(status_picture(status, 200))
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
