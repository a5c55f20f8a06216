"""How a contact that waits for the hours of its calling group is told from one that waits for a moment."""

from __future__ import annotations

LAST_GROUP = 400
"""The highest number of a group: up to here ``next_at`` of a waiting contact is its group's, and not epoch seconds.
SQLite reads from at most 500 places in one statement."""


def moment_of(next_at: float | None) -> float | None:
    """Epoch seconds until which a waiting contact waits; None: for the hours of its group."""
    return None if next_at is None or next_at <= LAST_GROUP else next_at
