"""`dialerd flow`: lists flows, draws one, walks through one in the terminal without a call."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.flow_svg import svg
from dialerd.cli.flow_trial import Trial
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Failure, ends_well
from dialerd.cli.screen import print_json, screen, table
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.campaigns_file import CheckResult, load_campaigns
from dialerd.config.problems import did_you_mean
from dialerd.core.flow.nodes import Flow, queues_of, sounds_of
from dialerd.core.flow.picture import boxes, mermaid, ways

flow = typer.Typer(help="Flows: what people hear, and what their keys do.", no_args_is_help=True)
FlowName = Annotated[str, typer.Argument(metavar="NAME", help="Name under `flows:`.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A campaigns file. Default: the one that the settings name.")
]


@flow.command("list")
@ends_well
def list_flows(file: FileOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """All flows: who uses them, how many nodes, which queues and sounds."""
    found = _checked(file, config)
    users: dict[str, list[str]] = {name: [] for name in found.flows}
    for campaign in found.plan.campaigns.values() if found.plan is not None else ():
        for name in campaign.flows:
            users[name].append(campaign.name)
    if as_json:
        print_json({"flows": [
            {"name": one.name, "language": one.language, "nodes": len(one.nodes), "campaigns": users[one.name],
             "queues": sorted(queues_of(one)), "sounds": sorted(sounds_of(one))} for one in found.flows.values()
        ]})  # fmt: skip
        return
    made = table("flow", "nodes", "language", "campaigns", "queues", "sounds", right=("nodes", "sounds"))
    for one in found.flows.values():
        made.add_row(one.name, str(len(one.nodes)), one.language, ", ".join(users[one.name]) or "-",
                     ", ".join(sorted(queues_of(one))) or "-", str(len(sounds_of(one))))  # fmt: skip
    screen().print(made)


@flow.command("show")
@ends_well
def show(
    name: FlowName,
    as_svg: Annotated[bool, typer.Option("--svg", help="As a drawing: SVG on standard output.")] = False,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="As a graph in Mermaid's language.")] = False,
    file: FileOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draws a flow: its nodes, and what leads from one to the other."""
    one = _flow(name, _checked(file, config))
    if as_json:
        print_json({
            "name": one.name, "start": one.start, "language": one.language, "always": dict(one.always),
            "nodes": [{"name": box.name, "does": box.caption, "shape": box.shape} for box in boxes(one)],
            "ways": [{"from": way.start, "to": way.end, "on": way.label} for way in ways(one)],
        })  # fmt: skip
    elif as_svg or as_mermaid:
        typer.echo(svg(one) if as_svg else mermaid(one), nl=False)
    else:
        console = screen()
        leading = {key: [way for way in ways(one) if way.start == key] for key in one.nodes}
        for box in boxes(one):
            start = " [green](start)[/]" if box.name == one.start else ""
            console.print(f"[bold]{escape(box.name)}[/]{start}  {escape(box.caption)}", soft_wrap=True)
            for way in leading[box.name]:
                console.print(f"  [dim]{escape(way.label or 'then'):>12}[/] -> {escape(way.end)}", soft_wrap=True)
        for key, target in one.always.items():
            console.print(f"[dim]key {escape(key)}, anywhere[/] -> {escape(target)}")


@flow.command("try")
@ends_well
def try_flow(
    name: FlowName,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME=VALUE", help="A column of the contact; repeatable.")
    ] = None,
    agents: Annotated[int, typer.Option("--agents", min=0, help="Idle agents in every queue.")] = 1,
    zone: Annotated[str, typer.Option("--zone", help="Time zone of the campaign, for `hours`.")] = "UTC",
    called_zone: Annotated[
        list[str] | None,
        typer.Option("--called-zone", help="Where the called party may be, for `local_hours`; repeatable."),
    ] = None,
    file: FileOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Walks through a flow without a call: type keys; an empty line lets the time run out; `h` hangs up."""
    found = _checked(file, config)
    columns = dict(_column(one) for one in column or ())
    trial = Trial(_flow(name, found).name, found.flows, columns, agents, zone, called_zone or (), time.time())
    console = screen()

    def tell(lines: list[str]) -> None:
        if not as_json:
            for line in lines:
                console.print(escape(line), soft_wrap=True)

    tell(trial.begin())
    while not trial.over:
        if not as_json and sys.stdin.isatty():
            console.print(f"[dim]{escape(trial.asks)}[/]", end=" ")
        line = sys.stdin.readline()
        tell(trial.take("h" if not line else line.strip()))
    if as_json:
        print_json(trial.outcome())
        return
    console.print(f"[bold]result[/] {escape(trial.result)}")
    for key, value in trial.columns.items():
        console.print(f"  [cyan]{escape(key)}[/] = {escape(value)}")


def _checked(file: Path | None, config: Path | None) -> CheckResult:
    if file is None:
        return campaigns_or_fail(settings_or_fail(config))
    found = load_campaigns(file)
    if found.plan is None:
        raise Failure(f"{file} cannot be used", f"`dialerd check {file}` says why")
    return found


def _flow(name: str, found: CheckResult) -> Flow:
    if name not in found.flows:
        raise Failure(f"there is no flow {name!r}", did_you_mean(name, found.flows) or "describe it under `flows:`")
    return found.flows[name]


def _column(written: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not sign or not name:
        raise Failure(f"{written!r} is not NAME=VALUE", "such as `--column region=GB`")
    return name, value
