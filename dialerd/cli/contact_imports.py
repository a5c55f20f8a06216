"""`contacts imports`: files that were uploaded to the daemon, and what became of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well, write
from dialerd.cli.reach import Reach, reach
from dialerd.cli.screen import coloured, counted, duration, percent, print_json, screen, short_time, table


@ends_well
def imports(
    number: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="One import. Default: the latest ones.")
    ] = None,
    contact_list: Annotated[str | None, typer.Option("--list", metavar="LIST", help="Only of this list.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=1000, help="So many.")] = 20,
    cancel: Annotated[bool, typer.Option("--cancel", help="Undo it, if it is not over.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write its rejects there as CSV; `-`: here. Needs the API's token."),
    ] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Imports of files that were uploaded to the daemon: how far they are, and what became of them."""
    daemon = reach(config, url, token)
    if number is None:
        if cancel or rejects is not None:
            raise Failure("which import?", "Name it by its number: `dialerd contacts imports`.", Exit.USAGE)
        _list(daemon, contact_list, limit, as_json)
        return
    path = f"/api/v1/contacts/imports/{number}"
    if rejects is not None:
        _rejects(daemon, path, rejects, as_json)
        return
    found = daemon.post(path + "/cancel") if cancel else daemon.get(path)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _list(daemon: Reach, contact_list: str | None, limit: int, as_json: bool) -> None:
    found = daemon.get("/api/v1/contacts/imports", list=contact_list, limit=limit)
    if as_json:
        print_json(found)
        return
    if not found["imports"]:
        screen().print("no file was uploaded")
        return
    figures = ("rows", "imported", "updated", "rejected")
    made = table("id", "list", "file", "state", "at", *figures, "", right=("id", *figures))
    for one in found["imports"]:
        made.add_row(
            str(one["id"]), escape(one["contact_list"]), escape(one["source"][-16:]), coloured(one["state"]),
            short_time(one["created_at"]), *(f"{one[name]:,}" for name in figures), escape(_remark(one)),
        )  # fmt: skip
    screen().print(made)


def _show(one: dict[str, Any]) -> None:
    console = screen()
    console.print(
        f"import {one['id']} of {escape(one['source'])} into [bold]{escape(one['contact_list'])}[/], "
        f"by {escape(one['who'])}: {coloured(one['state'])}"
    )
    if remark := _remark(one):
        console.print(f"  {escape(remark)}")
    console.print(
        f"  {counted(one['rows'], 'row')}: {one['imported']:,} imported ({one['updated']:,} updated, "
        f"{one['warnings']:,} not wholly), {one['rejected']:,} rejected"
    )
    if (took_s := _took(one)) is not None:
        console.print(f"  took {duration(took_s)}")
    for reject in one.get("rejects", ()):
        console.print(f"  [dim]line {reject['line']}[/] {escape(reject['reason'])}", soft_wrap=True)


def _rejects(daemon: Reach, path: str, file: Path, as_json: bool) -> None:
    text = daemon.fetch(path + "/rejects")
    if str(file) == "-":
        sys.stdout.buffer.write(text)
        return
    write(file, text)
    if as_json:
        print_json({"file": str(file), "bytes": len(text)})
    else:
        screen().print(f"rejects written to {escape(str(file))}", soft_wrap=True)


def _remark(one: dict[str, Any]) -> str:
    if one["cancelling"] and one["state"] not in ("done", "failed", "cancelled"):
        return "being cancelled"
    doing = f"{one['phase']} {percent(one['progress'])}" if one["progress"] is not None else ""
    return "; ".join(part for part in (doing, one["problem"]) if part)


def _took(one: dict[str, Any]) -> float | None:
    if one["started_at"] is None or one["ended_at"] is None:
        return None
    return float(one["ended_at"] - one["started_at"])
