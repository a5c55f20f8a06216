"""Charts of simulated shifts as SVG, written by hand: no plotting library is needed for areas and lines."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dialerd.sim.forecast.course import Course, buckets, running_rate
from dialerd.sim.forecast.result import Figures, Result

WIDTH = 960
_LEFT, _RIGHT, _POINTS = 104, 18, 450
_AGENTS_HIGH, _OUT_HIGH, _RATE_HIGH, _GAP, _TITLE_HIGH, _AXIS_HIGH = 190, 60, 90, 16, 48, 26
STYLE = """\
.d{font:12px sans-serif}.d text{fill:#2b3440}.d .s{fill:#75808d;font-size:11px}
.d .h{font-size:15px;font-weight:600}.d .g{stroke:#e3e7ec}.d .talk{fill:#2f9e6e}.d .wrap{fill:#e3ab2f}
.d .wait{fill:#d7dde4}.d .out{fill:#2878b5;fill-opacity:.25;stroke:#2878b5}
.d .lost{fill:none;stroke:#8a4fb0;stroke-width:2}.d .cap{stroke:#d03b3b;stroke-dasharray:5 4}.d .paper{fill:#fff}
@media(prefers-color-scheme:dark){.d text{fill:#e6eaee}.d .s{fill:#93a0ad}.d .g{stroke:#333c46}
.d .paper{fill:#161b20}.d .wait{fill:#3c4650}.d .lost{stroke:#b98ad6}}"""
"""Colours are written out: not every viewer of SVG knows variables."""


def text(x: float, y: float, words: str, anchor: str = "start", of: str = "") -> str:
    """A line of text; ``of``: its class."""
    kind = f' class="{of}"' if of else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>'


def course_chart(results: Sequence[Result], file: str, notes: Sequence[str]) -> str:
    """All campaigns of all variants, one below the other."""
    del notes
    parts: list[str] = []
    y = 0.0
    for one in results:
        for figures in one.campaigns:
            body, high = panel(one, figures, f"{file}  {one.label}".strip())
            parts.append(f'<g transform="translate(0 {y:.0f})">{body}</g>')
            y += high
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" class="d">'
        f'<style>{STYLE}</style><rect class="paper" width="{WIDTH}" height="{y:.0f}"/>\n'
        + "\n".join(parts)
        + "</svg>\n"
    )


def panel(shown: Result, figures: Figures, above: str) -> tuple[str, float]:
    """(one campaign's charts, their height)."""
    course = shown.courses[figures.campaign]
    parts = [text(14, 22, figures.campaign, of="h"), text(14, 39, f"{above}  {_said(figures)}", of="s")]
    y = float(_TITLE_HIGH)
    if any(course.talking) or any(course.idle):
        parts += _agents(course, y)
        y += _AGENTS_HIGH + _GAP
    parts += _out(course, y, figures)
    y += _OUT_HIGH + _GAP
    if course.agents and figures.mode != "progressive":
        parts += _rate(course, y, figures.abandon_cap)
        y += _RATE_HIGH + _GAP
    parts += _hours(shown, y - _GAP)
    return "\n".join(parts), y + _AXIS_HIGH


def _said(figures: Figures) -> str:
    words = [figures.mode]
    if figures.utilisation is not None:
        words += [
            f"{figures.agents} agents", f"occupancy {figures.utilisation.value:.1%}",
            f"abandoned {figures.abandon.value:.2%} ({figures.abandon.low:.2%} to {figures.abandon.high:.2%})",
            f"worst hour {figures.worst_hour:.1%}",
        ]  # fmt: skip
    else:
        words.append(f"{figures.calls_per_hour:,.0f} calls per hour")
    return ", ".join(words).replace("%", " %")


def _points(values: Sequence[float], y: float, high: float, top: float) -> list[str]:
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(values) - 1)
    return [f"{_LEFT + i * step:.1f},{y + high - min(v, top) / top * high:.1f}" for i, v in enumerate(values)]


def _frame(y: float, high: float, top: float, marks: Sequence[tuple[float, str]], name: str) -> list[str]:
    parts = [text(14, y + 10, name, of="s")]
    for value, word in marks:
        at = y + high - value / top * high
        parts.append(f'<line class="g" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(text(_LEFT - 6, at + 4, word, "end", "s"))
    return parts


def _agents(course: Course, y: float) -> list[str]:
    series = [buckets(values, _POINTS) for values in (course.talking, course.wrapping, course.idle)]
    top = max(sum(column) for column in zip(*series, strict=True)) or 1.0
    parts = _frame(y, _AGENTS_HIGH, top, [(0, "0"), (top / 2, f"{top / 2:.0f}"), (top, f"{top:.0f}")], "agents")
    lower = [0.0] * _POINTS
    x = WIDTH - _RIGHT - 250
    for kind, name, values in zip(("talk", "wrap", "wait"), ("talking", "wrap-up", "waiting"), series, strict=True):
        upper = [a + b for a, b in zip(lower, values, strict=True)]
        outline = _points(upper, y, _AGENTS_HIGH, top) + _points(lower, y, _AGENTS_HIGH, top)[::-1]
        parts.append(f'<polygon class="{kind}" points="{" ".join(outline)}"><title>{name}</title></polygon>')
        parts.append(
            f'<rect class="{kind}" x="{x}" y="12" width="11" height="11" rx="2"/>{text(x + 16, 22, name, of="s")}'
        )
        lower = upper
        x += 86
    return parts


def _out(course: Course, y: float, figures: Figures) -> list[str]:
    values = buckets(course.out, _POINTS)
    top = max(values) or 1.0
    name = "calls out" if figures.queue is not None else "lines"
    parts = _frame(y, _OUT_HIGH, top, [(0, "0"), (top, f"{top:.0f}")], name)
    outline = [f"{_LEFT},{y + _OUT_HIGH}", *_points(values, y, _OUT_HIGH, top), f"{WIDTH - _RIGHT},{y + _OUT_HIGH}"]
    return [*parts, f'<polygon class="out" points="{" ".join(outline)}"/>']


def _rate(course: Course, y: float, cap: float) -> list[str]:
    rates = buckets(running_rate(course), _POINTS)
    top = max(cap * 4 / 3, max(rates)) or 0.01
    at = y + _RATE_HIGH - cap / top * _RATE_HIGH
    return [
        *_frame(y, _RATE_HIGH, top, [(0, "0 %"), (cap, f"{cap * 100:g} %")], "abandoned"),
        f'<line class="cap" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>',
        f'<polyline class="lost" points="{" ".join(_points(rates, y, _RATE_HIGH, top))}"/>',
    ]


def _hours(shown: Result, y: float) -> list[str]:
    every_h = next(h for h in (1 / 60, 1 / 12, 0.25, 0.5, 1, 2, 3, 6) if shown.hours / h <= 13.001 or h == 6)
    parts, hour = [], 0.0
    while hour < shown.hours + 1e-9:
        x = _LEFT + hour / shown.hours * (WIDTH - _LEFT - _RIGHT)
        at = round(shown.start_s + hour * 3600) % 86_400
        anchor = "end" if hour + every_h > shown.hours + 1e-9 and hour > 0 else "middle"
        parts.append(text(x, y + 16, f"{at // 3600:02d}:{at % 3600 // 60:02d}", anchor, "s"))
        hour += every_h
    return parts
