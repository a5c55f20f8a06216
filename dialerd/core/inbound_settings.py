"""What a campaign does with people who call back the number that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialerd.core.flow.nodes import Flow
from dialerd.core.flow.prompts import Prompt
from dialerd.core.weekly_hours import WeeklyHours


class InboundTreatment(StrEnum):
    """What a caller gets."""

    QUEUE = "queue"
    """An agent of the campaign's queue; if none is to be had, the message."""
    MESSAGE = "message"
    """A message with keys."""
    FLOW = "flow"


class InboundKey(StrEnum):
    """What a key does while the message plays, and just after."""

    OPT_OUT = "opt_out"
    CALLBACK = "callback"
    AGENT = "agent"


class AfterConversation(StrEnum):
    """What becomes of a contact who has called and spoken with an agent, or come to the end of a flow."""

    REACHED = "reached"
    """It is done with, as after a call of the campaign's own that reached the person."""
    KEEP = "keep"
    """It is called as if it had not called."""


@dataclass(frozen=True, slots=True)
class InboundSettings:
    """As the YAML states it. Without a word there, a caller hears the abandoned-call message, which says who called
    and how to opt out."""

    known: InboundTreatment = InboundTreatment.MESSAGE
    """Whoever the campaign has called at this number."""
    unknown: InboundTreatment = InboundTreatment.MESSAGE
    """Withheld numbers, and those that were never called."""
    flow: str | None = None
    flows: Mapping[str, Flow] = field(default_factory=dict)
    """The flows that callers can come to, by name."""
    hours: WeeklyHours | None = None
    """Within these hours, in the campaign's time zone; else the message. None: at all times."""
    message: Prompt | None = None
    """None: the abandoned-call message."""
    keys: Mapping[str, InboundKey] = field(default_factory=dict)
    patience_s: float = 300.0
    """So long a caller waits for an agent; then the message."""
    callback_after_s: float = 3600.0
    after_conversation: AfterConversation = AfterConversation.REACHED


USUAL_INBOUND = InboundSettings()
