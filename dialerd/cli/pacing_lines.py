"""The last minutes of a campaign's pacing as small charts in the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dialerd.cli.block_chart import sparkline
from dialerd.cli.screen import duration

_MEASURES = (
    ("calls/agent", "level", "cyan", 1),
    ("idle", "agents_idle", "yellow", 0),
    ("calls out", "calls_out", "blue", 0),
    ("answers", "expected_answers", "magenta", 1),
    ("budget", "budget_left", "green", 1),
)
_NAME, _VALUE, _GAP = 12, 6, 2
_LEAST, _MOST = 8, 40
"""Columns of one chart."""


def last_minutes(samples: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """Lines of rich markup: level, idle agents, calls out, answers expected soon and budget left, each with its
    newest figure at the right. Nothing without two samples."""
    if len(samples) < 2:
        return []
    # So many beside each other that each keeps a chart worth looking at.
    beside = max(1, min(len(_MEASURES), (width - 2) // (_NAME + _LEAST + 8 + _VALUE + _GAP)))
    columns = max(_LEAST, min(_MOST, (width - 2) // beside - _NAME - _VALUE - _GAP))
    cells = []
    for name, key, colour, digits in _MEASURES:
        values = [float(sample[key]) for sample in samples]
        newest = values[-1]
        style = "bold red" if key == "budget_left" and newest < 0 else colour
        chart = sparkline(_columns(values, columns))
        cells.append(f"[dim]{name:<{_NAME}}[/][{style}]{chart:>{columns}}[/] {newest:<{_VALUE - 1}.{digits}f}")
    rows = [cells[i : i + beside] for i in range(0, len(cells), beside)]
    lines = ["  " + (" " * _GAP).join(row).rstrip() for row in rows]
    span = duration(samples[-1]["at"] - samples[0]["at"])
    lines[-1] += f"  [dim]last {span}[/]" if len(rows[-1]) < beside else ""
    return lines


def _columns(values: Sequence[float], columns: int) -> list[float]:
    """At most so many values: each stands for as many samples as it takes, counted from the newest."""
    each = -(-len(values) // columns)
    starts = range(len(values) % each or each, len(values) + 1, each)
    return [sum(values[max(0, end - each) : end]) / len(values[max(0, end - each) : end]) for end in starts]
