"""Metrics of call-backs."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from dialerd.core.attempt import AttemptRecord
from dialerd.core.commands import RetireContacts
from dialerd.core.tallies import CALLBACK_MISSED, promised_at, rang_as_promised


class CallbackMetrics:
    """Counts call-backs that were placed, and those whose time passed; how many are due is among the contacts
    (``dialerd_contacts``, kind ``promised``)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._over = Counter(
            "dialerd_callbacks",
            "Call-backs by what became of them: `kept`: it was placed; `missed`: its time passed.",
            ("outcome",), registry=registry,
        )  # fmt: skip
        for outcome in ("kept", "missed"):
            self._over.labels(outcome)
        self._late = Histogram(
            "dialerd_callback_late_seconds", "From the moment for which a call-back was promised to its dialing.",
            registry=registry, buckets=(5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400),
        )  # fmt: skip

    def closed(self, record: AttemptRecord) -> None:
        """A call is over."""
        tallies = record.contact_tries or {}
        if record.disposition is None or not rang_as_promised(tallies, record.disposition):
            return
        self._over.labels("kept").inc()
        due, dialed = promised_at(tallies), record.dialed_at
        if due is not None and dialed is not None:
            self._late.observe(max(0.0, dialed - due))

    def retired(self, command: RetireContacts) -> None:
        """Contacts are not called any more."""
        if command.reason == CALLBACK_MISSED:
            self._over.labels("missed").inc(len(command.contact_ids))
