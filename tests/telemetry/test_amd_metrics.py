"""Tones and reviewed verdicts as metrics, counted from a real core."""

from __future__ import annotations

import pytest

from dialerd.core import events as e
from dialerd.core.amd_truth import share_of
from dialerd.core.analysis import profile_named
from dialerd.core.commands import EnterBridge, Tell
from dialerd.core.tones import Tone
from dialerd.telemetry.metrics import Metrics
from tests.control.stage import Stage, contact, spring
from tests.telemetry.test_metrics import staged, value


def analysing(profile: str = "balanced") -> tuple[Stage, Metrics, str]:
    """Somebody has answered, and it is listened to what it is."""
    stage, metrics = staged(spring(analysis=profile_named(profile)))
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    stage.feed(e.ChannelAnswered(attempt)).advance(0.9)
    return stage, metrics, attempt


def heard(metrics: Metrics, tone: str, result: str) -> float | None:
    return value(metrics, "dialerd_tones_heard_total", tone=tone, result=result)


def test_a_tone_that_decides_is_counted_with_how_long_it_took() -> None:
    stage, metrics, attempt = analysing()
    assert heard(metrics, "fax_ced", "used") == 0, "the first one is an increase, too"
    stage.feed(e.ToneHeard(attempt, Tone.FAX_CED, 0.1))
    assert (heard(metrics, "fax_ced", "used"), heard(metrics, "fax_ced", "ignored")) == (1, 0)
    stage.feed(e.ToneHeard(attempt, Tone.FAX_CED, 0.1))
    assert heard(metrics, "fax_ced", "ignored") == 1, "it is being hung up on already"
    stage.end(attempt)
    assert value(metrics, "dialerd_tone_verdict_seconds_count", tone="fax_ced") == 1
    assert value(metrics, "dialerd_tone_verdict_seconds_sum", tone="fax_ced") == pytest.approx(0.9)


def test_one_that_comes_when_an_agent_has_the_call_is_a_hint() -> None:
    stage, metrics, attempt = analysing("connect_first")
    stage.feed(e.AmdFinished(attempt, "HUMAN", "HUMAN-1000-1000"))
    stage.feed(e.BridgeEntered(attempt, stage.last(EnterBridge).bridge_id))
    stage.feed(e.ToneHeard(attempt, Tone.SIT_VACANT, 0.1))
    assert heard(metrics, "sit_vacant", "hint") == 1
    stage.end(attempt)
    assert value(metrics, "dialerd_tone_verdict_seconds_count", tone="sit_vacant") is None


def test_calls_that_cannot_be_listened_to() -> None:
    stage, metrics, attempt = analysing()
    stage.feed(e.ListeningFailed(attempt, "a frame of kind 0x42"))
    assert value(metrics, "dialerd_listening_failures_total") == 1
    assert stage.last(Tell).name == "listening_failed"


def test_a_campaign_without_reviews_has_no_estimate() -> None:
    metrics = Metrics()
    metrics.amd.reviewed({"spring": share_of(3, 40), "autumn": share_of(0, 0)})
    assert value(metrics, "dialerd_amd_false_positive", campaign="spring", bound="estimate") == 0.075
    assert value(metrics, "dialerd_amd_false_positive", campaign="spring", bound="high") == pytest.approx(
        0.198, abs=0.01
    )
    assert value(metrics, "dialerd_amd_false_positive", campaign="autumn", bound="estimate") is None
    metrics.amd.reviewed({})
    assert value(metrics, "dialerd_amd_reviewed", campaign="spring") is None
