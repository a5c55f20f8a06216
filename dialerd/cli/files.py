"""`check`, `reload` and `schema`: the YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import Refused, reach
from dialerd.cli.screen import counted, print_json, screen
from dialerd.cli.settings import DEFAULT_NAME, print_problems, problem_object, read_settings, settings_file
from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.problems import Problem, Severity
from dialerd.config.schema import floor_json_schema, json_schema, settings_json_schema


@ends_well
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A campaigns file, or a dialerd.yaml. Default: the settings and the campaigns they name."
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every mistake in the YAML, with file, line, column and a hint."""
    problems, looked_at = _problems(file, config)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if as_json:
        print_json({"ok": errors == 0, "files": looked_at, "problems": [problem_object(p) for p in problems]})
    else:
        console = screen()
        print_problems(console, problems)
        warnings = len(problems) - errors
        names = escape(", ".join(looked_at))
        if errors:
            said = f"[bold red]{counted(errors, 'error')}[/]" + (
                f", {counted(warnings, 'warning')}" if warnings else ""
            )
            console.print(f"{said} in {names}", soft_wrap=True)
        else:
            said = f" ({counted(warnings, 'warning')})" if warnings else ""
            console.print(f"[green]ok[/] {names}{said}", soft_wrap=True)
    if errors:
        raise typer.Exit(Exit.PROBLEMS)


def _problems(file: Path | None, config: Path | None) -> tuple[list[Problem], list[str]]:
    if file is not None and file.name != DEFAULT_NAME:
        return list(load_campaigns(file).problems), [str(file)]
    chosen = file if file is not None else config
    result = read_settings(chosen)
    problems = list(result.problems)
    found = settings_file(chosen)
    looked_at = [str(found) if found is not None else "environment"]
    if result.settings is not None:
        campaigns = result.settings.campaigns
        if campaigns.is_relative_to(Path.cwd()):
            campaigns = campaigns.relative_to(Path.cwd())
        problems += load_campaigns(campaigns).problems
        looked_at.append(str(campaigns))
    return problems, looked_at


@ends_well
def reload(
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
    only_check: Annotated[bool, typer.Option("--check", help="Only show what would change.")] = False,
) -> None:
    """Have the daemon apply the campaigns file: all of it or nothing; live calls are not touched."""
    console = screen()
    try:
        answer = reach(config, url, token).post("/api/v1/reload", check=only_check)
    except Refused as refused:
        if not as_json:
            for problem in refused.problem.get("problems", []):
                console.print(escape(str(problem["text"])), soft_wrap=True)
        raise
    if as_json:
        print_json(answer)
        return
    for problem in answer["problems"]:
        console.print(f"[yellow]{escape(str(problem['text']))}[/]", soft_wrap=True)
    styles = {"+": "green", "-": "red", "~": "yellow"}
    for line in answer["diff"]["lines"]:
        console.print(f"[{styles.get(line[:1], 'default')}]{escape(line)}[/]", soft_wrap=True)
    if answer["diff"]["empty"]:
        console.print("nothing differs from what is in force")
    else:
        console.print("[green]applied[/]" if answer["applied"] else "[dim]only checked, not applied[/]")


@ends_well
def schema(
    what: Annotated[
        str,
        typer.Argument(help="`campaigns` (campaigns.yaml), `settings` (dialerd.yaml) or `floor` (for `simulate`)."),
    ] = "campaigns",
    as_json: JsonOption = True,
) -> None:
    """The JSON Schema with which editors complete and check the YAML as it is written."""
    schemas = {"campaigns": json_schema, "settings": settings_json_schema, "floor": floor_json_schema}
    if what not in schemas:
        raise Failure(f"there is no schema of {what!r}", "It is `campaigns`, `settings` or `floor`.", Exit.USAGE)
    print_json(schemas[what]())
