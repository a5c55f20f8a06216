"""Small SVG charts, written by hand: no plotting library is needed to read a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_COLOURS = ("#9aa5b1", "#c9a227", "#7b6fb0", "#3b8f6b", "#c0392b")
_INK = "#333"


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 11) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{_INK}">{escape(words)}</text>'


def _page(width: int, height: int, title: str, body: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            _text(12, 20, title, size=14),
            *body,
            "</svg>\n",
        ]
    )


def bars(title: str, rows: Sequence[str], series: Mapping[str, Sequence[float]], low: float, high: float) -> str:
    """Horizontal groups of bars, one group per row, one bar per series; values from ``low`` to ``high`` (percent)."""
    left, width, bar = 230, 860, 7
    group = bar * len(series) + 8
    top = 52
    body = []
    for number, name in enumerate(series):
        x: float = left + number * 125
        body.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{_COLOURS[number]}"/>')
        body.append(_text(x + 14, 39, name))
    scale = (width - left - 50) / (high - low)
    height = top + group * len(rows) + 30
    for mark in range(int(low), int(high) + 1, 10):
        x = left + (mark - low) * scale
        body.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{height - 24}" stroke="#ddd"/>')
        body.append(_text(x, height - 10, f"{mark} %", "middle", 10))
    for index, row in enumerate(rows):
        y = top + index * group
        body.append(_text(left - 8, y + group / 2 + 1, row, "end", 10))
        for number, values in enumerate(series.values()):
            length = max(0.0, (values[index] - low) * scale)
            y_bar = y + number * bar
            body.append(
                f'<rect x="{left}" y="{y_bar}" width="{length:.1f}" height="{bar - 1}" fill="{_COLOURS[number]}"/>'
            )
        x = left + (list(series.values())[-1][index] - low) * scale + 4
        body.append(_text(x, y + bar * len(series), f"{list(series.values())[-1][index]:.1f}", size=9))
    return _page(width, height, title, body)


def lines(
    title: str, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], limit: float, high: float
) -> str:
    """Curves of a percentage over hours, with a line at ``limit``."""
    left, top, width, height = 50, 52, 860, 360
    hours = max(max(x) for x, _ in curves.values())
    sx, sy = (width - left - 20) / hours, (height - top - 34) / high

    def point(x: float, y: float) -> str:
        return f"{left + x * sx:.1f},{height - 34 - min(y, high) * sy:.1f}"

    body = []
    for mark in range(int(high) + 1):
        y = height - 34 - mark * sy
        body.append(f'<line x1="{left}" y1="{y:.1f}" x2="{width - 20}" y2="{y:.1f}" stroke="#ddd"/>')
        body.append(_text(left - 6, y + 4, f"{mark} %", "end", 10))
    for mark in range(int(hours) + 1):
        body.append(_text(left + mark * sx, height - 16, f"{mark} h", "middle", 10))
    y = height - 34 - limit * sy
    body.append(
        f'<line x1="{left}" y1="{y:.1f}" x2="{width - 20}" y2="{y:.1f}" stroke="#c0392b" stroke-dasharray="5 4"/>'
    )
    for number, (name, (xs, ys)) in enumerate(curves.items()):
        colour = _COLOURS[(number + 4) % len(_COLOURS)]
        path = " ".join(point(x, y) for x, y in zip(xs, ys, strict=True))
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.4"/>')
        legend = left + number * 200
        body.append(f'<rect x="{legend}" y="30" width="10" height="10" fill="{colour}"/>')
        body.append(_text(legend + 14, 39, name))
    return _page(width, height, title, body)
