"""`abandon`: the abandon ledger by every formula, and the calls behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.calls import CampaignOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Failure, ends_well
from dialerd.cli.reach import Reach, reach
from dialerd.cli.screen import clock_time, coloured, percent, print_json, screen, table

_CLOCKS = ("speech_at", "analysed_at", "connected_at", "message_at", "ended_at")


@ends_well
def abandon(
    campaign: CampaignOption = None,
    day: Annotated[
        str | None, typer.Option("--date", help="The day (`2026-03-01`) in the campaign's time zone; else today.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=400, help="One window of so many days that ends with it.")
    ] = None,
    calls: Annotated[bool, typer.Option("--calls", help="The calls behind one count, with their clocks.")] = False,
    of: Annotated[
        str,
        typer.Option(help="Which: abandoned, reached, dials, persons, queued, machine_verdicts, reviewed …"),
    ] = "abandoned",
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Abandon rates by every regulator's and vendors' formula, with numerator, denominator, limit and whether met."""
    daemon = reach(config, url, token)
    if calls:
        _calls(daemon, campaign, day, days, of, as_json)
        return
    found = daemon.get("/api/v1/abandon", campaign=campaign, date=day, days=days)
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["ledger"]:
        console.print("[dim]No campaigns.[/]")
    for one in found["ledger"]:
        _statement(one)


def _calls(
    daemon: Reach, campaign: str | None, day: str | None, days: int | None, of: str, as_json: bool
) -> None:  # fmt: skip
    if campaign is None:
        raise Failure("of which campaign?", "Give --campaign.")
    found = daemon.get("/api/v1/abandon/calls", campaign=campaign, date=day, days=days, of=of)
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["calls"]:
        console.print("[dim]No such calls.[/]")
    for call in found["calls"]:
        answered = call["answered_at"]
        times = [] if answered is None else [
            f"{name.removesuffix('_at')} {call[name] - answered:+.2f} s" for name in _CLOCKS if call[name] is not None
        ]  # fmt: skip
        console.print(
            f"{call['id']}  {call['number']}  {coloured(call['disposition'] or '')}  "
            f"{clock_time(answered if answered is not None else call['ended_at'])}  [dim]{'  '.join(times)}[/]",
            soft_wrap=True,
        )


def _statement(one: Mapping[str, Any]) -> None:
    console, counts = screen(), one["counts"]
    span = one["first_day"] if one["first_day"] == one["last_day"] else f"{one['first_day']} to {one['last_day']}"
    console.print(f"[bold]{escape(one['campaign'])}[/]  {one['window']}  {span}  [dim]{escape(one['profile'])}[/]")
    console.print(
        f"  [dim]A {counts['abandoned']}  L {counts['reached'] - counts['marked_machines']}  "
        f"F {one['false_machines']['value']:g} ({one['false_machines']['basis']})  "
        f"m {percent(one['machine_share']['value'])} ({one['machine_share']['basis']})  dials {counts['dials']}[/]"
    )
    made = table(
        "formula", "", "numerator", "denominator", "rate", "limit", "met", right=("numerator", "denominator")
    )
    for rate in one["rates"]:
        met = "" if rate["met"] is None else "[green]yes[/]" if rate["met"] else "[red]no[/]"
        name = rate["formula"] if rate["applies"] else f"[dim]{rate['formula']}[/]"
        made.add_row(
            name, f"{rate['numerator']:g}", f"{rate['denominator']:g}",
            percent(rate["rate"]), percent(rate["limit"]) if rate["limit"] is not None else "", met,
        )  # fmt: skip
    console.print(made)
    if not one["safe_harbour"] and counts["abandoned"]:
        console.print("  [yellow]no safe harbour: every abandoned call counts, however low the rate[/]")
