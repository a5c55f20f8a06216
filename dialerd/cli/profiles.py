"""`profiles list` and `profiles show`: compliance profiles, figure by figure, with their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dialerd.cli.options import JsonOption
from dialerd.cli.outcome import Failure, ends_well
from dialerd.cli.screen import complaints, print_json, screen
from dialerd.cli.settings import print_problems
from dialerd.config.problems import did_you_mean
from dialerd.config.profiles import ProfileSet, load_profiles
from dialerd.core.compliance import Profile

profiles = typer.Typer(help="Compliance profiles: what a law or regulator demands.", no_args_is_help=True)
FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="A folder of your own profiles, as `compliance_profiles:` names it.")
]


@profiles.callback()
def _root() -> None:
    """Compliance profiles: what a law or regulator demands."""


@profiles.command("list")
@ends_well
def show_list(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """All profiles, with their versions."""
    found = _loaded(folder)
    rows = [found.profiles[name] for name in sorted(found.profiles)]
    if as_json:
        print_json({"profiles": [{"name": p.name, "version": p.version, "title": p.title} for p in rows]})
        return
    console = screen()
    for profile in rows:
        open_ends = sum(not figure.verified for figure in profile.figures.values())
        state = f"  [yellow]{open_ends} to verify[/]" if open_ends else ""
        console.print(
            f"[bold]{profile.name:<14}[/] {profile.version:<12} {escape(profile.title)}{state}", soft_wrap=True
        )


@profiles.command("show")
@ends_well
def show_one(
    name: Annotated[str, typer.Argument(metavar="PROFILE", help="Name of a profile.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """One profile: every rule, its source, and whether it was verified."""
    found = _loaded(folder)
    if name not in found.profiles:
        raise Failure(f"there is no profile {name!r}", did_you_mean(name, found.profiles))
    profile, notes = found.profiles[name], found.notes.get(name, ())
    if as_json:
        print_json(_described(profile, notes))
        return
    console = screen()
    console.print(f"[bold]{profile.name}[/]  {profile.version}  {escape(profile.title)}")
    for rule in _rules(profile):
        own = "" if rule["from"] == profile.name else f"  [dim](from {rule['from']})[/]"
        state = "" if rule["verified"] else "  [yellow]to verify[/]"
        console.print(f"  [bold]{rule['rule']}[/]  {escape(rule['value'])}{state}", soft_wrap=True)
        console.print(f"      [dim]{escape(rule['source'])}[/]{own}", soft_wrap=True)
    for note in notes:
        console.print(f"  {escape(note)}")


def _loaded(folder: Path | None) -> ProfileSet:
    found = load_profiles(folder)
    if found.problems:
        print_problems(complaints(), found.problems)
        raise Failure("a profile cannot be used", "Correct its file.", problems=[str(p) for p in found.problems])
    return found


def _rules(profile: Profile) -> list[dict[str, Any]]:
    return [
        {"rule": rule.removesuffix("_s"), "value": figure.said, "source": figure.source, "verified": figure.verified,
         "from": figure.profile}
        for rule, figure in profile.figures.items()
    ]  # fmt: skip


def _described(profile: Profile, notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": profile.name, "version": profile.version, "title": profile.title, "rules": _rules(profile),
        "notes": list(notes),
    }  # fmt: skip
