"""Charts as SVG: shapes take their colours from the page's style sheet, words are escaped."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

WIDTH, HALF = 320, 46
#: Where the two halves of a histogram meet, and the height of all.
MIDDLE, HEIGHT = HALF + 16, 2 * HALF + 36


def histogram(signal: dict[str, Any]) -> Markup:
    """Kept documents above the line, dropped below (those that this signal dropped darker), each half to its own scale,
    and the thresholds across."""
    edges, kept = signal["edges"], signal["kept"]
    lost = [a + b for a, b in zip(signal["dropped"], signal["dropped_by_it"])]
    step = WIDTH / len(kept)
    bars = []
    for values, kind in ((kept, "kept"), (lost, "dropped"), (signal["dropped_by_it"], "by-it")):
        top = max(kept if kind == "kept" else lost) or 1
        for i, n in enumerate(values):
            if n:
                height = max(1.5, HALF * n / top)
                y = MIDDLE - height if kind == "kept" else MIDDLE
                told = f"{number(edges[i])} to {number(edges[i + 1])}: {n:,} {_FATE[kind]}"
                bars.append(_bar(i * step, y, step, height, kind, told))
    lines = [_threshold(edges, threshold) for threshold in signal["thresholds"]]
    ends = [
        f'<text class="axis" x="{x}" y="{HEIGHT - 4}" text-anchor="{anchor}">{escape(number(value))}</text>'
        for x, anchor, value in ((0, "start", edges[0]), (WIDTH, "end", edges[-1]))
    ]
    middle = f'<line class="middle" x1="0" x2="{WIDTH}" y1="{MIDDLE}" y2="{MIDDLE}"/>'
    label = f"{signal['signal']}: {sum(kept):,} kept documents above, {sum(lost):,} dropped below"
    return _svg("".join([*bars, middle, *lines, *ends]), label, HEIGHT)


def columns(counts: list[int], labels: list[str], label: str) -> Markup:
    """Upright bars, one for each count, by the square root so that small ones can be seen."""
    top = max(counts, default=0) ** 0.5 or 1
    step = WIDTH / max(1, len(counts))
    bars = [
        _bar(i * step, 90 - 84 * n**0.5 / top, step, max(1.0, 84 * n**0.5 / top), "kept", f"{name}: {n:,}")
        for i, (n, name) in enumerate(zip(counts, labels))
        if n
    ]
    wanted = sorted({0, len(labels) // 2, len(labels) - 1} if labels else ())
    names = [
        f'<text class="axis" x="{(i + 0.5) * step:.1f}" y="104" text-anchor="middle">{escape(labels[i])}</text>'
        for i in wanted
    ]
    return _svg("".join(bars + names), label, 108)


_FATE = {"kept": "kept", "dropped": "dropped", "by-it": "dropped by it"}


def _svg(content: str, label: str, height: int) -> Markup:
    told = escape(label)
    return Markup(
        f'<svg viewBox="-6 0 {WIDTH + 12} {height}" role="img" aria-label="{told}"><title>{told}</title>{content}</svg>'
    )


def _bar(x: float, y: float, step: float, height: float, kind: str, told: str) -> str:
    width = max(0.8, step - 1)
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _threshold(edges: list[float], threshold: dict[str, Any]) -> str:
    x = WIDTH * place(edges, threshold["bound"])
    sign = "≥" if threshold["side"] == "min" else "≤"
    anchor, shift = ("end", -4) if x > WIDTH / 2 else ("start", 4)
    told = f"kept {sign} {number(threshold['bound'])}"
    return (
        f'<line class="bound" x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{MIDDLE + HALF + 2}"/>'
        f'<text class="bound" x="{x + shift:.1f}" y="11" text-anchor="{anchor}">{escape(told)}</text>'
    )


def place(edges: list[float], value: float) -> float:
    """Where `value` stands on an axis of bins that are drawn equally wide, from 0 to 1."""
    for i, (low, high) in enumerate(pairwise(edges)):
        if value < high or i == len(edges) - 2:
            inside = (value - low) / (high - low) if high > low else 0.0
            return float(min(1.0, max(0.0, (i + min(1.0, max(0.0, inside))) / (len(edges) - 1))))
    return 0.0


def number(value: float) -> str:
    """A number as briefly as it can be told."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
