"""How often a number, a contact or a person may be called: rolling caps, checked inside the claim.

Each scope has a log of calls across all campaigns, as (time, marks) by subject. A claim adds its call at once; the
close gives it its true time, or takes it away when nothing was dialed. So two campaigns can never share the last
call that a cap allows. The logs live in the hot store; :func:`free_at` is their meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from dialerd.core.attempt import AttemptRecord
from dialerd.core.disposition import NEVER_DIALED
from dialerd.core.treatment import CallAnalysis


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

    @property
    def mask(self) -> int:
        """The mark of a call of this kind; 0: every call."""
        return _MASKS[self]


_MASKS = {Counted.CALLS: 0, Counted.CONVERSATIONS: 1, Counted.ABANDONED: 2, Counted.MACHINES: 4}


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


CAP_REASON = "cap:"
"""What the reason of a refused claim begins with; the cap's label follows."""


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """How often one campaign's rules let a contact and each of its numbers be dialed; None: as often as you like.
    ``daily``: the count begins anew with each day of the called party (:mod:`~dialerd.core.called_days`); else it
    never does."""

    per_contact: int | None = None
    per_number: int | None = None
    daily: bool = False


LoggedCall = tuple[int, int]
"""Epoch second, rounded up, and marks: what kinds of call it was."""


def subjects(record: AttemptRecord) -> dict[Scope, str]:
    """In whose logs the attempt stands."""
    return {
        Scope.NUMBER: record.number,
        Scope.CONTACT: str(record.contact_id),
        Scope.PERSON: record.contact_key,
    }


def claimed_call(record: AttemptRecord) -> LoggedCall:
    """The attempt in the logs while it lives: from the claim on, so that nobody else takes its place."""
    return ceil(record.claimed_at or 0.0), 0


def closed_call(record: AttemptRecord) -> LoggedCall | None:
    """The attempt in the logs when it is closed; None: nothing was dialed. A call with a mark counts from its end,
    others from when they were dialed."""
    if record.disposition is None or record.disposition in NEVER_DIALED:
        return None
    marks = 0
    if record.connected_at is not None:
        marks |= Counted.CONVERSATIONS.mask
    if record.abandoned:
        marks |= Counted.ABANDONED.mask
    if record.analysis == CallAnalysis.MACHINE:
        marks |= Counted.MACHINES.mask
    times = (record.ended_at,) if marks else ()
    at = next((t for t in (*times, record.dialed_at, record.claimed_at, record.ended_at) if t is not None), 0.0)
    return ceil(at), marks


def free_at(cap: AttemptCap, calls: Iterable[LoggedCall], now: float) -> float | None:
    """When ``cap`` allows the next call, in epoch seconds; None: at ``now``. The log need not be in order."""
    mask, window_s = cap.counts.mask, ceil(cap.window_s)
    counted = sorted(at for at, marks in calls if at + window_s > now and (not mask or marks & mask))
    return counted[-cap.calls] + window_s if len(counted) >= cap.calls else None


def longest_windows(caps: Iterable[AttemptCap]) -> dict[Scope, int]:
    """Scope -> seconds that its logs must reach back for these caps."""
    found: dict[Scope, int] = {}
    for cap in caps:
        found[cap.scope] = max(found.get(cap.scope, 0), ceil(cap.window_s))
    return found


def first_free(
    caps: Iterable[AttemptCap], logs: Mapping[Scope, Iterable[LoggedCall]], now: float
) -> tuple[AttemptCap, float] | None:
    """The cap that is in the way longest, with the time when it ends; None: none is. The first one, of equals."""
    longest: tuple[AttemptCap, float] | None = None
    for cap in caps:
        at = free_at(cap, logs.get(cap.scope, ()), now)
        if at is not None and (longest is None or at > longest[1]):
            longest = cap, at
    return longest


@dataclass(frozen=True, slots=True)
class Capped:
    """The cap that a claim was refused for; ``until``: epoch seconds."""

    cap: AttemptCap
    until: float

    @property
    def reason(self) -> str:
        """As the claim's refusal says it."""
        return CAP_REASON + self.cap.label


def contact_subject(contact_id: int) -> str:
    """A contact among the subjects of what is capped, where numbers stand by themselves."""
    return f"contact:{contact_id}"


class CappedSubjects(dict[str, Capped]):
    """Numbers and contacts (:func:`contact_subject`) that claims were refused for. It may forget: the claim knows."""

    MOST = 20_000

    def note(self, record: AttemptRecord, caps: Iterable[AttemptCap], reason: str, until: float) -> None:
        """A claim was refused with ``reason``."""
        cap = next(cap for cap in caps if CAP_REASON + cap.label == reason)
        subject = record.number if cap.scope is Scope.NUMBER else contact_subject(record.contact_id)
        while len(self) >= self.MOST:
            del self[next(iter(self))]
        self[subject] = Capped(cap, until)
