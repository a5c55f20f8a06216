"""A simulation as one HTML page that needs nothing else: no scripts, no fonts, no images from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dialerd.sim.forecast.result import Figures, Result
from dialerd.sim.forecast.svg import STYLE, WIDTH, panel

_PAGE_STYLE = """\
body{margin:2rem auto;max-width:1000px;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;
color:#2b3440;background:#fff}
h1{font-size:1.5rem;margin:0}p.s{color:#75808d;margin:.2rem 0 1.5rem}table{border-collapse:collapse;width:100%;
margin:1rem 0 2rem;font-variant-numeric:tabular-nums}th,td{padding:.35rem .6rem;border-bottom:1px solid #e3e7ec;
text-align:right}th{font-weight:600}th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
td.bad{color:#d03b3b;font-weight:600}svg{width:100%;height:auto;margin-bottom:1rem}ul{color:#75808d;font-size:.9rem}
@media(prefers-color-scheme:dark){body{color:#e6eaee;background:#161b20}th,td{border-color:#333c46}}"""
_COLUMNS = (
    "variant", "campaign", "mode", "occupancy", "wait between calls", "abandoned", "between", "worst hour",
    "calls / agent h", "connects / agent h", "lines",
)  # fmt: skip


def page(results: Sequence[Result], file: str, notes: Sequence[str]) -> str:
    """The whole page."""
    first = results[0]
    seeds = ", ".join(str(seed) for seed in first.seeds)
    said = f"{first.hours:g} h; seeds {seeds}; {'warm' if first.warm else 'cold'} start"
    rows = "\n".join(_row(one, figures) for one in results for figures in one.campaigns)
    charts = []
    for one in results:
        for figures in one.campaigns:
            body, high = panel(one, figures, one.label)
            charts.append(f'<svg viewBox="0 0 {WIDTH} {high:.0f}" class="d" role="img">{body}</svg>')
    why = [
        f"{figures.campaign}{f' ({one.label})' if one.label else ''}: dials ahead {figures.opened}"
        + "".join(f"; held back {share:.0%} of the time by {hold}" for hold, share in figures.holds.items())
        for one in results
        for figures in one.campaigns
        if figures.mode in ("power", "predictive")
    ]
    listed = "\n".join(f"<li>{escape(line)}</li>" for line in [*why, *notes])
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>dialerd simulate: {escape(file)}</title><style>{_PAGE_STYLE}
{STYLE}</style></head><body>
<h1>{escape(file)}</h1><p class="s">{escape(said)}</p>
<table><thead><tr>{"".join(f"<th>{column}</th>" for column in _COLUMNS)}</tr></thead>
<tbody>
{rows}
</tbody></table>
{"".join(charts)}
<ul>{listed}</ul>
</body></html>
"""


def _row(one: Result, figures: Figures) -> str:
    used = figures.utilisation
    band = figures.abandon
    cells = [
        one.label, figures.campaign, figures.mode,
        _percent(used.value, 1) if used is not None else "-",
        _seconds(figures.wait_between_calls_s),
        _percent(band.value, 2) if used is not None else "-",
        f"{_percent(band.low, 2)} to {_percent(band.high, 2)}" if used is not None else "-",
        _percent(figures.worst_hour, 1) if used is not None else "-",
        _number(figures.calls_per_agent_hour), _number(figures.connects_per_agent_hour),
        f"{figures.lines_mean:.1f} of {figures.max_lines}",
    ]  # fmt: skip
    bad = {5: band.value > figures.abandon_cap, 7: figures.worst_hour > figures.abandon_cap}
    tags = [f"<td{' class=bad' if bad.get(index) else ''}>{escape(cell)}</td>" for index, cell in enumerate(cells)]
    return f"<tr>{''.join(tags)}</tr>"


def _percent(share: float, digits: int) -> str:
    return f"{share * 100:.{digits}f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
