"""What is counted for every single event: plain numbers, made into metrics when Prometheus asks.

The library's own counters and histograms take a lock and look up their children each time: eight times as long.
All of this happens on the event loop's thread, scrapes too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from dialerd.core.events import Event


class HandledEvents(Collector):
    """Events by type, and how long they took."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        """``bounds_s``: upper bounds of the histogram's buckets, ascending."""
        self._of_type: dict[type[Event], int] = {}
        self._bounds_s = tuple(bounds_s)
        self._in_bucket = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0

    def count(self, kind: type[Event]) -> None:
        """One event of this type."""
        self._of_type[kind] = self._of_type.get(kind, 0) + 1

    def took(self, seconds: float) -> None:
        """One event took so long."""
        # A value that equals a bound belongs below it (Prometheus' `le`).
        self._in_bucket[bisect_left(self._bounds_s, seconds)] += 1
        self._sum_s += seconds

    def collect(self) -> Iterator[Metric]:
        """Both metrics as they are now."""
        events = CounterMetricFamily("dialerd_events", "Events the core has handled.", labels=("event",))
        for kind, count in self._of_type.items():
            events.add_metric((kind.__name__,), count)
        yield events
        handling = HistogramMetricFamily("dialerd_event_handling_seconds", "Time to handle one event.")
        buckets, total = [], 0
        for bound, count in zip((*self._bounds_s, float("inf")), self._in_bucket, strict=True):
            total += count
            buckets.append((floatToGoString(bound), float(total)))  # type: ignore[no-untyped-call]
        handling.add_metric((), buckets, self._sum_s)
        yield handling
