"""A figure: what was measured, what it should be, and whether it is. Shown to people and written for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Target:
    """A limit: the value must be at least (or, with ``at_most``, at most) this."""

    limit: float
    at_most: bool = False

    def met(self, value: float) -> bool:
        """The value keeps the limit. Being exactly at it does."""
        return value <= self.limit if self.at_most else value >= self.limit

    def text(self, unit: str) -> str:
        """For people: ``≤ 25 ms``."""
        return f"{'≤' if self.at_most else '≥'} {self.limit:g} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. Without a target it only informs."""

    name: str
    value: float
    unit: str = ""
    target: Target | None = None
    note: str = ""
    """Said behind the value: its confidence interval, or of how many it is."""

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "met" if self.target.met(self.value) else "missed"

    @property
    def measured(self) -> str:
        """Three significant digits and the unit; thousands stay whole."""
        digits = f"{self.value:,.0f}" if abs(self.value) >= 1000 else f"{self.value:.3g}"
        return " ".join(part for part in (digits, self.unit, self.note) if part)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of one measurement and how they came about: ``method`` in sentences for the reader."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    method: str


def missed(measurements: Sequence[Measurement]) -> list[Figure]:
    """Figures that do not keep their target."""
    return [figure for one in measurements for figure in one.figures if figure.verdict == "missed"]


def table(measurements: Sequence[Measurement]) -> RenderableType:
    """For a terminal."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    for heading, right in (("figure", False), ("target", True), ("measured", True), ("", False)):
        grid.add_column(heading, justify="right" if right else "left")
    for one in measurements:
        grid.add_row(Text(one.title, style="bold"))
        for figure in one.figures:
            colour = {"met": "green", "missed": "bold red"}.get(figure.verdict, "")
            wanted = figure.target.text(figure.unit) if figure.target is not None else ""
            grid.add_row(f"  {figure.name}", wanted, figure.measured, Text(figure.verdict, style=colour))
    return Group(grid)


def markdown(measurements: Sequence[Measurement], facts: Sequence[str]) -> str:
    """``bench/RESULTS.md``."""
    lines = ["# Figures", "", "Written by `python -m bench`; `docs/performance.md` explains them.", ""]
    lines += [f"- {fact}" for fact in facts]
    return "\n".join(lines) + "\n" + "".join(_section(one, ()) for one in measurements)


def _section(one: Measurement, facts: Sequence[str]) -> str:
    lines = ["", f"## {one.title}", "", one.method, ""]
    if facts:
        lines += ["Measured apart from the others:", "", *(f"- {fact}" for fact in facts), ""]
    lines += ["| figure | target | measured | |", "|---|--:|--:|---|"]
    for figure in one.figures:
        wanted = figure.target.text(figure.unit) if figure.target is not None else ""
        lines.append(f"| {figure.name} | {wanted} | {figure.measured} | {figure.verdict} |")
    return "\n".join(lines) + "\n"


def with_sections(text: str, measurements: Sequence[Measurement], facts: Sequence[str]) -> str:
    """``bench/RESULTS.md`` with the sections of these measurements in place of what it says of them, or behind all
    others; each says under which circumstances it was measured. Nothing else is changed."""
    parts = text.split("\n## ")
    for one in measurements:
        told = _section(one, facts).removeprefix("\n## ")
        at = next((i for i, part in enumerate(parts) if i and part.startswith(f"{one.title}\n")), None)
        if at is None:
            parts.append(told)
        else:
            parts[at] = told
    # The parts were cut at the newline that ends an empty line.
    return "\n## ".join(part.rstrip("\n") + "\n" for part in parts)


def document(measurements: Sequence[Measurement], facts: Sequence[str]) -> dict[str, Any]:
    """For programs."""
    return {
        "facts": list(facts),
        "measurements": {
            one.name: {
                "title": one.title,
                "method": one.method,
                "figures": [
                    {
                        "name": figure.name, "value": figure.value, "unit": figure.unit,
                        "target": figure.target.limit if figure.target is not None else None,
                        "at_most": figure.target.at_most if figure.target is not None else None,
                        "verdict": figure.verdict or None,
                    }
                    for figure in one.figures
                ],
            }
            for one in measurements
        },
    }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of all values do not exceed: the nearest-rank method.

    Raises :class:`ValueError` without values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    rank = -int(-(share * len(ordered)) // 1)  # rounded up
    return ordered[min(len(ordered), max(1, rank)) - 1]
