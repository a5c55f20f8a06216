"""What is wrong with `preview:`, and rules whose contacts nobody can be shown."""

from __future__ import annotations

from typing import Protocol

from dialerd.config.models import CampaignModel, CampaignsFile
from dialerd.config.problems import Path, did_you_mean, quoted
from dialerd.core.campaign import Mode
from dialerd.core.pre_call import PreCallAction


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    campaign: CampaignModel
    file: CampaignsFile

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


def _asks(file: CampaignsFile, name: str) -> bool:
    return any(rule.do is PreCallAction.PREVIEW for rule in file.rule_sets[name].pre_call)
