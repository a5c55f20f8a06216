"""What is wrong with how answers are analysed, and with messages on answering machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from dialerd.config.answer_models import AnalysisModel
from dialerd.config.build import analysis_profile, response_table
from dialerd.config.models import CampaignModel
from dialerd.config.problems import Path, did_you_mean, quoted
from dialerd.core.treatment import CallAnalysis, Treatment


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    campaign: CampaignModel

    def where(self, *keys: str) -> Path: ...
    def states(self, *keys: str) -> bool: ...
    def given(self, key: str) -> bool: ...
    def phone_types(self) -> Iterable[str]: ...
    def tell(self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False) -> None: ...
    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None: ...


def check_analysis(checks: Checks) -> None:
    """Tell what is wrong with ``call_analysis:``, for all numbers and for each type of them."""
    stated = checks.campaign.call_analysis
    _one_analysis(checks, stated, ("call_analysis",))
    analysed = any(one.profile != "off" for one in (stated, *stated.by_number_type.values()))
    if stated.review.share and not analysed:
        checks.warn(
            checks.where("call_analysis", "review"), "profile `off` analyses nothing: there is no verdict to review",
            "choose another profile, or remove `review:`", of_key=True,
        )  # fmt: skip
    known = sorted(set(checks.phone_types()))
    for kind, model in stated.by_number_type.items():
        path = ("call_analysis", "by_number_type", kind)
        _one_analysis(checks, model, path)
        if kind not in known:
            checks.tell(
                checks.where(*path), f"no list of this campaign has numbers of the type {quoted(kind)}",
                f"a `type` of `phones`: {', '.join(known)}", did_you_mean(kind, known), of_key=True,
            )  # fmt: skip


def _one_analysis(checks: Checks, stated: AnalysisModel, path: tuple[str, ...]) -> None:
    if stated.profile == "off":
        for key in ("amd", "deadline", "tones"):
            if getattr(stated, key) is not None:
                checks.tell(
                    checks.where(*path, key), f"profile `off` analyses nothing: `{key}` contradicts it", "",
                    "remove the line, or choose another profile", of_key=True,
                )  # fmt: skip
        return
    figures = analysis_profile(stated).amd
    if stated.amd is None or figures is None:
        return
    for small, large in (
        ("min_word_ms", "max_word_ms"), ("greeting_ms", "total_analysis_ms"),
        ("after_greeting_silence_ms", "total_analysis_ms"),
    ):  # fmt: skip
        low, high = getattr(figures, small), getattr(figures, large)
        if low > high:
            key = small if getattr(stated.amd, small) is not None else large
            checks.tell(
                checks.where(*path, "amd", key), f"`{small}` ({low}) is larger than `{large}` ({high})",
                f"`{small}` at most `{large}`", "what is not stated is the profile's own figure",
            )  # fmt: skip


def check_after_beep(checks: Checks) -> None:
    """Tell what is wrong with the treatment ``message_after_beep`` and its settings."""
    campaign, after_beep = checks.campaign, Treatment.MESSAGE_AFTER_BEEP
    for analysis, treatment in campaign.responses.items():
        if treatment is not after_beep:
            continue
        path = checks.where("responses", analysis.value)
        if analysis is not CallAnalysis.MACHINE:
            checks.tell(
                path, f"`{analysis}` does not beep: whoever it is would hear nothing for a long time",
                "`message_after_beep` for `machine` only", "",
            )  # fmt: skip
        elif campaign.message_after_beep.message is None and not checks.given("message"):
            checks.tell(path, "there is no `message` to leave", "", "add `message:` to the campaign")
    if checks.states("message_after_beep") and after_beep not in response_table(campaign).values():
        checks.warn(
            checks.where("message_after_beep"), "no message is left on machines",
            "add `machine: message_after_beep` to `responses:`", of_key=True,
        )  # fmt: skip
