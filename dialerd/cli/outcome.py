"""How a command ends: exit codes, and errors that say what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import typer
from rich.markup import escape

from dialerd.cli.screen import complaints, print_json


class Exit(IntEnum):
    """Exit codes of every command; documented in ``docs/cli.md``."""

    OK = 0
    PROBLEMS = 1
    USAGE = 2
    UNREACHABLE = 3


class Failure(Exception):
    """Ends the command with a message for people (or, with ``--json``, an object), a hint and an exit code."""

    def __init__(self, message: str, hint: str = "", code: Exit = Exit.PROBLEMS, **more: Any) -> None:
        super().__init__(message)
        self.message, self.hint, self.code, self.more = message, hint, code, more


def write(file: Path, content: bytes) -> None:
    """Put a result into a file; a new one is readable for its owner only: results are about people. Raises
    :class:`Failure`."""
    try:
        with open(file, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
            opened.write(content)
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}") from None


P = ParamSpec("P")


def ends_well(command: Callable[P, None]) -> Callable[P, None]:
    """Turns a :class:`Failure` of a command into its message and exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Failure as failure:
            fail(failure, bool(kwargs.get("as_json")))

    return run


def fail(failure: Failure, as_json: bool) -> NoReturn:
    """Say what went wrong and exit."""
    if as_json:
        body = {"error": failure.message, **({"hint": failure.hint} if failure.hint else {}), **failure.more}
        print_json(body)
    else:
        console = complaints()
        console.print(f"[bold red]error[/] {escape(failure.message)}")
        if failure.hint:
            console.print(f"[dim]hint[/]  {escape(failure.hint)}")
    raise typer.Exit(int(failure.code))
