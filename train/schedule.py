"""Learning rates over the steps, as factors of the highest.

`cosine` re-warms and re-decays (Ibrahim et al., arXiv:2403.08763: linear warm-up, cosine to a tenth); `wsd` warms up,
stays, and falls in the last part (Hu et al., arXiv:2404.06395); `infinite` cools down early to a constant, and
anneals at the end (arXiv:2403.08763, section 7, where later runs go on from the constant; a stage ends annealed)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

#: Of `infinite`: where its constant lies between floor and highest (their ratio of constant to highest rate is 0.5).
PLATEAU = 0.5


def factor(schedule: Any, steps: int) -> Callable[[int], float]:
    """The factor at a step, 0 to `steps` - 1; the first step of a warm-up is above 0, so that no step is idle."""
    warm = math.ceil(schedule.warmup * steps)
    falls = max(1, round(schedule.decay * steps))

    def at(step: int) -> float:
        if step < warm:
            return (step + 1) / (warm + 1)
        after = min(1.0, (step - warm) / max(1, steps - warm - 1))
        last = min(1.0, max(0.0, (step - (steps - falls) + 1) / falls))
        return _SHAPES[schedule.name](after, last, schedule.floor)

    return at


def _cosine(after: float, last: float, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * after)) / 2


def _infinite(after: float, last: float, floor: float) -> float:
    plateau = max(floor, PLATEAU)
    cooled = plateau + (1 - plateau) * (1 + math.cos(math.pi * min(1.0, after / 0.3))) / 2
    return cooled if last <= 0 else cooled * (max(floor, 1e-8) / cooled) ** last


_SHAPES: dict[str, Callable[[float, float, float], float]] = {
    "cosine": _cosine,
    "linear": lambda after, last, floor: floor + (1 - floor) * (1 - after),
    "wsd": lambda after, last, floor: 1 - (1 - floor) * last,
    "infinite": _infinite,
    "constant": lambda after, last, floor: 1.0,
}
