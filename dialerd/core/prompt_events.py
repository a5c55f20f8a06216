"""What is told of text to speech. Part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.value import value


@value(frozen=True, slots=True)
class PromptsRendered:
    """Every text of the command with this serial is there. ``media``: key of an utterance -> media URI; empty: there
    is nothing to be said."""

    campaign: str
    contact_id: int
    serial: int
    media: Mapping[str, str]


@value(frozen=True, slots=True)
class PromptsFailed:
    """A text of that command could not be rendered. ``reason``: a short sentence without data of the contact."""

    campaign: str
    contact_id: int
    serial: int
    reason: str
    retry_at: float | None
    """When to try again, epoch seconds; None: it is due to the contact's data, and trying again changes nothing."""
    down_until: float | None = None
    """The voice fails whatever it is asked: until then nothing should be asked of it. None: it does not."""
