"""`preview:` of a campaign: how contacts are offered to agents before they are called."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.scalars import Choice, Duration, Switch
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.core.preview import OnTimeout, PreviewSettings


class PreviewModel(Section):
    """How contacts are offered to agents: all of them in mode `preview`, else those that a rule wants offered."""

    timeout: Annotated[float, Duration(5, 3600)] = Field(
        default=written("60s"), description="How long an agent may read before `on_timeout` decides."
    )
    on_timeout: Annotated[OnTimeout, Choice(OnTimeout)] = Field(
        default=written("skip"),
        description="`skip`: the contact is skipped, and the agent paused as not responding. `dial`: the call is "
        "placed, as if the agent had accepted.",
    )
    may_skip: Annotated[bool, Switch()] = Field(
        default=written("true"),
        description="Agents may skip a contact; when it comes again, and how often, says `retry: preview_skipped`.",
    )
    webhook: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="Told at once of each offer and of its end: a name under `webhooks`."
    )


def preview_settings(model: PreviewModel) -> PreviewSettings:
    """The core's own value."""
    return PreviewSettings(model.timeout, model.on_timeout, model.may_skip, model.webhook)
