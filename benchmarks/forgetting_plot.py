"""The plot of gain against forgetting, as SVG."""

from __future__ import annotations

from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 420, 70, 56


def plot(runs: dict[str, Any]) -> str:
    """Each run as a point with its 95% intervals: to the right what was gained on law, upwards what was forgotten."""
    points = {
        name: [(-s["law"]["change_value"], -s["law"]["change_high"], -s["law"]["change_low"]),
               (s["english"]["change_value"], s["english"]["change_low"], s["english"]["change_high"])]
        for name, s in runs.items()
    }  # fmt: skip
    spans = [
        [min(p[axis][1] for p in points.values()), max(p[axis][2] for p in points.values())]
        for axis in (0, 1)
    ]
    spans = [[min(0.0, low) - 0.06 * (high - low), high + 0.12 * (high - low)] for low, high in spans]

    def x(value: float) -> float:
        return LEFT + (value - spans[0][0]) / (spans[0][1] - spans[0][0]) * (WIDTH - LEFT - 20)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - spans[1][0]) / (spans[1][1] - spans[1][0]) * (HEIGHT - BOTTOM - 20)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        '     font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{LEFT} 20V{HEIGHT - BOTTOM}H{WIDTH - 20}" fill="none" stroke="#888"/>',
        f'<path d="M{LEFT} {y(0):.1f}H{WIDTH - 20}M{x(0):.1f} 20V{HEIGHT - BOTTOM}"',
        '      stroke="#ddd" stroke-dasharray="4"/>',
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 14}" text-anchor="middle">gain on law (bits per byte)</text>',
        f'<text transform="translate(18 {(HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        "forgotten of English (bits per byte)</text>",
    ]
    for axis, at in ((0, x), (1, y)):
        for value in ticks(*spans[axis]):
            place = (at(value), HEIGHT - BOTTOM + 16) if axis == 0 else (LEFT - 8, at(value) + 4)
            anchor = "middle" if axis == 0 else "end"
            parts.append(
                f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" text-anchor="{anchor}" fill="#555">{value:g}</text>'
            )
    for name, ((gain, g_low, g_high), (lost, l_low, l_high)) in points.items():
        colour = "#b3541e" if "LoRA" in name else "#555" if name == "control" else "#1f5fa8"
        bars = f"M{x(g_low):.1f} {y(lost):.1f}H{x(g_high):.1f}M{x(gain):.1f} {y(l_low):.1f}V{y(l_high):.1f}"
        parts.append(f'<path d="{bars}" stroke="{colour}" opacity=".55"/>')
        parts.append(f'<circle cx="{x(gain):.1f}" cy="{y(lost):.1f}" r="5" fill="{colour}"/>')
        parts.append(f'<text x="{x(gain) + 9:.1f}" y="{y(lost) - 8:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def ticks(low: float, high: float) -> list[float]:
    """Round values between the two, four or more."""
    step = next(s for s in (2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005) if (high - low) / s >= 4)
    first = int(low / step) - 1
    return [round(i * step, 6) for i in range(first, int(high / step) + 1) if low <= i * step <= high]
