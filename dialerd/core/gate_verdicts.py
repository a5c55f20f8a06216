"""What a gate answers: Allow, Hold(reason, until) or Refuse(reason)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allow:
    """Nothing against it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now. ``until``: epoch seconds, where known."""

    reason: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not at all, as things stand in the record."""

    reason: str


Verdict = Allow | Hold | Refuse
ALLOW = Allow()
