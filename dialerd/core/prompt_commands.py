"""What is wished of text to speech. Part of :mod:`dialerd.core.commands`."""

from __future__ import annotations

from dialerd.core.flow.prompts import Form
from dialerd.core.value import value


@value(frozen=True, slots=True)
class Utterance:
    """One text for one contact: fixed words with None, values with the form in which they are spoken."""

    key: str
    """What it is known by among the prompts of a call; see :func:`dialerd.core.prompt_texts.key_of`."""
    language: str
    parts: tuple[tuple[str, Form | None], ...]


@value(frozen=True, slots=True)
class RenderPrompts:
    """Have speech of all these texts ready as files that Asterisk can read. Answered by PromptsRendered or, for the
    whole of it, PromptsFailed."""

    campaign: str
    contact_id: int
    serial: int
    voice: str
    utterances: tuple[Utterance, ...]


@value(frozen=True, slots=True)
class DistrustPrompts:
    """Asterisk could not play one of these: what is not as it was rendered must not be used again. No answer."""

    media: tuple[str, ...]
