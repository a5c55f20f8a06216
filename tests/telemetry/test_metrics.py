"""Metrics, counted from scripted timelines of a real core."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dialerd.core import events as e
from dialerd.core.analysis import profile_named
from dialerd.core.commands import EnterBridge, InvariantViolated, PlayMessage, Tell
from dialerd.core.disposition import Disposition
from dialerd.core.flow.nodes import Flow, Gather, HangUp, OptOut
from dialerd.core.flow.prompts import Media, Prompt
from dialerd.core.treatment import CallAnalysis, Treatment
from dialerd.telemetry.metrics import Metrics
from dialerd.telemetry.notices import Notices
from tests.control.stage import Stage, contact, reminders, spring


class Standing:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def now(self) -> float:
        return self._stage.now


def staged(*campaigns: object) -> tuple[Stage, Metrics]:
    metrics = Metrics()
    stage = Stage(*campaigns, observers=(metrics.observe,))  # type: ignore[arg-type]
    metrics.watch(stage.view, lambda: 7, lambda: 0.25)
    return stage, metrics


def value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    """A sample as Prometheus would read it; None: there is no such series."""
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


def off() -> object:
    return spring(analysis=profile_named("off"))


def test_a_call_to_an_agent_is_counted_once_everywhere() -> None:
    stage, metrics = staged(off())
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    stage.ring_and_answer(attempt, 8.0)
    enter = stage.last(EnterBridge)
    stage.advance(0.3).feed(e.BridgeEntered(attempt, enter.bridge_id))
    stage.advance(60).end(attempt)
    assert value(metrics, "dialerd_attempts_total", campaign="spring", disposition="answered_agent") == 1
    assert value(metrics, "dialerd_calls_placed_total", campaign="spring") == 1
    assert value(metrics, "dialerd_persons_answered_total", campaign="spring") == 1
    assert value(metrics, "dialerd_live_calls_total", campaign="spring") == 1
    assert value(metrics, "dialerd_calls_abandoned_total", campaign="spring") == 0
    assert value(metrics, "dialerd_ring_seconds_sum", campaign="spring", answered="yes") == pytest.approx(8.0)
    assert value(metrics, "dialerd_ring_seconds_count", campaign="spring", answered="yes") == 1
    assert value(metrics, "dialerd_answer_to_connect_seconds_sum", campaign="spring") == pytest.approx(0.3)
    assert value(metrics, "dialerd_analysis_seconds_count", campaign="spring") == 1


def test_nobody_answers_rings_but_connects_nothing() -> None:
    stage, metrics = staged(off())
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt))
    stage.advance(5).end(attempt, cause=17, sip_status=486)
    assert value(metrics, "dialerd_attempts_total", campaign="spring", disposition="busy") == 1
    assert value(metrics, "dialerd_ring_seconds_sum", campaign="spring", answered="no") == pytest.approx(5.0)
    assert value(metrics, "dialerd_persons_answered_total", campaign="spring") == 0
    assert value(metrics, "dialerd_answer_to_connect_seconds_count", campaign="spring") is None


def test_an_abandoned_call_is_a_and_not_l() -> None:
    stage, metrics = staged(off())
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt))
    stage.advance(4).feed(e.ChannelAnswered(attempt))
    stage.feed(e.MemberGone("sales", "8001"))
    stage.advance(3.0)
    assert stage.last(PlayMessage).channel_id == attempt
    stage.end(attempt)
    assert value(metrics, "dialerd_attempts_total", campaign="spring", disposition="abandoned") == 1
    assert value(metrics, "dialerd_calls_abandoned_total", campaign="spring") == 1
    assert value(metrics, "dialerd_persons_answered_total", campaign="spring") == 1
    assert value(metrics, "dialerd_live_calls_total", campaign="spring") == 0


def test_a_call_connected_late_is_a_and_not_l() -> None:
    stage, metrics = staged(off())
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    stage.ring_and_answer(attempt)
    enter = stage.last(EnterBridge)
    stage.advance(2.2).feed(e.BridgeEntered(attempt, enter.bridge_id))
    stage.advance(30).end(attempt)
    assert value(metrics, "dialerd_calls_abandoned_total", campaign="spring") == 1
    assert value(metrics, "dialerd_live_calls_total", campaign="spring") == 0
    assert value(metrics, "dialerd_answer_to_connect_seconds_sum", campaign="spring") == pytest.approx(2.2)
    campaign = stage.view().campaigns[0]
    assert (campaign.abandoned, campaign.reached, campaign.connected) == (1, 0, 1)


def test_a_message_heard_is_l_of_an_agentless_campaign() -> None:
    stage, metrics = staged(reminders(analysis=profile_named("off"), max_lines=1))
    stage.up().start("reminders", contact(1, "patients"))
    attempt = stage.grant()
    stage.ring_and_answer(attempt)
    play = stage.last(PlayMessage)
    stage.feed(e.PlaybackStarted(play.playback_id))
    stage.advance(6).feed(e.PlaybackFinished(play.playback_id)).end(attempt)
    assert value(metrics, "dialerd_attempts_total", campaign="reminders", disposition="answered_message") == 1
    assert value(metrics, "dialerd_live_calls_total", campaign="reminders") == 1
    assert stage.view().campaigns[0].reached == 1


def test_claims_refused_are_counted_by_reason_and_only_once() -> None:
    stage, metrics = staged(off())
    stage.up().agent().start("spring", contact(1))
    attempt = stage.claim().record.id
    stage.feed(e.ClaimRefused(attempt, "no_line"), e.ClaimRefused(attempt, "no_line"))
    assert value(metrics, "dialerd_claims_refused_total", campaign="spring", reason="no_line") == 1
    stage.advance(1)
    assert stage.claim().record.id != attempt
    stage.feed(e.ClaimRefused(stage.claim().record.id, "made up <by> nobody"))
    assert value(metrics, "dialerd_claims_refused_total", campaign="spring", reason="other") == 1
    stage.feed(e.ClaimRefused("dlr-" + "0" * 24, "no_line"))
    assert value(metrics, "dialerd_claims_refused_total", campaign="spring", reason="no_line") == 1
    assert stage.view().campaigns[0].refused_claims == {"no_line": 1, "made up <by> nobody": 1}


def test_gauges_follow_the_view() -> None:
    stage, metrics = staged(off(), reminders())
    assert value(metrics, "dialerd_up", part="telephony") == 0
    assert value(metrics, "dialerd_up", part="record") == 1
    stage.up()
    for part in ("telephony", "roster", "store", "record"):
        assert value(metrics, "dialerd_up", part=part) == 1
    stage.agent("8001").agent("8002").start("spring", contact(1), contact(2))
    first = stage.grant()
    assert value(metrics, "dialerd_calls", campaign="spring", state="originating") == 1
    assert value(metrics, "dialerd_calls", campaign="spring", state="ringing") == 0
    assert value(metrics, "dialerd_agents", queue="sales", state="reserved") == 1
    assert value(metrics, "dialerd_agents", queue="sales", state="available") == 1
    assert value(metrics, "dialerd_trunk_lines", trunk="carrier") == 1
    assert value(metrics, "dialerd_trunk_max_lines", trunk="carrier") == 10
    assert value(metrics, "dialerd_trunk_held", trunk="carrier") == 0
    assert value(metrics, "dialerd_campaign_state", campaign="spring", state="on") == 1
    assert value(metrics, "dialerd_campaign_state", campaign="reminders", state="on") == 0
    assert value(metrics, "dialerd_not_dialing", campaign="reminders", reason="campaign_off") == 1
    assert value(metrics, "dialerd_hopper_contacts", campaign="spring") == 1
    assert value(metrics, "dialerd_inbox_backlog") == 7
    assert value(metrics, "dialerd_loop_lag_seconds") == 0.25
    stage.feed(e.ChannelRinging(first))
    assert value(metrics, "dialerd_calls", campaign="spring", state="ringing") == 1
    assert value(metrics, "dialerd_calls", campaign="spring", state="originating") == 0


def test_the_reason_for_not_dialing_is_cut_to_its_bounded_word() -> None:
    stage, metrics = staged(off())
    stage.up().start("spring").feed(e.TelephonyLost("connect to 10.0.0.1 refused after 17 tries"))
    assert "telephony_down: connect to 10.0.0.1 refused after 17 tries" in stage.view().campaigns[0].not_dialing
    assert value(metrics, "dialerd_not_dialing", campaign="spring", reason="telephony_down") == 1
    assert "10.0.0.1" not in metrics.exposition().decode()


def test_counters_of_a_campaign_begin_at_zero_with_the_plan() -> None:
    """Prometheus cannot see the increase from nothing to one."""
    _, metrics = staged(off())
    for name in ("calls_placed", "calls_abandoned", "live_calls", "persons_answered"):
        assert value(metrics, f"dialerd_{name}_total", campaign="spring") == 0
    for disposition in Disposition:
        assert value(metrics, "dialerd_attempts_total", campaign="spring", disposition=disposition.value) == 0


def test_without_a_view_there_is_still_an_exposition() -> None:
    metrics = Metrics()
    assert value(metrics, "dialerd_inbox_backlog") == 0
    assert value(metrics, "dialerd_up", part="telephony") is None


def test_broken_promises_start_at_zero_and_unknown_ones_are_bounded() -> None:
    stage, metrics = staged(off())
    notices = Notices(Standing(stage), metrics)
    assert value(metrics, "dialerd_invariant_violations_total", invariant="agent_in_one_call") == 0
    notices.submit(InvariantViolated("agent_in_one_call", "8001: a and b"))
    notices.submit(InvariantViolated("something new", "x"))
    assert value(metrics, "dialerd_invariant_violations_total", invariant="agent_in_one_call") == 1
    assert value(metrics, "dialerd_invariant_violations_total", invariant="other") == 1
    assert value(metrics, "dialerd_notices_total", name="invariant_violated", level="error") == 2


def test_notices_are_counted_by_known_names() -> None:
    stage, metrics = staged(off())
    notices = Notices(Standing(stage), metrics)
    notices.submit(Tell("warning", "call_abandoned", {"attempt": "a"}))
    notices.submit(Tell("warning", "never heard of", {}))
    assert value(metrics, "dialerd_notices_total", name="call_abandoned", level="warning") == 1
    assert value(metrics, "dialerd_notices_total", name="other", level="warning") == 1


def test_a_defect_in_the_core_is_counted_from_the_engine() -> None:
    metrics = Metrics()
    holder: list[Stage] = []

    class Now:
        def now(self) -> float:
            return holder[0].now if holder else 0.0

    notices = Notices(Now(), metrics)
    stage = Stage(off(), watcher=notices, observers=(metrics.observe,))  # type: ignore[arg-type]
    holder.append(stage)
    stage.dialer._handlers[e.StoreBack] = lambda event, now: {}[1]  # type: ignore[index]
    stage.feed(e.StoreBack())
    assert value(metrics, "dialerd_invariant_violations_total", invariant="no_defect_in_the_core") == 1
    assert value(metrics, "dialerd_notices_total", name="core_defect", level="error") == 1


def test_handling_time_goes_into_its_histogram() -> None:
    metrics = Metrics()
    metrics.handled(0.0003)
    metrics.handled(0.2)
    assert value(metrics, "dialerd_event_handling_seconds_count") == 2
    assert value(metrics, "dialerd_event_handling_seconds_bucket", le="0.0005") == 1


def test_labels_stay_bounded_over_a_long_run() -> None:
    """However many calls, numbers and agents there are, the number of series does not grow with them."""
    stage, metrics = staged(off())
    stage.up().agent()

    def series_after(calls: int, first: int) -> set[str]:
        for serial in range(first, first + calls):
            stage.start("spring", contact(serial), more_in_attempt=1)
            attempt = stage.grant()
            stage.feed(e.ChannelRinging(attempt)).advance(1).end(attempt, 17, 486).advance(1)
        return set(re.findall(r"^dialerd\w+(?:\{[^}]*\})?", metrics.exposition().decode(), re.M))

    few = series_after(30, 100)
    assert series_after(60, 200) == few
    assert not metrics._campaign_of


def test_what_a_flow_came_to_and_who_opted_out_by_key() -> None:
    flow = Flow(
        "dates", "ask",
        {"ask": Gather(Prompt((Media("sound:a"),)), {"9": "out"}), "out": OptOut("bye"), "bye": HangUp("opted_out")},
    )  # fmt: skip
    stage, metrics = staged(
        reminders(
            analysis=profile_named("off"), flow="dates", flows={"dates": flow}, opt_out_list="optouts",
            responses={CallAnalysis.PERSON: Treatment.FLOW},
        )
    )  # fmt: skip
    assert value(metrics, "dialerd_opt_outs_total", campaign="reminders", how="key") == 0
    stage.up().start("reminders", contact(1, contact_list="patients"))
    attempt = stage.grant()
    stage.ring_and_answer(attempt, 3.0)
    (live,) = stage.view().attempts
    assert (live.flow, live.flow_node) == ("dates", "ask")
    stage.feed(e.PlaybackStarted(stage.last(PlayMessage).playback_id)).feed(e.DigitPressed(attempt, "9"))
    stage.end(attempt)
    assert value(
        metrics, "dialerd_flow_results_total", campaign="reminders", flow="dates", result="opted_out"
    ) == 1  # fmt: skip
    assert value(metrics, "dialerd_opt_outs_total", campaign="reminders", how="key") == 1
