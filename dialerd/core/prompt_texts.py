"""Which texts a call of a campaign may need, in which language, and the media that they became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dialerd.core.campaign import CampaignSettings
from dialerd.core.flow.nodes import texts_of
from dialerd.core.flow.prompts import Form, Media, Prompt, Slot, Text, values_of
from dialerd.core.prompt_commands import Utterance

DIGITS = "0123456789"
USUAL_LANGUAGE = "en"
"""Of texts, where nothing is stated."""


def own_language(settings: CampaignSettings, columns: Mapping[str, str]) -> str:
    """The language that the contact's own column asks for, as ``de`` or ``en_GB``; empty: none that can be read."""
    if settings.language_column is None:
        return ""
    language, mark, country = columns.get(settings.language_column, "").strip().replace("-", "_").partition("_")
    if not (language.isascii() and language.isalpha() and 2 <= len(language) <= 3):
        return ""
    return language.lower() + (f"_{country.upper()}" if mark and len(country) == 2 and country.isalpha() else "")


def spoken_language(own: str, of_flow: str, of_campaign: str) -> str:
    """The contact's own language before that of the flow before that of the campaign; empty: none is stated."""
    return own or of_flow or of_campaign


def key_of(text: Text, language: str) -> str:
    """What a rendered text is known by among the prompts of a call: ``de: Guten Tag {name}``."""
    return f"{language}: {text.source}"


def texts_with_flows(settings: CampaignSettings) -> Iterator[tuple[Text, str]]:
    """Every text that somebody may hear, with the language of its flow; empty: that of the campaign."""
    for prompt in settings.prompts:
        yield from ((text, "") for text in prompt.texts)
    for flow in settings.flows.values():
        yield from ((text, flow.language) for text in texts_of(flow))


def utterances(
    texts: Sequence[tuple[Text, str]], settings: CampaignSettings, columns: Mapping[str, str]
) -> tuple[Utterance, ...]:
    """Everything that must be rendered before this contact is called, each once.

    Raises :class:`~dialerd.core.flow.prompts.ColumnMissing`."""
    own = own_language(settings, columns)
    found: dict[str, Utterance] = {}
    for text, of_flow in texts:
        chosen, language = _chosen(text, own, of_flow, settings.language)
        for piece in chosen.pieces():
            if isinstance(piece, Text):
                _add(found, key_of(piece, language), language, tuple(values_of(piece, columns)))
                continue
            for digit in DIGITS:
                _add(found, key_of(Text((digit,)), language), language, ((digit, Form.DIGITS),))
            if piece.fallback:
                _add(found, key_of(Text((piece.fallback,)), language), language, ((piece.fallback, None),))
    return tuple(found.values())


def _add(found: dict[str, Utterance], key: str, language: str, parts: tuple[tuple[str, Form | None], ...]) -> None:
    found.setdefault(key, Utterance(key, language, parts))


def _chosen(text: Text, own: str, of_flow: str, of_campaign: str) -> tuple[Text, str]:
    """The text in the language that the call has, as far as it was written; and the language in which it is spoken,
    which is that in which it was written."""
    chosen = text.for_language(spoken_language(own, of_flow, of_campaign))
    written = chosen.language or of_flow or of_campaign or USUAL_LANGUAGE
    # German as spoken in Austria, where the contact asks for it.
    same = own.partition("_")[0] == written.partition("_")[0]
    return chosen, own if same and own else written


def media_of(
    prompt: Prompt,
    rendered: Mapping[str, str],
    settings: CampaignSettings,
    own: str = "",
    of_flow: str = "",
    columns: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """What Asterisk plays for a prompt; nothing at all where there is nothing to say. ``columns``: those that the
    call has written. Raises KeyError: a text was not rendered."""
    media: list[str] = []
    for part in prompt.parts:
        if isinstance(part, Media):
            media.append(part.uri)
            continue
        chosen, language = _chosen(part, own, of_flow, settings.language)
        for piece in chosen.pieces():
            media += [rendered[key] for key in _keys(piece, language, columns or {})]
    return tuple(uri for uri in media if uri)


def _keys(piece: Text | Slot, language: str, columns: Mapping[str, str]) -> list[str]:
    if isinstance(piece, Text):
        return [key_of(piece, language)]
    digits = [key for key in columns.get(piece.column, "") if key in DIGITS]
    if not digits and piece.fallback:
        return [key_of(Text((piece.fallback,)), language)]
    return [key_of(Text((digit,)), language) for digit in digits]
