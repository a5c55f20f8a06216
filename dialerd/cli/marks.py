"""`marks`: what people say of calls, and how often call analysis is wrong by it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.markup import escape

from dialerd.cli.calls import CampaignOption, SinceOption, UntilOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import attempt_path, reach
from dialerd.cli.screen import clock_time, measured, print_done, print_json, screen, table
from dialerd.core.amd_truth import Mark

marks = typer.Typer(help="Was it a machine or a person: what agents say, and what follows.", no_args_is_help=True)


@marks.callback()
def _root() -> None:
    """Was it a machine or a person: what agents say, and what follows."""


@marks.command("set")
@ends_well
def set_mark(
    mark: Annotated[Mark, typer.Argument(metavar="machine|person", help="What it was.")],
    agent: Annotated[str | None, typer.Option(metavar="AGENT", help="Whose present, or last, call.")] = None,
    attempt: Annotated[str | None, typer.Option(metavar="ID", help="Which call.")] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a call was: the one of an agent, or one by its id. The last word counts."""
    if (agent is None) is (attempt is None):
        raise Failure("name the agent or the attempt", "`--agent 8001` or `--attempt dlr-...`", Exit.USAGE)
    where = f"/api/v1/agents/{quote(agent, safe='')}" if agent is not None else attempt_path(attempt or "")
    answer = reach(config, url, token).post(f"{where}/mark", mark=mark.value)
    whose = f"the call of {escape(agent)}" if agent is not None else escape(attempt or "")
    print_done(answer, f"{whose}: {mark.value}", as_json)


@marks.command()
@ends_well
def report(
    campaign: CampaignOption = None,
    since: SinceOption = "30d",
    until: UntilOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """How often a person is taken for a machine, and a machine for a person, with 95 % confidence intervals."""
    found = reach(config, url, token).get("/api/v1/reports/marks", campaign=campaign, since=since, until=until)
    if as_json:
        print_json(found)
        return
    console = screen()
    end = clock_time(found["until"]) if found["until"] is not None else "now"
    console.print(f"[bold]{clock_time(found['since'])} to {end}[/], answers that AMD judged")
    if not found["truth"]:
        console.print("[dim]There are none.[/]")
        return
    made = table("campaign", "trunk", "machines", "reviewed", "were persons", "connected", "marked", "were machines",
                 right=("machines", "reviewed", "connected", "marked"))  # fmt: skip
    for one in found["truth"]:
        counts = one["counts"]
        made.add_row(
            escape(counts["campaign"]), escape(counts["trunk"]), f"{counts['machine_verdicts']:,}",
            f"{counts['reviewed']:,}", measured(one["false_positive"]), f"{counts['connected']:,}",
            f"{counts['marked']:,}", measured(one["false_negative"]),
        )  # fmt: skip
    console.print(made)
