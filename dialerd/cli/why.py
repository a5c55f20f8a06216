"""`why`: what is in the way of a number, where its contact stands, and when it can be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from dialerd.cli.calls import CampaignOption, UnmaskedOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import clock_time, coloured, counted, duration, print_json, screen, table

_VERDICTS = {"allow": "[green]✓[/]", "hold": "[yellow]◷[/]", "refuse": "[red]✗[/]"}


@ends_well
def why(
    number: Annotated[str, typer.Argument(help="Number with its country code, such as +441632960001.")],
    campaign: CampaignOption = None,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why a number is not dialed: every gate's word in order, and the next time it can be."""
    found = reach(config, url, token).get("/api/v1/why", number=number, campaign=campaign, unmasked=unmasked or None)
    if as_json:
        print_json(found)
        return
    console = screen()
    for answer in found["answers"]:
        _show(console, answer)


def _show(console: Console, answer: Mapping[str, Any]) -> None:
    contact = answer["contact"]
    mark = {"live": "[cyan]☎[/]", **_VERDICTS}[answer["verdict"]]
    console.print(f"{mark} [bold]{escape(answer['campaign'])}[/]  {escape(answer['because'])}")
    for line in _when(answer):
        console.print(f"  {line}")
    last = f", last {contact['last_disposition']}" if contact["last_disposition"] else ""
    console.print(
        f"  contact {escape(str(contact['key']))} of list {escape(contact['list'])}: "
        f"{coloured(contact['state'])}, {counted(contact['attempts'], 'attempt')}{last}; next number "
        f"{escape(str(contact['next_number'] or 'none'))}"
    )
    for line in (*_place(answer), *_lists(answer), *_marks(answer)):
        console.print(f"  {line}")
    for unknown in answer["unknown"]:
        console.print(f"  [yellow]not known:[/] {escape(unknown)}")
    several = len(contact["numbers"]) > 1
    made = table("", "gate", *(["number"] if several else []), "says", "until")
    for finding in answer["gates"]:
        until = clock_time(finding["until"]) if finding["until"] is not None else ""
        of = [escape(finding["number"] or "")] if several else []
        made.add_row(_VERDICTS[finding["verdict"]], finding["gate"], *of, escape(finding["reason"]), until)
    console.print(Padding(made, (0, 0, 0, 2)))
    if answer["caps"]:
        console.print(Padding(_caps(answer["caps"]), (0, 0, 0, 2)))


def _when(answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["verdict"] != "hold":
        return
    if answer["next_eligible_at"] is not None:
        yield f"next eligible at [bold]{clock_time(answer['next_eligible_at'])}[/]"
    elif answer["not_before"] is not None and any(gate["until"] is not None for gate in answer["gates"]):
        yield f"not before [bold]{clock_time(answer['not_before'])}[/], and not until the other holds have ended"
    if answer["with_reserved_agent_at"] is not None:
        yield f"with an agent reserved for it: [bold]{clock_time(answer['with_reserved_agent_at'])}[/]"


def _place(answer: Mapping[str, Any]) -> Iterator[str]:
    place = answer["place"]
    if place is None:
        return
    of = f" of campaign {escape(place['campaign'])}" if place["campaign"] not in (None, answer["campaign"]) else ""
    if place["kind"] == "in_line":
        word = "more than " if place["at_least"] else "about " if place["about"] else ""
        comes = "comes" if place["before"] == 1 else "come"
        yield f"in line: {word}{counted(place['before'], 'contact')} {comes} before it"
    elif place["kind"] == "in_call":
        if place["reason"] == "offered":
            yield f"an agent is reading it{of}, to say whether it is called"
        else:
            yield f"in a call{of} ({escape(place['reason'])})"
    elif place["kind"] == "held":
        yield f"held for a moment{of}: {escape(place['reason'])}, until {clock_time(place['until'])}"
    else:
        where = "in the hopper" if place["kind"] == "in_hopper" else "waits for a guaranteed agent"
        yield f"{where}{of}, place {place['place']}"


def _lists(answer: Mapping[str, Any]) -> Iterator[str]:
    for entry in answer["do_not_call"]:
        end = f", until {clock_time(entry['expires_at'])}" if entry["expires_at"] is not None else ""
        said = f": {escape(entry['reason'])}" if entry["reason"] else ""
        who = f" ({escape(entry['who'])}, {clock_time(entry['added_at'])})" if entry["who"] else ""
        yield (
            f"{escape(entry['number'])} is on list [bold]{escape(entry['dnc_list'])}[/] by its "
            f"{entry['kind']} {escape(entry['value'])}{said}{who}{end}"
        )
    for word in answer["providers"]:
        listed = {True: "is listed", False: "is not listed", None: "is asked about"}[word["listed"]]
        yield (
            f"{escape(word['number'])} {listed}, says provider {escape(word['dnc_list'])} "
            f"(holds until {clock_time(word['until'])})"
        )


def _marks(answer: Mapping[str, Any]) -> Iterator[str]:
    for one in answer["marks"]:
        taken = f"; call analysis: {escape(one['analysis'])}" if one["analysis"] else ""
        when = f" of {clock_time(one['answered_at'])}" if one["answered_at"] is not None else ""
        yield (
            f"{escape(one['by'])} said that {escape(one['number'])} was a [bold]{escape(one['mark'])}[/] "
            f"({clock_time(one['at'])}; call {escape(one['attempt'])}{when}{taken})"
        )


def _caps(counts: list[dict[str, Any]]) -> Table:
    made = table("cap", "number", "counted", "free")
    for one in counts:
        free = "now" if one["free_at"] is None else f"{clock_time(one['free_at'])}"
        made.add_row(
            escape(one["cap"]), escape(one["number"] or ""),
            f"{one['counted']} of {one['calls']} {one['counts']} in {duration(one['window_s'])}", free,
        )  # fmt: skip
    return made
