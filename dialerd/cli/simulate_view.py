"""A simulated shift in the terminal: charts, figures, comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dialerd.cli.block_chart import Layer, bars, stacked
from dialerd.cli.screen import counted, duration, percent, table
from dialerd.config.scalars import spoken
from dialerd.sim.forecast.course import Course, buckets, running_rate
from dialerd.sim.forecast.result import Band, Figures, Result

LAYERS = (Layer("talking", "green", "█"), Layer("wrap-up", "yellow", "▒"), Layer("waiting", "grey37", "·"))
_MARGIN = 13
_WIDE = 100
_AGENT_ROWS, _OUT_ROWS, _RATE_ROWS = 8, 2, 4


def shift_picture(shown: Result, width: int, coloured: bool) -> RenderableType:
    """One scenario: a chart for each queue and campaign, and the figures."""
    parts: list[RenderableType] = []
    columns = max(20, min(width, 140) - _MARGIN - 1)
    drawn: set[str] = set()
    for figures in shown.campaigns:
        course = shown.courses[figures.campaign]
        parts.append(_title(figures))
        if figures.queue is not None and figures.queue not in drawn and any(course.talking):
            drawn.add(figures.queue)
            parts += _agents_chart(course, columns, coloured)
        parts += _calls_chart(figures, course, columns)
        parts += [_axis(shown, columns), _figures(figures, width), ""]
    return Group(*parts[:-1])


def comparison(results: Sequence[Result], width: int) -> RenderableType:
    """One line for each variant and campaign."""
    wide = width >= _WIDE
    several = len(results[0].campaigns) > 1
    figures_of = (
        ("occupancy", "wait", "abandoned", "between", "worst hour", "calls", "connects")
        if wide
        else ("occup.", "lost", "worst h", "calls", "conn.")
    )
    bar = [""] if wide else []
    named = ["variant", *(["campaign"] if several else []), figures_of[0], *bar, *figures_of[1:]]
    made = table(*named, right=figures_of)
    for one in results:
        for number, figures in enumerate(one.campaigns):
            share = figures.utilisation.value if figures.utilisation is not None else None
            drawn = "█" * round(10 * share) + "░" * (10 - round(10 * share)) if share is not None else ""
            made.add_row(
                f"[bold]{escape(one.label)}[/]" if number == 0 else "",
                *([escape(figures.campaign)] if several else []),
                percent(share),
                *([f"[green]{drawn}[/]", duration(figures.wait_between_calls_s)] if wide else []),
                _rate(figures.abandon.value, figures.abandon_cap, 2),
                *([_between(figures.abandon)] if wide else []),
                _rate(figures.worst_hour, figures.abandon_cap, 1),
                _figure(figures.calls_per_agent_hour),
                _figure(figures.connects_per_agent_hour),
            )
    return Group(made, Text("calls and connects per agent and hour", style="dim"))


def headline(shown: Result, file: str) -> Text:
    """What was simulated, in a line."""
    seeds = shown.seeds
    said = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} shifts, seeds {seeds[0]} to {seeds[-1]}"
    start = "warm start" if shown.warm else "cold start"
    end = _clock(shown.start_s + 3600 * shown.hours)
    text = f"[bold]{escape(file)}[/]  {_clock(shown.start_s)} to {end}  [dim]{said}, {start}[/]"
    return Text.from_markup(text)


def _title(figures: Figures) -> Text:
    parts = [figures.mode]
    if figures.queue is not None:
        parts += [f"queue {figures.queue}", counted(figures.agents, "agent")]
    parts.append(f"{figures.answer_rate:.0%} answer")
    if figures.queue is not None:
        parts += [f"talk {spoken(round(figures.talk_s))}", f"wrap-up {spoken(round(figures.wrap_up_s))}"]
    return Text.from_markup(f"[bold]{escape(figures.campaign)}[/]  [dim]{escape(', '.join(parts))}[/]")


def _agents_chart(course: Course, columns: int, coloured: bool) -> list[RenderableType]:
    series = [buckets(values, columns) for values in (course.talking, course.wrapping, course.idle)]
    top = max(sum(column) for column in zip(*series, strict=True))
    legend = Text(" " * _MARGIN)
    for layer in LAYERS:
        legend.append("██" if coloured else layer.glyph * 2, layer.colour if coloured else "")
        legend.append(f" {layer.name}   ", "dim")
    rows = stacked(series, LAYERS, _AGENT_ROWS, coloured)
    marks = {0: f"{top:.0f}", _AGENT_ROWS // 2: f"{top / 2:.0f}"}
    return [legend, *(_labelled("agents" if i == 0 else "", marks.get(i, ""), row) for i, row in enumerate(rows))]


def _calls_chart(figures: Figures, course: Course, columns: int) -> list[RenderableType]:
    out = buckets(course.out, columns)
    top = max(out, default=0.0)
    name = "calls out" if course.agents else "lines"
    rows = bars(out, top, _OUT_ROWS, "cyan")
    lines: list[RenderableType] = [
        _labelled(name if i == 0 else "", f"{top:.0f}" if i == 0 else "", row) for i, row in enumerate(rows)
    ]
    if not course.agents or figures.mode == "progressive":
        return lines
    rates = buckets(running_rate(course), columns)
    cap = figures.abandon_cap
    top = max(cap * 4 / 3, max(rates, default=0.0))
    rows = bars(rates, top, _RATE_ROWS, "magenta", cap, "bold red")
    marked = min(_RATE_ROWS - 1, int((top - cap) / (top / _RATE_ROWS)))
    for i, row in enumerate(rows):
        lines.append(_labelled("abandoned" if i == 0 else "", f"{cap * 100:g}%" if i == marked else "", row))
    return lines


def _labelled(name: str, mark: str, row: Text) -> Text:
    line = Text(f"{name:<{_MARGIN - 4}}", style="dim")
    line.append(f"{mark:>3}", "dim")
    line.append("▕", "dim")
    line.append_text(_plain(row))
    return line


def _plain(row: Text) -> Text:
    # Appended text would else take the style of the label.
    row.style = "not dim"
    return row


def _axis(shown: Result, columns: int) -> Text:
    marks = [" "] * (columns + _MARGIN)
    every_h = next(
        h for h in (1 / 60, 1 / 12, 0.25, 0.5, 1, 2, 3, 6, 12) if shown.hours / h <= columns / 9 or h == 12
    )
    hour = 0.0
    while hour < shown.hours + 1e-9:
        at = _MARGIN + round(hour / shown.hours * (columns - 1))
        word = _clock(shown.start_s + hour * 3600)
        begin = min(at, len(marks) - len(word))
        if all(mark == " " for mark in marks[max(0, begin - 1) : begin + len(word)]):
            marks[begin : begin + len(word)] = word
        hour += every_h
    # The margin apart: programs that draw terminals drop blanks at the beginning of a styled piece.
    return Text(" " * _MARGIN).append("".join(marks[_MARGIN:]).rstrip(), "dim")


def _figures(figures: Figures, width: int) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True, min_width=_MARGIN - 2)
    made.add_column(no_wrap=True, justify="right")
    made.add_column()
    used = figures.utilisation
    if used is not None:
        wait = f"an agent waits {duration(figures.wait_between_calls_s)} between two calls"
        spread = f" ({_percents(used.low, used.high, 1)} by seed)" if figures.seeds > 1 else ""
        wrapping = used.value - figures.talking
        shares = f"talking {figures.talking:.1%}, wrap-up {wrapping:.1%}".replace("%", " %")
        made.add_row("occupancy", f"[bold green]{percent(used.value)}[/]", f"{shares}{spread}; {wait}")
        if figures.mode == "progressive":
            made.add_row("abandoned", "0.00 %", "an agent is set aside before each call is placed")
        else:
            made.add_row(
                "abandoned", f"[bold]{_rate(figures.abandon.value, figures.abandon_cap, 2)}[/]", _lost(figures)
            )
        machines = figures.machines / figures.connected if figures.connected else 0.0
        said = f"calls per agent and hour, {_figure(figures.connects_per_agent_hour)} connected"
        if machines >= 0.005:
            said += f" ({machines:.0%} of them machines)".replace("%", " %")
        made.add_row("calls", _figure(figures.calls_per_agent_hour), said)
    else:
        said = f"calls per hour; {figures.connected:,.0f} people heard the message"
        made.add_row("calls", f"{figures.calls_per_hour:,.0f}", said)
    said = f"lines in use on average, {figures.lines_most} at most, of {figures.max_lines}"
    made.add_row("lines", f"{figures.lines_mean:.1f}", said)
    if figures.mode in ("power", "predictive"):
        opened = "-" if figures.opened_after_s is None else duration(figures.opened_after_s)
        made.add_row("dials ahead", opened, escape(figures.opened))
    for number, (hold, share) in enumerate(figures.holds.items()):
        made.add_row("held back" if number == 0 else "", f"{share * 100:.0f} %", f"of the time by: {escape(hold)}")
    return made


def _lost(figures: Figures) -> str:
    how = "by seed" if figures.abandon.how == "seeds" else "95 % band"
    said = (
        f"{_between(figures.abandon)} ({how}), {figures.abandoned:.0f} of "
        f"{figures.abandoned + figures.connected:,.0f}; target {figures.abandon_target * 100:g} %, "
        f"cap {figures.abandon_cap * 100:g} %; worst hour {figures.worst_hour * 100:.1f} %"
    )
    return f"{said} from {_clock(figures.worst_hour_at_s)}" if figures.worst_hour else said


def _rate(value: float, cap: float, digits: int) -> str:
    text = f"{value * 100:.{digits}f} %"
    return f"[red]{text}[/]" if value > cap else text


def _between(band: Band) -> str:
    return _percents(band.low, band.high, 2)


def _percents(low: float, high: float, digits: int) -> str:
    return f"{low * 100:.{digits}f} to {high * 100:.{digits}f} %"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _clock(seconds: float) -> str:
    whole = round(seconds) % 86_400
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}"
