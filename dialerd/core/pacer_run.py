"""The pacers of one campaign: the one that decides, the one that is only asked, and what they start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.pacing.contract import Fact, Pacer, PacingInfo, Snapshot
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio
from dialerd.core.pacing_history import PacingHistory
from dialerd.core.windows import Windows

LEARNT_WITH = "predictive"
_TYPICAL_TALK_S = 120.0
_FORECAST_COLUMN = 4
"""Of the forecast's moments, the one that :meth:`Predictive.explain` speaks of: 9 s ahead."""


class LivePredictive(Predictive):
    """The predictive pacer with what the daemon needs beside the contract."""

    def forecast(self) -> tuple[float, float] | None:
        """(agents idle, people answering) as the last decision saw them some seconds ahead."""
        if self._last is None:
            return None
        _, snapshot, supply, demand, _, _ = self._last
        column = min(self._columns - 1, _FORECAST_COLUMN)
        return float(snapshot.idle + supply[column]), float(demand[column] + snapshot.waiting)

    def ask(self, snapshot: Snapshot) -> int:
        """Decide without taking the calls as placed."""
        before = self._budget.state()
        calls = self.decide(snapshot)
        self._budget.restore(before)
        return calls


def pacer_for(mode: Mode, settings: CampaignSettings) -> Pacer | None:
    """A new pacer; None for modes that need none."""
    if mode is Mode.PREDICTIVE:
        return LivePredictive(_TYPICAL_TALK_S, max(1.0, settings.wrap_up_s))
    if mode is Mode.POWER:
        return Ratio(settings.pacing.ratio)
    return Progressive() if mode.reserves else None


def _pacers_for(settings: CampaignSettings) -> tuple[Pacer | None, Pacer | None]:
    """The one that decides, and the one that is only asked."""
    shadow = settings.pacing.shadow
    return (
        pacer_for(settings.mode, settings) if settings.mode.dials_ahead else None,
        pacer_for(shadow, settings) if shadow is not None else None,
    )


def pacing_info(settings: CampaignSettings, now: float, ends_at: float, progressive_until: int) -> PacingInfo:
    """The rules of a campaign for its pacers. ``ends_at``: of the compliance window, on the clock of ``now``."""
    pacing = settings.pacing
    return PacingInfo(
        now=now,
        abandon_cap=pacing.abandon_cap,
        abandon_target=min(pacing.abandon_target, pacing.abandon_cap),
        patience_s=settings.abandon_threshold_s,
        ring_timeout_s=settings.ring_timeout_s,
        window_ends_at=ends_at,
        amd=settings.analysis.amd is not None,
        max_lines=settings.max_lines,
        max_calls_per_agent=pacing.max_calls_per_agent,
        progressive_until_answers=progressive_until,
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer of a pacer."""

    at: float
    calls: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Level:
    """The floor as the last decision saw it."""

    at_work: int = 0
    idle: int = 0
    outstanding: int = 0
    talking: int = 0
    forecast_idle: float = 0.0
    expected_answers: float = 0.0

    @property
    def calls_per_agent(self) -> float:
        """(calls in progress + agents talking) / agents at work."""
        return (self.outstanding + self.talking) / self.at_work if self.at_work else 0.0


class PacerRun:
    """Pacing of one campaign at work."""

    def __init__(self, settings: CampaignSettings, windows: Windows) -> None:
        self.settings = settings
        self.windows = windows
        self.deciding: Pacer | None = None
        self.shadow: Pacer | None = None
        self.pacers: tuple[Pacer, ...] = ()
        """Both, or the one there is."""
        self._pace_with(*_pacers_for(settings))
        self.decision: Decision | None = None
        self.shadow_decision: Decision | None = None
        self.shadow_calls = self.placed_calls = 0
        """Since the last word about the shadow."""
        self.shadow_told_at = 0.0
        self.level = Level()
        self.history = PacingHistory()
        self.allotment = 0
        """Calls decided on and not placed yet."""
        self.asked_again = False
        """Somebody asked so soon after the last decision that it was not made anew."""
        self.saved_at = 0.0
        self.cold = ""
        """Why the pacer knows nothing of earlier; empty: it does, or need not."""
        self._progressive_until = settings.pacing.progressive_until
        self._window_ends_at: float | None = None

    def _pace_with(self, deciding: Pacer | None, shadow: Pacer | None) -> None:
        self.deciding, self.shadow = deciding, shadow
        self.pacers = tuple(pacer for pacer in (deciding, shadow) if pacer is not None)

    @property
    def learner(self) -> LivePredictive | None:
        """The pacer whose knowledge is worth keeping."""
        return next((pacer for pacer in self.pacers if isinstance(pacer, LivePredictive)), None)

    def observe(self, fact: Fact) -> None:
        """Tell both."""
        for pacer in self.pacers:
            pacer.observe(fact)

    def warm_up(self, saved: Mapping[str, Any] | None, answers_today: int, earlier: bool, now: float) -> None:
        """Take what an earlier run learned. Without it the start is cold: progressive until enough people answered
        from now on, however many there were before."""
        learner = self.learner
        if learner is None:
            return
        self.cold = "cold start, nothing was learned yet"
        if saved is not None and saved.get("state") is not None:
            try:
                learner.restore(dict(saved["state"]))
                self.cold = ""
            except (KeyError, TypeError, ValueError, IndexError) as error:
                self.cold = f"cold start, what was learned cannot be used: {error}"
                fresh = pacer_for(Mode.PREDICTIVE, self.settings)
                if self.deciding is learner:
                    self._pace_with(fresh, self.shadow)
                else:
                    self._pace_with(self.deciding, fresh)
        elif earlier:
            self.cold = "cold start, what was learned is not in Redis"
        self._progressive_until = self.settings.pacing.progressive_until + (answers_today if self.cold else 0)
        self._window_ends_at = None

    def changed(self, settings: CampaignSettings) -> None:
        """Other settings; the pacers keep what they learned where they are the same."""
        old = self.settings
        self.settings = settings
        offset = self._progressive_until - old.pacing.progressive_until
        self._progressive_until = settings.pacing.progressive_until + offset
        learner = self.learner
        if settings.mode is not old.mode or settings.pacing != old.pacing:
            deciding, shadow = _pacers_for(settings)
            self.decision = self.shadow_decision = None
            if learner is not None and isinstance(deciding, LivePredictive):
                deciding = learner
            elif learner is not None and isinstance(shadow, LivePredictive):
                shadow = learner
            self._pace_with(deciding, shadow)
        self._window_ends_at = None

    def under_rules(self, now: float) -> None:
        """Start the pacers anew where the rules are others: at the beginning, on a new day, after a reload."""
        ends_at = self.windows.today(now)[1]
        if ends_at == self._window_ends_at:
            return
        if self._window_ends_at is not None:
            self._progressive_until = self.settings.pacing.progressive_until
        self._window_ends_at = ends_at
        info = pacing_info(self.settings, now, ends_at, self._progressive_until)
        for pacer in self.pacers:
            pacer.start(info)

    def is_cold(self, answers_today: int) -> str:
        """Why pacing is held back for want of knowledge, as long as it is."""
        return self.cold if self.cold and answers_today < self._progressive_until else ""
