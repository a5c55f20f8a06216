"""The shape of `recording:` in a campaign, and of its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import Annotated, Any

from pydantic import Field

from dialerd.config.pacing_scalars import Percent
from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.scalars import Duration, Scalar, Switch
from dialerd.config.section import Section, written
from dialerd.config.telephony_scalars import Sound
from dialerd.core.compliance import Profile
from dialerd.core.recording import NOT_REVIEWED, USUAL_NAME, RecordingSettings, ReviewSettings

_DAY_S = 86_400.0
_PLACEHOLDERS = ("year", "month", "day", "time", "campaign", "contact", "attempt")


@dataclass(frozen=True, slots=True)
class Share(Scalar):
    """Which part of something: ``always``, ``off``, or a percentage; a fraction inside."""

    def parse(self, text: str) -> float:
        if text in ("always", "off"):
            return 1.0 if text == "always" else 0.0
        try:
            return Percent(0, 100).parse(text)
        except ValueError:
            hint = did_you_mean(text, ("always", "off"))
            raise self.refuse(f"{quoted(text)} is no share", hint) from None

    def expected(self) -> str:
        return "`always`, `off`, or a percentage such as `10%`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(always|off|[0-9]+(\.[0-9]+)?\s*%)$", "examples": ["always", "10%"]}


@dataclass(frozen=True, slots=True)
class FileTemplate(Scalar):
    """A file's name below a folder, with placeholders; ``{attempt}`` must be among them, or two would be one."""

    def parse(self, text: str) -> str:
        try:
            fields = list(Formatter().parse(text))
        except ValueError:
            raise self.refuse(f"the braces of {quoted(text)} do not match") from None
        names = [name for _, name, _, _ in fields if name is not None]
        for _, name, spec, conversion in fields:
            if name is not None and name not in _PLACEHOLDERS:
                raise self.refuse(
                    f"the placeholder {quoted('{' + name + '}')} is not known", did_you_mean(name, _PLACEHOLDERS)
                )
            if spec or conversion:
                raise self.refuse(f"{quoted(text)} has more than a name between braces", "write the name alone")
        plain = "".join(literal for literal, _, _, _ in fields)
        parts = text.split("/")
        if not re.fullmatch(r"[A-Za-z0-9_./-]*", plain) or any(part in ("", ".", "..") for part in parts):
            hint = "letters, digits, `_`, `-`, `.`, and `/` for folders; not from the root"
            raise self.refuse(f"{quoted(text)} is not a name below a folder", hint)
        if "attempt" not in names:
            raise self.refuse(f"{quoted(text)} gives two calls the same name", "put `{attempt}` into it")
        return text

    def expected(self) -> str:
        return "a file name without its ending, with " + ", ".join(f"`{{{name}}}`" for name in _PLACEHOLDERS)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": [USUAL_NAME]}


class ReviewModel(Section):
    """Machine verdicts whose sound is kept, so that somebody can say whether they were right."""

    share: Annotated[float, Percent(0, 100)] = Field(
        default=written("0%"),
        description="Share of the machine verdicts of which what was heard is kept; `dialerd amd review` lists them.",
    )
    after: Annotated[float, Duration(0, 20)] = Field(
        default=written("0s"),
        description="So much of what comes after the verdict is kept too, as far as the call goes on and is listened "
        "to: with `machine: message_after_beep`, until the beep.",
    )
    keep: Annotated[float, Duration(_DAY_S, 100 * 365 * _DAY_S)] = Field(
        default=written("30d"), description="How long it is kept."
    )


def review_settings(model: ReviewModel, profile: Profile) -> ReviewSettings:
    """What is stated, for the core; nothing where a law forbids recording without consent."""
    if profile.recording_needs_consent or not model.share:
        return NOT_REVIEWED
    return ReviewSettings(model.share, model.after, model.keep)


class RecordingModel(Section):
    """Recording of conversations with agents."""

    share: Annotated[float, Share()] = Field(
        default=written("off"),
        description="Which conversations are recorded: `always`, `off`, or a share of them, such as `10%`.",
    )
    consent: Annotated[str, Sound()] | None = Field(
        default=None,
        description="Sound that both hear first (in a flow, the caller before its first node); the recording "
        "begins when it was played to its end.",
    )
    keep: Annotated[float, Duration(_DAY_S, 100 * 365 * _DAY_S)] | None = Field(
        default=None, description="How long a recording is kept: `90d`. Not stated: until somebody removes it."
    )
    name: Annotated[str, FileTemplate()] = Field(
        default=USUAL_NAME,
        description="The file's name below the folder of recordings, without its ending: `{year}`, `{month}`, "
        "`{day}`, `{time}` (UTC), `{campaign}`, `{contact}` (its id), `{attempt}`.",
    )
    agents_may_pause: Annotated[bool, Switch()] = Field(
        default=written("true"),
        description="Agents may pause the recording from their phone, while card numbers are said.",
    )


def recording_settings(model: RecordingModel) -> RecordingSettings:
    """What is stated, for the core."""
    return RecordingSettings(model.share, model.consent, model.keep, model.name, model.agents_may_pause)
