"""What is counted for every event reads as if the library had counted it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

from dialerd.core.events import ClaimGranted, Event, TelephonyLost, TimePassed
from dialerd.telemetry.handled_events import HandledEvents

BOUNDS_S = (0.0001, 0.001, 0.25)
KINDS: tuple[type[Event], ...] = (TimePassed, ClaimGranted, TelephonyLost)

durations = st.one_of(st.sampled_from(BOUNDS_S), st.floats(0.0, 1.0))


def exposition(registry: CollectorRegistry) -> list[str]:
    lines = generate_latest(registry).decode().splitlines()
    # When each began to count, unless somebody has turned that off, as the daemon does.
    return sorted(line for line in lines if "_created" not in line)


@given(st.lists(st.tuples(st.sampled_from(KINDS), durations), max_size=50))
def test_as_the_library_says_it(handled: list[tuple[type[Event], float]]) -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    counter = Counter("dialerd_events", "Events the core has handled.", ("event",), registry=theirs)
    histogram = Histogram(
        "dialerd_event_handling_seconds", "Time to handle one event.", buckets=BOUNDS_S, registry=theirs
    )
    plain = HandledEvents(BOUNDS_S)
    ours.register(plain)
    for kind, seconds in handled:
        counter.labels(kind.__name__).inc()
        histogram.observe(seconds)
        plain.count(kind)
        plain.took(seconds)
    assert exposition(ours) == exposition(theirs)
