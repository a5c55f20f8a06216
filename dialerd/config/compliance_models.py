"""What a campaign says of the rules that bind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.pacing_scalars import Percent
from dialerd.config.profile_models import PROFILE_NAME
from dialerd.config.scalars import Choice, Text
from dialerd.config.section import Section

LOOSENED = (
    "abandon_threshold", "least_ring", "abandon_target", "abandon_cap", "progressive_until", "callable_hours",
    "abandoned_redial", "machine_redial", "after_conversation", "after_refusal", "attempt_caps",
    "recording_needs_consent",
)  # fmt: skip
"""Rules of a profile that a campaign may do without, for a reason."""
REASON = Text("a reason of at least 10 characters, such as `agreed with counsel on 2026-11-02`", r"\S.{8,}\S", 200)


class ComplianceModel(Section):
    """Which laws bind a campaign."""

    profiles: list[Annotated[str, PROFILE_NAME]] = Field(
        default_factory=list,
        description="Compliance profiles by name (`dialerd profiles list`); of several, the strictest binds. What "
        "none of them regulates, and a campaign that names none, goes by `default`.",
    )
    looser: dict[Annotated[str, Choice(LOOSENED)], Annotated[str, REASON]] = Field(
        default_factory=dict,
        description="Rules that this campaign may break, each with the reason, which every attempt keeps.",
    )
    false_machine_share: Annotated[float, Percent(0, 100)] | None = Field(
        default=None,
        description="Share of machine verdicts that are really persons, as measured by yourself; it goes into "
        "Ofcom's formula for campaigns with AMD. Not stated: 0, told as not measured.",
    )
    machine_share: Annotated[float, Percent(0, 100)] | None = Field(
        default=None,
        description="Share of machines among the calls that agents get, for Ofcom's formula for campaigns without "
        "AMD. Not stated: 0, told as not measured.",
    )
