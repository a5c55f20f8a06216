"""Compliance profiles: what a law or regulator demands of a campaign, as values.

The figures are data, in versioned files with their sources (``dialerd/compliance``). Several profiles may bind one
campaign: :func:`strictest` says what then holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dialerd.core.analysis import Clock
from dialerd.core.attempts_control import AttemptCap
from dialerd.core.callable_time import CallableSet


class AbandonWindow(StrEnum):
    """The span of time over which an abandon rate is measured."""

    CALENDAR_DAY = "calendar_day"
    """Midnight to midnight in the campaign's time zone."""
    ROLLING_30_DAYS = "rolling_30_days"
    """Today and the 29 days before."""
    SUCCESSIVE_30_DAYS = "successive_30_days"
    """Each 30 days, one after the other, counted from 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Where one rule comes from."""

    said: str
    """The value as the file has it."""
    source: str
    verified: bool
    """False: to be checked before anybody relies on it."""
    profile: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What binds a campaign; None: no rule on that. Shares are fractions, times in seconds."""

    name: str = ""
    """Several profiles are joined by ``+``."""
    version: str = ""
    title: str = field(default="", compare=False)
    abandon_threshold_s: float | None = None
    """A person must be with an agent, or hear the message, within this time ..."""
    clock: Clock | None = None
    """... from this moment."""
    least_ring_s: float | None = None
    abandon_target: float | None = None
    abandon_cap: float | None = None
    abandon_windows: tuple[AbandonWindow, ...] = ()
    formulas: tuple[str, ...] = ()
    """Names of the abandon formulas that this regulator applies; see :mod:`dialerd.core.abandon_ledger`."""
    safe_harbour: bool = True
    """False: every abandoned call counts, however low the rate; the cap is an operating standard."""
    progressive_until: int | None = None
    """So many people must have answered today before calls are placed ahead of agents."""
    abandoned_redial_s: float | None = None
    """So long an abandoned number is called only with a guaranteed agent."""
    machine_redial_s: float | None = None
    """So long a number where a machine answered is called only with a guaranteed agent."""
    after_conversation_s: float | None = None
    """So long nobody is called with whom somebody has spoken."""
    after_refusal_s: float | None = None
    """So long nobody is called who has refused."""
    attempt_caps: tuple[AttemptCap, ...] = ()
    callable_sets: tuple[CallableSet, ...] = ()
    fallback_zone: str | None = None
    """Time zone of numbers that do not say where they are."""
    unsure_to_agent: bool = False
    """An answer that may be a person's goes to an agent."""
    automated_needs_consent: bool = False
    recording_needs_consent: bool = False
    """Nobody is recorded who has not been told so and agreed, be it for a second."""
    records_kept_s: float | None = None
    loosened: Mapping[str, str] = field(default_factory=dict)
    """Rule, by its name in files, that a campaign does without -> the reason."""
    figures: Mapping[str, Figure] = field(default_factory=dict, compare=False, repr=False)
    """Rule -> where it comes from."""

    @property
    def said(self) -> str:
        """The name as attempts keep it: with the rules that were loosened."""
        return self.name + "".join(f" -{rule}" for rule in sorted(self.loosened)) if self.loosened else self.name


UNBOUND = Profile()
"""No rule at all."""

_CLOCKS = (Clock.ANSWER, Clock.SPEECH_START, Clock.GREETING_END)
"""The earliest first."""
_Choose = Callable[[list[Any]], Any]


def _union(values: list[Any]) -> Any:
    found: list[Any] = []
    for item in (item for value in values for item in value):
        if item not in found:
            found.append(item)
    return tuple(found)


STRICTEST: Mapping[str, _Choose] = {
    "abandon_threshold_s": min,
    "clock": lambda clocks: min(clocks, key=_CLOCKS.index),
    "least_ring_s": max,
    "abandon_target": min,
    "abandon_cap": min,
    "abandon_windows": _union,
    "formulas": _union,
    "safe_harbour": min,
    "progressive_until": max,
    "abandoned_redial_s": max,
    "machine_redial_s": max,
    "after_conversation_s": max,
    "after_refusal_s": max,
    "attempt_caps": _union,
    "callable_sets": _union,
    "fallback_zone": lambda zones: zones[0],
    "unsure_to_agent": max,
    "automated_needs_consent": max,
    "recording_needs_consent": max,
    "records_kept_s": max,
}
"""Rule -> which of several values binds."""


def strictest(profiles: Iterable[Profile], otherwise: Profile = UNBOUND) -> Profile:
    """What holds where all ``profiles`` bind; rules that none of them states are those of ``otherwise``.

    A rule counts as stated when the profile has a figure for it."""
    chosen = list(profiles)
    values: dict[str, Any] = {}
    figures: dict[str, Figure] = {}
    for rule, choose in STRICTEST.items():
        stating = [profile for profile in chosen if rule in profile.figures] or [
            profile for profile in (otherwise,) if rule in profile.figures
        ]
        if not stating:
            continue
        values[rule] = value = choose([getattr(profile, rule) for profile in stating])
        figures[rule] = next(
            (p.figures[rule] for p in stating if getattr(p, rule) == value), stating[0].figures[rule]
        )
    named = chosen or [otherwise]
    return Profile(
        name="+".join(profile.name for profile in named),
        version="+".join(profile.version for profile in named),
        title="; ".join(profile.title for profile in named),
        figures=figures,
        **values,
    )
