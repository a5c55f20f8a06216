"""Webhooks: addresses that are told of calls because a rule wants it, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dialerd.core.masking import masked

VERSION = 1
"""Of the payload: it is raised when something that is in it changes its meaning or goes."""


class NumberShown(StrEnum):
    """How much of a phone number leaves the house."""

    MASKED = "masked"
    FULL = "full"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """One address. Times in seconds."""

    name: str
    url: str
    timeout_s: float = 5.0
    tries: int = 8
    """After so many that failed a delivery is dead."""
    first_gap_s: float = 30.0
    """Before the second try; it doubles with each."""
    longest_gap_s: float = 3600.0
    at_once: int = 4
    """Most requests at the same time."""
    token_env: str | None = None
    """Environment variable with a token: ``Authorization: Bearer``."""
    headers_env: Mapping[str, str] = field(default_factory=dict)
    """Header -> environment variable with its value."""
    number: NumberShown = NumberShown.MASKED
    columns: tuple[str, ...] = ()
    """Columns of the contact that are told."""

    def gap_s(self, tries: int) -> float:
        """How long to wait after so many failed tries."""
        return float(min(self.longest_gap_s, self.first_gap_s * 2.0 ** min(tries - 1, 40)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be told once: a call, because of a rule. ``attempt``: its fields; None: it is no longer known."""

    id: str
    webhook: str
    rule: str
    tries: int
    attempt: Mapping[str, Any] | None
    columns_now: Mapping[str, str] = field(default_factory=dict)


_TOLD = (
    "campaign", "contact_list", "number_kind", "trunk", "mode", "agent", "queue", "disposition", "analysis",
    "treatment", "flow_result", "hung_up_by", "abandoned", "called_local",
)  # fmt: skip
_TIMES = ("dialed_at", "answered_at", "connected_at", "ended_at")


def payload(settings: WebhookSettings, delivery: Delivery) -> dict[str, Any]:
    """The JSON that is posted; see docs/webhooks.md. ``delivery`` has its attempt."""
    attempt = delivery.attempt
    assert attempt is not None
    connected, ended = attempt["connected_at"], attempt["ended_at"]
    told: dict[str, Any] = {
        "version": VERSION, "event": "call_ended", "delivery": delivery.id, "rule": delivery.rule,
        "attempt": attempt["id"], "contact": attempt["contact_key"],
        **{name: attempt[name] for name in _TOLD},
        **{name: iso(attempt[name]) for name in _TIMES},
        "talk_time_s": round(ended - connected, 3) if connected is not None and ended is not None else None,
        "columns": {name: delivery.columns_now[name] for name in settings.columns if name in delivery.columns_now},
    }  # fmt: skip
    return told | shown_number(settings, attempt["number"])


def shown_number(settings: WebhookSettings, number: str) -> dict[str, str]:
    """The number as this webhook is told of it, as ``number``; nothing where it is told of none."""
    if settings.number is NumberShown.NONE:
        return {}
    return {"number": number if settings.number is NumberShown.FULL else masked(number)}


def iso(at: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
