"""`rules test`: which of a campaign's rules would have fired on its past calls."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.calls import SinceOption
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.record import record_at
from dialerd.cli.screen import clock_time, coloured, percent, print_json, screen, short_time, table
from dialerd.cli.settings import plan_or_fail, settings_or_fail
from dialerd.config.problems import did_you_mean
from dialerd.control.parameters import moment
from dialerd.core.attempt import AttemptRecord
from dialerd.core.masking import masked
from dialerd.core.rule_trial import RuleTrial
from dialerd.store.database import BadDatabaseUrl
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.rule_history import past_calls

rules = typer.Typer(help="Rules before and after calls.", no_args_is_help=True)
SHOWN = 3


@rules.callback()
def _root() -> None:
    """Rules before and after calls."""


@rules.command("test")
@ends_well
def on_trial(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Name under `campaigns:`.")],
    since: SinceOption = "7d",
    campaigns: Annotated[
        Path | None,
        typer.Option("--campaigns", metavar="FILE", help="Campaigns file; default: that of the settings."),
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="The record; default: that of the settings.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a campaign's rules about its past calls: which rule fires on how many, with examples. Changes nothing."""
    path = campaigns if campaigns is not None else settings_or_fail(config).campaigns
    plan = plan_or_fail(path)
    settings = plan.campaigns.get(campaign)
    if settings is None:
        hint = did_you_mean(campaign, plan.campaigns) or f"there are: {', '.join(plan.campaigns)}"
        raise Failure(f"there is no campaign {campaign!r}", hint, Exit.USAGE)
    if not settings.rule_sets:
        raise Failure(f"campaign {campaign!r} has no rules", "name sets of rules under its `rule_sets:`")
    try:
        start = moment(since or "7d", time.time())
    except ValueError as error:
        raise Failure(f"--since must be {error}", code=Exit.USAGE) from None
    url = database if database is not None else settings_or_fail(config).sql.url.get_secret_value()
    trial = RuleTrial(settings)
    try:
        asyncio.run(_try(url, trial, start))
    except BadDatabaseUrl as error:
        raise Failure(f"--database: {error}", "such as sqlite:///dialerd.db", Exit.USAGE) from None
    except DATABASE_ERRORS as error:
        raise Failure(f"the record cannot be read: {reason_of(error)}", "Try `dialerd doctor`.") from None
    if as_json:
        print_json(_object(trial, start))
    else:
        _show(trial, start)


async def _try(url: str, trial: RuleTrial, since: float) -> None:
    async with record_at(url) as engine:
        async for past in past_calls(engine, trial.settings.name, since):
            trial.call(past.record, past.contact)


def _object(trial: RuleTrial, since: float) -> dict[str, Any]:
    return {
        "campaign": trial.settings.name, "since": since, "calls": trial.calls, "untouched": trial.untouched,
        "otherwise_than_recorded": trial.otherwise,
        "rules": [
            {
                "kind": tally.kind, "name": tally.name, "does": tally.does, "fired": tally.fired,
                "failed": tally.failed,                "examples": [_example(record) for record in tally.examples],
            }
            for tally in trial.rules.values()
        ],
    }  # fmt: skip


def _example(record: AttemptRecord) -> dict[str, Any]:
    return {
        "attempt": record.id, "contact": record.contact_key, "number": masked(record.number),
        "claimed_at": record.claimed_at, "disposition": record.disposition,
    }  # fmt: skip


def _show(trial: RuleTrial, since: float) -> None:
    console = screen()
    console.print(
        f"[bold]{escape(trial.settings.name)}[/]: {trial.calls:,} calls since {clock_time(since)}, "
        f"on {trial.untouched:,} of them no rule fires"
    )
    if trial.otherwise:
        console.print(f"[yellow]{trial.otherwise:,}[/] calls were placed when other rules before the call fired")
    made = table("rule", "", "does", "fires", "share", "fails", right=("fires", "share", "fails"))
    for tally in trial.rules.values():
        style = "bold" if tally.fired else "dim"
        share = percent(tally.fired / trial.calls if trial.calls else None)
        made.add_row(
            f"[{style}]{escape(tally.name)}[/]",
            f"[dim]{tally.kind}[/]",
            escape(tally.does),
            f"{tally.fired:,}",
            share,
            f"[red]{tally.failed:,}[/]" if tally.failed else "",
        )
    console.print(made)
    examples = table("rule", "call", "contact", "number", "ended as")
    for tally in trial.rules.values():
        for record in reversed(tally.examples[-SHOWN:]):
            examples.add_row(
                escape(tally.name), short_time(record.claimed_at), escape(record.contact_key), masked(record.number),
                coloured(record.disposition or ""),
            )  # fmt: skip
    if examples.row_count:
        console.print(examples)
