"""Finds and reads the daemon's settings for commands.

What reads a campaigns file is imported when one is read: most commands only want to know where the daemon is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from dialerd.cli.outcome import Exit, Failure
from dialerd.cli.screen import complaints
from dialerd.config.problems import Problem, Severity

if TYPE_CHECKING:
    from dialerd.config.campaigns_file import CheckResult
    from dialerd.config.daemon import DaemonSettings
    from dialerd.config.daemon_file import SettingsResult
    from dialerd.core.campaign import Plan

DEFAULT_NAME = "dialerd.yaml"
_OWN = frozenset({"DIALERD_CONFIG", "DIALERD_URL", "DIALERD_TOKEN"})
"""Variables of the command line; the daemon's settings do not know them."""


def settings_file(config: Path | None) -> Path | None:
    """The settings file that applies; None: there is none, only the environment."""
    if config is not None:
        return config
    return Path(DEFAULT_NAME) if Path(DEFAULT_NAME).exists() else None


def read_settings(config: Path | None) -> SettingsResult:
    """The settings with everything that is wrong with them."""
    from dialerd.config.daemon_file import load_settings

    environ = {name: value for name, value in os.environ.items() if name not in _OWN}
    return load_settings(settings_file(config), environ)


def settings_or_fail(config: Path | None) -> DaemonSettings:
    """The settings; :class:`Failure` with the problems when they cannot be used."""
    result = read_settings(config)
    if result.settings is None:
        raise _unusable("the settings cannot be used", result.problems)
    return result.settings


def campaigns_or_fail(settings: DaemonSettings) -> CheckResult:
    """The campaigns file; :class:`Failure` when it cannot be used."""
    from dialerd.config.campaigns_file import load_campaigns

    result = load_campaigns(settings.campaigns)
    if result.plan is None:
        raise _unusable("the campaigns file cannot be used", result.problems)
    return result


def plan_or_fail(path: Path) -> Plan:
    """The plan in a campaigns file; :class:`Failure` when it cannot be used."""
    from dialerd.config.campaigns_file import load_campaigns

    result = load_campaigns(path)
    if result.plan is None:
        raise _unusable("the campaigns file cannot be used", result.problems)
    return result.plan


def print_problems(console: Console, problems: Iterable[Problem]) -> None:
    """One problem a line as compilers write it: ``file:line:column path: message (expected …) hint``."""
    for problem in problems:
        console.print(problem_markup(problem), soft_wrap=True)


def problem_markup(problem: Problem) -> str:
    """One problem as rich markup; as plain text it begins with ``file:line:column``, which editors can jump to."""
    place = escape(problem.file) + (f":{problem.line}:{problem.column}" if problem.line else "")
    colour = "red" if problem.severity is Severity.ERROR else "yellow"
    text = f"[bold]{place}[/] "
    if problem.severity is not Severity.ERROR:
        text += f"[{colour}]warning[/] "
    if problem.path:
        text += f"[cyan]{escape(problem.path)}[/]: "
    text += f"[{colour}]{escape(problem.message)}[/]"
    if problem.expected:
        text += f" (expected {escape(problem.expected)})"
    return text + (f" [dim]{escape(problem.hint)}[/]" if problem.hint else "")


def problem_object(problem: Problem) -> dict[str, object]:
    """One problem for programs."""
    return {
        "file": problem.file, "line": problem.line, "column": problem.column, "path": problem.path,
        "severity": problem.severity.value, "message": problem.message, "expected": problem.expected,
        "hint": problem.hint,
    }  # fmt: skip


def _unusable(message: str, problems: tuple[Problem, ...]) -> Failure:
    print_problems(complaints(), problems)
    told = [problem_object(problem) for problem in problems]
    return Failure(message, "Run `dialerd check`.", Exit.USAGE, problems=told)
