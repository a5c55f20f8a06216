"""Dates at which an entry of a do-not-call list ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"\d{9,11}(\.\d+)?")
_AHEAD = re.compile(r"(\d{1,5})(h|d|w)")
_UNIT_S = {"h": 3600, "d": 86_400, "w": 604_800}


class BadDate(ValueError):
    """Not a date that can be read; the text says what would be."""


def end_of(text: str, now: float) -> float | None:
    """Epoch seconds at which an entry is over: ``2027-03-01`` (from that day's beginning on, UTC), ISO 8601 with a
    time, epoch seconds, or ``30d`` (from ``now``; h, d, w). Empty or ``never``: None. Raises :class:`BadDate`."""
    text = text.strip()
    if not text or text.lower() == "never":
        return None
    ahead = _AHEAD.fullmatch(text)
    if ahead:
        return now + int(ahead[1]) * _UNIT_S[ahead[2]]
    if _EPOCH.fullmatch(text):
        return float(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise BadDate("not a date: write 2027-03-01, 2027-03-01T12:00+01:00, or 30d from now") from None
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
