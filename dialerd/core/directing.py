"""Campaign rules at work: looks at the figures now and then, and acts at the edges only.

Between two edges a rule does nothing: what a person orders meanwhile stands until the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dialerd.core.agent import AgentState
from dialerd.core.campaign import Plan
from dialerd.core.commands import AuditAction, CountContacts, SaveDirection
from dialerd.core.direction import CampaignRule, Condition, Measure, Order
from dialerd.core.events import ContactsCounted
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.forecasting import Forecasting
from dialerd.core.running import Running

LOOK_EVERY_S = 5.0
COUNT_EVERY_S = 30.0
"""How often the record is asked how far a list is done."""
RATE_SPAN_S = 900.0
"""Over so long the connect rate is taken."""
LEAST_CALLS = 20
"""With fewer calls, or people who answered, there is no rate, and no rule that looks at it acts."""
_AWAY = frozenset({AgentState.LOGGED_OUT, AgentState.PAUSED})


@dataclass(slots=True)
class RuleRun:
    """A rule at work."""

    rule: CampaignRule
    active: bool = False
    changed_at: float = 0.0
    holds_since: float | None = None
    """Since when what would change it has held; None: it does not hold."""
    spent: bool = False
    """It acted, cannot be undone, and ``when`` still holds."""
    overrides: dict[str, Any] = field(default_factory=dict)
    outranked: bool = False
    """It pauses its target, and somebody has started that by hand since."""


class Directing:
    """Applies campaign rules."""

    def __init__(self, floor: Floor, running: Running, forecasting: Forecasting) -> None:
        self._floor = floor
        self._running = running
        self._forecasting = forecasting
        self._plan = Plan({}, {})
        """As the YAML states it; the floor has it with what rules have changed."""
        self.runs: dict[str, RuleRun] = {}
        self._left: dict[str, Mapping[str, Any]] = {}
        self._history: dict[str, deque[tuple[float, int, int]]] = {}
        self._counts: dict[str, tuple[int, int]] = {}
        self._asked_at: dict[str, float] = {}

    # --- start and reload ------------------------------------------------------------------------------

    def plan_changed(self, plan: Plan, now: float) -> None:
        """A new configuration. A setting that is stated otherwise now is a person's order: a rule's own value for it
        is given up until the rule's next edge."""
        before, self._plan = self._plan, plan
        old, self.runs = self.runs, {}
        for name, rule in plan.campaign_rules.items():
            run = self.runs[name] = old.get(name) or RuleRun(rule)
            run.rule = rule
            for key in list(run.overrides):
                was, becomes = before.campaigns.get(rule.target), plan.campaigns.get(rule.target)
                if was is not None and becomes is not None and getattr(was, key) != getattr(becomes, key):
                    del run.overrides[key]
            if name not in old and name in self._left:
                self._restore(run, self._left.pop(name))
        for name, run in old.items():
            if name not in self.runs and run.active:
                self._let_go(run.rule)
        self._apply(now)
        if self.runs:
            self._floor.timers.set("rules", "", now)

    def recovered(self, left: Mapping[str, Mapping[str, Any]], now: float) -> None:
        """What an earlier run saved."""
        self._left = dict(left)
        for name in list(self._left):
            if name in self.runs:
                self._restore(self.runs[name], self._left.pop(name))
        if any(run.overrides for run in self.runs.values()):
            self._apply(now)

    def _restore(self, run: RuleRun, left: Mapping[str, Any]) -> None:
        run.active, run.spent = bool(left.get("active")), bool(left.get("spent"))
        run.changed_at = float(left.get("at", 0.0))
        if run.active:
            kept = left.get("overrides", ())
            run.overrides = {key: value for key, value in run.rule.settings.items() if key in kept}
            campaign = self._floor.campaigns.get(run.rule.target)
            if run.rule.order is Order.PAUSE:
                run.outranked = not left.get("pausing")
                if not run.outranked and campaign is not None:
                    campaign.paused_by = run.rule.name

    def _apply(self, now: float) -> None:
        """Put the plan into force, with what active rules have changed; the latest edge counts."""
        campaigns = dict(self._plan.campaigns)
        for run in sorted(self.runs.values(), key=lambda run: run.changed_at):
            if run.active and run.overrides and run.rule.target in campaigns:
                campaigns[run.rule.target] = replace(campaigns[run.rule.target], **run.overrides)
        self._running.plan_changed(replace(self._plan, campaigns=campaigns), now)

    # --- looking ---------------------------------------------------------------------------------------

    def counted(self, event: ContactsCounted) -> None:
        """The record's answer: how far the campaign's lists are done."""
        self._counts[event.campaign] = event.total, event.done

    def look(self, now: float) -> None:
        """Look at the figures; act where a condition has held for long enough."""
        if not self.runs:
            return
        self._floor.timers.set("rules", "", now + LOOK_EVERY_S)
        if self._floor.conditions.store is not None:
            return  # what an earlier run left is not known yet, or nothing may be written
        figures: dict[str, dict[Measure, float | None]] = {}
        for run in self.runs.values():
            campaign = self._floor.campaigns.get(run.rule.campaign)
            if campaign is not None:
                if run.rule.campaign not in figures:
                    figures[run.rule.campaign] = self._figures(campaign, now)
                self._judge(run, figures[run.rule.campaign], now)

    def _judge(self, run: RuleRun, figures: Mapping[Measure, float | None], now: float) -> None:
        rule = run.rule
        condition = rule.until if run.active else rule.when
        if condition is None:
            return
        if not self._holds(condition, figures, now):
            run.holds_since, run.spent = None, False
            return
        if run.holds_since is None:
            run.holds_since = now
        if run.spent:
            return
        due = run.holds_since + condition.for_s
        if due > now:
            self._floor.timers.set("rules", "", min(due, self._floor.timers.at("rules", "") or due))
            return
        run.holds_since = None
        self._act(run, figures, now)

    def _holds(self, condition: Condition, figures: Mapping[Measure, float | None], now: float) -> bool:
        if condition.schedule is not None and condition.schedule.openness(now).open is not condition.inside:
            return False
        for threshold in condition.thresholds:
            figure = figures.get(threshold.measure)
            if figure is None or not threshold.holds(figure):
                return False
        return True

    def _figures(self, campaign: CampaignRun, now: float) -> dict[Measure, float | None]:
        settings, floor = campaign.settings, self._floor
        members = [agent for agent in floor.agents.values() if settings.queue in agent.memberships]
        known = settings.queue is not None and floor.conditions.roster is None
        return {
            Measure.AGENTS: float(sum(agent.state not in _AWAY for agent in members)) if known else None,
            Measure.IDLE_AGENTS: float(len(floor.available.get(settings.queue or "", ()))) if known else None,
            Measure.ABANDON_RATE: self._abandon_rate(settings.name, now),
            Measure.CONNECT_RATE: self._connect_rate(campaign, now),
            Measure.PROGRESS: self._progress(campaign, now),
        }

    def _abandon_rate(self, name: str, now: float) -> float | None:
        run = self._forecasting.runs.get(name)
        if run is None:
            return None
        live, abandoned = self._forecasting.counts(run, now)[0]
        return abandoned / (live + abandoned) if live + abandoned >= LEAST_CALLS else None

    def _connect_rate(self, campaign: CampaignRun, now: float) -> float | None:
        history = self._history.setdefault(campaign.settings.name, deque())
        if history and campaign.placed < history[-1][1]:
            history.clear()  # taken out and put in again
        history.append((now, campaign.placed, campaign.reached))
        while len(history) > 1 and history[1][0] <= now - RATE_SPAN_S:
            history.popleft()
        placed, reached = campaign.placed - history[0][1], campaign.reached - history[0][2]
        return min(1.0, reached / placed) if placed >= LEAST_CALLS else None

    def _progress(self, campaign: CampaignRun, now: float) -> float | None:
        name = campaign.settings.name
        wanted = any(
            threshold.measure is Measure.PROGRESS
            for run in self.runs.values()
            if run.rule.campaign == name
            for condition in (run.rule.when, run.rule.until)
            if condition is not None
            for threshold in condition.thresholds
        )
        if not wanted:
            return None
        if now >= self._asked_at.get(name, 0.0) + COUNT_EVERY_S and self._floor.conditions.record is None:
            self._asked_at[name] = now
            self._floor.do(CountContacts(name, campaign.settings.contact_lists))
        total, done = self._counts.get(name, (0, 0))
        return done / total if total else None

    # --- acting ----------------------------------------------------------------------------------------

    def _act(self, run: RuleRun, figures: Mapping[Measure, float | None], now: float) -> None:
        """An edge: the rule takes effect, or is undone."""
        rule, because = run.rule, run.rule.until if run.active else run.rule.when
        begins = not run.active
        run.active = begins and rule.until is not None
        run.spent = begins and rule.until is None
        run.changed_at = now
        run.overrides = dict(rule.settings) if begins else {}
        run.outranked = False
        target = self._floor.campaigns.get(rule.target)
        if target is not None and rule.order is not None:
            self._order(target, rule, begins)
        if rule.settings:
            self._apply(now)
        what = "campaign_rule_acted" if begins else "campaign_rule_undone"
        detail = {"campaign": rule.target, "because": str(because)}
        if rule.order is not None:
            detail["order"] = rule.order.value
        for key, value in rule.settings.items():
            detail[key] = str(value) if begins else str(getattr(self._plan.campaigns.get(rule.target), key, ""))
        for measure, figure in figures.items():
            if figure is not None and str(measure) in str(because):
                detail[f"{measure}_now"] = f"{figure * 100:.2f}%" if measure.is_share else f"{figure:g}"
        self._save(run)
        self._floor.do(AuditAction(f"rule:{rule.name}", what, detail))
        self._floor.tell("info", what, rule=rule.name, **detail)

    def _order(self, target: CampaignRun, rule: CampaignRule, begins: bool) -> None:
        if rule.order is Order.PAUSE:
            if begins:
                target.paused_by = rule.name
                self._floor.dirty.add(rule.target)
            else:
                self._let_go(rule)
        elif (rule.order is Order.START) is begins:
            self._running.start(target)
        else:
            self._running.stop(target, f"rule {rule.name}")

    def _let_go(self, rule: CampaignRule) -> None:
        target = self._floor.campaigns.get(rule.target)
        if target is not None and target.paused_by == rule.name:
            target.paused_by = self._other_pause(rule)
            self._floor.dirty.add(rule.target)

    def _other_pause(self, rule: CampaignRule) -> str:
        """Another rule that pauses the same campaign, the latest to act; empty: there is none."""
        others = [run for run in self._pausing(rule.target) if run.rule.name != rule.name and not run.outranked]
        return max(others, key=lambda run: run.changed_at).rule.name if others else ""

    def _pausing(self, target: str) -> list[RuleRun]:
        return [
            run
            for run in self.runs.values()
            if run.active and run.rule.order is Order.PAUSE and run.rule.target == target
        ]

    def started_by_hand(self, campaign: CampaignRun) -> None:
        """Somebody started it: a pause is over."""
        if campaign.paused_by:
            campaign.paused_by = ""
            self._floor.dirty.add(campaign.settings.name)
            for run in self._pausing(campaign.settings.name):
                run.outranked = True
                self._save(run)

    def _save(self, run: RuleRun) -> None:
        target = self._floor.campaigns.get(run.rule.target)
        state = {
            "active": run.active, "spent": run.spent, "at": run.changed_at, "overrides": sorted(run.overrides),
            "pausing": target is not None and bool(target.paused_by) and not run.outranked,
        }  # fmt: skip
        self._floor.do(SaveDirection("rule", run.rule.name, state))
