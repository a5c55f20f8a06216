"""What agents say of their calls: it was a machine, or a person."""

from __future__ import annotations

from dialerd.core.attempt import AttemptState
from dialerd.core.commands import MarkCall, SaveAttempt
from dialerd.core.floor import Floor
from dialerd.core.mark_events import CallMarked

_NOT_IN_THE_LEDGER = frozenset({AttemptState.CLAIMING, AttemptState.ENDED, AttemptState.CLOSED})


class Marking:
    """Finds the call that is meant, and keeps the mark."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def marked(self, event: CallMarked, now: float) -> None:
        """Somebody said what a call is: the agent's present one or, in wrap-up and until the next one, the last;
        or an attempt by its id. The last word counts."""
        floor = self._floor
        attempt_id = event.attempt_id if event.attempt_id is not None else self._call_of(event.agent)
        if attempt_id is None:
            floor.tell("warning", "mark_without_call", agent=event.agent or "", mark=event.mark)
            return
        live = floor.attempts.get(attempt_id)
        if live is not None:
            live.record.mark = {"mark": event.mark.value, "by": event.who, "at": now}
            if live.state not in _NOT_IN_THE_LEDGER:
                floor.do(SaveAttempt(live.record))
        floor.do(MarkCall(attempt_id, event.mark, event.who, now))

    def _call_of(self, name: str | None) -> str | None:
        agent = self._floor.agents.get(name or "")
        if agent is None:
            return None
        live = self._floor.attempts.get(agent.attempt or "")
        if live is not None and live.record.connected_at is not None:
            return live.id
        return agent.last_call
