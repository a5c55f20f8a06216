"""`preview:` of a campaign: how contacts are offered to agents before they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol

from pydantic import Field

from dialerd.config.problems import Path, did_you_mean, quoted
from dialerd.config.rule_sets import RuleSetModel
from dialerd.config.scalars import Choice, Duration, Switch
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.config.webhooks import WebhookModel
from dialerd.core.campaign import Mode
from dialerd.core.pre_call import PreCallAction
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


class _Campaign(Protocol):
    @property
    def mode(self) -> Mode | None: ...
    @property
    def preview(self) -> PreviewModel: ...
    @property
    def rule_sets(self) -> list[str]: ...


class _File(Protocol):
    @property
    def webhooks(self) -> Mapping[str, WebhookModel]: ...
    @property
    def rule_sets(self) -> Mapping[str, RuleSetModel]: ...


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    @property
    def campaign(self) -> _Campaign: ...
    @property
    def file(self) -> _File: ...
    def where(self, *keys: str) -> Path: ...
    def states(self, *keys: str) -> bool: ...
    def known_as(self, section: str, name: str) -> bool: ...
    def tell(self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False) -> None: ...
    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None: ...


def check_preview(checks: Checks) -> None:
    """Tell what is wrong with ``preview:``, and of rules whose contacts nobody can be shown."""
    campaign, webhook = checks.campaign, checks.campaign.preview.webhook
    if webhook is not None and not checks.known_as("webhooks", webhook):
        hint = did_you_mean(webhook, checks.file.webhooks) or "describe it under `webhooks:`"
        path = checks.where("preview", "webhook")
        checks.tell(path, f"there is no webhook {quoted(webhook)}", "a name under `webhooks`", hint)
    asking = [name for name in campaign.rule_sets if name in checks.file.rule_sets and _asks(checks.file, name)]
    if campaign.mode is Mode.AGENTLESS:
        if checks.states("preview"):
            checks.tell(
                checks.where("preview"), "an agentless campaign has no agents to show a contact to", "",
                "remove the section, or choose mode `preview`", of_key=True,
            )  # fmt: skip
        if asking:
            checks.warn(
                checks.where("rule_sets"),
                f"rule set {quoted(asking[0])} wants contacts previewed: they will wait, since nobody can read them",
                "ask for `campaign` in the rule's condition, or use another set", of_key=True,
            )  # fmt: skip
    elif campaign.mode not in (None, Mode.PREVIEW) and checks.states("preview") and not campaign.rule_sets:
        checks.warn(
            checks.where("preview"), f"mode `{campaign.mode}` offers nothing to agents: `preview` changes nothing",
            "choose mode `preview`, or add a rule with `do: preview`", of_key=True,
        )  # fmt: skip


def _asks(file: _File, name: str) -> bool:
    return any(rule.do is PreCallAction.PREVIEW for rule in file.rule_sets[name].pre_call)
