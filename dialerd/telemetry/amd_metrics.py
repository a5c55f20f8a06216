"""Metrics of call analysis: how often it is wrong, and what is heard in the sound of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from dialerd.core.amd_truth import Share
from dialerd.core.attempt import AttemptRecord
from dialerd.core.commands import Command, Tell
from dialerd.core.events import ToneHeard
from dialerd.core.tones import Tone

_BY_TONE = "tone_"
RESULTS = ("used", "hint", "ignored")
"""What came of a tone: the call was treated by it; an agent was told; nothing: known already, or too late."""


class AmdMetrics:
    """What people's marks say of machine verdicts; tones, and calls that could not be listened to."""

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

        self._tones = Counter(
            "dialerd_tones_heard", "Tones in the sound of calls, by what came of them.", ("tone", "result"),
            registry=registry,
        )  # fmt: skip
        self._known_after = Histogram(
            "dialerd_tone_verdict_seconds", "From the answer to the verdict, where a tone gave it.", ("tone",),
            buckets=(0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 5, 7, 10, 15), registry=registry,
        )  # fmt: skip
        self._unheard = Counter(
            "dialerd_listening_failures", "Calls whose sound did not come, or was not what Asterisk sends.",
            registry=registry,
        )  # fmt: skip
        for tone in Tone:
            for result in RESULTS:
                self._tones.labels(tone.value, result)

    def tone_heard(self, event: ToneHeard, commands: Sequence[Command]) -> None:
        """A tone was heard, and this is what the core wanted done."""
        hint = any(isinstance(command, Tell) and command.name == "late_machine_hint" for command in commands)
        self._tones.labels(event.tone.value, "hint" if hint else "used" if commands else "ignored").inc()

    def listening_failed(self) -> None:
        """A call could not be listened to."""
        self._unheard.inc()

    def closed(self, record: AttemptRecord) -> None:
        """A call is over."""
        rule = record.analysis_rule or ""
        if rule.startswith(_BY_TONE) and record.analysed_at is not None and record.answered_at is not None:
            self._known_after.labels(rule.removeprefix(_BY_TONE)).observe(
                max(0.0, record.analysed_at - record.answered_at)
            )

    def reviewed(self, told: Mapping[str, Share]) -> None:
        """Campaign -> persons among its reviewed machine verdicts; one that is not named has none."""
        self._false_positive.clear()
        self._reviewed.clear()
        for campaign, share in told.items():
            self._reviewed.labels(campaign).set(share.of)
            for bound, value in (("estimate", share.share), ("low", share.low), ("high", share.high)):
                if value is not None:
                    self._false_positive.labels(campaign, bound).set(value)
