"""Charts of block characters for a terminal: with colours, or legible without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

_EIGHTHS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a stacked chart: its name, its colour, and what stands for it without colours."""

    name: str
    colour: str
    glyph: str


def stacked(series: Sequence[Sequence[float]], layers: Sequence[Layer], height: int, coloured: bool) -> list[Text]:
    """Lines from the top, one column per element; the layers lie on each other, the first at the bottom. The highest
    column fills the height."""
    columns = len(series[0])
    top = max((sum(one[column] for one in series) for column in range(columns)), default=0.0) or 1.0
    unit = top / height
    lines = []
    for row in range(height - 1, -1, -1):
        line = Text()
        for column in range(columns):
            line.append(*_cell([one[column] for one in series], layers, row * unit, unit, coloured))
        lines.append(line)
    return lines


def _cell(
    values: Sequence[float], layers: Sequence[Layer], low: float, unit: float, coloured: bool
) -> tuple[str, str]:
    """(character, style) of the cell from ``low`` to ``low + unit``."""
    shares: list[tuple[float, Layer | None]] = []
    reached = 0.0
    for value, layer in zip(values, layers, strict=True):
        share = (min(reached + value, low + unit) - max(reached, low)) / unit
        if share > 1e-9:
            shares.append((share, layer))
        reached += value
    rest = 1.0 - sum(share for share, _ in shares)
    if rest > 1e-9:
        shares.append((rest, None))
    if not coloured:
        most = max(shares, key=lambda found: found[0])[1]
        return (most.glyph if most is not None else " "), ""
    share, lowest = shares[0]
    eighths = round(8 * share)
    if lowest is None or (eighths == 0 and len(shares) == 1):
        return " ", ""
    above = max(shares[1:], key=lambda found: found[0])[1] if len(shares) > 1 else None
    if eighths >= 8 or above is None:
        return _EIGHTHS[eighths], lowest.colour
    return _EIGHTHS[eighths], f"{lowest.colour} on {above.colour}"


def bars(
    values: Sequence[float], top: float, height: int, style: str, line_at: float | None = None, over: str = ""
) -> list[Text]:
    """Lines from the top of a chart with one bar per value. ``line_at``: a dashed line there, above which bars have
    the style ``over``."""
    unit = (top or 1.0) / height
    lines = []
    for row in range(height - 1, -1, -1):
        low = row * unit
        marked = line_at is not None and low < line_at <= low + unit + 1e-9
        line = Text()
        for value in values:
            eighths = round(8 * min(1.0, max(0.0, (value - low) / unit)))
            too_high = line_at is not None and value > line_at
            if eighths == 0 and marked:
                line.append("╌", "red")
            else:
                line.append(_EIGHTHS[eighths], over if too_high else style)
        lines.append(line)
    return lines


def sparkline(values: Sequence[float], top: float | None = None) -> str:
    """One line of blocks; the lowest block is nothing at all."""
    most = max(values, default=0.0) if top is None else top
    if most <= 0:
        return "▁" * len(values)
    return "".join(_EIGHTHS[1 + min(7, int(8 * max(0.0, value) / most))] if value > 0 else "▁" for value in values)
