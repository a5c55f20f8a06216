"""A site's own rule has failed on a call: counted, and told."""

from __future__ import annotations

from dialerd.config.site_rules import RuleFailure
from dialerd.telemetry.metrics import Metrics
from dialerd.telemetry.notices import Notices


def tell_of(failure: RuleFailure, metrics: Metrics, notices: Notices) -> None:
    """Count it, and let operators know, where this one is worth it."""
    metrics.rule_failed(failure.function)
    if failure.times:
        name = "rule_function_failed" if failure.function else "site_rule_failed"
        more = {"function": failure.function, "times": str(failure.times)} if failure.function else {}
        notices.tell(
            "error", name, campaign=failure.campaign, error=failure.error, where=f"{failure.file}:{failure.line}",
            **more,
        )  # fmt: skip
