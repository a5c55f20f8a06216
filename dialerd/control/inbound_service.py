"""What the API needs of inbound calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboundQuestion:
    """Which inbound calls that are over; None asks for nothing. ``since`` and ``until``: epoch seconds of the
    arrival, half open."""

    campaign: str | None = None
    outcome: str | None = None
    number: str | None = None
    contact_id: int | None = None
    since: float | None = None
    until: float | None = None
    limit: int = 100
    offset: int = 0
