"""Figures about calls that people answered, and the abandon rates made of them, each with its formula's name.

Laws and vendors divide by different things; a rate without its formula's name says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """What the record says of one campaign in a span of time, by the time of recording."""

    campaign: str
    dispositions: Mapping[str, int]
    dials: int
    """Attempts that reached the network."""
    answered: int
    persons: int
    """Answered by what may be a person: person, unsure or silence; or abandoned."""
    abandoned: int
    """A: persons not connected within the threshold, whatever happened afterwards."""
    live: int
    """L: persons connected in time, to an agent or (agentless) to the message."""
    answer_to_agent_median_s: float | None
    """Seconds from answer to the agent, over all calls that reached one; None: there were none."""
    answer_to_agent_p95_s: float | None


@dataclass(frozen=True, slots=True)
class AbandonRate:
    """One rate. ``rate`` is a fraction (0.03: three percent), None while nothing was counted."""

    formula: str
    source: str
    rate: float | None


def abandon_rates(figures: CampaignFigures) -> list[AbandonRate]:
    """Every rate that these figures allow, the legal one first, then what vendors report."""
    a, live = figures.abandoned, figures.live
    return [
        AbandonRate("A/(A+L)", "16 CFR 310.4(b)(4); 47 CFR 64.1200(a)(7)", _share(a, a + live)),
        AbandonRate("A/persons", "vendors: abandons per contact", _share(a, figures.persons)),
        AbandonRate("A/dials", "vendors: abandons per dial", _share(a, figures.dials)),
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
