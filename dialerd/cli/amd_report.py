"""`amd report`: what call analysis said against what people said, and what would do better."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from dialerd.cli.amd_tune import enough, suggested
from dialerd.cli.calls import CampaignOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import reach
from dialerd.cli.recordings import labelled_recordings
from dialerd.cli.screen import clock_time, measured, percent, print_json, screen, table
from dialerd.core.analysis import PROFILE_NAMES

_FORM = "`24h` (ago; s, m, h, d, w) or `2026-03-01T09:30`."
MOST_FALSE = 0.02
"""People taken for machines in a suggestion, at most."""
EVERY = 3


@ends_well
def report(
    campaign: CampaignOption = None,
    trunk: Annotated[str | None, typer.Option(help="Only calls over this trunk.")] = None,
    since: Annotated[str, typer.Option("--since", "--from", metavar="TIME", help=_FORM)] = "30d",
    until: Annotated[
        str | None, typer.Option("--until", "--to", metavar="TIME", help="Like --since; up to, not including.")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Folder of labelled recordings, from which better arguments are looked for.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile to look for, with --recordings; else the one of most calls.")
    ] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """How call analysis did: its verdicts against what agents and reviewers said, by profile, rule and cause; persons
    among reviewed machine verdicts; with --recordings, arguments that would do better."""
    labelled = labelled_recordings(recordings) if recordings is not None else None
    found = reach(config, url, token).get(
        "/api/v1/amd/report", campaign=campaign, trunk=trunk, since=since, until=until
    )
    made = None
    if labelled is not None:
        name = _profile(profile, found["by_profile"])
        made = {"profile": name, "suggestion": suggested(labelled, name, MOST_FALSE, EVERY)}
        made["reason"] = None if made["suggestion"] or enough(labelled) else "too few recordings"
        found |= {"suggested": made}
    if as_json:
        print_json(found)
    else:
        _show(found)


def _profile(asked: str | None, lines: Sequence[dict[str, Any]]) -> str:
    """The profile to improve: the one that was asked for, or that judged most calls."""
    known = PROFILE_NAMES[1:]
    if asked is not None:
        if asked not in known:
            raise Failure(f"no such profile: {asked}", f"One of {', '.join(known)}.", code=Exit.USAGE)
        return asked
    calls = dict.fromkeys(known, 0)
    for line in lines:
        if line["name"] in calls:
            calls[line["name"]] += line["calls"]
    most = max(known, key=lambda name: calls[name])
    return most if calls[most] else "balanced"


def _show(found: dict[str, Any]) -> None:
    console = screen()
    end = clock_time(found["until"]) if found["until"] is not None else "now"
    console.print(f"[bold]{clock_time(found['since'])} to {end}[/], answers that were analysed")
    if not found["calls"]:
        console.print("[dim]There are none.[/]")
    else:
        console.print(f"{found['calls']:,} answers, {found['marked']:,} of them marked by people\n")
        for title, name in (("profile", "by_profile"), ("profile/rule", "by_rule"), ("AMD cause", "by_cause")):
            _confusion(console, title, found[name])
        _false_positives(console, found["false_positive"])
    if "suggested" in found:
        _suggested(console, found["suggested"])


def _confusion(console: Console, title: str, lines: Sequence[dict[str, Any]]) -> None:
    if not lines:
        return
    made = table(title, "verdict", "calls", "persons", "machines", "wrong",
                 right=("calls", "persons", "machines"))  # fmt: skip
    for line in lines:
        made.add_row(
            escape(line["name"] or "not kept"), line["verdict"], f"{line['calls']:,}", f"{line['marked_persons']:,}",
            f"{line['marked_machines']:,}", measured(line["wrong"]),
        )  # fmt: skip
    console.print(made)


def _false_positives(console: Console, lines: Sequence[dict[str, Any]]) -> None:
    if not lines:
        return
    made = table("campaign", "trunk", "machine verdicts", "reviewed", "were persons",
                 right=("machine verdicts", "reviewed"))  # fmt: skip
    for line in lines:
        share = line["persons"]
        made.add_row(
            escape(line["campaign"]), escape(line["trunk"]) if line["trunk"] is not None else "[dim]all[/]",
            f"{line['machine_verdicts']:,}", f"{share['of']:,}", measured(share),
        )  # fmt: skip
    console.print(made)


def _suggested(console: Console, made: dict[str, Any]) -> None:
    found = made["suggestion"]
    if found is None:
        reason = made["reason"] or f"no arguments keep people taken for machines at or below {MOST_FALSE:.0%}"
        console.print(f"[bold]{made['profile']}[/]: nothing is suggested: {reason}")
        return
    held_out = found["held_out"]
    console.print(f"[bold]suggested for {made['profile']}[/], by recordings that had no part in the choice:")
    console.print(
        f"  people taken for machines {percent(held_out['false_machines']['share'])}, "
        f"machines caught {percent(held_out['caught']['share'])} [dim](`amd tune` has the whole table)[/]"
    )
    console.print(f"  call_analysis:\n    profile: {made['profile']}\n    amd:", highlight=False)
    for name, value in found["arguments"].items():
        console.print(f"      {name}: {value}", highlight=False)
