"""Offers: contacts that agents are reading. Opens them, and tells how they ended."""

from __future__ import annotations

from dialerd.core.attempt import AttemptState
from dialerd.core.commands import AnnounceDecision, AnnounceOffer, SaveAttempt
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.preview import Decided, Decision, was_shown

MOST_REMEMBERED = 1000


class Offers:
    """What is open, and what the latest ones came to."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.open: dict[str, LiveAttempt] = {}
        """Attempt id -> attempt, while its agent reads or the call is about to be dialed."""
        self.decided: dict[str, Decided] = {}
        """Attempt id -> how its offer ended; of the latest ones."""

    def make(self, attempt: LiveAttempt, now: float) -> None:
        """Show the contact of a claimed attempt to its agent."""
        floor, record, settings = self._floor, attempt.record, attempt.settings.preview
        assert attempt.contact is not None
        floor.move_attempt(attempt, AttemptState.OFFERED)
        until = now + settings.offer_s
        record.preview = {**(record.preview or {}), "offered_at": now, "until": until}
        self.open[record.id] = attempt
        floor.timers.set("offer", record.id, until)
        floor.do(SaveAttempt(record))
        floor.do(AnnounceOffer(record, attempt.contact, settings.webhook))

    def decide(self, attempt: LiveAttempt, decision: Decision, who: str, now: float) -> None:
        """The agent, or the clock, has spoken; what follows from it is told later."""
        self._floor.timers.cancel("offer", attempt.id)
        before = attempt.record.preview or {}
        attempt.record.preview = {**before, "decision": decision.value, "decided_at": now, "by": who}

    def over(self, attempt: LiveAttempt, now: float) -> None:
        """The call goes out, or comes to nothing. An attempt that was never shown is none of ours."""
        record = attempt.record
        self.open.pop(record.id, None)
        preview = record.preview
        if preview is None or not was_shown(preview):
            return
        dialed = record.dialed_at is not None
        decision = Decision(preview.get("decision", Decision.WITHDRAWN))
        if decision is Decision.ACCEPTED and not dialed:
            decision = Decision.WITHDRAWN
        decided = Decided(decision, dialed, "" if dialed else record.reason)
        self.decided[record.id] = decided
        if len(self.decided) > MOST_REMEMBERED:
            del self.decided[next(iter(self.decided))]
        after_s = max(0.0, preview.get("decided_at", now) - preview["offered_at"])
        self._floor.do(AnnounceDecision(record, decided, after_s, attempt.settings.preview.webhook))
