"""Metrics of call analysis: how often it is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from dialerd.core.amd_truth import Share


class AmdMetrics:
    """What people's marks say of machine verdicts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._false_positive = Gauge(
            "dialerd_amd_false_positive",
            "Persons among the machine verdicts of 30 days that were reviewed, a fraction: `bound` is the estimate, "
            "or an end (low, high) of its 95 % interval.", ("campaign", "bound"), registry=registry,
        )  # fmt: skip
        self._reviewed = Gauge(
            "dialerd_amd_reviewed", "Machine verdicts of 30 days that somebody marked.", ("campaign",),
            registry=registry,
        )  # fmt: skip

    def reviewed(self, told: Mapping[str, Share]) -> None:
        """Campaign -> persons among its reviewed machine verdicts; one that is not named has none."""
        self._false_positive.clear()
        self._reviewed.clear()
        for campaign, share in told.items():
            self._reviewed.labels(campaign).set(share.of)
            for bound, value in (("estimate", share.share), ("low", share.low), ("high", share.high)):
                if value is not None:
                    self._false_positive.labels(campaign, bound).set(value)
