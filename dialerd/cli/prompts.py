"""`dialerd prompts`: the texts of campaigns, their speech to listen to, and the folder it is kept in."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.app.speech_room import prompt_cache
from dialerd.cli.contact_edits import contact_id
from dialerd.cli.options import ConfigOption, JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import Refused, reach
from dialerd.cli.screen import print_json, screen, table
from dialerd.cli.settings import campaigns_or_fail, settings_or_fail
from dialerd.config.campaigns_file import CheckResult
from dialerd.config.daemon import DaemonSettings
from dialerd.config.problems import did_you_mean
from dialerd.config.voices import USUAL_VOICE, VoiceSettings
from dialerd.core.campaign import CampaignSettings
from dialerd.core.flow.prompts import ColumnMissing, Text
from dialerd.core.prompt_commands import Utterance
from dialerd.core.prompt_texts import USUAL_LANGUAGE, texts_with_flows, utterances
from dialerd.engine import SteadyClock
from dialerd.speech.cache import PromptCache
from dialerd.speech.engines import VoiceFailed
from dialerd.speech.sound import Unusable, seconds_of
from dialerd.speech.spoken import Unspeakable, words_of
from dialerd.speech.studio import Studio

prompts = typer.Typer(help="Texts that people hear: list, listen, look after.", no_args_is_help=True)
_DAY_S = 86_400.0
TRIAL = "one two three"


@prompts.command("list")
@ends_well
def list_prompts(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Every text of every campaign: voice, languages, columns."""
    found = campaigns_or_fail(settings_or_fail(config))
    rows = list(_texts(found))
    if as_json:
        print_json({"texts": rows})
        return
    made = table("campaign", "voice", "languages", "columns", "text")
    for row in rows:
        made.add_row(row["campaign"], row["voice"], ", ".join(row["languages"]), ", ".join(row["columns"]) or "-",
                     escape(row["text"]))  # fmt: skip
    screen().print(made)


@prompts.command("render")
@ends_well
def render(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Whose texts.")],
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="CONTACT", help="Id or LIST/KEY: with this contact's columns."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME=VALUE", help="A column; repeatable.")
    ] = None,
    into: Annotated[Path | None, typer.Option("--into", help="Copy the files into this folder, to listen.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render all that a contact would hear, and say which file says what. They are kept for the calls."""
    settings = settings_or_fail(config)
    found = campaigns_or_fail(settings)
    chosen = _campaign(found, campaign)
    columns = dict(_of_contact(contact, config)) if contact is not None else {}
    columns |= dict(_pair(one) for one in column or ())
    try:
        wanted = utterances(tuple(dict.fromkeys(texts_with_flows(chosen))), chosen, columns)
    except ColumnMissing as missing:
        raise Failure(str(missing), f"add `--column {missing.column}=...`, or a fallback: `{{{missing.column}|...}}`"
                      ) from None  # fmt: skip
    rows = asyncio.run(_rendered(settings, _voice(found, chosen.voice), wanted))
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        for place, row in enumerate(rows):
            if row["file"]:
                source = Path(row["file"])
                shutil.copyfile(source, into / f"{place:02d}-{source.name}")
    if as_json:
        print_json({"campaign": campaign, "prompts": rows})
    else:
        made = table("seconds", "language", "words", "file", right=("seconds",))
        for row in rows:
            made.add_row(f"{row['seconds']:.1f}", row["language"], escape(row["words"]), row["file"])
        screen().print(made)


@prompts.command("check")
@ends_well
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Have every voice that a campaign needs say something in each of its languages, and write it to the folder."""
    settings = settings_or_fail(config)
    rows = [asdict(one) for one in asyncio.run(examine_voices(settings, campaigns_or_fail(settings)))]
    if as_json:
        print_json({"ok": all(row["ok"] for row in rows), "voices": rows})
    else:
        made = table("voice", "language", "", "seconds", "said", right=("seconds",))
        for row in rows:
            mark = "[green]✓[/]" if row["ok"] else "[bold red]✗[/]"
            made.add_row(row["voice"], row["language"], mark, f"{row['seconds']:.2f}", escape(row["said"]))
        screen().print(made)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(Exit.PROBLEMS)


@prompts.command("purge")
@ends_well
def purge(
    days: Annotated[float, typer.Option("--days", min=1, help="Not used for so many days.")] = 30.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove speech that was not used for long, and that no caller hears or is about to."""
    cache = _opened(settings_or_fail(config))
    in_use = _in_use(config)
    before, oldest = cache.size_bytes, time.time() - days * _DAY_S
    old = [file.digest for file in cache.files() if file.used_at < oldest]
    gone = [digest for digest in old if digest not in (in_use or ())]
    for digest in gone:
        cache.drop(digest)
    kept = len(old) - len(gone)
    if as_json:
        freed = before - cache.size_bytes
        asked = in_use is not None
        print_json({"removed": len(gone), "bytes": freed, "left": cache.count, "in_use": kept, "daemon_asked": asked})
        return
    left = f"{cache.count} files with {cache.size_bytes >> 20} MB are left"
    said = f", {kept} of them old and in use" if kept else ""
    screen().print(f"{len(gone)} files with {(before - cache.size_bytes) >> 20} MB removed; {left}{said}")
    if in_use is None:
        screen().print("No daemon answered: what is in use was told by the files' age alone.")


def _in_use(config: Path | None) -> frozenset[str] | None:
    """What the running daemon needs; None: none answers. Raises Failure when it answers and does not tell."""
    try:
        return frozenset(reach(config, None, None).get("/api/v1/prompts", in_use=True)["in_use"])
    except Refused as refused:
        raise Failure(
            f"the daemon does not tell which speech it uses: {refused.message}",
            refused.hint or "See `api.token` in dialerd.yaml. Nothing was removed.",
            refused.code,
        ) from None
    except Failure as failure:
        if failure.code is not Exit.UNREACHABLE:
            raise
        return None


# --- inside --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VoiceTrial:
    """A voice that was tried. ``seconds``: how long it took."""

    voice: str
    language: str
    ok: bool
    seconds: float
    said: str


async def examine_voices(settings: DaemonSettings, found: CheckResult) -> list[VoiceTrial]:
    """Every voice that a campaign's texts need, in each of its languages; each renders anew."""
    campaigns = found.plan.campaigns.values() if found.plan is not None else ()
    wanted = {
        (one.voice, language)
        for one in campaigns
        for text, of_flow in texts_with_flows(one)
        for language in _languages(text, of_flow, one)
    }
    studio, trials = studio_for(settings), []
    for name, language in sorted(wanted):
        began, voice = time.perf_counter(), _voice(found, name)
        try:
            digest = await studio.render(voice, f"{TRIAL} {time.time_ns()}", language)
            studio.cache.drop(digest)
        except (VoiceFailed, Unusable, OSError) as error:
            trials.append(VoiceTrial(_called(name), language, False, time.perf_counter() - began, str(error)))
        else:
            trials.append(VoiceTrial(_called(name), language, True, time.perf_counter() - began, "speaks"))
    return trials


async def _rendered(
    settings: DaemonSettings, voice: VoiceSettings, wanted: tuple[Utterance, ...]
) -> list[dict[str, Any]]:
    studio, rows = studio_for(settings), []
    for one in wanted:
        try:
            words = words_of(one)
            file, seconds = "", 0.0
            if words:
                path = studio.cache.path(await studio.render(voice, words, one.language))
                file, seconds = str(path), await asyncio.to_thread(_length, path)
        except Unspeakable as error:
            raise Failure(f"{one.key}: {error}", "mend the column") from None
        except (VoiceFailed, Unusable, OSError) as error:
            raise Failure(f"{one.key}: {error}", "`dialerd prompts check` tries every voice") from None
        rows.append({"key": one.key, "language": one.language, "words": words, "file": file, "seconds": seconds})
    return rows


def _length(path: Path) -> float:
    return seconds_of(path.read_bytes())


def studio_for(settings: DaemonSettings) -> Studio:
    """A studio of this command's own, on the daemon's folder."""
    return Studio(prompt_cache(settings.speech), dict, lambda event: None, SteadyClock(),
                  rate=int(settings.speech.rate_hz))  # fmt: skip


def _opened(settings: DaemonSettings) -> PromptCache:
    cache = prompt_cache(settings.speech)
    try:
        cache.open()
    except OSError as error:
        raise Failure(f"{settings.speech.folder}: {error.strerror}", "see `speech.folder` in dialerd.yaml") from None
    return cache


def _texts(found: CheckResult) -> Iterator[dict[str, Any]]:
    for campaign in found.plan.campaigns.values() if found.plan is not None else ():
        for text, of_flow in dict.fromkeys(texts_with_flows(campaign)):
            yield {
                "campaign": campaign.name, "voice": _called(campaign.voice),
                "languages": _languages(text, of_flow, campaign),
                "columns": sorted({slot.column for slot in text.slots}), "text": text.source,
            }  # fmt: skip


def _languages(text: Text, of_flow: str, campaign: CampaignSettings) -> list[str]:
    usual = of_flow or campaign.language or USUAL_LANGUAGE
    return list(dict.fromkeys(one.language or usual for one in (text, *text.others)))


def _called(voice: str) -> str:
    return voice or "espeak-ng"


def _voice(found: CheckResult, name: str) -> VoiceSettings:
    return found.voices[name] if name else USUAL_VOICE


def _campaign(found: CheckResult, name: str) -> CampaignSettings:
    known = found.plan.campaigns if found.plan is not None else {}
    if name not in known:
        raise Failure(f"there is no campaign {name!r}", did_you_mean(name, known) or "see `dialerd campaigns`")
    return known[name]


def _of_contact(contact: str, config: Path | None) -> Mapping[str, str]:
    daemon = reach(config, None, None)
    body = daemon.get(f"/api/v1/contacts/{contact_id(daemon, contact)}", unmasked=True)
    columns: Mapping[str, str] = body["columns"]
    return columns


def _pair(written: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not sign or not name:
        raise Failure(f"{written!r} is not NAME=VALUE", "such as `--column name=Ann`")
    return name, value
