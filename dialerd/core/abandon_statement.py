"""The abandon ledger of one campaign and one window: every formula, the limit that binds, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.abandon_ledger import Counts, Estimate, Estimates, Rate, false_machines, machine_share, rates
from dialerd.core.compliance import AbandonWindow, Profile
from dialerd.core.windows import ROLLING_DAYS, day_begins


@dataclass(frozen=True, slots=True)
class Span:
    """A window of whole days in a campaign's time zone. ``begin``, ``end``: epoch seconds; the end is excluded."""

    window: str
    """A name of :class:`~dialerd.core.compliance.AbandonWindow`, or ``days``."""
    first_day: int
    last_day: int
    """Ordinals of dates, both included."""
    begin: float
    end: float


def span(window: str, first_day: int, last_day: int, zone_name: str) -> Span:
    """The window of these days, both included, in a zone."""
    return Span(window, first_day, last_day, day_begins(first_day, zone_name), day_begins(last_day + 1, zone_name))


def usual_spans(day: int, zone_name: str) -> tuple[Span, ...]:
    """The windows that regulators look at, for a day: itself, the 30 days that end with it, and the one of the
    successive periods of 30 days (counted from 0001-01-01) that holds it, as far as it has come."""
    return (
        span(AbandonWindow.CALENDAR_DAY, day, day, zone_name),
        span(AbandonWindow.ROLLING_30_DAYS, day - ROLLING_DAYS + 1, day, zone_name),
        span(AbandonWindow.SUCCESSIVE_30_DAYS, day - day % ROLLING_DAYS, day, zone_name),
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One formula in one window. ``limit``: the cap that the profile sets on it here, a fraction; None: none."""

    rate: Rate
    limit: float | None
    met: bool | None
    """None: no limit, or nothing to measure."""


@dataclass(frozen=True, slots=True)
class Statement:
    """All that the ledger says of one campaign in one window."""

    campaign: str
    span: Span
    counts: Counts
    false_machines: Estimate
    """F."""
    machine_share: Estimate
    """m."""
    profile: str
    safe_harbour: bool
    """False: every abandoned call counts, however low the rate."""
    findings: tuple[Finding, ...]


def statement(campaign: str, where: Span, counts: Counts, profile: Profile, estimates: Estimates) -> Statement:
    """The statement of what was counted. A limit is told for formulas and windows that the profile names, and only
    for the formula that is for campaigns of this kind (with or without AMD)."""
    findings = []
    for formula, rate in rates(counts, estimates).items():
        binds = formula in profile.formulas and where.window in profile.abandon_windows and rate.applies
        limit = profile.abandon_cap if binds else None
        findings.append(Finding(rate, limit, rate.met(limit)))
    return Statement(
        campaign, where, counts, false_machines(counts, estimates), machine_share(counts, estimates),
        profile.said, profile.safe_harbour, tuple(findings),
    )  # fmt: skip
