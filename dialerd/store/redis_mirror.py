"""What the hot store knows to be in Redis, so that it can be written again when Redis has lost it.

Redis with ``appendfsync everysec`` may forget the last second or two after a crash, and all of it when its disk is
gone. While the daemon lives it can make good both: it holds the lease, so nobody else changes the ledger.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

MAX_OUTCOMES = 20_000
"""Outcomes remembered until they are in the record; about 1.2 kB each. Beyond, only Redis has the oldest."""


@dataclass(slots=True)
class LiveEntry:
    """A granted attempt: what it holds, and its entry as last written."""

    number: str
    trunk: str
    campaign: str
    agent: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class ClosedEntry:
    """A closed attempt whose outcome may not be in the record yet."""

    number: str
    trunk: str
    campaign: str
    outcome: bytes


class Mirror:
    """Live entries, agents' lines and outcomes as Redis has confirmed them."""

    def __init__(self) -> None:
        self.live: dict[str, LiveEntry] = {}
        self.agent_lines: dict[str, str] = {}
        self.outcomes: OrderedDict[str, ClosedEntry] = OrderedDict()

    def closed(self, attempt_id: str, entry: ClosedEntry) -> None:
        """The close was confirmed."""
        self.live.pop(attempt_id, None)
        self.outcomes[attempt_id] = entry
        if len(self.outcomes) > MAX_OUTCOMES:
            self.outcomes.popitem(last=False)

    def forget_outcomes(self, attempt_ids: Iterable[str]) -> None:
        """These outcomes are in the record."""
        for attempt_id in attempt_ids:
            self.outcomes.pop(attempt_id, None)
