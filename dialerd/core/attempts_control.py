"""How often a number, a contact or a person may be called: rolling caps, checked inside the claim."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whose calls are counted together, across all campaigns."""

    NUMBER = "number"
    """The number, whichever list it is in."""
    CONTACT = "contact"
    """The contact: one record of one list, with all its numbers."""
    PERSON = "person"
    """Everybody with the same key, in whichever list: the site's keys must mean the same person everywhere."""


class Counted(StrEnum):
    """Which calls a cap counts. Only calls that were really dialed count."""

    CALLS = "calls"
    """All."""
    CONVERSATIONS = "conversations"
    """Those that reached an agent."""
    ABANDONED = "abandoned"
    """Those that a person answered and no agent took in time."""
    MACHINES = "machines"
    """Those that call analysis took for a machine."""


@dataclass(frozen=True, slots=True)
class AttemptCap:
    """At most ``calls`` of the counted kind in any ``window_s`` seconds before a call; else the call has to wait.

    A gap between any two calls is a cap of one call in that time. ``unless_guaranteed``: a call for which an agent
    is reserved before it is dialed may go out all the same (Ofcom's 72 h and 24 h rules).
    """

    scope: Scope
    calls: int
    window_s: float
    counts: Counted = Counted.CALLS
    unless_guaranteed: bool = False
    name: str = ""
    """Told as ``cap:<name>`` where the cap is in the way; see :attr:`label`."""

    @property
    def label(self) -> str:
        """The name, or one made of the figures: ``number_7_in_24h``."""
        return self.name or f"{self.scope}_{self.calls}_{self.counts}_in_{_spoken(self.window_s)}"


def _spoken(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0 and not (unit == "d" and seconds == size):
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"
