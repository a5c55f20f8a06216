"""`outcomes`: finished attempts that the record would not take."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import clock_time, print_done, print_json, screen, table

outcomes = typer.Typer(help="Finished attempts that the record would not take.", no_args_is_help=True)


@outcomes.command("list")
@ends_well
def list_outcomes(
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many.")] = 100,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was set aside, and why. The contacts concerned are not called meanwhile."""
    found = reach(config, url, token).get("/api/v1/outcomes/set-aside", limit=str(limit))
    if as_json:
        print_json(found)
        return
    if not found["outcomes"]:
        screen().print("[dim]Nothing is set aside: the record has every outcome.[/]")
        return
    made = table("id", "since", "campaign", "contact", "attempt", "disposition", "reason")
    for one in found["outcomes"]:
        cells = [str(one[name] if one[name] is not None else "?") for name in ("campaign", "contact", "attempt")]
        made.add_row(
            one["id"], clock_time(one["at"]), *(escape(cell) for cell in cells), escape(one["disposition"] or "?"),
            escape(one["reason"]),
        )  # fmt: skip
    screen().print(made)


@outcomes.command("put-back")
@ends_well
def put_back(
    outcome: Annotated[str | None, typer.Argument(metavar="[ID]", help="One of them; without it, all.")] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write them into the record again, once what was wrong is mended."""
    one = f"?id={quote(outcome, safe='')}" if outcome is not None else ""
    done = reach(config, url, token).post(f"/api/v1/outcomes/put-back{one}")
    print_done(
        done, f"put back: {done['put_back']}; `dialerd outcomes list` tells whether the record took them", as_json
    )
