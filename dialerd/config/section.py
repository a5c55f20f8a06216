"""What all sections of the YAML files have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from dialerd.config.scalars import Text

CAMPAIGN_NAME = Text("a name of at most 40 small letters, digits, `_` and `-`", r"[a-z0-9_-]{1,40}", 40, loose=True)
SNAKE_NAME = Text("a name of small letters, digits and `_`, with a letter first", r"[a-z][a-z0-9_]{0,39}", 40)
VARIABLE_NAME = Text(
    "the name of a channel variable: letters, digits, `_`; `_` or `__` in front to inherit it",
    r"(?!_{0,2}DIALERD_)_{0,2}[A-Za-z][A-Za-z0-9_]{0,78}", 80,
)  # fmt: skip


def written(text: str) -> Any:
    """A default as an operator would write it; it is parsed like the rest, and shown so by editors."""
    return text


class Section(BaseModel):
    """Common to all: unknown keys are refused, values do not change, defaults are written like the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
