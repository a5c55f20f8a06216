"""Preview: an agent is shown a contact before it is called, and says whether it is. Settings and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class OnTimeout(StrEnum):
    """What becomes of an offer that its agent let run out."""

    DIAL = "dial"
    """The call is placed, as if the agent had accepted."""
    SKIP = "skip"
    """The contact is skipped; the agent counts as not responding."""


class Decision(StrEnum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    """The agent wanted the call, and it was dialed."""
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    """The agent said nothing in time; whether the call was dialed is a matter of the settings."""
    WITHDRAWN = "withdrawn"
    """It came to no call for another reason: an opt-out, the agent left, the campaign was stopped, a gate …"""


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """How contacts are offered to agents. Times in seconds."""

    offer_s: float = 60.0
    """So long an agent may read before ``on_timeout`` decides."""
    on_timeout: OnTimeout = OnTimeout.SKIP
    may_skip: bool = True
    """Agents may skip a contact."""
    webhook: str | None = None
    """This webhook is told at once of each offer and of its end."""


@dataclass(frozen=True, slots=True)
class Decided:
    """An offer that is over. ``reason``: why it came to no call, where none was placed."""

    decision: Decision
    dialed: bool
    reason: str


def was_shown(preview: Mapping[str, Any] | None) -> bool:
    """An agent has seen the contact of the attempt whose ``preview`` this is."""
    return preview is not None and "offered_at" in preview
