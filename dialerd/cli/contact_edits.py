"""`contacts add|show|set|remove|uncallable|callable|export`: single contacts, while campaigns run."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import Reach, reach
from dialerd.cli.record import record_at
from dialerd.cli.screen import print_done, print_json, screen
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.problems import did_you_mean
from dialerd.core.contact import ContactState
from dialerd.store.contact_export import export_csv
from dialerd.store.migrate import DatabaseTooNew, migrate_engine
from dialerd.store.record_health import DATABASE_ERRORS, reason_of

ContactArgument = Annotated[str, typer.Argument(metavar="CONTACT", help="Its id, or LIST/KEY.")]
NumberOption = Annotated[
    list[str] | None,
    typer.Option("--number", "-n", metavar="[TYPE:]NUMBER", help="In dial order; may be repeated."),
]
ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", "-d", metavar="NAME=TEXT", help="May be repeated.")
]
HotOption = Annotated[bool, typer.Option("--hot", help="Call it before all others.")]
PriorityOption = Annotated[int | None, typer.Option(help="For campaigns that sort by it; more is sooner.")]
WholeOption = Annotated[bool, typer.Option("--unmasked", help="Whole phone numbers; needs the API's token.")]


@ends_well
def add(
    contact_list: Annotated[str, typer.Argument(metavar="LIST", help="Name under `contact_lists:`.")],
    number: NumberOption = None,
    key: Annotated[str, typer.Option(help="Your own number of the contact.")] = "",
    column: ColumnOption = None,
    priority: PriorityOption = None,
    hot: HotOption = False,
    on_duplicate: Annotated[
        str | None, typer.Option(help="`skip`, `update` or `keep`. Default: as the list has it.")
    ] = None,
    once: Annotated[str, typer.Option(help="Idempotency key: the same request again does nothing.")] = "",
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a contact to a list; a running campaign calls it in its turn, or at once (`--hot`)."""
    if not number:
        raise Failure("a contact needs a number", "--number mobile:+441632960001", Exit.USAGE)
    contact = {"numbers": _numbers(number), "key": key, "columns": _columns(column), "hot": hot}
    if priority is not None:
        contact["priority"] = priority
    body: dict[str, Any] = {"list": contact_list, "contacts": [contact]}
    if on_duplicate is not None:
        body["on_duplicate"] = on_duplicate
    headers = {"Idempotency-Key": once} if once else {}
    answer = reach(config, url, token).send("POST", "/api/v1/contacts", body, headers)
    (result,) = answer["results"]
    if as_json:
        print_json(answer)
    elif result["result"] in ("added", "updated"):
        screen().print(f"[green]{result['result']}[/] as contact {result['id']} of {escape(contact_list)}")
    else:
        screen().print(f"[red]{result['result']}[/]: {escape(result['reason'])}")
    if result["result"] not in ("added", "updated"):
        raise typer.Exit(Exit.PROBLEMS)


@ends_well
def show(
    contact: ContactArgument,
    unmasked: WholeOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a contact: numbers, columns, state, why and since when."""
    daemon = reach(config, url, token)
    _tell(daemon.get(f"/api/v1/contacts/{contact_id(daemon, contact)}", unmasked=unmasked or None), as_json)


@ends_well
def change(
    contact: ContactArgument,
    number: NumberOption = None,
    key: Annotated[str | None, typer.Option(help="Another key.")] = None,
    column: ColumnOption = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="NAME", help="A column to take out.")] = None,
    priority: PriorityOption = None,
    hot: HotOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a contact; what is not named stays. Numbers replace all that it has."""
    columns: dict[str, str | None] = {**_columns(column), **dict.fromkeys(drop or ())}
    body: dict[str, Any] = {"hot": hot}
    for name, value in (("numbers", _numbers(number or [])), ("key", key), ("columns", columns)):
        if value:
            body[name] = value
    if priority is not None:
        body["priority"] = priority
    if body == {"hot": False}:
        raise Failure("nothing to change", "Name what becomes different: --column, --number, --hot …", Exit.USAGE)
    daemon = reach(config, url, token)
    _tell(daemon.send("PATCH", f"/api/v1/contacts/{contact_id(daemon, contact)}", body), as_json)


@ends_well
def remove(
    contact: ContactArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a contact out of its list; its call ends if nobody has answered it."""
    daemon = reach(config, url, token)
    answer = daemon.send("DELETE", f"/api/v1/contacts/{contact_id(daemon, contact)}", None)
    print_done(answer, f"[green]removed[/] from {escape(answer['list'])}", as_json)


@ends_well
def uncallable(
    contact: ContactArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the time and your name.")],
    number: Annotated[str | None, typer.Option(help="Only this number (+44…).")] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never dial a contact, or one of its numbers, again; its call ends if nobody has answered it."""
    daemon = reach(config, url, token)
    body = {"reason": reason, **({"number": number} if number else {})}
    _tell(daemon.send("POST", f"/api/v1/contacts/{contact_id(daemon, contact)}/uncallable", body), as_json)


@ends_well
def callable_again(
    contact: ContactArgument,
    number: Annotated[str | None, typer.Option(help="Only this number (+44…).")] = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a contact, or one of its numbers, be dialed again."""
    daemon = reach(config, url, token)
    body = {"number": number} if number else {}
    _tell(daemon.send("POST", f"/api/v1/contacts/{contact_id(daemon, contact)}/callable", body), as_json)


@ends_well
def export(
    contact_list: Annotated[str, typer.Argument(metavar="LIST", help="Name under `contact_lists:`.")],
    file: Annotated[Path | None, typer.Argument(help="Where to. Default: standard output.")] = None,
    state: Annotated[str | None, typer.Option(help="Only contacts in this state.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write a list as CSV: all its columns, and each contact's state, attempts, last result and next time."""
    settings = settings_or_fail(config)
    lists = campaigns_or_fail(settings).contact_lists
    if contact_list not in lists:
        raise Failure(f"no contact list {contact_list!r}", did_you_mean(contact_list, lists), Exit.USAGE)
    states = [one.value for one in ContactState]
    if state is not None and state not in states:
        raise Failure(f"no state {state!r}", f"One of {', '.join(states)}.", Exit.USAGE)

    async def work(out: IO[bytes]) -> None:
        async with record_at(settings.sql.url.get_secret_value()) as engine:
            await migrate_engine(engine)
            async for piece in export_csv(engine, contact_list, state):
                out.write(piece)

    try:
        with file.open("wb") if file is not None else nullcontext(sys.stdout.buffer) as out:
            asyncio.run(work(out))
    except DatabaseTooNew as error:
        raise Failure(str(error), "Use the newer dialerd.") from None
    except DATABASE_ERRORS as error:
        hint = "`dialerd doctor` finds out what is wrong with the database."
        raise Failure(f"export failed: {reason_of(error)}", hint) from None


def contact_id(daemon: Reach, contact: str) -> int:
    """The id of a contact that is named by its id or as LIST/KEY."""
    if contact.isdecimal():
        return int(contact)
    contact_list, slash, key = contact.partition("/")
    if not slash or not key:
        raise Failure(f"{contact!r} is no contact", "Its id, or LIST/KEY: 17, customers/C4711.", Exit.USAGE)
    found = daemon.get("/api/v1/contacts", list=contact_list, key=key, limit=2)["contacts"]
    if len(found) != 1:
        many = "more than one contact has" if found else "no contact has"
        raise Failure(f"{many} the key {key!r} in {contact_list}", "Name it by its id." if found else "")
    return int(found[0]["id"])


def _numbers(written: list[str]) -> list[dict[str, str]]:
    numbers = []
    for one in written:
        kind, colon, number = one.partition(":")
        numbers.append({"number": number, "type": kind} if colon else {"number": one})
    return numbers


def _columns(written: list[str] | None) -> dict[str, str]:
    columns = {}
    for one in written or ():
        name, sign, text = one.partition("=")
        if not sign or not name:
            raise Failure(f"{one!r} is no column", "--column name=text", Exit.USAGE)
        columns[name] = text
    return columns


def _tell(contact: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(contact)
        return
    console = screen()
    why = f": {contact['reason']}" if contact["reason"] else ""
    by = f", by {contact['uncallable_by']}" if contact["uncallable_by"] else ""
    console.print(
        f"contact {contact['id']} [bold]{escape(contact['key'])}[/] of {escape(contact['list'])}: "
        f"{contact['state']}{escape(why + by)}, {contact['attempts']} attempts"
    )
    for number in contact["numbers"]:
        mark = number.get("uncallable")
        told = f"  uncallable: {mark['reason']}, by {mark['who']}" if mark else ""
        console.print(f"  {number['kind']:<10} {number['e164']}{escape(told)}")
    for name, text in contact["columns"].items():
        console.print(f"  [dim]{escape(name)}[/] {escape(text)}", soft_wrap=True)
