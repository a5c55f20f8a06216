"""How long the people who answered were left alone, by what the carrier heard: the truth about abandoned calls."""

from __future__ import annotations

from dataclasses import dataclass

from lab.callees import Behaviour
from lab.truth import Truth, TruthCall

LIMIT_MS = 2000
"""So long after their first word people may be left alone."""
HEARING_MS = 120
"""How exact the moments of the recordings are: two frames, and a little for the way."""

_WHO_WAIT = frozenset({Behaviour.SHORT_HELLO, Behaviour.LATE_HELLO, Behaviour.BUSINESS})
"""People who speak, and stay on the line until somebody answers."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The people who answered, each once: who met an agent, who heard the message, who heard nothing, and the longest
    that anybody waited from their first word to hear either (milliseconds)."""

    with_agent: frozenset[str]
    with_message: frozenset[str]
    with_nothing: frozenset[str]
    longest_ms: int

    @property
    def answered(self) -> int:
        """All of them."""
        return len(self.with_agent) + len(self.with_message) + len(self.with_nothing)


def waits(truth: Truth) -> Waits:
    """What became of everybody who answered and waited, by number."""
    people = [call for call in truth.calls if call.behaviour in _WHO_WAIT and call.answered_ms is not None]
    agent = frozenset(call.number for call in people if call.agent is not None)
    message = frozenset(call.number for call in people if call.agent is None and call.message_ms is not None)
    nothing = frozenset(call.number for call in people if not call.heard)
    waited = [one for call in people if (one := waited_ms(call)) is not None]
    return Waits(agent, message, nothing, max(waited, default=0))


def waited_ms(call: TruthCall) -> int | None:
    """From the first word to the first sound from our side; None when there was none."""
    if call.answered_ms is None or not call.heard:
        return None
    start = call.spoke_ms if call.spoke_ms is not None else call.answered_ms
    return max(0, min(stretch.from_ms for stretch in call.heard) - start)
