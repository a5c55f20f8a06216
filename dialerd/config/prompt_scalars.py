"""What is said to people, as it stands in `campaigns.yaml`: sounds, and texts behind ``say:``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dialerd.config.flow_texts import TextMistake, text_of
from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Scalar
from dialerd.config.scalars import Text as TextScalar
from dialerd.config.telephony_scalars import Sound
from dialerd.core.flow.prompts import Media, Prompt, Text

LANGUAGE = TextScalar("a language, such as `en` or `en_GB`", r"[a-z]{2,3}(?:_[A-Z]{2})?", 6)
_MOST_PARTS = 20
_TEXT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": ["string", "integer"], "maxLength": 400},
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{2,3}(_[A-Z]{2})?$"},
            "additionalProperties": {"type": ["string", "integer"], "maxLength": 400},
            "minProperties": 1,
        },
    ]
}


@dataclass(frozen=True, slots=True)
class Saying(Scalar):
    """A text for speech: ``Hello {name}``, or one for each of several languages."""

    def parse(self, text: str) -> object:
        return Prompt((self._text(text),))

    def expected(self) -> str:
        return "a text, in which `{column}` stands for what the contact has there; or one for each language"

    def schema(self) -> dict[str, Any]:
        return _TEXT_SCHEMA

    def text(self, value: object) -> Text:
        """The text of what stands behind ``say:``."""
        if not isinstance(value, dict):
            found = Scalar._validate(self, value)
            assert isinstance(found, Prompt)
            return found.texts[0]
        if not value:
            raise self.refuse("an empty mapping")
        first, *others = [self._in_language(str(language), one) for language, one in value.items()]
        return Text(first.parts, first.language, tuple(others))

    def _validate(self, value: object) -> object:
        return Prompt((self.text(value),))

    def _in_language(self, language: str, value: object) -> Text:
        if not re.fullmatch(LANGUAGE.pattern, language):
            near = language.replace("-", "_").partition("_")
            hint = f"did you mean `{near[0].lower()}{near[1]}{near[2].upper()}`?" if near[0].isalpha() else ""
            raise self.refuse(f"{quoted(language)} is not a language", hint)
        if not isinstance(value, str):
            raise self.refuse(f"no text for `{language}`")
        return Text(self._text(value.strip()).parts, language)

    def _text(self, text: str) -> Text:
        try:
            found = text_of(text)
        except TextMistake as mistake:
            raise self.refuse(f"{quoted(text)}: {mistake}", mistake.hint) from None
        if not found.parts:
            raise self.refuse("an empty text")
        return found


@dataclass(frozen=True, slots=True)
class Prompts(Scalar):
    """A sound, ``say: text``, or several of both in a list, that are played one after the other."""

    def parse(self, text: str) -> object:
        try:
            return Prompt((Media(Sound().parse(text)),))
        except ValueError as error:
            if " " not in text:
                raise
            raise self.refuse(f"{quoted(text)} is not a sound", f"to have it spoken: `say: {text}`") from error

    def expected(self) -> str:
        return "a sound of Asterisk's without extension, such as `sound:custom/ask`, `say: text`, or a list of them"

    def schema(self) -> dict[str, Any]:
        said = {"type": "object", "properties": {"say": _TEXT_SCHEMA}, "required": ["say"],
                "additionalProperties": False}  # fmt: skip
        one = {"anyOf": [Sound().schema(), said]}
        return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "maxItems": _MOST_PARTS}]}

    def _validate(self, value: object) -> object:
        if isinstance(value, Prompt):
            return value  # the default
        if not isinstance(value, list):
            return self._one(value)
        if not 1 <= len(value) <= _MOST_PARTS:
            raise self.refuse(f"a list of {len(value)}")
        return Prompt(tuple(part for one in value for part in self._one(one).parts))

    def _one(self, value: object) -> Prompt:
        if isinstance(value, list):
            raise self.refuse("a list within the list")
        if isinstance(value, dict):
            wrong = [str(key) for key in value if key != "say"]
            if wrong or "say" not in value:
                stated = quoted(wrong[0]) if wrong else "nothing"
                raise self.refuse(
                    f"{stated} where only `say` belongs", did_you_mean(wrong[0], ["say"]) if wrong else ""
                )
            return Prompt((Saying().text(value["say"]),))
        found = Scalar._validate(self, value)
        assert isinstance(found, Prompt)
        return found
