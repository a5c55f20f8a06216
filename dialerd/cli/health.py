"""`run` and `doctor`: the daemon itself, and whether all it needs is there."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from dialerd.app.connections import ari_settings
from dialerd.app.examination import examine as examine_pbx
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.file_seen import file_seen
from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.cli.dnc_examination import examine_dnc
from dialerd.cli.examinations import Finding, Health, examine_record, examine_redis
from dialerd.cli.folder_examination import examine_folder
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.prompts import TRIAL, examine_voices, studio_for
from dialerd.cli.screen import counted, print_json, screen
from dialerd.cli.settings import print_problems, read_settings, settings_or_fail
from dialerd.config.campaigns_file import CheckResult, load_campaigns
from dialerd.config.daemon import DaemonSettings
from dialerd.config.voices import USUAL_VOICE
from dialerd.core.campaign import Plan
from dialerd.speech.engines import VoiceFailed
from dialerd.speech.sound import Unusable

_MARKS = {Health.OK: "[green]✓[/]", Health.WARNING: "[yellow]![/]", Health.BAD: "[bold red]✗[/]"}


@ends_well
def run(config: ConfigOption = None) -> None:
    """Run the daemon in the foreground until SIGTERM or Ctrl-C."""
    from dialerd.app.foreground import run as run_daemon

    code = run_daemon(settings_or_fail(config))
    if code:
        raise typer.Exit(code)


@ends_well
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Examine settings, Asterisk, Redis, the database, sounds and clocks, and say what to do."""
    console = screen()
    result = read_settings(config)
    if result.settings is None:
        if not as_json:
            print_problems(console, result.problems)
        told = [str(problem) for problem in result.problems]
        raise Failure("the settings cannot be used", "Run `dialerd check`.", Exit.PROBLEMS, problems=told)
    findings = asyncio.run(examine(result.settings))
    if as_json:
        print_json({"ok": not _is_bad(findings), "findings": [asdict(finding) for finding in findings]})
    else:
        made = Table.grid(padding=(0, 2, 0, 0))
        for finding in findings:
            made.add_row(_MARKS[finding.health], f"[bold]{finding.what}[/]", escape(finding.said))
            if finding.remedy:
                made.add_row("", "", f"[cyan]→ {escape(finding.remedy)}[/]")
        console.print(made)
        bad = sum(finding.health is Health.BAD for finding in findings)
        console.print(f"\n[bold red]{bad} to put right[/]" if bad else "\n[green]all is well[/]")
    if _is_bad(findings):
        raise typer.Exit(Exit.PROBLEMS)


async def examine(settings: DaemonSettings) -> list[Finding]:
    """Everything, in the order in which it is needed."""
    findings = [Finding("settings", Health.OK, f"instance {settings.instance}, shard {settings.shard}")]
    campaigns = load_campaigns(settings.campaigns)
    plan = campaigns.plan
    if plan is None:
        said = f"{settings.campaigns} has {counted(len(campaigns.problems), 'problem')}"
        findings.append(Finding("campaigns", Health.BAD, said, "Run `dialerd check`."))
    else:
        said = f"{counted(len(plan.campaigns), 'campaign')} in {settings.campaigns}"
        findings.append(Finding("campaigns", Health.OK, said))
    sql_url, redis_url = settings.sql.url.get_secret_value(), settings.redis.url.get_secret_value()
    asterisk, redis, record = await asyncio.gather(
        examine_asterisk(settings, plan if plan is not None else Plan({}, {})),
        examine_redis(redis_url),
        examine_record(sql_url),
    )
    lists = await examine_dnc(sql_url, redis_url, campaigns.dnc_lists) if campaigns.dnc_lists else []
    recorded = plan is not None and any(one.recording.share for one in plan.campaigns.values())
    folder = await asyncio.to_thread(examine_folder, settings.recordings.folder, recorded)
    return [*findings, *asterisk, *redis, *record, *lists, folder, *await examine_speech(settings, campaigns)]


async def examine_speech(settings: DaemonSettings, campaigns: CheckResult) -> list[Finding]:
    """The folder of speech and every voice, where a campaign has texts."""
    tried = await examine_voices(settings, campaigns)
    if not tried:
        return []
    findings = [
        Finding(f"voice {one.voice}", Health.OK if one.ok else Health.BAD, f"{one.language}: {one.said}",
                "" if one.ok else "Install the voice, or mend `voices:`; see `dialerd prompts check`.")
        for one in tried
    ]  # fmt: skip
    path = settings.speech.asterisk_path
    if re.fullmatch(r"/[A-Za-z0-9_./-]+", path) is None:
        what, remedy = f"{path} has characters that no media name can have", "Choose another `speech.folder`."
        return [*findings, Finding("speech", Health.BAD, what, remedy)]
    try:
        mode = settings.speech.folder.stat().st_mode
    except OSError as error:
        return [*findings, Finding("speech", Health.BAD, f"{path}: {error.strerror}", "See `speech.folder`.")]
    if mode & 0o005 != 0o005:
        what, remedy = f"{path} can be read by its owner only", "Asterisk is mostly another user: chmod o+rx."
        return [*findings, Finding("speech", Health.WARNING, what, remedy)]
    findings.append(Finding("speech", Health.OK, f"{path} can be written, and read by others"))
    return [*findings, *await _seen_by_asterisk(settings)]


async def _seen_by_asterisk(settings: DaemonSettings) -> list[Finding]:
    """Speech that was written just now is played where nobody hears."""
    studio = studio_for(settings)
    try:
        digest = await studio.render(USUAL_VOICE, f"{TRIAL} {TRIAL} {time.time_ns()}", "en")
    except (VoiceFailed, Unusable, OSError):
        return []  # told above, where it matters
    client = AriClient(ari_settings(settings))
    try:
        seen = await file_seen(client, studio.cache.media(digest))
    finally:
        await client.close()
        studio.cache.drop(digest)
    if seen is None:
        said, remedy = "whether Asterisk can read it cannot be told", "Load chan_bridge_media.so there."
        return [Finding("speech in Asterisk", Health.WARNING, said, remedy)]
    if not seen:
        said = f"Asterisk cannot read {settings.speech.asterisk_path}"
        remedy = "Share the folder with Asterisk's machine, and let its user read it; see `speech.asterisk_folder`."
        return [Finding("speech in Asterisk", Health.BAD, said, remedy)]
    return [Finding("speech in Asterisk", Health.OK, "Asterisk plays what was written")]


async def examine_asterisk(settings: DaemonSettings, plan: Plan) -> list[Finding]:
    """ARI, AMI, modules, rights, dialplan, and every trunk, queue and sound that the plan names."""
    ari, ami = settings.ari, settings.ami
    assert ari.password is not None
    assert ami.secret is not None
    checks = await examine_pbx(
        AriSettings(ari.url, ari.user, ari.password.get_secret_value(), ari.app),
        AmiSettings(ami.host, ami.port, ami.user, ami.secret.get_secret_value()),
        plan,
    )
    return [Finding(c.name, Health.OK if c.ok else Health.BAD, c.detail, c.remedy) for c in checks]


def _is_bad(findings: list[Finding]) -> bool:
    return any(finding.health is Health.BAD for finding in findings)
