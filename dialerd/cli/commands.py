"""The commands and their rooms. A room is imported when its command is asked for: all of them together take a second
and a half of processor time, most of it for libraries that one command does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from dialerd import __version__

ROOMS: dict[str, tuple[str, str]] = {
    "run": ("health:run", "Run the daemon in the foreground until SIGTERM or Ctrl-C."),
    "check": ("files:check", "Every mistake in the YAML, with file, line, column and a hint."),
    "reload": (
        "files:reload",
        "Have the daemon apply the campaigns file: all of it or nothing; live calls are not touched.",
    ),
    "status": ("floor:status", "Campaigns, agents and trunks at this moment, and why a campaign is not dialing."),
    "attempts": ("calls:attempts", "Live and finished attempts, latest first; or one of them."),
    "agents": ("floor:agents", "All agents with their state."),
    "campaign-rules": (
        "directions:campaign_rules",
        "Campaign rules: which are in force, and what each waits for.",
    ),
    "why": ("why:why", "Why a number is not dialed: every gate's word in order, and the next time it can be."),
    "report": (
        "calls:report",
        "Totals of each campaign, its abandon rate with the formula's name, and how fast people reached an agent.",
    ),
    "abandon": (
        "abandon:abandon",
        "Abandon rates by every regulator's and vendors' formula, with numerator, denominator, limit and whether "
        "met.",
    ),
    "notices": ("calls:notices", "What the daemon told, newest first, with cause and remedy."),
    "schema": ("files:schema", "The JSON Schema with which editors complete and check the YAML as it is written."),
    "simulate": (
        "simulate:simulate",
        "What a day would bring: occupancy, waits, abandoned calls, lines; modes and settings compared.",
    ),
    "doctor": (
        "health:doctor",
        "Examine settings, Asterisk, Redis, the database, sounds and clocks, and say what to do.",
    ),
    "campaigns": ("floor:campaigns", "List, start and stop campaigns."),
    "contacts": ("contact_commands:contacts", "Contact lists."),
    "dnc": ("dnc:dnc", "Do-not-call lists and opt-outs."),
    "sequences": ("directions:sequences", "List, start and stop sequences of campaigns."),
    "profiles": ("profiles:profiles", "Compliance profiles: what a law or regulator demands."),
    "rules": ("rules:rules", "Rules before and after calls."),
    "marks": ("marks:marks", "Was it a machine or a person: what agents say, and what follows."),
    "webhooks": ("webhooks:webhooks", "Webhooks: what waits to be told, and what was given up."),
    "outcomes": ("outcomes:outcomes", "Finished attempts that the record would not take."),
    "callbacks": ("callbacks:callbacks", "Call-backs: who is to be called when."),
    "previews": ("previews:previews", "Contacts that agents are shown before they are called."),
    "inbound": ("inbound:inbound", "People who called back the number that a campaign shows."),
    "recordings": ("call_recordings:recordings", "Recordings of conversations."),
    "prompts": ("prompts:prompts", "Texts that people hear: list, listen, look after."),
    "flow": ("flow:flow", "Flows: what people hear, and what their keys do."),
    "amd": ("amd:amd", "Answering-machine detection."),
}
"""Command -> where it is (``room:name``, below :mod:`dialerd.cli`), and its line of ``--help``, which is the first
paragraph of its own help."""

_STYLE: dict[str, Any] = {"add_completion": False, "rich_markup_mode": "rich", "pretty_exceptions_enable": False}


def command_of(name: str) -> Any:
    """The command with its options: imports its room."""
    room, _, attribute = ROOMS[name][0].partition(":")
    there = getattr(import_module(f"dialerd.cli.{room}"), attribute)
    alone = typer.Typer(**_STYLE)
    alone.callback()(_nothing)  # else the only command would be the whole program
    if isinstance(there, typer.Typer):
        alone.add_typer(there, name=name)
    else:
        alone.command(name)(there)
    group = typer.main.get_command(alone)
    assert isinstance(group, TyperGroup)
    return group.commands[name]


class Rooms(TyperGroup):
    """Knows of every command its name and line; the rest when it is used."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names, and the arguments that are left for it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command_of(name) if name in ROOMS else command, rest


app = typer.Typer(
    name="dialerd",
    cls=Rooms,
    help="The open outbound dialer for Asterisk.",
    epilog="Exit codes: 0 done; 1 problems found, or refused; 2 wrong usage or settings; 3 no daemon answers.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    **_STYLE,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"dialerd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def _nothing() -> None:
    """Stands for a command whose room is not imported yet."""


for _name, (_, _line) in ROOMS.items():
    app.command(_name, help=_line)(_nothing)
