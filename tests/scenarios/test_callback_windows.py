"""Call-backs with a window, in the core and in the metrics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.tallies import is_promised, promised
from dialerd.telemetry.metrics import Metrics
from tests.control.stage import T0, Stage, contact, spring


def staged(until: float | None) -> tuple[Stage, Metrics]:
    """Somebody who was to be called a minute ago, and not after ``until`` seconds from now."""
    metrics = Metrics()
    stage = Stage(spring(), observers=(metrics.observe,)).up().agent()
    asked = promised({}, T0 - 60.0, None if until is None else T0 + until)
    stage.start("spring", replace(contact(1), attempts=9, tries=asked))
    return stage, metrics


def counted(metrics: Metrics) -> dict[str, float]:
    found = {
        o: metrics.registry.get_sample_value("dialerd_callbacks_total", {"outcome": o}) for o in ("kept", "missed")
    }
    late = metrics.registry.get_sample_value("dialerd_callback_late_seconds_sum")
    return {**{name: value or 0.0 for name, value in found.items()}, "late": late or 0.0}


@pytest.mark.parametrize("until", [None, 0.0, 3600.0])
def test_in_time_it_is_placed_and_counted_once_it_is_over(until: float | None) -> None:
    stage, metrics = staged(until)
    attempt = stage.grant()
    assert counted(metrics) == {"kept": 0.0, "missed": 0.0, "late": 0.0}
    stage.advance(5.0).end(attempt, 17)
    assert counted(metrics) == {"kept": 1.0, "missed": 0.0, "late": 60.0}


def test_too_late_it_is_not_placed() -> None:
    stage, metrics = staged(-1.0)
    assert stage.last(c.RetireContacts) == c.RetireContacts((1,), "callback_missed")
    assert not [one for one in stage.commands if isinstance(one, c.Claim)]
    assert counted(metrics) == {"kept": 0.0, "missed": 1.0, "late": 0.0}


def test_a_window_that_ends_before_the_claim_is_granted() -> None:
    stage, _ = staged(2.0)
    attempt = stage.last(c.Claim).record.id
    stage.now += 3.0
    stage.feed(e.ClaimGranted(attempt))
    assert not [one for one in stage.commands if isinstance(one, c.OriginateCall)]


def test_a_call_that_never_rang_keeps_no_promise() -> None:
    stage, metrics = staged(None)
    stage.end(stage.grant(), 34)
    closed = stage.last(c.CloseAttempt).outcome.record
    assert closed.disposition == "congestion"
    assert is_promised(closed.contact_tries)
    assert counted(metrics)["kept"] == 0.0
