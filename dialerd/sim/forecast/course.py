"""A campaign over a simulated shift, for charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialerd.sim.forecast.play import Played
from dialerd.sim.forecast.scenario import Part
from dialerd.sim.forecast.timeline import SAMPLE_S

_FEW = 30
"""People answered below which a running rate says nothing."""


@dataclass(frozen=True, slots=True)
class Course:
    """One campaign over the shift, of the first seed: for charts. Lists have one element per ``step_s`` seconds."""

    step_s: float
    agents: bool
    """Whether the campaign has agents."""
    talking: list[int]
    wrapping: list[int]
    idle: list[int]
    out: list[int]
    connected: list[int]
    abandoned: list[int]


def course_of(part: Part, played: Played) -> Course:
    """What the charts show of one seed's shift."""
    timeline = played.timelines[part.name]
    lane = timeline.lanes[part.name]
    return Course(
        SAMPLE_S, part.settings.queue is not None, timeline.talking, timeline.wrapping, timeline.idle, lane.out,
        lane.connected, lane.abandoned,
    )  # fmt: skip


def buckets(values: Sequence[float], columns: int) -> list[float]:
    """Means of as many stretches as there are columns; the nearest value where there are fewer values."""
    count = len(values)
    if not count:
        return [0.0] * columns
    result = []
    for column in range(columns):
        first = column * count // columns
        last = max(first + 1, (column + 1) * count // columns)
        part = values[first:last]
        result.append(sum(part) / len(part))
    return result


def running_rate(course: Course) -> list[float]:
    """A / (A + L) so far; 0 until enough people answered for it to mean something."""
    return [
        lost / (lost + met) if lost + met >= _FEW else 0.0
        for met, lost in zip(course.connected, course.abandoned, strict=True)
    ]
