"""`dnc provider`: what providers of do-not-call lists have said; with and without a running daemon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

from dialerd.app.provider_desk import ProviderDesk
from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import person, reach
from dialerd.cli.record import record_at
from dialerd.cli.screen import clock_time, print_done, print_json, screen, table
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.control.daemon import Unavailable
from dialerd.control.dnc_lists import NoProvider
from dialerd.core.dnc import DncKind
from dialerd.core.masking import masked_value
from dialerd.store.dnc_entry import BadEntry, entry_of
from dialerd.store.journal import Journal
from dialerd.store.migrate import migrate_engine
from dialerd.store.provider_answers import RedisAnswers
from dialerd.store.record_health import DATABASE_ERRORS, reason_of

_T = TypeVar("_T")
_PATH = "/api/v1/dnc/provider-answers"

provider = typer.Typer(help="What providers of do-not-call lists have said.", no_args_is_help=True)

ListOption = Annotated[str | None, typer.Option("--list", metavar="LIST", help="Only this list.")]


@provider.callback()
def _root() -> None:
    """What providers of do-not-call lists have said."""


@provider.command("answers")
@ends_well
def answers(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="With its country code.")],
    dnc_list: ListOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """What providers said of a number, and until when that holds. Exit code 1 when nothing is kept."""

    async def look(desk: ProviderDesk) -> dict[str, Any]:
        found = await desk.held(_e164(number), dnc_list)
        said: dict[str, Any] = masked_value({"answers": [asdict(one) for one in found]})
        return said

    try:
        said = reach(config, url, token).get(_PATH, number=number, list=dnc_list)
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE or url is not None:
            raise
        said = _direct(config, look)
    if as_json:
        print_json(said)
    elif not said["answers"]:
        screen().print("no answer is kept; the provider is asked before the next call")
    else:
        made = table("list", "said", "until")
        for one in said["answers"]:
            word = "[red]listed[/]" if one["listed"] else "[green]not listed[/]"
            made.add_row(escape(one["dnc_list"]), word, clock_time(one["until"]))
        screen().print(made)
    if not said["answers"]:
        raise typer.Exit(Exit.PROBLEMS)


@provider.command("forget")
@ends_well
def forget(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="With its country code; or --all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of all numbers.")] = False,
    dnc_list: ListOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what providers said of a number, or of all: they are asked again before the next call."""
    if (number is None) is not everything:
        raise Failure("give a NUMBER or --all, one of them", "Nothing was forgotten.", Exit.USAGE)
    e164 = _e164(number) if number is not None else None

    async def work(desk: ProviderDesk) -> dict[str, Any]:
        return {"forgotten": await desk.forget(e164, dnc_list)}

    asked = {"number": number, "all": True if everything else None, "list": dnc_list}
    try:
        done = reach(config, url, token).delete(_PATH, **asked)
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE or url is not None:
            raise
        done = _direct(config, work, {"list": dnc_list or "", "number": e164 or "all"})
    counts = ", ".join(f"{escape(name)}: {count:,}" for name, count in done["forgotten"].items())
    print_done(done, f"[green]forgotten[/] {counts}", as_json)


def _e164(written: str) -> str:
    try:
        return entry_of(DncKind.NUMBER, written, None, None).value
    except BadEntry as error:
        raise Failure(f"number: {error}", "With its country code: +441632960001", Exit.USAGE) from None


class _WallClock:
    def now(self) -> float:
        return time.time()


def _direct(
    config: Path | None, work: Callable[[ProviderDesk], Awaitable[_T]], audit: dict[str, Any] | None = None
) -> _T:
    """Straight to Redis, where no daemon answers. ``audit``: what is written into the record before."""
    settings = settings_or_fail(config)
    lists = campaigns_or_fail(settings).dnc_lists

    async def run() -> _T:
        if audit is not None:
            async with record_at(settings.sql.url.get_secret_value()) as engine:
                await migrate_engine(engine)
                who = f"{person() or 'somebody'} via command line"
                await Journal(engine, _WallClock()).add_audit(who, "dnc_provider_forget", masked_value(audit))
        store = RedisAnswers(settings.redis.url.get_secret_value())
        try:
            return await work(ProviderDesk(store, lambda: lists, _WallClock()))
        finally:
            await store.aclose()

    try:
        return asyncio.run(run())
    except NoProvider as error:
        raise Failure(str(error), "Providers are stated by `provider:` in `dnc_lists:`.", Exit.USAGE) from None
    except Unavailable as error:
        hint = "`dialerd doctor` finds out what is wrong with it."
        raise Failure(f"nothing can be told or forgotten: {error}", hint) from None
    except DATABASE_ERRORS as error:
        hint = "`dialerd doctor` finds out what is wrong with the database."
        raise Failure(f"the record does not answer: {reason_of(error)}", hint) from None
