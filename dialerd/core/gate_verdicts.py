"""What a gate answers: Allow, Hold(reason, until) or Refuse(reason)."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class Allow:
    """Nothing against it."""


@value(frozen=True, slots=True)
class Hold:
    """Not now. ``until``: epoch seconds, where known."""

    reason: str
    until: float | None = None


@value(frozen=True, slots=True)
class Refuse:
    """Not at all, as things stand in the record."""

    reason: str


Verdict = Allow | Hold | Refuse
ALLOW = Allow()
