"""`sequences` and `campaign-rules`: what runs campaigns without anybody at the keyboard."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption, pass_on
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import Reach, reach
from dialerd.cli.screen import coloured, duration, print_done, print_json, screen, table

sequences = typer.Typer(help="List, start and stop sequences of campaigns.", invoke_without_command=True)
Name = Annotated[str, typer.Argument(help="Name of the sequence.", show_default=False)]


@sequences.callback()
def _default(
    context: typer.Context,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    if context.invoked_subcommand is None:
        list_sequences(config=config, url=url, token=token, as_json=as_json)
    else:
        pass_on(context, config=config, url=url, token=token, as_json=as_json)


@sequences.command("list")
@ends_well
def list_sequences(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """All sequences: whose turn it is, and what each waits for."""
    found = reach(config, url, token).get("/api/v1/sequences")
    if as_json:
        print_json(found)
        return
    if not found["sequences"]:
        screen().print("[dim]No sequences. Write some: `sequences:` in the campaigns file.[/]")
        return
    made = table("sequence", "state", "campaigns", "waits for")
    for one in found["sequences"]:
        names = [f"[bold]{escape(n)}[/]" if n == one["current"] else escape(n) for n in one["campaigns"]]
        order = " → ".join(names) + (" ↺" if one["loop"] else "")
        made.add_row(escape(one["name"]), coloured(one["state"]), order, escape(one["waiting_for"]))
    screen().print(made)


@sequences.command()
@ends_well
def start(
    name: Name,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a sequence on."""
    _tell(reach(config, url, token), name, "start", as_json)


@sequences.command()
@ends_well
def stop(
    name: Name,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a sequence, and the campaign whose turn it is."""
    _tell(reach(config, url, token), name, "stop", as_json)


def _tell(daemon: Reach, name: str, what: str, as_json: bool) -> None:
    answer = daemon.post(f"/api/v1/sequences/{quote(name, safe='')}/{what}")
    print_done(answer, f"asked [bold]{escape(name)}[/] to {what}; it was {coloured(answer['state_before'])}", as_json)


@ends_well
def campaign_rules(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """Campaign rules: which are in force, and what each waits for."""
    found = reach(config, url, token).get("/api/v1/campaign-rules")
    if as_json:
        print_json(found)
        return
    if not found["campaign_rules"]:
        screen().print("[dim]No campaign rules. Write some: `campaign_rules:` in the campaigns file.[/]")
        return
    made = table("rule", "in force", "does", "to", "when", "until", "holds for")
    for rule in found["campaign_rules"]:
        since = rule["holds_since"]
        made.add_row(
            escape(rule["name"]), "[green]yes[/]" if rule["active"] else "no", escape(rule["does"]),
            escape(rule["target"]), escape(f"{rule['campaign']}: {rule['when']}"), escape(rule["until"] or "-"),
            duration(found["at"] - since) if since is not None else "-",
        )  # fmt: skip
    screen().print(made)
