"""What an operator may see of a campaign's pacing."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.floor import CampaignRun
from dialerd.core.forecasting import Forecasting
from dialerd.core.pacer_run import PacerRun
from dialerd.core.pacing_history import PacingSample


@dataclass(frozen=True, slots=True)
class ShadowView:
    """What another pacer would do; nothing is placed for it."""

    mode: str
    calls: int
    explanation: str


@dataclass(frozen=True, slots=True)
class PacingView:
    """The last decision and what it rests on. Shares are fractions, counts are people of this campaign."""

    decided_at: float | None
    """Epoch seconds; None: no decision yet."""
    calls: int
    """Calls that were to be placed at that moment."""
    explanation: str
    level: float
    """(calls in progress + agents talking) / agents at work."""
    agents_at_work: int
    agents_idle: int
    forecast_idle: float
    """Agents expected to be idle some seconds ahead."""
    expected_answers: float
    """People expected to answer within that time, of the calls in progress."""
    answered_today: int
    """A + L of the calendar day in the campaign's zone."""
    abandoned_today: int
    answered_30_days: int
    abandoned_30_days: int
    budget_allowed: float
    """Abandoned calls that the cap allows for those who answered today."""
    budget_left: float
    """What is left of it, of the day or of the 30 days, whichever is less; below 0: overdrawn."""
    abandon_target: float
    abandon_cap: float
    cold: str
    """Why pacing is held back for want of knowledge; empty: it is not."""
    shadow: ShadowView | None = None
    history: tuple[PacingSample, ...] = ()
    """The last minutes, the oldest first; none for a campaign that only has a shadow."""


@dataclass(frozen=True, slots=True)
class FlowAgentsView:
    """One queue that the flow of an agentless campaign leads to, and whether its agents suffice."""

    queue: str
    share: float
    """Of the calls that are answered, 0 to 1: how many are expected to ask for an agent of it."""
    after_s: float
    """From dialing until they do, in seconds, on average."""
    callers_expected: float
    """Of all calls in progress, whoever dials for these agents: how many are expected to want one by then."""
    agents_free: float
    """Agents expected to be free by then."""
    agents_at_work: int
    suffices: bool
    """False: no further call is placed for now."""
    explanation: str


def flow_agents_view(forecasting: Forecasting, campaign: CampaignRun, now: float) -> tuple[FlowAgentsView, ...]:
    """Every queue that everybody who answers may be led to; none for campaigns with agents of their own."""
    return tuple(
        FlowAgentsView(
            queue=need.queue,
            share=round(need.share, 4),
            after_s=round(need.after_s, 1),
            callers_expected=round(need.callers, 2),
            agents_free=round(need.free, 2),
            agents_at_work=need.at_work,
            suffices=need.suffices,
            explanation=need.explain(),
        )
        for need in forecasting.flows.needs(campaign, now)
    )


def pacing_view(forecasting: Forecasting, name: str, now: float) -> PacingView | None:
    """The picture; None for a campaign without a pacer."""
    run = forecasting.runs.get(name)
    if run is None or not run.pacers:
        return None
    (live, abandoned), (rolling_live, rolling_abandoned) = forecasting.counts(run, now)
    pacing, level, decision = run.settings.pacing, run.level, run.decision
    cap, answered, rolling = pacing.abandon_cap, live + abandoned, rolling_live + rolling_abandoned
    cold = run.is_cold(answered)
    said = decision.explanation if decision is not None else "no decision yet"
    return PacingView(
        decided_at=decision.at if decision is not None else None,
        calls=decision.calls if decision is not None else 0,
        explanation=f"{said}; {cold}" if cold and run.deciding is not None else said,
        level=round(level.calls_per_agent, 3),
        agents_at_work=level.at_work,
        agents_idle=level.idle,
        forecast_idle=round(level.forecast_idle, 2),
        expected_answers=round(level.expected_answers, 2),
        answered_today=answered,
        abandoned_today=abandoned,
        answered_30_days=rolling,
        abandoned_30_days=rolling_abandoned,
        budget_allowed=round(cap * answered, 2),
        budget_left=round(min(cap * answered - abandoned, cap * rolling - rolling_abandoned), 2),
        abandon_target=pacing.abandon_target,
        abandon_cap=cap,
        cold=cold,
        shadow=_shadow(run),
        history=run.history.samples(),
    )


def _shadow(run: PacerRun) -> ShadowView | None:
    if run.shadow is None:
        return None
    asked = run.shadow_decision
    calls, said = (asked.calls, asked.explanation) if asked is not None else (0, "not asked yet")
    return ShadowView(str(run.settings.pacing.shadow), calls, said)
