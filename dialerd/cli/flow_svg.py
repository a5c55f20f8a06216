"""A flow drawn as SVG, without a program or a network: nodes in rows by their distance from the start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from html import escape
from textwrap import wrap

from dialerd.core.flow.nodes import Flow
from dialerd.core.flow.picture import Box, Way, boxes, ways

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _EDGE = 190, 62, 36, 74, 30
_COLOURS = {"ask": "#fff3cd", "branch": "#d9e8fb", "end": "#e2f0d9", "step": "#f4f4f4"}


def svg(flow: Flow) -> str:
    """The whole picture as one SVG document."""
    rows = _rows(flow)
    places = {name: _place(row, index, len(names), rows) for row, names in enumerate(rows)
              for index, name in enumerate(names)}  # fmt: skip
    width = max(len(names) for names in rows) * (_WIDTH + _GAP_X) + 2 * _EDGE
    height = len(rows) * (_HEIGHT + _GAP_Y) + 2 * _EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(flow.name)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    parts += [_line(way, places) for way in ways(flow)]
    for box in boxes(flow):
        keys = [key for key, target in flow.always.items() if target == box.name]
        parts += _drawn(box, *places[box.name], keys, box.name == flow.start)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rows(flow: Flow) -> list[list[str]]:
    """Names of the nodes by their distance from the start; what only `always` leads to is in the second row."""
    distance = {flow.start: 0}
    ahead = deque([flow.start])
    onward: dict[str, list[str]] = {}
    for way in ways(flow):
        onward.setdefault(way.start, []).append(way.end)
    for target in flow.always.values():
        onward.setdefault(flow.start, []).append(target)
    while ahead:
        name = ahead.popleft()
        for target in onward.get(name, ()):
            if target not in distance:
                distance[target] = distance[name] + 1
                ahead.append(target)
    rows: list[list[str]] = [[] for _ in range(max(distance.values()) + 1)]
    for name in flow.nodes:
        rows[distance.get(name, 0)].append(name)
    return rows


def _place(row: int, index: int, count: int, rows: list[list[str]]) -> tuple[float, float]:
    widest = max(len(names) for names in rows)
    left = _EDGE + (widest - count) * (_WIDTH + _GAP_X) / 2
    return left + index * (_WIDTH + _GAP_X), _EDGE + row * (_HEIGHT + _GAP_Y)


def _drawn(box: Box, x: float, y: float, keys: list[str], first: bool) -> Iterator[str]:
    border = 'stroke="#222" stroke-width="2.5"' if first else 'stroke="#888"'
    round_ = _HEIGHT / 2 if box.shape == "end" else 6
    yield (
        f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="{round_:g}" '
        f'fill="{_COLOURS[box.shape]}" {border}/>'
    )
    middle = x + _WIDTH / 2
    also = f"  (key {', '.join(keys)} anywhere)" if keys else ""
    yield _text(middle, y + 18, box.name + also, 'font-weight="bold"')
    for line, words in enumerate(wrap(box.caption, 30)[:2]):
        yield _text(middle, y + 35 + 15 * line, words, 'fill="#333"')


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {style}>{escape(words)}</text>'


def _line(way: Way, places: dict[str, tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = places[way.start], places[way.end]
    start_x, start_y, end_x, end_y = x1 + _WIDTH / 2, y1 + _HEIGHT, x2 + _WIDTH / 2, y2
    if y2 <= y1:
        # Back, or beside: around the right side.
        start_x, start_y, end_x, end_y = x1 + _WIDTH, y1 + _HEIGHT / 2, x2 + _WIDTH, y2 + _HEIGHT / 2
        bend = f"C{start_x + 60:g} {start_y:g} {end_x + 60:g} {end_y:g}"
        label_x, label_y = max(start_x, end_x) + 30, (start_y + end_y) / 2
    else:
        half = (end_y - start_y) / 2
        bend = f"C{start_x:g} {start_y + half:g} {end_x:g} {end_y - half:g}"
        label_x, label_y = start_x + (end_x - start_x) * 0.7, start_y + (end_y - start_y) * 0.7
    label = (
        f'<text x="{label_x:g}" y="{label_y:g}" text-anchor="middle" fill="#0a58ca" paint-order="stroke" '
        f'stroke="#fff" stroke-width="4">{escape(way.label)}</text>'
        if way.label
        else ""
    )
    return (
        f'<path d="M{start_x:g} {start_y:g}{bend} {end_x:g} {end_y:g}" fill="none" stroke="#555" '
        f'marker-end="url(#tip)"/>{label}'
    )
