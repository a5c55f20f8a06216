"""Events of people who say what a call was; part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.amd_truth import Mark
from dialerd.core.value import value


@value(frozen=True, slots=True)
class CallMarked:
    """``who`` said what a call was: that of ``agent``, or the attempt of this id."""

    mark: Mark
    who: str
    agent: str | None = None
    attempt_id: str | None = None
