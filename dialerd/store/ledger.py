"""What an earlier run left in the hot store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialerd.core.attempt import AttemptRecord


@dataclass(frozen=True, slots=True)
class LedgerContents:
    """Live attempts by age of their ids, and nailed-up lines (agent -> channel id): two of the three parts of
    :class:`~dialerd.core.events.Recovered`. The third, the campaigns' states, is in the record."""

    attempts: tuple[AttemptRecord, ...]
    agent_lines: Mapping[str, str]
