"""Intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curate.errors import RunError
from train.evaluate.intervals import ITEMS, Measured, change, score


def measured(values: object, weights: object = None, *, metric: str = "accuracy", first: int = 0) -> Measured:
    values = np.asarray(values, dtype=float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    rows = [(f"i{first + i}", v, w, "") for i, (v, w) in enumerate(zip(values, weights))]
    return Measured("general/x", "general", metric, "higher", pl.DataFrame(rows, schema=ITEMS, orient="row"))


def test_a_score_is_the_weighted_mean() -> None:
    found = score(measured([1.0, 2.0, 4.0], [1, 1, 2]), seed=1)
    assert found.value == pytest.approx(2.75)
    assert found.n == 3
    assert found.low <= 2.75 <= found.high
    assert found == score(measured([1.0, 2.0, 4.0], [1, 1, 2]), seed=1)


def test_order_of_items_does_not_matter_to_a_change() -> None:
    rng = np.random.default_rng(0)
    before, after = measured(rng.normal(size=50)), measured(rng.normal(size=50))
    turned = Measured("general/x", "general", "accuracy", "higher", after.items.reverse())
    assert change(before, after, seed=3) == change(before, turned, seed=3)


def test_intervals_cover_the_truth() -> None:
    """Of 300 samples of skewed, weighted items the 95% interval holds the true ratio in 92 to 98 of a hundred."""
    rng = np.random.default_rng(7)
    held = 0
    for trial in range(300):
        weights = rng.lognormal(0, 1, 60)
        values = 2 + rng.gamma(2.0, 0.5, 60)  # mean 3, independent of the weight
        found = score(measured(values, weights), seed=trial)
        held += found.low <= 3.0 <= found.high
    assert 0.90 <= held / 300 <= 0.98


def test_intervals_of_accuracies_cover_the_truth() -> None:
    rng = np.random.default_rng(8)
    held = sum(
        (found := score(measured(rng.random(40) < 0.8), seed=trial)).low <= 0.8 <= found.high
        for trial in range(300)
    )
    assert 0.90 <= held / 300 <= 0.99


def test_a_paired_interval_is_narrower_than_an_unpaired_one() -> None:
    rng = np.random.default_rng(0)
    hard = rng.normal(3, 1, 100)
    before, after = measured(hard), measured(hard + 0.1 + rng.normal(0, 0.05, 100))
    paired = change(before, after, seed=0)
    one, other = score(before, seed=1), score(after, seed=2)
    unpaired = np.hypot(one.high - one.low, other.high - other.low)
    assert paired.high - paired.low < unpaired / 5
    assert paired.low < 0.1 < paired.high
    assert paired.low > 0


def test_all_right_is_not_certainty() -> None:
    found = score(measured(np.ones(10)), seed=0)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 10))  # Clopper-Pearson: 0.69
    assert score(measured(np.zeros(10)), seed=0).high == pytest.approx(1 - 0.025 ** (1 / 10))


@pytest.mark.parametrize(("n", "sure"), [(1, False), (3, False), (5, False), (6, True)])
def test_few_items_that_change_alike_are_not_certainty(n: int, sure: bool) -> None:
    found = change(measured([1.0] * n), measured([0.5] * n), seed=0)
    assert found.value == -0.5 and found.low == -0.5
    assert (found.high < 0) is sure


def test_items_of_one_side_alone_are_named() -> None:
    with pytest.raises(RunError, match=r"2 items were measured before alone: 'i0', 'i1'"):
        change(measured(np.ones(5)), measured(np.ones(5), first=2), seed=0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (measured([]), "nothing was measured"),
        (measured([1.0, float("nan")]), "no finite value: 'i1'"),
        (measured([1.0], [0.0]), "weights"),
    ],
)
def test_what_cannot_be_scored(wrong: Measured, told: str) -> None:
    with pytest.raises(RunError, match=told):
        score(wrong, seed=0)


def test_ids_that_repeat_and_metrics_that_differ() -> None:
    twice = Measured("general/x", "general", "accuracy", "higher", pl.concat([measured([1.0]).items] * 2))
    with pytest.raises(RunError, match="'i0' stand twice"):
        score(twice, seed=0)
    with pytest.raises(RunError, match="cannot be compared"):
        change(measured([1.0]), measured([1.0], metric="exact match"), seed=0)
