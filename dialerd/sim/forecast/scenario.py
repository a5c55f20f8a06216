"""From a campaigns file and a floor file to a shift that can be played: queues, campaigns and trunks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialerd.config.floor_file import (
    DEFAULT_AGENTS,
    DEFAULT_BUSY,
    DEFAULT_HOURS_S,
    DEFAULT_MACHINES,
    AnalysisModel,
    CalleesModel,
    FloorFile,
    MoveModel,
)
from dialerd.core.analysis import Clock
from dialerd.core.campaign import CampaignSettings, Mode, TrunkSettings
from dialerd.core.treatment import CallAnalysis, Treatment
from dialerd.sim.forecast.floors import HOUR, Analysis, Curve, Floor

_DAY_S = 86_400.0
_FIRST_SOUND_S, _GREETING_S = 0.5, 0.7
_MEASURED = {"connect_first": (0.003, 0.98), "balanced": (0.067, 0.28), "catch_machines": (0.067, 0.28)}
"""By profile: persons taken for machines, machines taken for persons in time; see `docs/amd.md`."""
_ANSWER_RATE, _RING_S, _TALK_S, _TALK_SPREAD, _MACHINE_TALK_S, _MESSAGE_S = 0.25, 8.0, 180.0, 0.8, 5.0, 20.0


@dataclass(frozen=True, slots=True)
class Part:
    """One campaign of a scenario, with its callees; ``floor.agents`` and ``floor.moves`` are its queue's."""

    settings: CampaignSettings
    floor: Floor
    message_s: float = _MESSAGE_S

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self.settings.name


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that a shift needs but the seed. Plain values: it goes to other processes as it is."""

    parts: tuple[Part, ...]
    trunks: Mapping[str, TrunkSettings]
    start_s: float
    """Time of day at which it begins, seconds since midnight."""
    warm: bool = False
    """Pacers begin with what a shift of the day before taught them."""

    @property
    def hours(self) -> float:
        """Length of the shift."""
        return self.parts[0].floor.hours

    def queues(self) -> dict[str, list[Part]]:
        """Campaigns with agents, by queue."""
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            if part.settings.queue is not None:
                found.setdefault(part.settings.queue, []).append(part)
        return found

    def with_mode(self, mode: Mode) -> Scenario:
        """The same with all campaigns that have agents in this mode."""
        parts = [
            replace(part, settings=replace(part.settings, mode=mode)) if part.settings.queue is not None else part
            for part in self.parts
        ]
        return replace(self, parts=tuple(parts))


def scenario(
    campaigns: Iterable[CampaignSettings], trunks: Mapping[str, TrunkSettings], floor: FloorFile, warm: bool = False
) -> Scenario:
    """The shift that these files describe. Raises ValueError without campaigns."""
    parts = tuple(_part(settings, floor) for settings in campaigns)
    if not parts:
        raise ValueError("a scenario needs a campaign")
    return Scenario(parts, dict(trunks), floor.start, warm)


def _part(settings: CampaignSettings, floor: FloorFile) -> Part:
    own = floor.campaigns.get(settings.name)
    length_s = floor.hours if floor.hours is not None else DEFAULT_HOURS_S
    agents, moves = _agents(settings.queue, floor)
    # A rule file's function cannot go to another process, and nothing here is judged by it.
    plain = replace(settings, site_rule=None)
    made = Floor(
        name=settings.name,
        agents=agents,
        answer=_answer(own, floor),
        talk_s=((0.0, _stated("talk", own, floor, _TALK_S)),),
        talk_sigma=_stated("talk_spread", own, floor, _TALK_SPREAD),
        # The daemon ends a wrap-up by its clock: all are equally long.
        wrap_s=_stated("wrap_up", own, floor, settings.wrap_up_s),
        wrap_sigma=0.0,
        hours=length_s / HOUR,
        moves=tuple(((move.at - floor.start) % _DAY_S, move.agents) for move in moves),
        analysis=_analysis(settings, own, floor),
        ring_median_s=_stated("ring", own, floor, _RING_S),
        ring_timeout_s=settings.ring_timeout_s,
        patience_s=settings.abandon_threshold_s,
        machine_share=_stated("machines", own, floor, DEFAULT_MACHINES),
        busy_share=_stated("busy", own, floor, DEFAULT_BUSY),
        machines_to_agents=settings.responses.get(CallAnalysis.PERSON) is not Treatment.HANG_UP,
        machine_talk_s=_stated("machine_talk", own, floor, _MACHINE_TALK_S),
    )
    return Part(plain, made, _stated("message", own, floor, _MESSAGE_S))


def _agents(queue: str | None, floor: FloorFile) -> tuple[int, Sequence[MoveModel]]:
    if queue is None:
        return 0, ()
    own = floor.queues.get(queue)
    agents = floor.agents if floor.agents is not None else DEFAULT_AGENTS
    moves: Sequence[MoveModel] = floor.moves
    if own is not None:
        agents = own.agents if own.agents is not None else agents
        moves = own.moves if own.moves is not None else moves
    return agents, moves


def _stated(name: str, own: CalleesModel | None, floor: CalleesModel, usual: float) -> float:
    for model in (own, floor):
        if model is not None and (value := getattr(model, name)) is not None:
            return float(value)
    return usual


def _answer(own: CalleesModel | None, floor: FloorFile) -> Curve:
    for model in (own, floor):
        if model is not None and model.answer_rate is not None:
            return ((0.0, model.answer_rate),)
        if model is not None and model.answer_rates:
            return over_the_day(model.answer_rates, floor.start)
    return ((0.0, _ANSWER_RATE),)


def over_the_day(by_clock: Mapping[str, float], start_s: float) -> Curve:
    """Values by time of day (``09:30``) as a curve over the shift."""
    points = []
    for clock, value in by_clock.items():
        hours, minutes = clock.split(":")
        points.append(((int(hours) * 3600.0 + int(minutes) * 60.0 - start_s) % _DAY_S, value))
    points.sort()
    # The last time before the start counts as well: it stands at the end of the day.
    last, value = points[-1]
    return ((last - _DAY_S, value), *points) if len(points) > 1 else ((0.0, value),)


def _analysis(settings: CampaignSettings, own: CalleesModel | None, floor: FloorFile) -> Analysis | None:
    """Call analysis as the profile works. Its deadline runs from the first sound or from the greeting's end; AMD says
    "person" when silence has followed the greeting."""
    profile = settings.analysis
    if profile.amd is None:
        return None

    def figure(name: str, usual: float) -> float:
        models: list[AnalysisModel | None] = [m.analysis for m in (own, floor) if m is not None]
        found: list[Any] = [getattr(m, name) for m in models if m is not None and getattr(m, name) is not None]
        return float(found[0]) if found else usual

    lost, passed = _MEASURED.get(profile.name, _MEASURED["balanced"])
    first, greeting = figure("first_sound", _FIRST_SOUND_S), figure("greeting", _GREETING_S)
    silence_s = profile.amd.after_greeting_silence_ms / 1000.0
    before_s, thinking_s = first, greeting + silence_s
    if profile.clock is Clock.GREETING_END:
        before_s, thinking_s = first + greeting, silence_s
    longest_s = profile.deadline_s
    if longest_s is None:
        longest_s = max(0.1, profile.amd.total_analysis_ms / 1000.0 - before_s)
    machine_lost, machine_passed = figure("persons_lost", lost), figure("machines_passed", passed)
    if settings.responses.get(CallAnalysis.MACHINE) is Treatment.AGENT:
        machine_lost, machine_passed = 0.0, 1.0
    return Analysis(before_s, max(0.01, thinking_s), 0.25, longest_s, machine_lost, machine_passed)
