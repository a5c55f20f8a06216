"""What a newcomer sees: a live table while it runs, a report at the end."""

from __future__ import annotations

import io
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lab.demo.audit import Attempt, Audit, Difference

_AGENTS_IN_A_ROW = 4
_SHORT = {"wrap_up": "wrap-up", "on_call": "on a call", "not_responding": "no answer"}
_COLOURS = {"on_call": "green", "available": "cyan", "reserved": "yellow", "wrap_up": "magenta"}


def live(status: dict[str, Any], elapsed_s: float, contacts: dict[str, int]) -> RenderableType:
    """The table that is redrawn while calls go on."""
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("campaign", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("contacts", "placed", "ringing", "talking", "answered", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in status["campaigns"]:
        figures = (
            contacts.get(one["contact_list"], 0), one["placed"], one["ringing"], one["connected_now"],
            one["answered"], one["reached"],
        )  # fmt: skip
        table.add_row(one["name"], one["state"], *(str(figure) for figure in figures))
    agents = Table.grid(expand=True, padding=(0, 2))
    for _ in range(_AGENTS_IN_A_ROW):
        agents.add_column(ratio=1, no_wrap=True)
    cells = [
        Text(f"{one['agent']} ", style="bold").append(
            _SHORT.get(one["state"], one["state"]), style=_COLOURS.get(one["state"], "red")
        )
        for one in status["agents"]
    ]
    for start in range(0, len(cells), _AGENTS_IN_A_ROW):
        agents.add_row(*cells[start : start + _AGENTS_IN_A_ROW])
    found: Counter[str] = Counter()
    for one in status["campaigns"]:
        found.update(one["dispositions"])
    ended = Text("ended: ", style="dim")
    ended.append(" · ".join(f"{name} {count}" for name, count in found.most_common()) or "none yet", style="default")
    title = f"dialerd on a real Asterisk · {elapsed_s:.0f} s"
    return Panel(Group(table, Text(""), agents, Text(""), ended), title=title, border_style="blue")


def picture(status: dict[str, Any], elapsed_s: float, contacts: dict[str, int]) -> str:
    """The live table as SVG, for the README."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(live(status, elapsed_s, contacts))
    svg = console.export_svg(title="make demo")
    # Without the web fonts: a picture should need nothing from elsewhere.
    return re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", svg, flags=re.DOTALL)


def report(
    console: Console, attempts: Sequence[Attempt], audit: Audit, elapsed_s: float, contacts: int, version: str
) -> None:
    """The whole result, for a person."""
    console.print()
    table = Table(title="How the calls ended, by the record", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("disposition")
    table.add_column("calls", justify="right")
    table.add_column("")
    counts = Counter(str(attempt["disposition"]) for attempt in attempts)
    most = max(counts.values(), default=1)
    for disposition, count in counts.most_common():
        table.add_row(disposition, str(count), "█" * max(1, round(30 * count / most)))
    console.print(table)
    connected = [a for a in attempts if a["connected_at"] is not None]
    abandoned = sum(bool(a["abandoned"]) for a in attempts)
    console.print(f"{contacts} contacts, {len(attempts)} attempts in {elapsed_s:.0f} s, on Asterisk {version}.")
    console.print(f"{len(connected)} persons and others talked to an agent; {abandoned} abandoned calls.")
    if audit.waits_s:
        ordered = sorted(audit.waits_s)
        late = sum(wait > 2.0 for wait in ordered)
        console.print(
            f"From a person's first word to the agent's or the message's, heard on the carrier's side: median "
            f"{statistics.median(ordered):.2f} s, worst {ordered[-1]:.2f} s; later than 2 s: "
            f"{late} of {len(ordered)}."
        )
    _differences(console, "Wrong in the record", audit.differences, "red")
    _differences(console, "AMD confusions (the best AMD has some)", audit.confusions, "yellow")
    for line in audit.unaccounted:
        console.print(f"[red]unaccounted: {line}")
    console.print()
    colour = "green" if audit.ok else "red"
    console.print(
        f"[bold {colour}]{audit.accounted} of {audit.calls} calls accounted, "
        f"{len(audit.differences)} dispositions differ[/] ({len(audit.confusions)} AMD confusions apart)"
    )


def _differences(console: Console, title: str, found: Sequence[Difference], colour: str) -> None:
    if not found:
        return
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style=colour)
    for heading in ("who answered", "recorded", "expected", "calls"):
        table.add_column(heading, justify="right" if heading == "calls" else "left")
    grouped = Counter((one.behaviour, one.recorded, one.expected) for one in found)
    for (behaviour, recorded, expected), count in grouped.most_common():
        table.add_row(behaviour, recorded, expected, str(count))
    console.print(table)
