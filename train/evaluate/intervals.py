"""What was measured, item by item, and how sure it is: bootstrap intervals of a score and of a change.

A score is a weighted mean over items, sum(value * weight) / sum(weight): documents weighted by their bytes for bits per
byte, questions with weight 1 for accuracy. Intervals are 95% BCa bootstrap intervals over items (Efron 1987, "Better
bootstrap confidence intervals"; the jackknife gives the acceleration), those of a change are paired: both sides are
computed on the same resamples, so what makes an item hard for either model cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import RunError

Group = Literal["general", "domain", "safety", "memorisation", "probe"]
Floats = NDArray[np.float64]

#: Columns of `Measured.items`.
ITEMS = {"item": pl.String, "value": pl.Float64, "weight": pl.Float64, "detail": pl.String}
#: The bootstrap: resamples drawn, share of them within the interval, indices drawn at a time.
RESAMPLES, LEVEL, AT_ONCE = 2_000, 0.95, 4_000_000
#: Below so many items a change that is the same for all is not sure by a sign test (2 * 0.5**6 < 5%).
SIGNS = 6
#: Items named in an error.
NAMED = 5


@dataclass(frozen=True)
class Measured:
    """A measurement of one model. `items` has `item` (its id), `value`, `weight`, and `detail` (in short, what was
    asked and answered); `name` is unique within a suite, such as "general/wikitext"."""

    name: str
    group: Group
    metric: str
    better: Literal["lower", "higher"]
    items: pl.DataFrame


@dataclass(frozen=True)
class Score:
    """A score with its interval, over `n` items."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Change:
    """After minus before, with its interval."""

    value: float
    low: float
    high: float


def measured(
    name: str,
    group: Group,
    metric: str,
    better: Literal["lower", "higher"],
    rows: list[tuple[str, float, float, str]],
) -> Measured:
    """A `Measured` of rows (item, value, weight, detail)."""
    frame = pl.DataFrame(rows, schema=ITEMS, orient="row", strict=False)
    return Measured(name, group, metric, better, frame)


def score(of: Measured, seed: int) -> Score:
    """The weighted mean and its interval.

    Where all items are 0, or all 1, no resample differs: the interval is then the exact one of a proportion (Clopper
    and Pearson 1934), so that ten right answers of ten are not read as certainty.

    Raises:
        RunError: there are no items, an id stands twice, or a value or weight is no finite number.
    """
    frame = _checked(of)
    value, weight = _columns(frame)
    point = float(value @ weight / weight.sum())
    if frame.height and (value == value[0]).all() and value[0] in (0.0, 1.0):
        edge = ((1 - LEVEL) / 2) ** (1 / frame.height)
        low, high = (edge, 1.0) if value[0] else (0.0, 1 - edge)
        return Score(point, low, high, frame.height)
    low, high = _interval([(value * weight, weight)], lambda ratios: ratios[0], seed)
    return Score(point, low, high, frame.height)


def change(before: Measured, after: Measured, seed: int) -> Change:
    """The difference after - before of the weighted means, over the same items.

    Raises:
        RunError: as `score` does; or an item stands on one side alone (named), or the two are of different metrics.
    """
    if before.metric != after.metric:
        raise RunError(f"{after.name}: {before.metric} before and {after.metric} after cannot be compared")
    old, new = _checked(before).sort("item"), _checked(after).sort("item")
    for side, here, there in (("before", old, new), ("after", new, old)):
        if alone := here.join(there, on="item", how="anti")["item"].to_list():
            shown = ", ".join(repr(item) for item in alone[:NAMED])
            more = f" and {len(alone) - NAMED} more" if len(alone) > NAMED else ""
            raise RunError(f"{after.name}: {len(alone)} items were measured {side} alone: {shown}{more}")
    sums = [(value * weight, weight) for value, weight in map(_columns, (old, new))]
    points = [float(top.sum() / bottom.sum()) for top, bottom in sums]
    low, high = _interval(sums, lambda ratios: ratios[1] - ratios[0], seed)
    if (
        len(old) < SIGNS and low == high
    ):  # all changed alike: resamples cannot tell, and a sign test is not sure
        low, high = min(low, 0.0), max(high, 0.0)
    return Change(points[1] - points[0], low, high)


def _checked(of: Measured) -> pl.DataFrame:
    frame = of.items
    if frame.is_empty():
        raise RunError(f"{of.name}: nothing was measured")
    twice = frame.filter(frame["item"].is_duplicated())["item"].unique().sort().to_list()
    if twice:
        raise RunError(
            f"{of.name}: items must have ids of their own, {', '.join(map(repr, twice[:NAMED]))} stand twice"
        )
    odd = frame.filter(~(pl.col("value").is_finite() & pl.col("weight").is_finite()).fill_null(False))
    if odd.height:
        shown = ", ".join(map(repr, odd["item"].to_list()[:NAMED]))
        raise RunError(f"{of.name}: {odd.height} items have no finite value: {shown}")
    if frame["weight"].min() < 0 or not frame["weight"].sum() > 0:  # type: ignore[operator]
        raise RunError(f"{of.name}: weights must be at least 0, and not all 0")
    return frame


def _columns(frame: pl.DataFrame) -> tuple[Floats, Floats]:
    return frame["value"].cast(pl.Float64).to_numpy(), frame["weight"].cast(pl.Float64).to_numpy()


def _interval(
    sums: list[tuple[Floats, Floats]], statistic: Callable[[list[Floats]], Floats], seed: int
) -> tuple[float, float]:
    """BCa interval of a statistic of ratios of sums; `sums` holds numerators and denominators of shape (items,)."""
    n = len(sums[0][0])
    point = float(statistic([np.atleast_1d(top.sum() / bottom.sum()) for top, bottom in sums])[0])
    if n == 1:
        return point, point
    rng = np.random.default_rng(seed)
    drawn = []
    rows = max(1, AT_ONCE // n)
    for start in range(0, RESAMPLES, rows):
        index = rng.integers(0, n, (min(rows, RESAMPLES - start), n), dtype=np.int32)
        drawn.append(statistic([_ratio(top[index].sum(1), bottom[index].sum(1)) for top, bottom in sums]))
    found = np.concatenate(drawn)
    found = found[np.isfinite(found)]  # a resample of items without weight has no score
    without = statistic([_ratio(top.sum() - top, bottom.sum() - bottom) for top, bottom in sums])
    low, high = _bca(found, point, without[np.isfinite(without)])
    return low, high


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def _bca(found: Floats, point: float, without: Floats) -> tuple[float, float]:
    """Ends of the interval from the resamples' values, the value itself and those with each item left out."""
    if np.ptp(found) < 1e-12 * max(1.0, abs(point)):
        return point, point
    normal = NormalDist()
    below = (np.sum(found < point) + 0.5 * np.sum(found == point)) / len(found)
    bias = normal.inv_cdf(min(max(float(below), 0.5 / len(found)), 1 - 0.5 / len(found)))
    gap = without.mean() - without
    spread = float((gap**2).sum())
    speed = float((gap**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    ends = []
    for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        z = bias + normal.inv_cdf(tail)
        ends.append(normal.cdf(bias + z / (1 - speed * z)))
    low, high = np.quantile(found, ends)
    return float(min(low, point)), float(max(high, point))
