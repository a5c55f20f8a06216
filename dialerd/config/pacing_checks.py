"""Pacing settings that contradict the mode, each other, or the law."""

from __future__ import annotations

from typing import Protocol

from dialerd.config.build import abandon_target
from dialerd.config.models import CampaignModel
from dialerd.config.problems import Path
from dialerd.core.campaign import Connection, Mode


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    campaign: CampaignModel

    def where(self, *keys: str) -> Path: ...
    def states(self, *keys: str) -> bool: ...
    def tell(self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False) -> None: ...
    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None: ...


def check_pacing(checks: Checks) -> None:
    """Tell what is wrong with ``pacing:``."""
    campaign, pacing = checks.campaign, checks.campaign.pacing
    mode, shadow = campaign.mode, pacing.shadow
    if mode is None or mode is Mode.AGENTLESS:
        return
    modes = {mode.value, shadow}
    if pacing.ratio is not None and Mode.POWER.value not in modes and checks.states("pacing", "ratio"):
        checks.tell(
            checks.where("pacing", "ratio"), f"mode `{mode}` has no ratio", "",
            "remove the line, or choose mode `power`", of_key=True,
        )  # fmt: skip
    if shadow == mode.value:
        checks.tell(
            checks.where("pacing", "shadow"), f"`{shadow}` is the campaign's own mode", "another mode",
            "a shadow is compared with what is done",
        )  # fmt: skip
    target = abandon_target(pacing)
    if target > pacing.abandon_cap:
        key = "abandon_target" if pacing.abandon_target is not None else "abandon_cap"
        checks.tell(
            checks.where("pacing", key),
            f"the target ({_percent(target)}) is above the cap ({_percent(pacing.abandon_cap)})",
            "`abandon_target` at most `abandon_cap`", "raise the cap or lower the target",
        )  # fmt: skip
    if not mode.dials_ahead:
        if shadow is None and checks.states("pacing"):
            checks.warn(
                checks.where("pacing"), f"mode `{mode}` places no calls ahead: `pacing` changes nothing",
                "choose mode `power` or `predictive`, or state `shadow:`", of_key=True,
            )  # fmt: skip
        return
    if campaign.agents.connection is Connection.RING:
        checks.warn(
            checks.where("agents", "connection"),
            f"in mode `{mode}` the agent's phone is rung while the person waits: more calls will be abandoned",
            "choose `nailed`",
        )


def _percent(share: float) -> str:
    return f"{share * 100:g}%"
