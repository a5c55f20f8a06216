"""`inbound`: people who called back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.calls import CampaignOption, SinceOption, UnmaskedOption, UntilOption, between
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import coloured, duration, print_json, screen, short_time, table


@ends_well
def inbound(
    campaign: CampaignOption = None,
    outcome: Annotated[str | None, typer.Option(help="Only calls that ended so, such as `agent`.")] = None,
    number: Annotated[str | None, typer.Option(help="Only this caller, with the country code.")] = None,
    contact: Annotated[int | None, typer.Option(help="Only this contact, by its id.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    live: Annotated[
        bool | None, typer.Option("--live/--over", help="Only live ones, only those that are over.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """People who called back the number that a campaign shows.

    Live ones, then the latest."""
    found = reach(config, url, token).get(
        "/api/v1/inbound", campaign=campaign, outcome=outcome, number=number, contact=contact, since=since,
        until=until, live=live, limit=limit, unmasked=unmasked or None,
    )  # fmt: skip
    if as_json:
        print_json(found)
        return
    console = screen()
    rows = [*found["live"], *found["over"]]
    if not rows:
        console.print("[dim]Nobody called back.[/]")
        return
    made = table("arrived", "campaign", "number", "contact", "outcome", "waited", "talked", "agent",
                 right=("waited", "talked"))  # fmt: skip
    for row in rows:
        made.add_row(
            short_time(row["arrived_at"]), escape(row["campaign"] or "-"), escape(row["number"] or "withheld"),
            escape(row["contact_key"]), coloured(row.get("outcome") or row["state"]), duration(row.get("waited_s")),
            duration(between(row, "connected_at", "ended_at")), escape(row["agent"]),
        )  # fmt: skip
    console.print(made)
