"""`amd dry-run`: what a site's own answer rules would have said about past calls."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.amd_report import report
from dialerd.cli.amd_review import review
from dialerd.cli.amd_tune import tune
from dialerd.cli.calls import CampaignOption, SinceOption
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.record import record_at
from dialerd.cli.screen import clock_time, coloured, print_json, screen, short_time, table
from dialerd.cli.settings import problem_markup, settings_or_fail
from dialerd.config.site_rules import RuleFailure, SiteRule, SiteRuleError, load_site_rule
from dialerd.control.parameters import moment
from dialerd.core.analysis import Evidence, judge
from dialerd.core.masking import masked
from dialerd.store.answered_history import past_answers
from dialerd.store.record_health import DATABASE_ERRORS, reason_of

amd = typer.Typer(help="Answering-machine detection.", no_args_is_help=True)
amd.command("tune")(tune)
amd.command("report")(report)
amd.add_typer(review, name="review")
MOST_SHOWN = 20


@amd.callback()
def _root() -> None:
    """Answering-machine detection."""


@dataclass(frozen=True, slots=True)
class Change:
    """One past answer that the rules would judge otherwise. ``at``: epoch seconds of the answer."""

    attempt: str
    campaign: str
    number: str
    at: float
    amd: str
    before: str
    before_rule: str
    after: str
    after_rule: str
    disposition: str


@amd.command("dry-run")
@ends_well
def dry_run(
    rules: Annotated[Path, typer.Option(help="Python file with `classify(evidence)`.", show_default=False)],
    since: SinceOption = "30d",
    campaign: CampaignOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge past answers again with a rules file and show what would change. Nothing is changed."""
    failures: list[RuleFailure] = []
    try:
        rule = load_site_rule(rules, failures.append)
    except SiteRuleError as error:
        console = screen()
        if not as_json:
            console.print(problem_markup(error.problem), soft_wrap=True)
        raise Failure("the rules file cannot be used", error.problem.hint, problem=str(error.problem)) from None
    try:
        start = moment(since or "30d", time.time())
    except ValueError as error:
        raise Failure(f"--since must be {error}", code=Exit.USAGE) from None
    url = settings_or_fail(config).sql.url.get_secret_value()
    try:
        judged, changes = asyncio.run(_judge(url, rule, start, campaign))
    except DATABASE_ERRORS as error:
        raise Failure(f"the record cannot be read: {reason_of(error)}", "Try `dialerd doctor`.") from None
    if as_json:
        print_json(
            {
                "rules": str(rule), "since": start, "judged": judged, "changed": len(changes),
                "changes": [asdict(change) for change in changes], "failures": [asdict(f) for f in failures],
            }
        )  # fmt: skip
    else:
        _show(rule, start, judged, changes, failures)
    if failures:
        raise typer.Exit(Exit.PROBLEMS)


def evidence_of(row: Mapping[str, Any], last_disposition: str | None) -> Evidence:
    """What was known when this attempt's answer was judged, rebuilt from its record.

    AMD's word that came after the deadline (rule R3) was not known then and is left out."""
    answered_at = row["answered_at"]
    known = row["amd_status"] if row["analysis_rule"] != "R3_deadline" else None
    judged_at = row["analysed_at"]
    return Evidence(
        campaign=row["campaign"],
        number=row["number"],
        amd_status=known,
        amd_cause=row["amd_cause"] if known is not None else None,
        verdict_after_s=judged_at - answered_at if known is not None and judged_at is not None else None,
        first_sound_after_s=row["speech_at"] - answered_at if row["speech_at"] is not None else None,
        attempts_before=row["contact_attempts"],
        last_disposition=last_disposition,
        tone=row["tone"] if (row["analysis_rule"] or "").startswith("tone_") else None,
        number_type=row["number_kind"],
    )


async def _judge(url: str, rule: SiteRule, since: float, campaign: str | None) -> tuple[int, list[Change]]:
    judged, changes = 0, []
    async with record_at(url) as engine:
        answers: AsyncIterator[tuple[Mapping[str, Any], str | None]] = past_answers(engine, since, campaign)
        async for row, last_disposition in answers:
            judged += 1
            verdict = judge(evidence_of(row, last_disposition), rule)
            if verdict.analysis.value == row["analysis"]:
                continue
            told = "-".join(part for part in (row["amd_status"], row["amd_cause"]) if part) or "no verdict"
            changes.append(
                Change(
                    row["id"], row["campaign"], masked(row["number"]), row["answered_at"], told, row["analysis"],
                    row["analysis_rule"] or "", verdict.analysis.value, verdict.rule, row["disposition"] or "",
                )
            )  # fmt: skip
    return judged, changes


def _show(rule: SiteRule, since: float, judged: int, changes: list[Change], failures: list[RuleFailure]) -> None:
    console = screen()
    console.print(f"[bold]{escape(str(rule))}[/] on {judged:,} answers since {clock_time(since)}", soft_wrap=True)
    for (line, error), count in Counter((f.line, f.error) for f in failures).most_common():
        console.print(f"[red]failed {count} times[/] at line {line}: {escape(error)}", soft_wrap=True)
    if not changes:
        console.print("nothing would change")
        return
    share = len(changes) / judged
    console.print(f"[bold]{len(changes):,}[/] ({share * 100:.1f} %) would be judged otherwise")
    made = table("was", "by", "would be", "by", "answers", right=("answers",))
    pairs = Counter((c.before, c.before_rule, c.after, c.after_rule) for c in changes)
    for (before, before_rule, after, after_rule), count in pairs.most_common():
        made.add_row(
            before, f"[dim]{escape(before_rule)}[/]", f"[bold]{after}[/]", f"[dim]{after_rule}[/]", str(count)
        )
    console.print(made)
    latest = table("answered", "number", "AMD", "was → would be", "ended as")
    for change in sorted(changes, key=lambda c: c.at, reverse=True)[:MOST_SHOWN]:
        latest.add_row(
            short_time(change.at), change.number, escape(change.amd), f"{change.before} → {change.after}",
            coloured(change.disposition),
        )  # fmt: skip
    console.print(latest)
    if len(changes) > MOST_SHOWN:
        console.print(f"[dim]the latest {MOST_SHOWN}; all of them with --json[/]")
