"""Whole campaigns: every way in which a call can end is in the record as it happened."""

from __future__ import annotations

from collections import Counter

from lab import Behaviour
from tests.harness.aftermath import assert_at_rest, assert_audited
from tests.harness.site import agentless, progressive
from tests.harness.stage import Stage, complete, numbers

B = Behaviour
UNANSWERED = {
    B.BUSY: "busy", B.REJECTED: "rejected", B.CONGESTION: "congestion", B.UNALLOCATED: "invalid_number",
    B.SIT: "invalid_number", B.NUMBER_CHANGED: "number_changed", B.RINGS_OUT: "no_answer",
    B.NO_PROGRESS: "no_answer",
}  # fmt: skip
PERSONS = (B.SHORT_HELLO, B.LATE_HELLO, B.SILENT, B.PRESSES_KEY)
MACHINES = (B.VOICEMAIL_LONG, B.VOICEMAIL_SHORT, B.VOICEMAIL_CARRIER, B.VOICEMAIL_MUSIC, B.FAX, B.BUSINESS)


def test_every_behaviour_with_agents_and_without(stage: Stage) -> None:
    """Both campaigns at once, over one number of each kind (and more persons), checked against the carrier's truth,
    the metrics and the report."""
    # Those that ring out first: they take the longest.
    kinds = sorted(B, key=lambda kind: kind not in (B.RINGS_OUT, B.NO_PROGRESS))
    people = [numbers(kind)[0] for kind in kinds] + numbers(B.SHORT_HELLO, 3, 1)
    subscribers = [numbers(kind, 1, 5)[0] for kind in kinds]
    agents = ["8001", "8002", "8003", "8004", "8005", "8006"]
    site = stage.open(
        {
            "calls": progressive(call_analysis={"profile": "connect_first"}, priority=4),
            "notice": agentless(stage.lab, call_analysis={"profile": "catch_machines"}, max_lines=8,
                                responses={"machine": "hang_up"}),
        },
        nailed=agents, people=people, subscribers=subscribers, start=["calls", "notice"],
    )  # fmt: skip
    complete(site, "calls", "notice", limit_s=90)

    found = assert_audited(site, stage.began_ms)
    assert found.accounted == len(people) + len(subscribers)
    recorded = site.dispositions()
    for kind, expected in UNANSWERED.items():
        assert recorded[numbers(kind)[0]] == [expected], kind
        assert recorded[numbers(kind, 1, 5)[0]] == [expected], kind
    for kind in PERSONS:
        assert recorded[numbers(kind)[0]] == ["answered_agent"], kind
    assert recorded[numbers(B.SHORT_HELLO, 1, 5)[0]] == ["answered_message"]
    assert recorded[numbers(B.QUICK_HANGUP)[0]] == ["hung_up_early"]
    # AMD may err on machines, and then it errs towards an agent, never towards hanging up on a person.
    for kind in MACHINES:
        assert recorded[numbers(kind)[0]][0] in ("machine", "fax", "answered_agent", "hung_up_early"), kind
    assert recorded[numbers(B.VOICEMAIL_LONG, 1, 5)[0]] == ["machine"]

    assert_at_rest(site)
    for campaign, view in site.api.campaigns().items():
        counted = Counter(a["disposition"] for a in site.attempts() if a["campaign"] == campaign)
        assert view["dispositions"] == dict(counted)
        for disposition, count in counted.items():
            assert site.api.metric("dialerd_attempts_total", campaign=campaign, disposition=disposition) == count
        assert site.api.metric("dialerd_calls_placed_total", campaign=campaign) == sum(counted.values())
        abandoned = sum(a["abandoned"] for a in site.attempts() if a["campaign"] == campaign)
        assert site.api.metric("dialerd_calls_abandoned_total", campaign=campaign) == abandoned
        summary = site.api.get(f"/api/v1/reports/summary?campaign={campaign}")["campaigns"][0]
        assert summary["dispositions"] == dict(counted)
    late = [wait for wait in found.waits_s if wait > 2.0]
    assert not late, found.waits_s
