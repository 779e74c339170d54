"""No source strays from its target by more than a row, at any point, for any number of sources and phases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from train.data.mixture import Phase, check_epochs, order, targets, total_of_epochs

LENGTH = 64


@st.composite
def mixtures(draw: Any) -> tuple[list[Phase], list[np.ndarray], float]:
    sources = draw(st.integers(2, 8))
    count = draw(st.integers(1, 3))
    seed = draw(st.integers(0, 2**32))
    random = np.random.default_rng(seed)
    phases = []
    for number in range(count):
        weights = random.exponential(size=sources) ** draw(st.sampled_from([0, 1, 3]))
        weights *= random.random(sources) < draw(st.sampled_from([0.5, 1.0]))
        weights[draw(st.integers(0, sources - 1))] += 0.1
        shares = {str(n): float(w) for n, w in enumerate(weights / weights.sum())}
        phases.append(Phase(shares, (number + 1) / count))
    low, high = draw(st.sampled_from([(LENGTH, LENGTH), (LENGTH - 3, LENGTH), (1, LENGTH), (1, 2)]))
    other = draw(st.sampled_from([(low, high), (LENGTH, LENGTH)]))  # of every second source
    total = 40 * LENGTH
    rows = []
    for n in range(sources):
        a, b = other if n % 2 else (low, high)
        rows.append(random.integers(a, b + 1, 2 * total // a if a == b else 2 * total))
    return phases, rows, float(total)


def strayed(taken: np.ndarray, rows: list[np.ndarray], phases: list[Phase], total: float) -> float:
    """The furthest that any source is from its target after any row, in tokens."""
    goal = targets([str(n) for n in range(len(rows))], phases, total)
    sizes = np.zeros((len(taken), len(rows)))
    for n, one in enumerate(rows):
        sizes[taken == n, n] = one[: (taken == n).sum()]
    reached = sizes.cumsum(axis=0)
    wanted = np.array([goal.at(tokens) for tokens in reached.sum(axis=1)])
    return float(np.abs(reached - wanted).max())


@given(mixtures())
@settings(max_examples=100)
def test_shares_are_within_one_row_at_every_prefix(mixture: Any) -> None:
    phases, rows, total = mixture
    goal = targets([str(n) for n in range(len(rows))], phases, total)
    found = order(rows, goal, LENGTH, tokens=total)
    assert found.short == -1
    assert strayed(found.source, rows, phases, total) <= LENGTH + 1e-4


def greedy(shares: list[float], steps: int) -> np.ndarray:
    """The largest deficit first, of rows that are all full."""
    given_, out = np.zeros(len(shares)), []
    for step in range(1, steps + 1):
        out.append(int(np.argmax(np.array(shares) * step - given_)))
        given_[out[-1]] += 1
    return np.array(out)


def test_the_largest_deficit_first_strays_further() -> None:
    shares = [0.705, 0.007, 0.011, 0.228, 0.006, 0.043]  # found by search
    rows = [np.full(500, LENGTH) for _ in shares]
    phases = [Phase({str(n): share for n, share in enumerate(shares)})]
    total = 120.0 * LENGTH
    assert strayed(greedy(shares, 120), rows, phases, total) > LENGTH + 1
    found = order(rows, targets([str(n) for n in range(6)], phases, total), LENGTH, tokens=total)
    assert strayed(found.source, rows, phases, total) <= LENGTH + 1e-4


def test_more_rows_change_nothing_before() -> None:
    random = np.random.default_rng(3)
    rows = [random.integers(50, LENGTH + 1, 300) for _ in range(3)]
    goal = targets(list("abc"), [Phase({"a": 0.5, "b": 0.3, "c": 0.2})], 100.0 * LENGTH)
    long = order(rows, goal, LENGTH, tokens=100 * LENGTH).source
    short = order([rows[0], rows[1][:10], rows[2]], goal, LENGTH, tokens=100 * LENGTH)
    assert short.short == 1
    assert short.source.tolist() == long[: len(short.source)].tolist()
    assert 30 <= len(short.source) < len(long)


def test_the_end_is_where_tokens_are_reached_in_whole_batches() -> None:
    rows = [np.full(100, LENGTH), np.full(100, LENGTH)]
    goal = targets(["a", "b"], [Phase({"a": 0.5, "b": 0.5})], 10.0 * LENGTH)
    assert len(order(rows, goal, LENGTH, tokens=10 * LENGTH).source) == 10
    assert len(order(rows, goal, LENGTH, tokens=10 * LENGTH, multiple=8).source) == 16


def test_the_end_may_be_that_the_first_source_is_through() -> None:
    rows = [np.full(10, LENGTH), np.full(100, LENGTH - 1)]
    goal = targets(["a", "b"], [Phase({"a": 0.3, "b": 0.7})], 10 * LENGTH / 0.3)
    found = order(rows, goal, LENGTH, tokens=1e9, whole=10 * LENGTH)
    assert (found.source == 0).sum() == 10
    assert found.source[-1] == 0


@given(st.integers(2, 5), st.integers(1, LENGTH), st.floats(0.1, 0.9), st.integers(0, 2**32))
@settings(max_examples=60)
def test_epochs_of_a_source_that_is_not_in_the_last_phase_end_after_it(
    sources: int, low: int, until: float, seed: int
) -> None:
    """The anneal is on other data: it is neither left out nor does it go on until the first source comes again."""
    random = np.random.default_rng(seed)
    names = [str(n) for n in range(sources)]
    weights = random.random(sources - 1) + 0.05
    phases = [
        Phase({"0": 0.6, "1": 0.4}, until),
        Phase(dict(zip(names[1:], (weights / weights.sum()).tolist(), strict=True))),
    ]
    first = random.integers(low, LENGTH + 1, 20)
    total = total_of_epochs(phases, "0", int(first.sum()), 1)
    rows = [first, *(random.integers(low, LENGTH + 1, int(2 * total // low) + 9) for _ in names[1:])]
    found = order(rows, targets(names, phases, total), LENGTH, tokens=total, whole=float(first.sum()))
    assert found.short == -1
    assert (found.source == 0).sum() == len(first), "every row of the first source is read"
    given_ = sum(int(one[: (found.source == n).sum()].sum()) for n, one in enumerate(rows))
    assert total - 1e-3 <= given_ < total + LENGTH
    assert strayed(found.source, rows, phases, total) <= LENGTH + 1e-3


def test_a_source_that_is_read_too_often_is_refused_with_what_would_do() -> None:
    goal = targets(["law", "replay"], [Phase({"law": 0.75, "replay": 0.25})], 1000.0)
    assert check_epochs(goal, 1000, [750, 100], [4, 4]) == {"law": 1.0, "replay": 2.5}
    with pytest.raises(ConfigError) as error:
        check_epochs(goal, 1000, [750, 50], [4, 4])
    told = str(error.value)
    assert "replay has 50 tokens and would be read 5.00 times, 4 at most" in told
    assert "fewer tokens (800 would do" in told
    assert "lower its share (now 0.25, 0.2 would do)" in told
    assert "raise its max_epochs to 5" in told


def test_epochs_of_the_first_source_give_the_total() -> None:
    phases = [Phase({"a": 0.5, "b": 0.5}, 0.8), Phase({"b": 1.0})]
    assert total_of_epochs(phases, "a", 1000, 2) == pytest.approx(5000)
    with pytest.raises(ConfigError, match="has no share"):
        total_of_epochs([Phase({"b": 1.0})], "a", 1000, 2)


@pytest.mark.parametrize(
    ("phases", "told"),
    [
        ([Phase({"a": 0.5, "b": 0.4})], "sum to 1: a 0.5, b 0.4"),
        ([Phase({"a": 1.5, "b": -0.5})], "sum to 1"),
        ([Phase({"a": 0.5, "c": 0.5})], "name c, and the sources are a, b"),
        ([Phase({"a": 1.0}, 0.5)], "the last at 1"),
        ([Phase({"a": 1.0}, 0.5), Phase({"b": 1.0}, 0.5), Phase({"a": 1.0})], "in order"),
        ([], "in order"),
    ],
)
def test_wrong_shares_are_refused(phases: list[Phase], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        targets(["a", "b"], phases, 100.0)
