"""What the API needs to say why a contact is not called. See :class:`dialerd.control.daemon.Explaining`."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.amd_truth import MarkedCall
from dialerd.core.dnc import DncFinding
from dialerd.core.inspection import Inspection


@dataclass(frozen=True, slots=True)
class PlaceInLine:
    """So many contacts come before it in the campaign's order; ``about`` and ``at_least`` as they read."""

    before: int
    about: bool
    at_least: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of a contact in one campaign."""

    inspection: Inspection
    entries: tuple[tuple[str, DncFinding], ...]
    """Number -> an entry of a do-not-call list of the campaign that concerns it."""
    place: PlaceInLine | None
    """None: it is not in line."""
    unknown: tuple[str, ...]
    """What could not be asked."""
    marks: tuple[MarkedCall, ...] = ()
    """What people said of calls to the contact or its numbers, the latest word first."""
