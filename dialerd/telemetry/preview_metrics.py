"""Metrics of offers to agents."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from dialerd.core.preview import Decision
from dialerd.core.preview_commands import AnnounceDecision, AnnounceOffer


class PreviewMetrics:
    """Counts what is shown to agents, and what they say."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open: dict[str, str] = {}
        self._waiting = Gauge(
            "dialerd_preview_offers_open", "Contacts that agents are reading.", ("campaign",), registry=registry
        )
        self._over = Counter(
            "dialerd_preview_offers", "Offers that are over, by decision.", ("campaign", "decision"),
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "dialerd_preview_decision_seconds", "From the offer to what the agent said, or to the time-out.",
            ("campaign",), registry=registry, buckets=(1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300),
        )  # fmt: skip

    def observe(self, command: AnnounceOffer | AnnounceDecision) -> None:
        """An offer was made, or is over."""
        record = command.record
        if isinstance(command, AnnounceOffer):
            self._open[record.id] = record.campaign
            for decision in Decision:
                self._over.labels(record.campaign, decision.value)
        else:
            self._open.pop(record.id, None)
            self._over.labels(record.campaign, command.decided.decision.value).inc()
            if command.decided.decision is not Decision.WITHDRAWN:
                self._seconds.labels(record.campaign).observe(command.after_s)
        count = sum(campaign == record.campaign for campaign in self._open.values())
        self._waiting.labels(record.campaign).set(count)
