"""`amd review`: machine verdicts that were kept to be listened to."""

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
from dialerd.core.amd_truth import Mark

review = typer.Typer(help="Machine verdicts to be checked by ear: list, mark, export.", no_args_is_help=True)
TrunkOption = Annotated[str | None, typer.Option("--trunk", help="Only calls over this trunk.")]
PAGE = 1000


@review.callback()
def _root() -> None:
    """Machine verdicts to be checked by ear: list, mark, export."""


@review.command("list")
@ends_well
def show_all(
    campaign: CampaignOption = None,
    trunk: TrunkOption = None,
    marked: Annotated[
        bool, typer.Option("--marked", help="Those that somebody marked, in place of the others.")
    ] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Machine verdicts whose sound is there and that nobody has marked yet, latest first."""
    found = reach(config, url, token).get(
        "/api/v1/amd/reviews", campaign=campaign, trunk=trunk, marked=marked, since=since, until=until, limit=limit,
        unmasked=unmasked or None,
    )  # fmt: skip
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["reviews"]:
        console.print("[dim]There are none.[/]")
        return
    made = table("answered", "campaign", "trunk", "why", "length", "mark", "attempt", right=("length",))
    made.columns[-1].min_width = 28  # to be copied whole
    for row in found["reviews"]:
        mark = row["mark"] or ("-" if row["state"] == "kept" else coloured(row["state"]))
        made.add_row(
            short_time(row["answered_at"]), escape(row["campaign"]), escape(row["trunk"]),
            escape(row["amd_cause"] or row["rule"] or ""), duration(row["duration_s"] or None), mark,
            f"[dim]{row['attempt_id']}[/]",
        )  # fmt: skip
    console.print(made)
    console.print("[dim]`dialerd recordings get ATTEMPT FILE` to listen, `dialerd amd review mark ATTEMPT person`[/]")


@review.command("mark")
@ends_well
def set_mark(
    attempt: Annotated[str, typer.Argument(metavar="ATTEMPT", help="The attempt's id.")],
    mark: Annotated[Mark, typer.Argument(metavar="machine|person", help="What it was.")],
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an answer was. The last word counts."""
    answer = reach(config, url, token).post(f"{attempt_path(attempt)}/mark", mark=mark.value)
    print_done(answer, f"{escape(attempt)}: {mark.value}", as_json)


@review.command("export")
@ends_well
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where `person/` and `machine/` are made.")],
    campaign: CampaignOption = None,
    trunk: TrunkOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """The sound of marked answers as labelled WAV files, for `amd tune` and `amd report --recordings`. Files that are
    there already are left alone. Each is audited."""
    daemon = reach(config, url, token)
    counts = {"person": 0, "machine": 0, "there_already": 0, "not_to_be_had": 0}
    offset, rows = 0, [None]
    while rows:
        rows = daemon.get(
            "/api/v1/amd/reviews", campaign=campaign, trunk=trunk, marked=True, since=since, until=until, limit=PAGE,
            offset=offset,
        )["reviews"]  # fmt: skip
        offset += len(rows)
        for row in rows:
            name = f"{row['attempt_id']}.wav"
            known = [folder / label / name for label in Mark]
            to = folder / row["mark"] / name
            if to.exists():
                counts["there_already"] += 1
                continue
            try:
                sound = daemon.fetch(f"{attempt_path(row['attempt_id'])}/recording/audio")
            except Failure:
                counts["not_to_be_had"] += 1
                continue
            _make(to.parent)
            for other in known:
                other.unlink(missing_ok=True)  # it was marked otherwise the last time
            write(to, sound)
            counts[row["mark"]] += 1
    if as_json:
        print_json({"folder": str(folder), **counts})
        return
    screen().print(
        f"{counts['person']} persons and {counts['machine']} machines in {escape(str(folder))}, "
        f"{counts['there_already']} there already, {counts['not_to_be_had']} not to be had"
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{folder} cannot be made: {error.strerror}") from None
