"""What agents say to offers, and what the store says to accepted ones."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class PreviewAccepted:
    """The agent wants the call. ``who``: who said so, for the record."""

    attempt_id: str
    who: str


@value(frozen=True, slots=True)
class PreviewSkipped:
    """The agent does not want the call. ``who``: who said so, for the record."""

    attempt_id: str
    who: str


@value(frozen=True, slots=True)
class ClaimConfirmed:
    """The claim of an accepted offer still holds; the ledger says that it may be dialed."""

    attempt_id: str


@value(frozen=True, slots=True)
class ClaimNotConfirmed:
    """It may not be dialed, or not now. ``reason``: ``no_cps``, ``dnc:<list>``, ``dnc_loading``, or ``gone``: there
    is no such entry in the ledger. ``retry_at``: epoch seconds when asking again makes sense, or when an entry of the
    do-not-call list ends; None: never."""

    attempt_id: str
    reason: str
    retry_at: float | None = None
