"""Metrics of recorded conversations."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

STATES = ("waiting", "kept", "failed", "removing", "removed")


class RecordingMetrics:
    """Counts what became of recordings, and how many there are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._results = Counter(
            "dialerd_recordings", "Recordings of conversations by what became of them: kept, failed, removed.",
            ("campaign", "result"), registry=registry,
        )  # fmt: skip
        self._there = Gauge(
            "dialerd_recordings_present",
            "Recordings by state; `waiting`: not fetched from Asterisk yet. As they were counted some seconds ago.",
            ("state",), registry=registry,
        )  # fmt: skip

    def counted(self, campaign: str, result: str) -> None:
        """One recording came to this."""
        self._results.labels(campaign, result).inc()

    def present(self, counts: Mapping[str, int]) -> None:
        """State -> how many there are."""
        for state in STATES:
            self._there.labels(state).set(counts.get(state, 0))
