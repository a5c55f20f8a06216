"""What answered, and what is done about it: the call response table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class CallAnalysis(StrEnum):
    """What answered a call."""

    PERSON = "person"
    MACHINE = "machine"
    FAX = "fax"
    SIT = "sit"
    SILENCE = "silence"
    UNSURE = "unsure"


class Treatment(StrEnum):
    """What is done with an answered call."""

    AGENT = "agent"
    MESSAGE = "message"
    FLOW = "flow"
    """The campaign's flow: prompts, and answers by keys."""
    MESSAGE_AFTER_BEEP = "message_after_beep"
    """Wait for the end of a machine's greeting, then the message."""
    HANG_UP = "hang_up"


AGENT_RESPONSES: Mapping[CallAnalysis, Treatment] = {
    CallAnalysis.PERSON: Treatment.AGENT,
    CallAnalysis.UNSURE: Treatment.AGENT,
    CallAnalysis.SILENCE: Treatment.AGENT,
    CallAnalysis.MACHINE: Treatment.HANG_UP,
    CallAnalysis.FAX: Treatment.HANG_UP,
    CallAnalysis.SIT: Treatment.HANG_UP,
}
"""Defaults of modes with agents: whoever might be a person gets an agent."""

AGENTLESS_RESPONSES: Mapping[CallAnalysis, Treatment] = {
    CallAnalysis.PERSON: Treatment.MESSAGE,
    CallAnalysis.UNSURE: Treatment.MESSAGE,
    CallAnalysis.SILENCE: Treatment.MESSAGE,
    CallAnalysis.MACHINE: Treatment.HANG_UP,
    CallAnalysis.FAX: Treatment.HANG_UP,
    CallAnalysis.SIT: Treatment.HANG_UP,
}
"""Defaults of agentless campaigns: whoever might be a person hears the message."""

MAY_BE_PERSON = frozenset({CallAnalysis.PERSON, CallAnalysis.UNSURE, CallAnalysis.SILENCE})
"""Results that count as answered by a person in every figure about abandoned calls."""

PERSON_VALUES = frozenset(analysis.value for analysis in MAY_BE_PERSON)
"""The same, as they stand in an attempt's record."""
