"""`previews`: contacts that agents are shown before they are called."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.markup import escape

from dialerd.cli.calls import CampaignOption, UnmaskedOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import coloured, duration, print_done, print_json, screen, table

previews = typer.Typer(help="Contacts that agents are shown before they are called.", no_args_is_help=True)
AttemptArgument = Annotated[str, typer.Argument(metavar="ATTEMPT", help="The attempt's id; see `previews list`.")]
AgentOption = Annotated[
    str | None, typer.Option("--agent", help="Only if the contact is offered to this agent.", metavar="AGENT")
]


@previews.callback()
def _root() -> None:
    """Contacts that agents are shown before they are called."""


@previews.command("list")
@ends_well
def show_all(
    agent: Annotated[str | None, typer.Option(help="Only what this agent is shown.")] = None,
    campaign: CampaignOption = None,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open offers, the oldest first."""
    found = reach(config, url, token).get(
        "/api/v1/previews", agent=agent, campaign=campaign, unmasked=unmasked or None
    )
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["previews"]:
        console.print("[dim]Nobody is shown a contact.[/]")
        return
    made = table("attempt", "agent", "contact", "number", "left", "campaign", "", right=("left",))
    made.columns[0].min_width = 28  # whoever reads this wants to accept or skip: the id is never cut off
    for row in found["previews"]:
        data = ", ".join(f"{name}={value}" for name, value in list(row["columns"].items())[:3])
        left_s = max(0.0, row["until"] - found["at"])
        left = duration(left_s) if row["state"] == "offered" else coloured(row["state"])
        made.add_row(
            row["attempt"], escape(row["agent"]), escape(row["contact_key"]), escape(row["number"]), left,
            escape(row["campaign"]), escape(data),
        )  # fmt: skip
    console.print(made)


@previews.command("accept")
@ends_well
def accept(
    attempt: AttemptArgument,
    agent: AgentOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """The agent wants the call: it is dialed, if nothing is in the way by now."""
    found = reach(config, url, token).post(_path(attempt, "accept"), agent=agent)
    print_done(found, "dialed" if found["dialed"] else "accepted; about to be dialed", as_json)


@previews.command("skip")
@ends_well
def skip(
    attempt: AttemptArgument,
    agent: AgentOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """The agent does not want the call: nobody is rung, and the contact comes back later."""
    found = reach(config, url, token).post(_path(attempt, "skip"), agent=agent)
    print_done(found, "skipped", as_json)


def _path(attempt: str, what: str) -> str:
    return f"/api/v1/previews/{quote(attempt, safe='')}/{what}"
