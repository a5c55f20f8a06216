"""`contacts next` and `contacts count`: who comes next in a campaign, and how many there are; from the record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.order_room import counts_row
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.record import record_at
from dialerd.cli.screen import print_json, screen, short_time, table
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.problems import did_you_mean
from dialerd.core.campaign import CampaignSettings
from dialerd.core.masking import masked_value
from dialerd.store.migrate import DatabaseTooNew, migrate_engine
from dialerd.store.order_book import wanted_by
from dialerd.store.order_counts import NextContact, next_contacts, order_counts
from dialerd.store.record_health import DATABASE_ERRORS, reason_of

Result = TypeVar("Result")
_KINDS = ("fresh", "retried", "promised", "parked", "in_attempt", "uncallable")
_AGES = ("age", "last_attempt_age")


@ends_well
def show_next(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Name under `campaigns:`.")],
    number: Annotated[int, typer.Option("-n", min=1, max=1000, help="So many.")] = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The contacts that are called next, in order, with the sort keys that put them there. Changes nothing."""
    settings = _campaigns(config, campaign)[0]

    async def ask(engine: AsyncEngine) -> list[NextContact]:
        return await next_contacts(engine, wanted_by(settings), number, time.time())

    found = [masked_value(asdict(one)) for one in _asked(config, ask)]
    if as_json:
        print_json({"campaign": campaign, "contacts": found})
        return
    console = screen()
    if not found:
        console.print("nobody can be called now: `dialerd contacts count` says how all contacts stand")
        return
    names = [str(key) for key in settings.order.sort]
    made = table("", "contact", "list", "kind", "number", "attempts", "last", *names, right=("", "attempts"))
    for one in found:
        keys = [_shown(name, one["keys"].get(name)) for name in names]
        made.add_row(
            str(one["place"]), escape(one["key"]), escape(one["contact_list"]), one["kind"], one["number"] or "-",
            str(one["attempts"]), one["last_disposition"] or "-", *keys,
        )  # fmt: skip
    console.print(made)


@ends_well
def count(
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="CAMPAIGN", help="Only this one. Default: all.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many contacts each campaign's filter lets through, and how they stand. Reads the whole lists."""
    chosen = _campaigns(config, campaign)

    async def ask(engine: AsyncEngine) -> list[dict[str, Any]]:
        now = time.time()
        return [counts_row(one, await order_counts(engine, wanted_by(one), now)) for one in chosen]

    found = _asked(config, ask)
    if as_json:
        print_json({"campaigns": found})
        return
    made = table("campaign", "lists", "contacts", "matching", *_KINDS, right=("contacts", "matching", *_KINDS))
    for one in found:
        made.add_row(
            escape(one["campaign"]), escape(" ".join(one["lists"])), f"{one['contacts']:,}", f"{one['matching']:,}",
            *(f"{one[kind]:,}" for kind in _KINDS),
        )  # fmt: skip
    screen().print(made)


def _campaigns(config: Path | None, name: str | None) -> list[CampaignSettings]:
    plan = campaigns_or_fail(settings_or_fail(config)).plan
    campaigns = plan.campaigns if plan is not None else {}
    if name is not None and name not in campaigns:
        raise Failure(f"no campaign {name!r}", did_you_mean(name, campaigns), Exit.USAGE)
    return [one for one in campaigns.values() if name in (None, one.name)]


def _asked(config: Path | None, ask: Callable[[AsyncEngine], Awaitable[Result]]) -> Result:
    url = settings_or_fail(config).sql.url.get_secret_value()

    async def work() -> Result:
        async with record_at(url) as engine:
            await migrate_engine(engine)
            return await ask(engine)

    try:
        return asyncio.run(work())
    except DatabaseTooNew as error:
        raise Failure(str(error), "Use the newer dialerd.") from None
    except DATABASE_ERRORS as error:
        hint = "`dialerd doctor` finds out what is wrong with the database."
        raise Failure(f"the record does not answer: {reason_of(error)}", hint) from None


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return "[dim]empty[/]"
    return short_time(float(value)) if name.split()[0] in _AGES else escape(value)
