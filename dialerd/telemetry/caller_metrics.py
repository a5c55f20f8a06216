"""Metrics of people who call back the number that a campaign shows."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from dialerd.core.caller import CallerRecord, InboundOutcome

_WAIT_BUCKETS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class CallerMetrics:
    """Counts inbound calls that are over. Those of numbers that no campaign shows have an empty campaign."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "dialerd_inbound_calls", "People who called back, by how their call ended.", ("campaign", "outcome"),
            registry=registry,
        )  # fmt: skip
        self._waited = Histogram(
            "dialerd_inbound_wait_seconds", "How long callers waited in queues for an agent, where they did.",
            ("campaign",), registry=registry, buckets=_WAIT_BUCKETS_S,
        )  # fmt: skip

    def begin_at_zero(self, campaign: str) -> None:
        """Prometheus sees an increase only from a value that it has seen."""
        self._waited.labels(campaign)
        for outcome in InboundOutcome:
            self._calls.labels(campaign, outcome.value)

    def over(self, record: CallerRecord) -> None:
        """A call is over."""
        self._calls.labels(record.campaign, record.outcome).inc()
        if record.queue:
            self._waited.labels(record.campaign).observe(record.waited_s)
