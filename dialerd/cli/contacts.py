"""`contacts import`: from a CSV file into the record, whether or not the daemon runs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from dialerd.app.contact_files import mapping_of
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import Refused, person, reach
from dialerd.cli.record import record_at
from dialerd.cli.screen import complaints, print_json, screen
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.contact_lists import ContactListSettings
from dialerd.config.problems import did_you_mean
from dialerd.store.contact_import import ImportProgress, ImportResult, import_contacts
from dialerd.store.csv_format import UnusableFile
from dialerd.store.journal import Journal
from dialerd.store.migrate import DatabaseTooNew, migrate_engine
from dialerd.store.record_health import DATABASE_ERRORS, reason_of

contacts = typer.Typer(help="Contact lists.", no_args_is_help=True)


@contacts.callback()
def _root() -> None:
    """Contact lists."""


class _WallClock:
    def now(self) -> float:
        return time.time()


@contacts.command("import")
@ends_well
def import_list(
    contact_list: Annotated[str, typer.Argument(metavar="LIST", help="Name under `contact_lists:`.")],
    file: Annotated[Path | None, typer.Argument(help="CSV file. Default: the list's `file:`.")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go. Default: FILE.rejects.csv.", metavar="FILE")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when any row was rejected.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import a CSV file into a contact list. Every row is imported or named, with the reason, in the rejects file."""
    settings = settings_or_fail(config)
    lists = campaigns_or_fail(settings).contact_lists
    if contact_list not in lists:
        raise Failure(f"no contact list {contact_list!r}", did_you_mean(contact_list, lists), Exit.USAGE)
    chosen = lists[contact_list]
    path = file if file is not None else chosen.file
    if path is None:
        raise Failure(f"list {contact_list} states no `file:`", "Name the file as second argument.", Exit.USAGE)
    try:
        result = _run(settings.sql.url.get_secret_value(), path, chosen, rejects, quiet=as_json)
    except UnusableFile as error:
        raise Failure(str(error), "Nothing was imported.") from None
    except DatabaseTooNew as error:
        raise Failure(str(error), "Use the newer dialerd.") from None
    except DATABASE_ERRORS as error:
        hint = "Nothing was imported. `dialerd doctor` finds out what is wrong with the database."
        raise Failure(f"import failed: {reason_of(error)}", hint) from None
    told = result.imported > 0 and _tell_daemon(config, contact_list)
    if as_json:
        print_json({"list": contact_list, "file": str(path), "daemon_told": told, **asdict(result)})
    else:
        _report(contact_list, result, told)
    if (result.rows > 0 and result.imported == 0) or (strict and result.rejected):
        raise typer.Exit(Exit.PROBLEMS)


def _run(url: str, path: Path, chosen: ContactListSettings, rejects: Path | None, quiet: bool) -> ImportResult:
    bar = Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(), console=complaints(), disable=quiet,
    )  # fmt: skip
    with bar:
        task = bar.add_task(path.name, total=None, rows="")

        def show(progress: ImportProgress) -> None:
            rows = f"{progress.rows:,} rows, {progress.rejected:,} rejected"
            bar.update(task, description=progress.phase, total=progress.total, completed=progress.done, rows=rows)

        async def work() -> ImportResult:
            async with record_at(url) as engine:
                await migrate_engine(engine)
                result = await import_contacts(
                    engine, _WallClock(), path, chosen.name, mapping_of(chosen), rejects=rejects, progress=show
                )
                detail = {"list": chosen.name, "source": path.name, "imported": result.imported}
                who = f"{person() or 'somebody'} via command line"
                await Journal(engine, _WallClock()).add_audit(who, "contacts_import", detail)
                return result

        return asyncio.run(work())


def _tell_daemon(config: Path | None, contact_list: str) -> bool:
    """A running daemon looks at the list at once; without one nothing is lost."""
    try:
        reach(config, None, None).post("/api/v1/contacts/changed", list=contact_list)
    except Refused as refused:
        complaints().print(f"[yellow]warning[/] the daemon was not told: {escape(refused.message)}")
        return False
    except Failure:
        return False
    return True


def _report(contact_list: str, result: ImportResult, told: bool) -> None:
    console = screen()
    console.print(
        f"[green]{result.imported:,}[/] of {result.rows:,} rows imported into [bold]{escape(contact_list)}[/]"
    )
    if result.warnings:
        console.print(f"[yellow]{result.warnings:,}[/] of them without some of their numbers")
    if result.rejected:
        console.print(f"[red]{result.rejected:,}[/] rejected")
    if result.rejects is not None:
        console.print(f"line and reason of each: {escape(str(result.rejects))}", soft_wrap=True)
    if told:
        console.print("[dim]the running daemon was told[/]")
