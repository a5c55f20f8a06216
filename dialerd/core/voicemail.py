"""How a message is left on an answering machine: what tells its greeting over, and what becomes of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialerd.core.flow.prompts import Prompt


class GreetingEnd(StrEnum):
    """What told a greeting over."""

    TONE = "tone"
    """The beep, when it has ended."""
    SILENCE = "silence"
    TIMEOUT = "timeout"


class SpokenOver(StrEnum):
    """What is done when the called party speaks while the message is being left."""

    UNSURE = "unsure"
    """It may be a person after all: what the campaign does with unsure answers."""
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """The settings of ``message_after_beep``. Times in seconds. Whichever sign comes first begins the message."""

    message: Prompt | None = None
    """None: the campaign's message."""
    tone: bool = True
    silence_s: float | None = 4.0
    """So much silence after the last sound; None: silence says nothing."""
    timeout_s: float = 30.0
    """So long after the verdict the greeting is taken for over."""
    at_timeout: bool = True
    """Leave the message then; False: hang up without it."""
    if_spoken_over: SpokenOver = SpokenOver.UNSURE
