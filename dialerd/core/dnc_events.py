"""Facts about do-not-call lists; part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core.dnc import DncEntry, DncStanding
from dialerd.core.value import value


@value(frozen=True, slots=True)
class DncStandingChanged:
    """Which do-not-call lists can be asked now."""

    standing: DncStanding


@value(frozen=True, slots=True)
class OptedOut:
    """An entry was put on a list, and is in the record and in the hot store."""

    dnc_list: str
    entry: DncEntry


@value(frozen=True, slots=True)
class DncLifted:
    """Something was taken off a list."""

    dnc_list: str


@value(frozen=True, slots=True)
class ProviderAnswered:
    """A list's provider has said of each number whether it is listed; that holds until then (epoch seconds)."""

    dnc_list: str
    verdicts: Mapping[str, bool]
    until: float


@value(frozen=True, slots=True)
class ProviderFailed:
    """A list's provider gave no answer that can be used; asking again makes sense from ``retry_at`` on."""

    dnc_list: str
    numbers: tuple[str, ...]
    reason: str
    retry_at: float


@value(frozen=True, slots=True)
class ProviderForgotten:
    """What a list's provider had said of a number, or (None) of all numbers, was removed by a person."""

    dnc_list: str
    number: str | None
