"""`recordings`: conversations that were recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.calls import CampaignOption, SinceOption, UnmaskedOption, UntilOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Failure, ends_well, write
from dialerd.cli.reach import attempt_path, reach
from dialerd.cli.screen import coloured, duration, print_done, print_json, screen, short_time, table

recordings = typer.Typer(help="Recordings of conversations.", no_args_is_help=True)
AttemptArgument = Annotated[str, typer.Argument(metavar="ATTEMPT", help="The attempt's id; see `attempts`.")]


@recordings.callback()
def _root() -> None:
    """Recordings of conversations."""


@recordings.command("list")
@ends_well
def show_all(
    campaign: CampaignOption = None,
    state: Annotated[
        str | None, typer.Option(help="waiting (still with Asterisk), kept, failed, removing, removed.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="conversation, or review (of a machine verdict).")] = None,
    number: Annotated[str | None, typer.Option(help="Only this number, with its country code.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recordings, latest first."""
    found = reach(config, url, token).get(
        "/api/v1/recordings", campaign=campaign, state=state, kind=kind, number=number, since=since, until=until,
        limit=limit, unmasked=unmasked or None,
    )  # fmt: skip
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["recordings"]:
        console.print("[dim]No such recordings.[/]")
        return
    made = table("call ended", "campaign", "number", "state", "length", "paused", "attempt",
                 right=("length", "paused"))  # fmt: skip
    for row in found["recordings"]:
        shown = coloured(row["state"]) + (" [dim]review[/]" if row["kind"] == "review" else "")
        made.add_row(
            short_time(row["ended_at"]), escape(row["campaign"]), escape(row["number"]), shown,
            duration(row["duration_s"] or None), duration(row["paused_s"] or None), f"[dim]{row['attempt_id']}[/]",
        )  # fmt: skip
    console.print(made)
    for row in found["recordings"]:
        if row["reason"]:
            console.print(f"[dim]{row['attempt_id']}[/] {escape(row['reason'])}", soft_wrap=True)


@recordings.command("get")
@ends_well
def get(
    attempt: AttemptArgument,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where the WAV file goes.")],
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a recording: on the left what the called party said, on the right what they heard. It is audited."""
    if to.exists():
        raise Failure(f"{to} is there already", "Name another file.")
    daemon = reach(config, url, token)
    content = daemon.fetch(f"{_path(attempt)}/audio")
    write(to, content)
    done = {"attempt": attempt, "file": str(to), "bytes": len(content)}
    print_done(done, f"{len(content):,} bytes in {escape(str(to))}", as_json)


@recordings.command("remove")
@ends_well
def remove(
    attempt: AttemptArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a recording, for good."""
    found = reach(config, url, token).delete(_path(attempt))
    print_done(found, "The recording is being removed.", as_json)


def _path(attempt: str) -> str:
    return f"{attempt_path(attempt)}/recording"


def _change(attempt: str, paused: bool, config: Path | None, url: str | None, token: str | None, js: bool) -> None:
    found = reach(config, url, token).post(_path(attempt), paused=paused)
    print_done(found, f"recording: {coloured(found['recording'])}", js)


@recordings.command("pause")
@ends_well
def pause(
    attempt: AttemptArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record silence from now on, until `resume`: for card numbers. Returns when it is so."""
    _change(attempt, True, config, url, token, as_json)


@recordings.command("resume")
@ends_well
def resume(
    attempt: AttemptArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record again what is said."""
    _change(attempt, False, config, url, token, as_json)
