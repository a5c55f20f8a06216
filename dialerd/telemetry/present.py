"""Gauges of the present moment, taken from the core's view when Prometheus asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dialerd.core.agent import AgentState
from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState
from dialerd.core.pacing_view import PacingView
from dialerd.core.view import DialerView

_LIVE_STATES = tuple(state.value for state in AttemptState if state is not AttemptState.CLOSED)
_PARTS = ("telephony", "roster", "store", "record")


class PresentCollector(Collector):
    """Reads the view at each scrape; says nothing before it has one."""

    def __init__(self) -> None:
        self.view: Callable[[], DialerView] | None = None
        self.backlog: Callable[[], int] = lambda: 0
        self.loop_lag_s: Callable[[], float] = lambda: 0.0

    def describe(self) -> Iterable[Metric]:
        """The gauges without samples: registering asks for names before there is a view."""
        return list(_families().values())

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        families = _families()
        families["inbox_backlog"].add_metric((), self.backlog())
        families["loop_lag_seconds"].add_metric((), self.loop_lag_s())
        if self.view is not None:
            view = self.view()
            _daemon(families, view)
            _campaigns(families, view)
            _agents(families, view)
        yield from families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    gauges = (
        ("inbox_backlog", "Events that wait for the core.", ()),
        ("loop_lag_seconds", "How late the event loop wakes up.", ()),
        ("up", "1: this part works. telephony: ARI; roster: AMI; store: Redis; record: SQL.", ("part",)),
        ("shutting_down", "1: no new calls, the daemon is ending.", ()),
        ("calls", "Live attempts by state.", ("campaign", "state")),
        ("campaign_state", "1 for the state that the campaign is in.", ("campaign", "state")),
        ("not_dialing", "Why no further call is placed now: agents, contacts, or 1.", ("campaign", "reason")),
        ("hopper_contacts", "Contacts chosen and ready to be dialed.", ("campaign",)),
        ("campaign_in_schedule", "1: the campaign has no schedule, or is within it.", ("campaign",)),
        ("sequence_on", "1: the sequence goes on by itself.", ("sequence",)),
        ("campaign_rule_active", "1: what the rule does is in force.", ("rule",)),
        ("pacing_level", "(Calls in progress + agents talking) / agents at work.", ("campaign",)),
        ("pacing_calls_wanted", "Calls to place, by the last decision.", ("campaign",)),
        ("pacing_forecast_idle", "Agents expected to be idle some seconds ahead.", ("campaign",)),
        ("pacing_expected_answers", "People expected to answer within that time.", ("campaign",)),
        ("pacing_budget_allowed", "Abandoned calls that the cap allows for those who answered today.", ("campaign",)),
        ("pacing_budget_used", "People abandoned today.", ("campaign",)),
        ("pacing_budget_left", "What is left of the budget, of the day or of 30 days.", ("campaign",)),
        ("pacing_cold", "1: pacing is held back for want of knowledge.", ("campaign",)),
        ("pacing_shadow_calls_wanted", "Calls that the shadow would place.", ("campaign", "mode")),
        ("flow_transfer_share", "Of the calls answered, those expected to ask for an agent.", ("campaign", "queue")),
        ("flow_callers_expected", "Callers expected to want an agent by then.", ("campaign", "queue")),
        ("flow_agents_expected", "Agents expected to be free by then.", ("campaign", "queue")),
        ("agents", "Agents by queue and state; one in two queues counts in both.", ("queue", "state")),
        ("trunk_lines", "Lines in use.", ("trunk",)),
        ("trunk_max_lines", "Lines there are.", ("trunk",)),
        ("trunk_held", "1: the breaker is open, the trunk is left alone.", ("trunk",)),
    )
    return {name: GaugeMetricFamily(f"dialerd_{name}", text, labels=labels) for name, text, labels in gauges}


def _daemon(families: dict[str, GaugeMetricFamily], view: DialerView) -> None:
    for part in _PARTS:
        families["up"].add_metric((part,), 1.0 if getattr(view, part) is None else 0.0)
    families["shutting_down"].add_metric((), float(view.shutting_down))
    for sequence in view.sequences:
        families["sequence_on"].add_metric((sequence.name,), float(sequence.state == "on"))
    for rule in view.campaign_rules:
        families["campaign_rule_active"].add_metric((rule.name,), float(rule.active))
    for trunk in view.trunks:
        families["trunk_lines"].add_metric((trunk.name,), trunk.lines)
        families["trunk_max_lines"].add_metric((trunk.name,), trunk.max_lines)
        families["trunk_held"].add_metric((trunk.name,), float(trunk.held_until is not None))


def _campaigns(families: dict[str, GaugeMetricFamily], view: DialerView) -> None:
    live = Counter((attempt.campaign, attempt.state) for attempt in view.attempts)
    for campaign in view.campaigns:
        for state in _LIVE_STATES:
            families["calls"].add_metric((campaign.name, state), live[campaign.name, state])
        for campaign_state in CampaignState:
            is_it = float(campaign.state == campaign_state)
            families["campaign_state"].add_metric((campaign.name, campaign_state.value), is_it)
        if campaign.pacing is not None:
            _pacing(families, campaign.name, campaign.pacing)
        for need in campaign.flow_agents:
            where = campaign.name, need.queue
            families["flow_transfer_share"].add_metric(where, need.share)
            families["flow_callers_expected"].add_metric(where, need.callers_expected)
            families["flow_agents_expected"].add_metric(where, need.agents_free)
        families["campaign_in_schedule"].add_metric((campaign.name,), float(campaign.in_schedule))
        families["hopper_contacts"].add_metric((campaign.name,), campaign.hopper)
        reasons: Counter[str] = Counter()
        for reason, count in campaign.not_dialing.items():
            # What follows the colon is free text, which must not become a label.
            reasons[reason.partition(":")[0]] += count
        for reason, count in sorted(reasons.items()):
            families["not_dialing"].add_metric((campaign.name, reason), count)


def _pacing(families: dict[str, GaugeMetricFamily], campaign: str, pacing: PacingView) -> None:
    for name, value in (
        ("level", pacing.level), ("calls_wanted", pacing.calls), ("forecast_idle", pacing.forecast_idle),
        ("expected_answers", pacing.expected_answers), ("budget_allowed", pacing.budget_allowed),
        ("budget_used", pacing.abandoned_today), ("budget_left", pacing.budget_left),
        ("cold", float(bool(pacing.cold))),
    ):  # fmt: skip
        families[f"pacing_{name}"].add_metric((campaign,), value)
    if pacing.shadow is not None:
        families["pacing_shadow_calls_wanted"].add_metric((campaign, pacing.shadow.mode), pacing.shadow.calls)


def _agents(families: dict[str, GaugeMetricFamily], view: DialerView) -> None:
    counts = Counter((queue, agent.state) for agent in view.agents for queue in agent.queues)
    queues = {queue for queue, _ in counts} | {c.queue for c in view.campaigns if c.queue is not None}
    for queue in sorted(queues):
        for state in AgentState:
            if state is not AgentState.LOGGED_OUT:
                families["agents"].add_metric((queue, state.value), counts[queue, state.value])
