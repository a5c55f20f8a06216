"""Who says the texts of campaigns: `voices:` in `campaigns.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from dialerd.config.connection_scalars import WebUrl
from dialerd.config.document import Document
from dialerd.config.problems import Path
from dialerd.config.prompt_scalars import LANGUAGE
from dialerd.config.scalars import Choice, Duration, Text, Whole
from dialerd.config.section import Section, written

USUAL_RATE = 165
_ESPEAK_NAMES = {"en": "en-gb", "en_US": "en-us", "en_GB": "en-gb"}


class Engine(StrEnum):
    """What makes the speech."""

    ESPEAK = "espeak-ng"
    COMMAND = "command"
    HTTP = "http"


class VoiceModel(Section):
    """A voice."""

    engine: Annotated[Engine, Choice(Engine)] = Field(
        default=written("espeak-ng"),
        description="`espeak-ng`: the program of that name. `command`: a program of yours. `http`: a service.",
    )
    names: dict[
        Annotated[str, LANGUAGE], Annotated[str, Text("a voice as the engine calls it", most=100, loose=True)]
    ] = Field(default_factory=dict, description="What the engine calls the voice of each language: `{en: en-gb+f2}`.")
    rate: Annotated[int, Whole(80, 400)] = Field(default=USUAL_RATE, description="Words per minute.")
    pitch: Annotated[int, Whole(0, 99)] = Field(default=50, description="`espeak-ng` only: how high the voice is.")
    command: list[Annotated[str, Text("an argument of a command", most=500, loose=True)]] = Field(
        default_factory=list,
        max_length=50,
        description="`command` only: the program and its arguments. The text comes on its standard input; WAV goes "
        "into `{file}`, or to standard output where no argument has `{file}`. `{language}`, `{name}` and `{rate}` "
        "are filled in.",
    )
    url: Annotated[str, WebUrl()] | None = Field(
        default=None,
        description="`http` only: address that takes a POST of JSON (`text`, `language`, `voice`, `rate`) and "
        "answers with WAV.",
    )
    token_env: Annotated[str, Text("the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]*")] | None = Field(
        default=None, description="`http` only: environment variable with the bearer token."
    )
    timeout: Annotated[float, Duration(0.1, 120)] = Field(
        default=written("10s"), description="How long one text may take."
    )


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """A voice, checked. ``timeout_s`` in seconds, ``rate`` in words per minute."""

    name: str = ""
    engine: Engine = Engine.ESPEAK
    names: Mapping[str, str] = field(default_factory=dict)
    rate: int = USUAL_RATE
    pitch: int = 50
    command: tuple[str, ...] = ()
    url: str | None = None
    token_env: str | None = None
    timeout_s: float = 10.0

    def name_for(self, language: str) -> str:
        """What the engine calls the voice of a language: as stated for it, or for it in another country."""
        base = language.partition("_")[0]
        return self.names.get(language) or self.names.get(base) or language

    def espeak(self, language: str) -> tuple[str, ...]:
        """espeak-ng's command line: the text comes on standard input, WAV goes to standard output."""
        name = self.name_for(language)
        if name == language:
            name = _ESPEAK_NAMES.get(language, language.lower().replace("_", "-"))
        return ("espeak-ng", "-v", name, "-s", str(self.rate), "-p", str(self.pitch), "--stdin", "--stdout")

    def identity(self, language: str) -> str:
        """Two voices of the same identity say a text of this language alike."""
        return repr((
            str(self.engine), self.name_for(language), self.rate, self.pitch, self.command, self.url,
        ))  # fmt: skip


USUAL_VOICE = VoiceSettings()
"""espeak-ng, which any Debian has: where a campaign names no voice."""


def voice_settings(name: str, model: VoiceModel) -> VoiceSettings:
    """The voice; ``model`` has passed its checks."""
    return VoiceSettings(
        name, model.engine, dict(model.names), model.rate, model.pitch, tuple(model.command), model.url,
        model.token_env, model.timeout,
    )  # fmt: skip


_OF_ENGINE = {"command": Engine.COMMAND, "url": Engine.HTTP, "token_env": Engine.HTTP, "pitch": Engine.ESPEAK}


def check_voices(document: Document, voices: Mapping[str, VoiceModel]) -> None:
    """Tell what an engine lacks, and settings that are another engine's."""
    for name, voice in voices.items():
        path: Path = ("voices", name)
        needed = {Engine.COMMAND: "command", Engine.HTTP: "url"}.get(voice.engine)
        if needed is not None and not getattr(voice, needed) and not document.has((*path, needed)):
            document.problem(
                document.mark(path, of_key=True), (*path, needed),
                f"`{needed}` is missing: engine `{voice.engine}` needs it", "", f"add `{needed}:`",
            )  # fmt: skip
        for key, engine in _OF_ENGINE.items():
            if key in voice.model_fields_set and voice.engine is not engine:
                document.problem(
                    document.mark((*path, key), of_key=True), (*path, key),
                    f"`{key}` says nothing to engine `{voice.engine}`", "", "remove it",
                )  # fmt: skip
