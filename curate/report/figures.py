"""Charts of sections (`curate.sections`) as SVG: lines over steps, and histograms of several series with thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup, escape

from curate.display import visible
from curate.report.charts import number, place

WIDTH, HEIGHT = 520, 200
#: Room for the names of an axis.
LEFT, BOTTOM, TOP, RIGHT = 46, 30, 12, 10
#: Points of a line that a page holds; of more, the least and the greatest of every stretch.
POINTS = 600
#: Colours that there are.
COLOURS = 8

Point = tuple[float, float | None]


def lines(block: dict[str, Any]) -> Markup:
    """Series over one another, each as a colour and a pattern of dashes; gaps where there is no number."""
    series = [(s["name"], thinned(_points(s["points"], block["log"]))) for s in block["series"]]
    xs = [x for _, points in series for x, _ in points] + [mark["x"] for mark in block["marks"]]
    ys = [y for _, points in series for _, y in points if y is not None]
    if not ys:
        return Markup('<p class="note">No values.</p>')
    across, up = ticks(min(xs), max(xs), 6), ticks(min(ys), max(ys), 4)
    scale_x, scale_y = (
        _scale(min(xs), max(xs), LEFT, WIDTH - RIGHT),
        _scale(up[0], up[-1], HEIGHT - BOTTOM, TOP),
    )
    content = [*_grid(across, up, scale_x, scale_y, block["log"])]
    for i, (_, points) in enumerate(series):
        for run in _runs(points):
            path = " ".join(f"{scale_x(x):.1f},{scale_y(y):.1f}" for x, y in run)
            content.append(f'<polyline class="line l{i % COLOURS}" points="{path}"/>')
            if len(run) == 1:
                x, y = run[0]
                content.append(
                    f'<circle class="dot l{i % COLOURS}" cx="{scale_x(x):.1f}" cy="{scale_y(y):.1f}" r="3"/>'
                )
    content += [_mark(scale_x(mark["x"]), str(mark["name"])) for mark in block["marks"]]
    content.append(_word(WIDTH - RIGHT, HEIGHT - 3, block["x"], "end"))
    told = "; ".join(f"{s['name']} {_last(s['points'])}" for s in block["series"])
    return _svg(content, f"{block['title']} by {block['x']}: {told}", WIDTH, HEIGHT)


def histogram(block: dict[str, Any]) -> Markup:
    """Bins of all series stacked, and the thresholds across."""
    edges, counts = block["edges"], block["counts"]
    bins = len(edges) - 1
    most = max((sum(values[i] for values in counts.values()) for i in range(bins)), default=0) or 1
    up = ticks(0, most, 3, whole=True)
    width, base = (WIDTH - LEFT - RIGHT) / max(1, bins), HEIGHT - BOTTOM
    scale_y = _scale(0, max(up[-1], most), base, TOP + 12)
    content = [_rule(scale_y(y), number(y)) for y in up]
    for i in range(bins):
        below = 0
        for kind, (name, values) in enumerate(counts.items()):
            if not values[i]:
                continue
            top, bottom = scale_y(below + values[i]), scale_y(below)
            told = f"{number(edges[i])} to {number(edges[i + 1])}: {values[i]:,} {name}"
            content.append(
                f'<rect class="c{kind % COLOURS}" x="{LEFT + i * width + 1:.1f}" y="{top:.1f}" '
                f'width="{max(1, width - 2):.1f}" height="{max(1.5, bottom - top):.1f}">'
                f"<title>{_plain(told)}</title></rect>"
            )
            below += values[i]
    for at in range(0, bins + 1, max(1, math.ceil(bins / 9))):
        content.append(_word(LEFT + at * width, HEIGHT - 14, number(edges[at]), "middle"))
    for threshold in block["thresholds"]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * place(edges, threshold["value"])
        content.append(_mark(x, str(threshold["name"])))
    told = ", ".join(f"{sum(values):,} {name}" for name, values in counts.items())
    held = "; ".join(f"{t['name']} at {number(t['value'])}" for t in block["thresholds"])
    return _svg(content, f"{block['title']}: {told}" + (f"; {held}" if held else ""), WIDTH, HEIGHT)


def ticks(low: float, high: float, wanted: int, *, whole: bool = False) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about so many."""
    if high <= low:
        low, high = (low - 0.5, high + 0.5) if not whole else (low, low + 1)
    rough = (high - low) / max(1, wanted)
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * 0.999)
    step = max(1.0, math.ceil(step)) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def thinned(points: list[Point]) -> list[Point]:
    """At most about `POINTS` points, with every peak and every gap that there is."""
    if len(points) <= POINTS:
        return points
    size = math.ceil(len(points) / (POINTS // 2))
    out: list[Point] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        there = [p for p in stretch if p[1] is not None]
        ends = {min(there, key=_y), max(there, key=_y)} if there else set()
        gap = next((p for p in stretch if p[1] is None), None)
        out += sorted([*ends, *([gap] if gap else [])], key=lambda p: p[0])
    return out


def _y(point: Point) -> float:
    return point[1] or 0.0


def _points(points: Sequence[Sequence[float | None]], log: bool) -> list[Point]:
    """By the logarithm where asked for; what has none is a gap."""
    out: list[Point] = []
    for x, y in points:
        if x is not None:
            out.append((x, None if y is None or (log and y <= 0) else math.log10(y) if log else y))
    return out


def _runs(points: list[Point]) -> Iterator[list[tuple[float, float]]]:
    run: list[tuple[float, float]] = []
    for x, y in points:
        if y is not None:
            run.append((x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _scale(low: float, high: float, start: float, end: float) -> Any:
    span = (high - low) or 1.0
    return lambda value: start + (end - start) * (value - low) / span


def _grid(across: list[float], up: list[float], scale_x: Any, scale_y: Any, log: bool) -> Iterator[str]:
    for y in up:
        yield _rule(scale_y(y), number(10**y if log else y))
    for x in across:
        if LEFT - 1 <= scale_x(x) <= WIDTH - 60:
            yield _word(scale_x(x), HEIGHT - 14, number(x), "middle")


def _rule(y: float, name: str) -> str:
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _word(LEFT - 6, y + 3.5, name, "end")


def _mark(x: float, name: str) -> str:
    anchor, shift = ("end", -5) if x > WIDTH * 0.6 else ("start", 5)
    line = f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{HEIGHT - BOTTOM}"/>'
    return f'{line}<text class="bound" x="{x + shift:.1f}" y="{TOP + 2}" text-anchor="{anchor}">{_plain(name)}</text>'


def _word(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="axis" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_plain(text)}</text>'


def _last(points: Sequence[Sequence[float | None]]) -> str:
    there = [(x, y) for x, y in points if x is not None and y is not None]
    return f"{number(there[-1][1])} at {number(there[-1][0])}" if there else "no values"


def last(points: Sequence[Sequence[float | None]]) -> str:
    """The last value of a series, for its legend."""
    there = [y for _, y in points if y is not None]
    return number(there[-1]) if there else "–"


def _plain(text: str) -> str:
    return str(escape(visible(text, lines=False)))


def _svg(content: Sequence[str], label: str, width: int, height: int) -> Markup:
    told = _plain(label)
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{told}">'
        f"<title>{told}</title>{''.join(content)}</svg>"
    )


def range_(cell: Sequence[float | None] | None) -> Markup:
    """Where a value stands: the stretch that its limits allow tinted, the reference as a rule, the value as a dot."""
    if not cell or cell[0] is None:
        return Markup("–")
    value, (least, most, reference) = float(cell[0]), cell[1:]
    top = max(v for v in (value, most, least, reference, 0.0) if v is not None) * 1.12 or 1.0
    scale = _scale(0, top, 4, 116)
    low, high = scale(least or 0), scale(top if most is None else most)
    beyond = (least is not None and value < least) or (most is not None and value > most)
    shapes = ['<rect class="track" x="4" y="6" width="112" height="6" rx="3"/>']
    if least is not None or most is not None:
        shapes.append(
            f'<rect class="allowed" x="{low:.1f}" y="6" width="{max(0, high - low):.1f}" height="6" rx="3"/>'
        )
        shapes += [
            f'<line class="limit" x1="{scale(v):.1f}" x2="{scale(v):.1f}" y1="2" y2="16"/>'
            for v in (least, most)
            if v is not None
        ]
    if reference is not None:
        shapes.append(
            f'<line class="human" x1="{scale(reference):.1f}" x2="{scale(reference):.1f}" y1="3" y2="15"/>'
        )
    shapes.append(
        f'<circle class="{"beyond" if beyond else "within"}" cx="{scale(value):.1f}" cy="9" r="4.5"/>'
    )
    bounds = [f"{word} {number(v)}" for word, v in (("at least", least), ("at most", most)) if v is not None]
    label = ", ".join(
        [number(value), *bounds, *([f"reference {number(reference)}"] if reference is not None else [])]
    )
    told = _plain(label)
    return Markup(
        f'<svg class="range" viewBox="0 0 120 18" role="img" aria-label="{told}">'
        f"<title>{told}</title>{''.join(shapes)}</svg>"
    )
