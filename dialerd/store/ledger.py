"""What an earlier run left in the hot store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialerd.core.attempt import AttemptRecord
from dialerd.core.caller import CallerRecord


@dataclass(frozen=True, slots=True)
class LedgerContents:
    """Live attempts by age of their ids, nailed-up lines (agent -> channel id), and what pacers had learned by
    campaign: parts of :class:`~dialerd.core.events.Recovered`. The others, campaigns' states and counts, are in the
    record."""

    attempts: tuple[AttemptRecord, ...]
    agent_lines: Mapping[str, str]
    pacing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    callers: tuple[CallerRecord, ...] = ()
    """Inbound calls that were not over, or not in the record."""
