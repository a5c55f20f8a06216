"""Output: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from rich import box
from rich.console import Console
from rich.table import Table

STATE_STYLE = {
    "on": "green", "connected": "green", "on_call": "green", "available": "green", "info": "dim",
    "stopping": "yellow", "wrap_up": "yellow", "reserved": "cyan", "ringing": "cyan", "warning": "yellow",
    "suspended": "bold red", "invalid": "bold red", "not_responding": "red", "error": "bold red",
    "complete": "blue", "off": "dim", "paused": "dim", "logged_out": "dim", "abandoned": "red",
    "answered_agent": "green", "answered_message": "green", "offered": "cyan",
}  # fmt: skip


def screen() -> Console:
    """Where results go."""
    return Console(highlight=False)


def complaints() -> Console:
    """Where errors go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """A result for programs, on standard output."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(value, option=options, default=str).decode())


def print_done(answer: Any, words: str, as_json: bool) -> None:
    """What was done: the daemon's answer for programs, a line of rich markup for people."""
    if as_json:
        print_json(answer)
    else:
        screen().print(words)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table in the one style that is used everywhere; ``right``: columns of figures. Only a column without a
    name, for remarks, is wrapped."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", no_wrap=column != "")
    return made


def coloured(state: str) -> str:
    """A state in its colour, as rich markup."""
    style = STATE_STYLE.get(state)
    return f"[{style}]{state}[/]" if style else state


def duration(seconds: float | None) -> str:
    """``8s``, ``3m 05s``, ``2h 07m``, ``4d 03h``."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3600:02d}h"


def clock_time(at: float | None) -> str:
    """Epoch seconds as local time of this machine."""
    return "-" if at is None else datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def short_time(at: float | None) -> str:
    """Epoch seconds as local time of this machine, without the year."""
    return clock_time(at)[5:] if at is not None else "-"


def counted(number: int, word: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def percent(share: float | None) -> str:
    """A fraction in percent; ``-`` when nothing was counted."""
    return "-" if share is None else f"{share * 100:.1f} %"


def measured(share: Mapping[str, Any]) -> str:
    """A share of what was counted with its interval, as rich markup; see :class:`dialerd.core.amd_truth.Share`."""
    if share["share"] is None:
        return "[dim]not measured[/]"
    return f"{percent(share['share'])} ({percent(share['low'])} to {percent(share['high'])})"
