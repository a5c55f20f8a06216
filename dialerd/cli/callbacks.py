"""`callbacks`: who is to be called back, and when."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.calls import UnmaskedOption
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import clock_time, print_done, print_json, screen, table

callbacks = typer.Typer(help="Call-backs: who is to be called when.", no_args_is_help=True)
ContactArgument = Annotated[int, typer.Argument(metavar="CONTACT", help="The contact's id; see `contacts show`.")]


@callbacks.callback()
def _root() -> None:
    """Call-backs: who is to be called when."""


@callbacks.command("list")
@ends_well
def show_all(
    contact_list: Annotated[str | None, typer.Option("--list", help="Only this contact list.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    unmasked: UnmaskedOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Contacts that wait for their call-back, the next first."""
    found = reach(config, url, token).get(
        "/api/v1/callbacks", list=contact_list, limit=limit, unmasked=unmasked or None
    )
    if as_json:
        print_json(found)
        return
    console = screen()
    if not found["callbacks"]:
        console.print("[dim]Nobody waits for a call-back.[/]")
        return
    made = table("at", "until", "list", "key", "number", "contact", right=("contact",))
    for row in found["callbacks"]:
        made.add_row(
            clock_time(row["at"]), clock_time(row["until"]), escape(row["list"]), escape(row["key"]),
            escape(row["number"] or ""), str(row["id"]),
        )  # fmt: skip
    console.print(made)


@callbacks.command("set")
@ends_well
def schedule(
    contact: ContactArgument,
    after: Annotated[float, typer.Option("--after", metavar="MINUTES", min=0, help="So many minutes from now.")],
    within: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", min=1, help="Not later than so many minutes after that; else never."),
    ] = None,
    number: Annotated[str | None, typer.Option(help="On this number of theirs.")] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call a contact back; a call-back that there was is moved."""
    daemon = reach(config, url, token)
    path = f"/api/v1/contacts/{contact}/callback"
    within_s = within * 60.0 if within is not None else None
    found = daemon.put(path, after_s=after * 60.0, number=number, within_s=within_s)
    until = f", not later than {clock_time(found['until'])}" if found["until"] is not None else ""
    print_done(found, f"call-back at {clock_time(found['at'])}{until}", as_json)


@callbacks.command("cancel")
@ends_well
def cancel(
    contact: ContactArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """The contact is not called back, and not called again."""
    found = reach(config, url, token).delete(f"/api/v1/contacts/{contact}/callback")
    print_done(found, "cancelled; the contact is not called again", as_json)
