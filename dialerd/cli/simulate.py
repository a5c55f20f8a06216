"""`simulate`: what a day would bring, before it is dialed."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.screen import complaints, print_json, screen
from dialerd.cli.settings import print_problems, problem_object, settings_or_fail
from dialerd.cli.simulate_replay import beside, read_day, recorded_object
from dialerd.cli.simulate_view import comparison, headline, shift_picture
from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.floor_file import FloorFile, Known, load_floor
from dialerd.config.problems import Problem, did_you_mean
from dialerd.core.campaign import CampaignSettings, Connection, Mode, Plan
from dialerd.sim.forecast.page import page
from dialerd.sim.forecast.play import play_all
from dialerd.sim.forecast.replay import day_scenario
from dialerd.sim.forecast.result import Result, result
from dialerd.sim.forecast.scenario import Scenario, scenario
from dialerd.sim.forecast.svg import course_chart
from dialerd.sim.forecast.variants import MOST, Setting, Variant, setting, variants, write_over

_MODES = (Mode.PREDICTIVE, Mode.POWER, Mode.PROGRESSIVE)


def _option(*names: str, metavar: str, help: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=help, show_default=False)


@ends_well
def simulate(
    file: Annotated[
        Path | None, typer.Argument(help="A campaigns file. Default: the one that the settings name.")
    ] = None,
    campaign: Annotated[
        list[str] | None, typer.Option(help="Only this campaign; may be repeated. Default: all.", show_default=False)
    ] = None,
    agents: Annotated[
        str | None, _option("--agents", metavar="N", help="Agents of each queue, or sales=12,support=8. 20.")
    ] = None,
    hours: Annotated[str | None, _option("--hours", metavar="TIME", help="Length of the shift: 8, 90m. 8.")] = None,
    start: Annotated[str | None, _option("--start", metavar="HH:MM", help="When it begins. 09:00.")] = None,
    answer_rate: Annotated[
        str | None, _option("--answer-rate", metavar="SHARE", help="Calls that a person answers. 25%.")
    ] = None,
    machines: Annotated[
        str | None, _option("--machines", metavar="SHARE", help="Machines, of the calls that nobody answers. 25%.")
    ] = None,
    busy: Annotated[
        str | None, _option("--busy", metavar="SHARE", help="Busy or invalid, of the calls nobody answers. 20%.")
    ] = None,
    ring: Annotated[str | None, _option("--ring", metavar="TIME", help="Time to a person's answer. 8s.")] = None,
    talk: Annotated[str | None, _option("--talk", metavar="TIME", help="Mean conversation. 3m.")] = None,
    wrap_up: Annotated[
        str | None, _option("--wrap-up", metavar="TIME", help="Notes after a call. As in the campaigns file.")
    ] = None,
    floor: Annotated[
        Path | None, _option("--floor", metavar="FILE", help="A floor file; options go over it.")
    ] = None,
    mode: Annotated[
        str | None, _option("--mode", metavar="MODES", help="Modes to compare: predictive,power,progressive.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        _option(
            "--set",
            metavar="NAME=VALUE",
            help="A campaign's setting; several values are compared: pacing.abandon_target=1%,2%.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same day.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="So many days, with seeds from --seed on.")] = 1,
    from_attempts: Annotated[
        str | None,
        _option(
            "--from-attempts",
            metavar="DATE",
            help="Callees, conversations and agents of a recorded day: 2026-03-01, yesterday.",
        ),
    ] = None,
    database: Annotated[
        str | None, _option("--database", metavar="URL", help="The record. Default: the one that the settings name.")
    ] = None,
    warm: Annotated[
        bool, typer.Option("--warm", help="Begin with what a day before taught, as after a restart.")
    ] = False,
    svg: Annotated[Path | None, _option("--svg", metavar="FILE", help="Write the charts as SVG.")] = None,
    html: Annotated[Path | None, _option("--html", metavar="FILE", help="Write a page with all of it.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a day would bring: occupancy, waits, abandoned calls, lines; modes and settings compared."""
    began = time.perf_counter()
    path = file if file is not None else settings_or_fail(config).campaigns
    tried = _variants(mode, settings or [])
    plan = _plan(path, None, [])
    names = _chosen(plan, campaign or [])
    known = Known(frozenset(plan.campaigns), frozenset(c.queue for c in plan.campaigns.values() if c.queue))
    options = {
        "hours": _hours(hours), "start": start, "answer_rate": answer_rate, "machines": machines, "busy": busy,
        "ring": ring, "talk": talk, "wrap_up": wrap_up,
    }  # fmt: skip
    day, when = None, ""
    chosen = [plan.campaigns[name] for name in names]
    if from_attempts is not None:
        _nothing_else({**options, "agents": agents, "floor": floor})
        day, when = read_day(from_attempts, chosen, database, config)
        described = FloorFile()
    elif database is not None:
        raise Failure("--database goes with --from-attempts", code=Exit.USAGE)
    else:
        described = _floor(floor, known, agents, options)
    with_agents = [one.name for one in chosen if one.queue is not None]
    if mode is not None and not with_agents:
        raise Failure("--mode: no campaign here has agents", "agentless campaigns have no other mode", Exit.USAGE)
    scenarios = []
    for one in tried:
        varied = _plan(path, one, with_agents or names) if one.mode is not None or one.settings else plan
        settled = [varied.campaigns[name] for name in names]
        if day is not None:
            scenarios.append(day_scenario(settled, varied.trunks, day, chosen[0].time_zone, warm))
        else:
            scenarios.append(scenario(settled, varied.trunks, described, warm))
    results = _results(scenarios, tried, list(range(seed, seed + seeds)))
    notes = [*_notes(chosen), *(day.notes if day is not None else ())]
    _write(svg, html, results, str(path), notes)
    took_s = time.perf_counter() - began
    if as_json:
        told = [_object(one) for one in results]
        body = {"file": str(path), "took_s": round(took_s, 2), "notes": notes, "results": told}
        print_json(body | ({"recorded": recorded_object(day, when)} if day is not None else {}))
        return
    console = screen()
    console.print(headline(results[0], str(path)))
    console.print()
    if day is not None:
        console.print(beside(day, when, results))
        console.print()
    if len(results) == 1:
        console.print(shift_picture(results[0], console.width, console.color_system is not None))
    else:
        console.print(comparison(results, console.width))
    for note in notes:
        console.print(f"[yellow]note[/] {escape(note)}")
    for written in (svg, html):
        if written is not None:
            console.print(f"[green]written[/] {escape(str(written))}", soft_wrap=True)
    console.print(f"[dim]{took_s:.1f} s. What is not modelled: docs/simulate.md[/]")


def _nothing_else(given: dict[str, Any]) -> None:
    """A recorded day has its own floor."""
    for name, value in given.items():
        if value is not None:
            shown = f"--{name.replace('_', '-')}"
            raise Failure(f"{shown} does not go with --from-attempts: that day tells it itself", code=Exit.USAGE)


def _hours(text: str | None) -> str | None:
    """On the command line a plain number means hours."""
    return f"{text}h" if text is not None and text.replace(".", "", 1).isdigit() else text


def _variants(mode: str | None, settings: list[str]) -> list[Variant]:
    modes = []
    for word in (mode or "").split(",") if mode is not None else []:
        known = {m.value: m for m in _MODES}
        if word.strip() not in known:
            raise Failure(
                f"--mode: `{word.strip()}` is no mode with agents", did_you_mean(word.strip(), known), Exit.USAGE
            )
        modes.append(known[word.strip()])
    found: list[Setting] = []
    for text in settings:
        try:
            found.append(setting(text))
        except ValueError as error:
            raise Failure(f"--set: {error}", "such as --set pacing.abandon_target=1%,2%", Exit.USAGE) from None
    if doubled := {one.name for one in found if sum(other.path == one.path for other in found) > 1}:
        raise Failure(f"--set: {', '.join(sorted(doubled))} is given twice", "several values: a comma", Exit.USAGE)
    made = variants(list(dict.fromkeys(modes)), found)
    if len(made) > MOST:
        raise Failure(f"{len(made)} variants to compare, more than {MOST}", "fewer modes or values", Exit.USAGE)
    return made


def _plan(path: Path, variant: Variant | None, names: list[str]) -> Plan:
    found = load_campaigns(
        path, overlay=None if variant is None else lambda document: write_over(document, variant, names)
    )
    if found.plan is None:
        raise _unusable(f"{path} cannot be used" if variant is None else "so it cannot be", found.problems)
    return found.plan


def _unusable(message: str, problems: tuple[Problem, ...]) -> Failure:
    print_problems(complaints(), problems)
    return Failure(message, code=Exit.USAGE, problems=[problem_object(problem) for problem in problems])


def _chosen(plan: Plan, wanted: list[str]) -> list[str]:
    for name in wanted:
        if name not in plan.campaigns:
            raise Failure(
                f"there is no campaign {name!r} in the file", did_you_mean(name, plan.campaigns), Exit.USAGE
            )
    names = [name for name in plan.campaigns if not wanted or name in wanted]
    if not names:
        raise Failure("the file has no campaigns", "write some under `campaigns:`", Exit.USAGE)
    return names


def _floor(path: Path | None, known: Known, agents: str | None, options: dict[str, str | None]) -> FloorFile:
    given: dict[str, tuple[Any, str]] = {
        name: (text, f"--{name.replace('_', '-')}") for name, text in options.items() if text is not None
    }
    by_queue: dict[str, str] = {}
    if agents is not None and "=" in agents:
        for word in agents.split(","):
            queue, _, number = word.partition("=")
            by_queue[queue.strip()] = number.strip()
    elif agents is not None:
        given["agents"] = agents, "--agents"
    found = load_floor(path, known, given, by_queue)
    if found.floor is None:
        raise _unusable("the floor cannot be used", found.problems)
    return found.floor


def _results(scenarios: list[Scenario], tried: list[Variant], seeds: list[int]) -> list[Result]:
    played = play_all([(one, seed) for one in scenarios for seed in seeds])
    several_modes = len({one.mode for one in tried}) > 1
    values: dict[tuple[str, ...], set[str]] = {}
    for one in tried:
        for path, value in one.settings:
            values.setdefault(path, set()).add(value)
    varied = frozenset(path for path, different in values.items() if len(different) > 1)
    return [
        result(one, played[i * len(seeds) : (i + 1) * len(seeds)], tried[i].label(several_modes, varied))
        for i, one in enumerate(scenarios)
    ]


def _notes(campaigns: list[CampaignSettings]) -> list[str]:
    return [
        f"{one.name}: the ringing of agents' phones (`connection: ring`) is not modelled; agents are there at once"
        for one in campaigns
        if one.queue is not None and one.connection is Connection.RING
    ]


def _object(shown: Result) -> dict[str, Any]:
    made = asdict(shown)
    # One element a minute is enough for programs, too.
    for course in made["courses"].values():
        step = max(1, round(60.0 / course["step_s"]))
        course["step_s"] *= step
        for key, values in course.items():
            if isinstance(values, list):
                course[key] = values[::step]
    return made


def _write(svg: Path | None, html: Path | None, results: list[Result], file: str, notes: list[str]) -> None:
    for path, text in ((svg, course_chart), (html, page)):
        if path is None:
            continue
        try:
            path.write_text(text(results, file, notes), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{path} cannot be written: {error.strerror or error}", code=Exit.USAGE) from None
