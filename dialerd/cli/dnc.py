"""`dnc`: do-not-call lists. What changes a list works with and without a running daemon."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dialerd.cli.dnc_direct import Direct
from dialerd.cli.dnc_provider import provider
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import clock_time, complaints, print_done, print_json, screen, table
from dialerd.store.dnc_load import LoadMode, LoadProgress, LoadResult

dnc = typer.Typer(help="Do-not-call lists and opt-outs.", no_args_is_help=True)

ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="Name under `dnc_lists:`.")]
NumberOption = Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="A number, with its country code.")]
PrefixOption = Annotated[str | None, typer.Option(metavar="PREFIX", help="All numbers that begin so: +4490.")]
ContactOption = Annotated[str | None, typer.Option(metavar="KEY", help="A contact by your own key.")]
ReasonOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")]


dnc.add_typer(provider, name="provider")


@dnc.callback()
def _root() -> None:
    """Do-not-call lists and opt-outs."""


@dnc.command("lists")
@ends_well
def lists(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """All lists: how many entries, who asks them, and whether they can be asked now."""
    try:
        found = reach(config, url, token).get("/api/v1/dnc")
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE or url is not None:
            raise
        found = Direct(config).lists()
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["lists"]:
        console.print("[dim]The campaigns file has no `dnc_lists:`.[/]")
        return
    made = table("list", "loaded", "single", "prefixes", "contacts", "asked by", "state",
                 right=("loaded", "single", "prefixes", "contacts"))  # fmt: skip
    for one in found["lists"]:
        entries = one["entries"]
        counts = [f"{entries.get(kind, 0):,}" for kind in ("loaded", "number", "prefix", "contact")]
        state = "[green]ready[/]" if one["ready"] else f"[yellow]{escape(one['loading'] or 'not asked yet')}[/]"
        if not one["configured"]:
            state = "[dim]not in the campaigns file[/]"
        made.add_row(escape(one["name"]), *counts, escape(", ".join(one["campaigns"])), state)
    console.print(made)


@dnc.command("add")
@ends_well
def add(
    dnc_list: ListArgument,
    number: NumberOption = None,
    prefix: PrefixOption = None,
    contact: ContactOption = None,
    reason: ReasonOption = "",
    expires: Annotated[str, typer.Option(metavar="DATE", help="2027-03-01, or 30d: ignored from then on.")] = "",
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a number, a prefix or a contact on a list. It is in force when the command returns: what rings is ended."""
    asked = {"list": dnc_list, "number": number, "prefix": prefix, "contact": contact, "reason": reason or None,
             "expires": expires or None}  # fmt: skip
    try:
        done = reach(config, url, token).post("/api/v1/dnc/entries", **asked)
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE or url is not None:
            raise
        done = Direct(config).add(dnc_list, number, prefix, contact, reason, expires)
    if as_json:
        print_json(done)
        return
    until = f" until {clock_time(done['expires_at'])}" if done["expires_at"] is not None else ""
    screen().print(f"[green]added[/] to {escape(dnc_list)}{until}")
    if not done["in_force"]:
        complaints().print("[yellow]warning[/] Redis does not answer; no call is placed before it has the entry")
    if not done["recorded"]:
        complaints().print("[yellow]warning[/] in force; the database does not answer, and is told when it does")


@dnc.command("remove")
@ends_well
def remove(
    dnc_list: ListArgument,
    number: NumberOption = None,
    prefix: PrefixOption = None,
    contact: ContactOption = None,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a number, a prefix or a contact off a list. Who did so, and why, is kept."""
    asked = {"list": dnc_list, "number": number, "prefix": prefix, "contact": contact, "reason": reason or None}
    try:
        done = reach(config, url, token).delete("/api/v1/dnc/entries", **asked)
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE or url is not None:
            raise
        done = Direct(config).remove(dnc_list, number, prefix, contact, reason)
    print_done(done, f"[green]removed[/] from {escape(dnc_list)}", as_json)


@dnc.command("lookup")
@ends_well
def lookup(
    number: NumberOption = None,
    contact: ContactOption = None,
    dnc_list: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Only this list.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which entries concern a number or a contact. Exit code 1 when none does."""
    found = Direct(config).look_up(number, contact, dnc_list)
    if as_json:
        print_json(found)
    elif not found["listed"]:
        screen().print("on no list")
    else:
        made = table("list", "kind", "entry", "until", "added", "who", "reason")
        for one in found["findings"]:
            until = clock_time(one["expires_at"]) if one["expires_at"] is not None else ""
            added = clock_time(one["added_at"]) if one["added_at"] is not None else "[dim]from a file[/]"
            made.add_row(escape(one["dnc_list"]), one["kind"], escape(one["value"]), until, added,
                         escape(one["who"]), escape(one["reason"]))  # fmt: skip
        screen().print(made)
    if not found["listed"]:
        raise typer.Exit(Exit.PROBLEMS)


@dnc.command("load")
@ends_well
def load(
    dnc_list: ListArgument,
    file: Annotated[Path, typer.Argument(help="One number a line, or CSV with a header; plain or gzip.")],
    mode: Annotated[
        LoadMode, typer.Option(help="`replace` what earlier files brought, or `append` to it.")
    ] = LoadMode.REPLACE,
    column: Annotated[str | None, typer.Option(metavar="NAME", help="CSV column with the numbers.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad lines go. Default: FILE.rejects.csv.", metavar="FILE")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when any line was rejected.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load a file into a list: the old list is asked until the new one is complete. Entries that were added one by
    one stay. Every bad line is named, with the reason, in the rejects file."""
    bar = Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeRemainingColumn(),
        console=complaints(), disable=as_json,
    )  # fmt: skip
    with bar:
        task = bar.add_task("reading", total=None, rows="")

        def show(progress: LoadProgress) -> None:
            rows = f"{progress.rows:,} lines, {progress.rejected:,} rejected"
            bar.update(task, description=progress.step, total=progress.total, completed=progress.done, rows=rows)

        result = Direct(config).load(dnc_list, file, mode, column, rejects, show)
    if as_json:
        print_json(_plain(result))
    else:
        console = screen()
        console.print(f"[green]{result.taken:,}[/] of {result.rows:,} lines; {escape(dnc_list)} has now "
                      f"[bold]{result.numbers:,}[/] loaded numbers")  # fmt: skip
        if result.duplicates:
            console.print(f"{result.duplicates:,} were in the file more than once")
        if result.rejects is not None:
            console.print(f"[red]{result.rejected:,}[/] rejected: {escape(str(result.rejects))}", soft_wrap=True)
        if not result.in_redis:
            complaints().print("[yellow]warning[/] Redis does not answer; the daemon copies the list when it does")
    if (result.rows and not result.taken) or (strict and result.rejected):
        raise typer.Exit(Exit.PROBLEMS)


@dnc.command("export")
@ends_well
def export(
    dnc_list: ListArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: the screen.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write a list as CSV, with whole phone numbers; it can be loaded again."""
    if output is None:
        Direct(config).export(dnc_list, lambda piece: sys.stdout.buffer.write(piece))
        sys.stdout.buffer.flush()
        return
    with output.open("xb") as file:
        output.chmod(0o600)
        Direct(config).export(dnc_list, file.write)


def _plain(result: LoadResult) -> Mapping[str, Any]:
    return {
        "list": result.dnc_list, "mode": result.mode.value, "rows": result.rows, "taken": result.taken,
        "single": result.single, "duplicates": result.duplicates, "rejected": result.rejected,
        "numbers": result.numbers, "rejects": str(result.rejects) if result.rejects else None,
        "in_redis": result.in_redis,
    }  # fmt: skip
