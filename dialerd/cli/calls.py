"""`attempts`, `report` and `notices`: what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import attempt_path, reach
from dialerd.cli.screen import clock_time, coloured, duration, percent, print_json, screen, short_time, table

UnmaskedOption = Annotated[
    bool, typer.Option("--unmasked", help="Whole phone numbers; needs the API's token, and is audited.")
]
CampaignOption = Annotated[str | None, typer.Option("--campaign", help="Only this campaign.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="`24h` (ago; s, m, h, d, w) or `2026-03-01T09:30`.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Like --since; up to, not including.")
]
_WIDE, _WIDE_ENOUGH_FOR_IDS = 92, 120
_TIMES = (
    "claimed_at", "dialed_at", "ringing_at", "answered_at", "speech_at", "analysed_at", "connected_at", "message_at",
    "ended_at",
)  # fmt: skip


@ends_well
def attempts(
    attempt: Annotated[str | None, typer.Argument(metavar="[ID]", help="One attempt with all that is known.")] = None,
    campaign: CampaignOption = None,
    disposition: Annotated[str | None, typer.Option(help="Only attempts that ended so.")] = None,
    number: Annotated[str | None, typer.Option(help="Only this number, with its country code.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    live: Annotated[
        bool | None, typer.Option("--live/--finished", help="Only live ones, only finished ones.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Live and finished attempts, latest first; or one of them."""
    daemon = reach(config, url, token)
    shown = unmasked or None
    if attempt is not None:
        found = daemon.get(attempt_path(attempt), unmasked=shown)
        if as_json:
            print_json(found)
        else:
            _one(found)
        return
    found = daemon.get(
        "/api/v1/attempts", campaign=campaign, disposition=disposition, number=number, since=since, until=until,
        live=live, limit=limit, unmasked=shown,
    )  # fmt: skip
    if as_json:
        print_json(found)
        return
    console = screen()
    rows = [*found["live"], *found["finished"]]
    if not rows:
        console.print("[dim]No such attempts.[/]")
        return
    wide = console.width >= _WIDE_ENOUGH_FOR_IDS
    made = table("claimed", "campaign", "number", "outcome", "rang", "talked", "agent", *(["id"] if wide else []),
                 right=("rang", "talked"))  # fmt: skip
    cut = 14 if console.width >= _WIDE else len("11-14 22:14")
    for row in rows:
        outcome = row.get("disposition") or row["state"]
        made.add_row(
            short_time(row["claimed_at"])[:cut], escape(row["campaign"]), escape(row["number"]), coloured(outcome),
            duration(between(row, "dialed_at", "answered_at", "ended_at")),
            duration(between(row, "connected_at", "ended_at")), escape(row["agent"] or ""),
            *([f"[dim]{escape(row['id'])}[/]"] if wide else []),
        )  # fmt: skip
    console.print(made)
    if not wide:
        console.print(f"[dim]ids are shown with --json, and from {_WIDE_ENOUGH_FOR_IDS} columns on[/]")


@ends_well
def report(
    campaign: CampaignOption = None,
    since: SinceOption = "24h",
    until: UntilOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Totals of each campaign, its abandon rate with the formula's name, and how fast people reached an agent."""
    found = reach(config, url, token).get("/api/v1/reports/summary", campaign=campaign, since=since, until=until)
    if as_json:
        print_json(found)
        return
    console = screen()
    end = clock_time(found["until"]) if found["until"] is not None else "now"
    console.print(f"[bold]{clock_time(found['since'])} to {end}[/]")
    if not found["campaigns"]:
        console.print("[dim]No attempts were recorded.[/]")
    for one in found["campaigns"]:
        _figures(one)


@ends_well
def notices(
    level: Annotated[str | None, typer.Option(help="Least level: info, warning or error.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the daemon told, newest first, with cause and remedy."""
    found = reach(config, url, token).get("/api/v1/notices", level=level, limit=limit)
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["notices"]:
        console.print("[dim]Nothing to tell.[/]")
    for notice in found["notices"]:
        fields = "  ".join(f"{key}={value}" for key, value in notice["fields"].items() if value)
        console.print(
            f"[dim]{clock_time(notice['at'])}[/]  {coloured(notice['level'])}  [bold]{escape(notice['name'])}[/]  "
            f"[dim]{escape(fields)}[/]"
        )
        if notice["level"] != "info":
            console.print(Padding(escape(notice["cause"]), (0, 0, 0, 4)))
            if notice["remedy"]:
                console.print(Padding(f"[cyan]→[/] {escape(notice['remedy'])}", (0, 0, 0, 4)))


def _one(found: Mapping[str, Any]) -> None:
    console = screen()
    state = found.get("disposition") or found["state"]
    console.print(f"[bold]{escape(found['id'])}[/]  {coloured(state)}{'  (live)' if found['live'] else ''}")
    made = table("", "")
    made.show_header = False
    began = found.get("claimed_at")
    for key, value in found.items():
        if key in ("id", "live") or value in (None, "", False, {}):
            continue
        if key == "flow" and isinstance(value, Mapping):
            for name, text in _walked(value, began):
                made.add_row(f"[dim]{name}[/]", escape(text))
            continue
        shown = str(value)
        if key in _TIMES or key.endswith("_at"):
            shown = clock_time(value)
            if key in _TIMES and began is not None:
                shown += f"  [dim]{value - began:+.3f} s[/]"
        else:
            shown = escape(shown)
        made.add_row(f"[dim]{key}[/]", shown)
    console.print(made)


def _walked(flow: Mapping[str, Any], began: float | None) -> Iterator[tuple[str, str]]:
    """What a flow left, for people: where the caller went and what was pressed, columns, recordings."""
    yield "flow", str(flow.get("flow"))
    for at, _, node, keys in flow.get("path", ()):
        since = f"{at - began:+.1f} s " if began is not None else ""
        yield "", f"{since}{node}{f'  pressed {keys}' if keys else ''}"
    for name, value in flow.get("columns", {}).items():
        yield "wrote", f"{name} = {value}"
    for recording in flow.get("recordings", ()):
        yield "recorded", str(recording)
    if flow.get("opted_out"):
        yield "opted out", "by key"


def _figures(one: Mapping[str, Any]) -> None:
    console = screen()
    rate = one["abandon_rates"][0]
    console.print(f"\n[bold]{escape(one['campaign'])}[/]")
    console.print(
        f"  {one['dials']} dials, {one['answered']} answered, {one['persons']} by persons, "
        f"{one['live']} reached (L), {one['abandoned']} abandoned (A)"
    )
    console.print(
        f"  abandon rate {rate['formula']}: [bold]{percent(rate['rate'])}[/]  [dim]{escape(rate['source'])}[/]"
    )
    if one["answer_to_agent_median_s"] is not None:
        console.print(
            f"  answer to agent: median {one['answer_to_agent_median_s']:.2f} s, "
            f"95 % within {one['answer_to_agent_p95_s']:.2f} s"
        )
    made = table("disposition", "attempts", "share", right=("attempts", "share"))
    total = sum(one["dispositions"].values())
    for disposition, count in sorted(one["dispositions"].items(), key=lambda item: (-item[1], item[0])):
        made.add_row(coloured(disposition), str(count), percent(count / total))
    console.print(Padding(made, (0, 0, 0, 2)))


def between(row: Mapping[str, Any], start: str, *ends: str) -> float | None:
    """Seconds from one moment of a call to the first of the others that came; None where there is none."""
    began = row.get(start)
    ended = next((row[end] for end in ends if row.get(end) is not None), None)
    return ended - began if began is not None and ended is not None else None
