"""`status`, `campaigns` and `agents`: what happens now."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption, pass_on
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import Reach, reach
from dialerd.cli.screen import coloured, complaints, print_json, screen
from dialerd.cli.status_view import agents_table, campaigns_table, status_picture


@ends_well
def status(
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep showing it until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(min=0.2, max=3600, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Campaigns, agents and trunks at this moment, and why a campaign is not dialing."""
    daemon = reach(config, url, token)
    if as_json and watch:
        raise Failure("--json shows one moment; it does not go with --watch", code=Exit.USAGE)
    if as_json:
        print_json(daemon.get("/api/v1/status"))
        return
    console = screen()
    picture = status_picture(daemon.get("/api/v1/status"), console.width)
    if not watch:
        console.print(picture)
        return
    try:
        with Live(picture, console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while True:
                time.sleep(interval)
                try:
                    picture = status_picture(daemon.get("/api/v1/status"), console.width)
                    live.update(picture, refresh=True)
                except Failure as failure:
                    # A daemon that restarts is worth waiting for; the last picture stays below.
                    banner = Text.from_markup(f"[bold red]{escape(failure.message)}[/] [dim]- trying again[/]")
                    live.update(Group(banner, picture), refresh=True)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


campaigns = typer.Typer(help="List, start and stop campaigns.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(help="Name of the campaign.", show_default=False)]


@campaigns.callback()
def _default(
    context: typer.Context,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    if context.invoked_subcommand is None:
        list_campaigns(config=config, url=url, token=token, as_json=as_json)
    else:
        pass_on(context, config=config, url=url, token=token, as_json=as_json)


@campaigns.command("list")
@ends_well
def list_campaigns(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """All campaigns with their figures since the daemon's start."""
    found = reach(config, url, token).get("/api/v1/campaigns")
    if as_json:
        print_json(found)
        return
    console = screen()
    console.print(campaigns_table(found["campaigns"], console.width))


@campaigns.command()
@ends_well
def start(
    name: Name,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a campaign on."""
    _tell(reach(config, url, token), name, "start", as_json)


@campaigns.command()
@ends_well
def stop(
    name: Name,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Place no new calls; live ones finish."""
    _tell(reach(config, url, token), name, "stop", as_json)


def _tell(daemon: Reach, name: str, what: str, as_json: bool) -> None:
    answer = daemon.post(f"/api/v1/campaigns/{quote(name, safe='')}/{what}")
    if as_json:
        print_json(answer)
        return
    line = f"asked [bold]{escape(name)}[/] to {what}; it was {coloured(answer['state_before'])}"
    if answer.get("live"):
        line += f", {answer['live']} live calls finish"
    screen().print(line)
    if answer.get("invalid"):
        # Beside standard output's line, so that a script that shows errors shows it.
        complaints().print(
            f"[yellow]warning[/] it cannot work yet: {escape(answer['invalid'])}. "
            "It starts by itself when that is put right."
        )


@ends_well
def agents(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """All agents with their state."""
    found = reach(config, url, token).get("/api/v1/agents")
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["agents"]:
        console.print("[dim]Nobody has logged in to a queue.[/]")
        return
    console.print(agents_table(found["agents"], found["at"], console.width))
