"""The figures of simulated shifts: one row for each campaign, over all seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from dialerd.core.campaign import Mode
from dialerd.core.wilson import interval
from dialerd.sim.forecast.course import Course, course_of
from dialerd.sim.forecast.floors import HOUR, at
from dialerd.sim.forecast.play import Played
from dialerd.sim.forecast.scenario import Part, Scenario
from dialerd.sim.forecast.shift import Shift
from dialerd.sim.forecast.timeline import LIMITS


@dataclass(frozen=True, slots=True)
class Band:
    """A figure with what it may lie between. ``how``: ``wilson`` (95 %, one seed) or ``seeds`` (least and most)."""

    value: float
    low: float
    high: float
    how: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One campaign. Shares are fractions; counts and durations (seconds) are means per shift."""

    campaign: str
    mode: str
    queue: str | None
    agents: int
    """At the start of the shift."""
    seeds: int
    answer_rate: float
    """As assumed, at the mean over the shift."""
    talk_s: float
    wrap_up_s: float
    dials: float
    connected: float
    machines: float
    """Machines that met an agent, among ``connected``."""
    abandoned: float
    abandon: Band
    abandon_cap: float
    abandon_target: float
    worst_hour: float
    """Highest abandon rate in a rolling hour, of all seeds."""
    worst_hour_at_s: float
    """Time of day at which that hour begins, in seconds since midnight."""
    utilisation: Band | None
    """(talk + wrap-up) / logged-in of the queue's agents, all its campaigns together; None without agents."""
    talking: float
    """Share of the agents' time that goes into conversations of the queue's campaigns."""
    wait_between_calls_s: float | None
    """Of an agent, from the end of the wrap-up to the next call; None: no call."""
    person_wait_s: float
    """Of those who were connected, until the agent was there; analysis not included."""
    calls_per_agent_hour: float | None
    connects_per_agent_hour: float | None
    calls_per_hour: float
    lines_mean: float
    lines_most: int
    max_lines: int
    opened_after_s: float | None
    """Until so many people had answered that calls may be placed ahead, median; None: never, or not in this mode."""
    opened: str
    """That in words, with the reason."""
    holds: dict[str, float] = field(default_factory=dict)
    """What held pacing back, as shares of the shift."""


@dataclass(frozen=True, slots=True)
class Result:
    """All that a scenario came to. ``label`` tells variants apart; empty for the only one."""

    label: str
    start_s: float
    hours: float
    seeds: tuple[int, ...]
    warm: bool
    campaigns: tuple[Figures, ...]
    courses: dict[str, Course]


def result(scenario: Scenario, played: Sequence[Played], label: str = "") -> Result:
    """The figures of one scenario's shifts, one for each seed."""
    return Result(
        label,
        scenario.start_s,
        scenario.hours,
        tuple(one.seed for one in played),
        scenario.warm,
        tuple(_figures(scenario, part, played) for part in scenario.parts),
        {part.name: course_of(part, played[0]) for part in scenario.parts},
    )


def _figures(scenario: Scenario, part: Part, played: Sequence[Played]) -> Figures:
    settings, floor = part.settings, part.floor
    shifts = [one.shifts[part.name] for one in played]
    queue = [
        [one.shifts[other.name] for other in scenario.parts if other.settings.queue == settings.queue]
        for one in played
    ]
    logged_in_h = mean(shift.logged_in_s for shift in shifts) / HOUR
    hours = floor.hours
    connected, dials = mean(s.connected for s in shifts), mean(s.dials for s in shifts)
    worst = max((shift.worst_window_at(HOUR) for shift in shifts), key=lambda found: found[0])
    opened_after_s, opened = _opened(part, shifts)
    shared = [sum(s.busy_s for s in lanes) / lanes[0].logged_in_s for lanes in queue if lanes[0].logged_in_s]
    answered = sum(s.connected for lanes in queue for s in lanes)
    idle_s = sum(lanes[0].logged_in_s - sum(s.busy_s for s in lanes) for lanes in queue)
    talking_s = sum(s.talk_s for lanes in queue for s in lanes)
    has_agents = settings.queue is not None
    return Figures(
        campaign=part.name,
        mode=settings.mode.value,
        queue=settings.queue,
        agents=floor.agents,
        seeds=len(played),
        answer_rate=mean(at(floor.answer, hours * HOUR * (i + 0.5) / 48) for i in range(48)),
        talk_s=_mean_talk_s(part),
        wrap_up_s=floor.wrap_s,
        dials=dials,
        connected=connected,
        machines=mean(s.machines for s in shifts),
        abandoned=mean(s.abandoned for s in shifts),
        abandon=_abandon(shifts),
        abandon_cap=settings.pacing.abandon_cap,
        abandon_target=settings.pacing.abandon_target,
        worst_hour=worst[0],
        worst_hour_at_s=(scenario.start_s + worst[1]) % 86_400.0,
        utilisation=_over(shared) if has_agents and shared else None,
        talking=talking_s / (len(played) * logged_in_h * HOUR) if logged_in_h else 0.0,
        wait_between_calls_s=idle_s / answered if has_agents and answered else None,
        person_wait_s=sum(s.waited_s for s in shifts) / max(1, sum(s.connected for s in shifts)),
        calls_per_agent_hour=dials / logged_in_h if logged_in_h else None,
        connects_per_agent_hour=connected / logged_in_h if logged_in_h else None,
        calls_per_hour=dials / hours,
        lines_mean=mean(s.line_s for s in shifts) / (hours * HOUR),
        lines_most=max(s.most_lines for s in shifts),
        max_lines=settings.max_lines,
        opened_after_s=opened_after_s,
        opened=opened,
        holds=_holds(part, played),
    )


def _mean_talk_s(part: Part) -> float:
    recorded = part.floor.recorded.talk_s
    if recorded:
        return mean(recorded)
    return mean(at(part.floor.talk_s, part.floor.hours * HOUR * (i + 0.5) / 48) for i in range(48))


def _over(values: Sequence[float]) -> Band:
    return Band(mean(values), min(values), max(values), "seeds")


def _abandon(shifts: Sequence[Shift]) -> Band:
    lost = sum(s.abandoned for s in shifts)
    answers = lost + sum(s.connected for s in shifts)
    value = lost / answers if answers else 0.0
    if len(shifts) > 1:
        rates = [s.abandon_rate for s in shifts]
        return Band(value, min(rates), max(rates), "seeds")
    return Band(value, *interval(lost, answers), "wilson")


def _opened(part: Part, shifts: Sequence[Shift]) -> tuple[float | None, str]:
    settings = part.settings
    until = settings.pacing.progressive_until
    if settings.mode.reserves:
        return None, "never: this mode reserves an agent for each call"
    if settings.mode is Mode.AGENTLESS:
        return None, "no agents, no budget"
    if until == 0:
        return 0.0, "at once: `progressive_until` is 0"
    found = [shift.answer_times[until - 1] for shift in shifts if len(shift.answer_times) >= until]
    if len(found) < len(shifts):
        most = max(len(shift.answer_times) for shift in shifts)
        return None, f"not in every shift: `progressive_until` is {until}, at most {most} people answered"
    after_s = median(found)
    return after_s, f"after {after_s / 60:.0f} min, when {until} people had answered (`progressive_until`)"


def _holds(part: Part, played: Sequence[Played]) -> dict[str, float]:
    counted: Counter[str] = Counter()
    samples = 0
    if part.settings.queue is None:
        out = [v for one in played for v in one.timelines[part.name].lanes[part.name].out]
        return {LIMITS: sum(v >= part.settings.max_lines for v in out) / len(out)} if out else {}
    for one in played:
        timeline = one.timelines[part.name]
        counted.update(timeline.lanes[part.name].holds)
        samples += len(timeline.idle)
    return {hold: count / samples for hold, count in counted.most_common()} if samples else {}
