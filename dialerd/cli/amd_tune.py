"""`amd tune`: how a profile does on labelled recordings, and which parameters would do better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from dialerd.cli.options import JsonOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.recordings import labelled_recordings
from dialerd.cli.screen import print_json, screen, table
from dialerd.core.amd_tuning import Labelled, Score, Suggestion, score, suggest
from dialerd.core.analysis import PROFILE_NAMES, AnalysisProfile, profile_named

FEWEST = 20
"""People, and machines, below which a search says nothing."""
_ROWS = (
    ("false_machines", "people as machines"), ("in_time", "agent within 2 s"), ("caught", "machines caught"),
    ("fax_and_sit", "fax and SIT known"), ("silent_machines", "silence as machine"),
)  # fmt: skip


@ends_well
def tune(
    folder: Annotated[Path, typer.Argument(help="Folder with labelled recordings (8 kHz WAV, from the answer on).")],
    profile: Annotated[str, typer.Option(help=f"Profile: {', '.join(PROFILE_NAMES[1:])}.")] = "balanced",
    most_false: Annotated[
        float, typer.Option(help="Most people, in percent, that may be taken for machines.", min=0, max=50)
    ] = 2.0,
    every: Annotated[
        int, typer.Option(help="Try only each so-many-th combination: quicker, and rougher.", min=1, max=1000)
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """Judge recordings as a profile would, and look for better arguments of AMD(). One half of the recordings
    chooses, the other half judges. Nothing is changed."""
    if profile not in PROFILE_NAMES[1:]:
        raise Failure(f"no such profile: {profile}", f"One of {', '.join(PROFILE_NAMES[1:])}.", code=Exit.USAGE)
    recordings = labelled_recordings(folder)
    counts = Counter(recording.label for recording in recordings)
    chosen = profile_named(profile)
    now = score(recordings, chosen)
    found = suggest(recordings, chosen, most_false / 100, every) if enough(recordings) else None
    if as_json:
        print_json(_document(profile, counts, chosen, now, found))
    else:
        _show(profile, recordings, counts, now, found, most_false)


def enough(recordings: Sequence[Labelled]) -> bool:
    """Whether a search says anything."""
    counts = Counter(recording.label for recording in recordings)
    return min(counts["person"], counts["machine"]) >= FEWEST


def suggested(recordings: Sequence[Labelled], profile: str, most_false: float, every: int) -> dict[str, Any] | None:
    """Better arguments for a profile, as a document; ``most_false``: a fraction. None: there are too few recordings,
    or no arguments keep the limit."""
    found = suggest(recordings, profile_named(profile), most_false, every) if enough(recordings) else None
    return None if found is None else _suggestion(found)


def _suggestion(found: Suggestion) -> dict[str, Any]:
    return {
        "arguments": asdict(found.arguments), "chosen_on": _shares(found.chosen_on),
        "held_out": _shares(found.held_out),
    }  # fmt: skip


def _document(
    profile: str, counts: Counter[str], chosen: AnalysisProfile, now: Score, found: Suggestion | None
) -> dict[str, Any]:
    assert chosen.amd is not None
    return {
        "profile": profile, "recordings": dict(counts), "arguments": asdict(chosen.amd), "score": _shares(now),
        "suggestion": None if found is None else _suggestion(found),
    }  # fmt: skip


def _shares(found: Score) -> dict[str, Any]:
    return {
        name: {"hits": share.hits, "count": share.count, "share": share.value, "interval": share.interval}
        for name, share in ((name, getattr(found, name)) for name, _ in _ROWS)
    }


def _show(
    profile: str, recordings: Sequence[Labelled], counts: Counter[str], now: Score, found: Suggestion | None,
    most_false: float,
) -> None:  # fmt: skip
    console = screen()
    told = ", ".join(f"{count} {label}" for label, count in counts.most_common())
    console.print(f"[bold]{len(recordings)}[/] recordings: {told}")
    heads = ["share", profile, *(["chosen on", "held out"] if found else [])]
    made = table(*heads)
    scores = [now, found.chosen_on, found.held_out] if found else [now]
    for name, text in _ROWS:
        shown = [getattr(one, name) for one in scores]
        made.add_row(text, *(str(share) if share.count else "-" for share in shown))
    console.print(made)
    if not enough(recordings):
        console.print(f"for a search, at least {FEWEST} people and {FEWEST} machines are needed")
    elif found is None:
        console.print(f"no arguments that were tried keep people taken for machines at or below {most_false:g} %")
    else:
        console.print("[bold]call_analysis:[/]")
        console.print(f"  profile: {profile}\n  amd:", highlight=False)
        for name, value in asdict(found.arguments).items():
            console.print(f"    {name}: {value}", highlight=False)
        console.print("[dim]95 % intervals in brackets. Only the column `held out` is a fair judgement.[/]")
